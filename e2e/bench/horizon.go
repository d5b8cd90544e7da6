package main

import (
	"context"
	"net"
	"net/http"
	"time"

	"edgecheckout/e2e/workerd"
	"edgecheckout/sandbox/server"
	"edgecheckout/sandbox/wallet"
)

// horizonServer is a Horizon in this process with a merchant's account. It can be made far away.
type horizonServer struct {
	workerd.Distance
	url        string
	passphrase string
	account    string
	cancel     context.CancelFunc
	done       chan error
}

// startHorizon runs the Horizon of the sandbox.
func startHorizon() (*horizonServer, error) {
	s, err := server.New(server.Options{})
	if err != nil {
		return nil, err
	}
	h := &horizonServer{passphrase: s.Ledger().Passphrase()}
	h.account = wallet.MerchantKeys(h.passphrase, "bench").Address()
	if _, err := s.Ledger().Fund(h.account); err != nil {
		return nil, err
	}
	return h, h.serve(s.Handler(), s.Run)
}

// serve serves handler and runs run in the background until stop.
func (h *horizonServer) serve(handler http.Handler, run func(ctx context.Context) error) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	h.url, h.cancel, h.done = "http://"+listener.Addr().String(), cancel, make(chan error, 1)
	web := &http.Server{Handler: h.Between(handler), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = web.Serve(listener) }() // returns after Close
	go func() {
		err := run(ctx)
		web.Close()
		h.done <- err
	}()
	return nil
}

func (h *horizonServer) stop() {
	h.cancel()
	<-h.done
}
