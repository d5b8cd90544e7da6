// Package server runs a whole sandbox in one process: a ledger that closes every second, Horizon's
// API, and under /sandbox/ what only a sandbox has, such as test wallets and faults.
package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"edgecheckout/sandbox/horizon"
	"edgecheckout/sandbox/ledger"
	"edgecheckout/sandbox/wallet"
)

// Options of a [Server]. The zero value persists nothing and closes a ledger every second.
type Options struct {
	Passphrase string // ledger.Passphrase if empty
	StateFile  string // where the ledger is kept; in memory only if empty
	// CloseEvery is the time between ledgers; a second if zero, and at least a second, because
	// close times are whole seconds. If it is negative, Run closes none: the owner calls
	// Ledger().Close.
	CloseEvery time.Duration
	Market     ledger.Market
	Horizon    horizon.Options
	// HomeDomain is that of the issuer, such as "localhost:8000", where this server has a stellar.toml
	// that names its assets; none if empty.
	HomeDomain string
}

// Server is a sandbox.
type Server struct {
	ledger     *ledger.Ledger
	faults     *horizon.Faults
	handler    http.Handler
	closeEvery time.Duration
}

// New opens or creates the ledger, with the issuer of USDC and EURC. No ledger closes until
// [Server.Run].
func New(o Options) (*Server, error) {
	if o.CloseEvery == 0 {
		o.CloseEvery = time.Second
	}
	l, err := open(o)
	if err != nil {
		return nil, err
	}
	if l.Resumed() {
		// A restart may take less than a second, which is the resolution of close times.
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
	}
	if err := errors.Join(begin(l), settle(l, o.HomeDomain)); err != nil {
		return nil, errors.Join(err, l.Release())
	}
	s := &Server{ledger: l, faults: &horizon.Faults{}, closeEvery: o.CloseEvery}
	s.handler = s.routes(horizon.New(l, o.Horizon))
	return s, nil
}

func open(o Options) (*ledger.Ledger, error) {
	options := ledger.Options{Passphrase: o.Passphrase, Genesis: time.Now().Add(-time.Second), Market: o.Market}
	if o.StateFile == "" {
		return ledger.New(options), nil
	}
	return ledger.Open(o.StateFile, options)
}

// begin closes the first ledger of this process. In a new network it contains the issuer.
func begin(l *ledger.Ledger) error {
	if _, exists := l.Account(wallet.IssuerAddress); !exists {
		if _, err := l.Fund(wallet.IssuerAddress); err != nil {
			return fmt.Errorf("create the issuer: %w", err)
		}
	}
	_, err := l.Close(time.Now())
	return err
}

// Handler serves Horizon's API and /sandbox/.
func (s *Server) Handler() http.Handler { return s.handler }

// Ledger is the sandbox's ledger.
func (s *Server) Ledger() *ledger.Ledger { return s.ledger }

// Faults inject faults into Horizon's answers, but not below /sandbox/.
func (s *Server) Faults() *horizon.Faults { return s.faults }

// Run closes ledgers until ctx is done, and then the state file. It returns an error if the state
// file cannot be written.
func (s *Server) Run(ctx context.Context) error {
	if s.closeEvery < 0 {
		<-ctx.Done()
		return s.ledger.Release()
	}
	timer := time.NewTimer(s.untilNext())
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return s.ledger.Release()
		case <-timer.C:
			if _, err := s.ledger.Close(time.Now()); err != nil {
				return err
			}
			timer.Reset(s.untilNext())
		}
	}
}

// untilNext returns the time until the clock passes the newest ledger's close time, so that ledgers
// never run ahead of the clock. A clock that is set back does not stop the ledger.
func (s *Server) untilNext() time.Duration {
	now := time.Now()
	next := s.ledger.Latest().ClosedAt.Add(max(s.closeEvery, time.Second))
	return min(max(next.Sub(now), 0), max(s.closeEvery, time.Second))
}
