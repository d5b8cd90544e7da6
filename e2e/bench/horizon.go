package main

import (
	"context"
	"net"

	"edgecheckout/sandbox/server"
	"edgecheckout/sandbox/wallet"
)

// horizonServer is the sandbox's Horizon, in this process, with one merchant's account.
type horizonServer struct {
	url        string
	passphrase string
	account    string
	cancel     context.CancelFunc
	done       chan error
}

func startHorizon() (*horizonServer, error) {
	s, err := server.New(server.Options{})
	if err != nil {
		return nil, err
	}
	passphrase := s.Ledger().Passphrase()
	account := wallet.MerchantKeys(passphrase, "bench").Address()
	if _, err := s.Ledger().Fund(account); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	h := &horizonServer{"http://" + listener.Addr().String(), passphrase, account, cancel, make(chan error, 1)}
	go func() { h.done <- server.Serve(ctx, s, listener) }()
	return h, nil
}

func (h *horizonServer) stop() {
	h.cancel()
	<-h.done
}
