package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// The names of the peers.
const (
	ours  = "ours"
	stock = "stock"
	js    = "js"
)

// bench is the three peers, running, and the world that they live in.
type bench struct {
	dir     string
	length  time.Duration // of a round's load on one peer
	peers   []*peer
	horizon *horizonServer
	world   world
	ids     []string // of the sessions that begin made for this round

	accounts int // of a sweep
	sweep    sweepState
}

// peer is one of the Workers that are compared.
type peer struct {
	name    string
	modules string // directory
	config  workerConfig
	workerd *workerd
	load    *generator
}

// newBench builds and starts the peers, all with the same merchant in their KV.
func newBench(ctx context.Context, root, dir string, length time.Duration) (_ *bench, err error) {
	b := &bench{dir: dir, length: length, accounts: sweepAccounts}
	defer func() {
		if err != nil {
			b.stop()
		}
	}()
	if err := build(ctx, root, dir); err != nil {
		return nil, err
	}
	binary, err := findWorkerd(ctx, root)
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
		p.config = workerConfig{
			binary:  binary,
			store:   filepath.Join(root, "e2e", "bench", "store", "store.mjs"),
			modules: p.modules,
			vars:    b.world.vars,
		}
		if p.workerd, err = p.start(ctx, b.world); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		p.load = newGenerator(p.workerd.peer)
		b.peers = append(b.peers, p)
	}
	return b, nil
}

// start runs a workerd for the peer with the merchant in its KV.
func (p *peer) start(ctx context.Context, w world) (*workerd, error) {
	d, err := p.config.start(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.store.put(ctx, w.entries); err != nil {
		d.stop()
		return nil, err
	}
	return d, nil
}

func (b *bench) stop() {
	for _, p := range b.peers {
		p.load.close()
		p.workerd.stop()
	}
	b.sweep.stop()
	if b.horizon != nil {
		b.horizon.stop()
	}
}

// sessions makes open sessions that are known to every peer, and no page of which is cached. They are b.ids.
func (b *bench) sessions(ctx context.Context, n int) error {
	made, entries, err := b.world.sessions(n, time.Now())
	if err != nil {
		return err
	}
	b.ids = made
	for _, p := range b.peers {
		if err := p.workerd.store.put(ctx, entries); err != nil {
			return err
		}
		if err := p.workerd.store.post(ctx, "/clear-cache", nil, nil); err != nil {
			return err
		}
	}
	return nil
}
