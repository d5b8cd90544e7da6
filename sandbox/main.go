// Command sandbox serves a Stellar network of its own through Horizon's API, with test wallets and
// a friendbot.
//
// Besides Horizon's paths it serves
//
//	POST /sandbox/merchant  name or seed: creates an account for XLM, USDC and EURC
//	POST /sandbox/pay       destination, amount, asset, memo …: pays it from a test wallet
//	POST /sandbox/faults    {"mode":"slow","delay_ms":3000} injects a fault; "off" removes it
//	GET  /sandbox/          names the network, the issuer and the current fault
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"edgecheckout/sandbox/ledger"
	"edgecheckout/sandbox/server"
	"edgecheckout/sandbox/wallet"
)

func main() {
	address := flag.String("addr", "127.0.0.1:8000", "address to listen on")
	passphrase := flag.String("passphrase", ledger.Passphrase, "network passphrase")
	state := flag.String("state", "", "file that keeps the ledger; without it every start begins anew")
	closeEvery := flag.Duration("close", time.Second, "time between ledgers, at least a second")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *address, server.Options{Passphrase: *passphrase, StateFile: *state, CloseEvery: *closeEvery}); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, address string, o server.Options) error {
	s, err := server.New(o)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return errors.Join(err, s.Ledger().Release())
	}
	fmt.Printf("Horizon     http://%s\n", listener.Addr())
	fmt.Printf("Network     %s\n", s.Ledger().Passphrase())
	fmt.Printf("Ledger      %d\n", s.Ledger().Latest().Sequence)
	fmt.Printf("USDC, EURC  issued by %s\n", wallet.IssuerAddress)
	return server.Serve(ctx, s, listener)
}
