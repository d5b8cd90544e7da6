package server

import (
	"fmt"
	"net/http"
	"strings"

	"edgecheckout/sandbox/ledger"
	"edgecheckout/sandbox/wallet"

	"github.com/stellar/go/txnbuild"
)

// settle gives the issuer a home domain. The next ledger has it.
func settle(l *ledger.Ledger, domain string) error {
	issuer, ok := l.Account(wallet.IssuerAddress)
	if !ok || domain == "" || issuer.HomeDomain == domain {
		return nil
	}
	tx, err := txnbuild.NewTransaction(txnbuild.TransactionParams{
		SourceAccount:        &txnbuild.SimpleAccount{AccountID: issuer.Address, Sequence: issuer.Sequence},
		IncrementSequenceNum: true,
		BaseFee:              ledger.BaseFee,
		Preconditions:        txnbuild.Preconditions{TimeBounds: txnbuild.NewInfiniteTimeout()},
		Operations:           []txnbuild.Operation{&txnbuild.SetOptions{HomeDomain: &domain}},
	})
	if err == nil {
		tx, err = tx.Sign(l.Passphrase(), wallet.IssuerKeys())
	}
	var envelope string
	if err == nil {
		envelope, err = tx.Base64()
	}
	if err == nil {
		_, err = l.Submit(envelope)
	}
	if err != nil {
		return fmt.Errorf("give the issuer a home domain: %w", err)
	}
	return nil
}

// stellarTOML names the assets of the sandbox, as the home domain of their issuer does (SEP-1).
func (s *Server) stellarTOML(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	fmt.Fprintf(w, "NETWORK_PASSPHRASE = %q\n", s.ledger.Passphrase())
	for _, asset := range []struct{ name, currency string }{{wallet.USDC, "USD"}, {wallet.EURC, "EUR"}} {
		code, issuer, _ := strings.Cut(asset.name, ":")
		fmt.Fprintf(w, "\n[[CURRENCIES]]\ncode = %q\nissuer = %q\nanchor_asset_type = \"fiat\"\nanchor_asset = %q\n", code, issuer, asset.currency)
	}
}
