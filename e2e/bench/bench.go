package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"edgecheckout/e2e/workerd"
	"edgecheckout/worker/kv"
)

// The names of the peers.
const (
	ours  = "ours"
	stock = "stock"
	js    = "js"
)

// bench holds the three running peers and the services they use.
type bench struct {
	root    string // the repository's root
	dir     string
	length  time.Duration // length of a turn's load on one peer
	far     bool          // whether KV and Horizon are far away in this turn
	peers   []*peer
	horizon *horizonServer
	world   world
	ids     []string   // ids of the checkouts that begin created for this turn
	entries []kv.Entry // their entries in KV

	farLength    time.Duration // length of a turn with KV and Horizon far away
	starts       int           // starts of each peer for a row that measures warm processes
	warmRequests int           // requests that warm up each of them
	turns        int           // turns in a round
	accounts     int           // accounts of a sweep
	busyAccounts int           // accounts of the sweep in the row mixed_far

	customers int           // number of customers in the row settle_latency
	patience  time.Duration // longest time that a customer waits before paying
	minute    time.Duration // between two runs of the cron in the row webhook_latency
	sweep     sweepState
	foreign   foreignState
	mixed     mixedState
	holding   memoryState
}

// peer is one of the Workers that are compared.
type peer struct {
	name    string
	modules string // directory of its modules
	config  workerd.Config
	process *workerd.Process
	load    *generator
}

// newBench builds and starts the peers, all with the same merchant in their KV.
func newBench(ctx context.Context, root, dir string, length time.Duration) (_ *bench, err error) {
	b := &bench{
		root: root, dir: dir, length: length, starts: warmStarts, warmRequests: warmRequests, turns: turnsInRound,
		accounts: sweepAccounts, busyAccounts: busyAccounts, farLength: farLength, customers: settleCustomers, patience: settlePatience,
		minute: time.Minute,
	}
	defer func() {
		if err != nil {
			b.stop()
		}
	}()
	if err := build(ctx, root, dir); err != nil {
		return nil, err
	}
	binary, err := workerd.Find(ctx, root)
	if err != nil {
		return nil, err
	}
	if b.horizon, err = startHorizon(); err != nil {
		return nil, err
	}
	if b.world, err = newWorld(b.horizon); err != nil {
		return nil, err
	}
	for _, name := range []string{ours, stock, js} {
		p := &peer{name: name, modules: filepath.Join(dir, name)}
		p.config = workerd.Config{Binary: binary, Modules: p.modules, Vars: b.world.vars}
		if p.process, err = p.start(ctx, b.world); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		p.load = newGenerator(p.process.Address, connections)
		b.peers = append(b.peers, p)
	}
	return b, nil
}

// start runs a workerd for the peer with the merchant in its KV.
func (p *peer) start(ctx context.Context, w world) (*workerd.Process, error) {
	d, err := p.config.Start(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.Store.Put(ctx, w.entries...); err != nil {
		d.Stop()
		return nil, err
	}
	return d, nil
}

func (b *bench) stop() {
	for _, p := range b.peers {
		p.load.close()
		p.process.Stop()
	}
	b.sweep.stop()
	if b.foreign.server != nil {
		b.foreign.server.stop()
	}
	if b.holding.horizon != nil {
		b.holding.horizon.stop()
	}
	if b.horizon != nil {
		b.horizon.stop()
	}
}

// restart gives every peer a new process; if apart is true, its store runs in a separate one.
func (b *bench) restart(ctx context.Context, apart bool) error {
	for _, p := range b.peers {
		p.load.close()
		p.process.Stop()
		another := *p
		another.config.Apart = apart
		process, err := another.start(ctx, b.world)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		p.process, p.load = process, newGenerator(process.Address, connections)
	}
	return nil
}

// addCheckouts creates n open checkouts in every peer's KV, none with a cached page, and sets
// b.ids.
func (b *bench) addCheckouts(ctx context.Context, n int) error {
	made, entries, err := b.world.checkouts(n, time.Now())
	if err != nil {
		return err
	}
	b.ids, b.entries = made, entries
	for _, p := range b.peers {
		if err := p.process.Store.Put(ctx, entries...); err != nil {
			return err
		}
		if err := p.process.Store.ClearCache(ctx); err != nil {
			return err
		}
	}
	return nil
}
