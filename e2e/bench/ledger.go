package main

import (
	"context"
	"fmt"
	"time"

	"edgecheckout/sandbox/horizon"
	"edgecheckout/sandbox/ledger"
	"edgecheckout/sandbox/wallet"

	"github.com/stellar/go/amount"
	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"
)

// busyLedger is a Horizon over a ledger with many accounts, and one payer for each. It closes a
// ledger only when pay is called.
type busyLedger struct {
	horizonServer
	ledger   *ledger.Ledger
	accounts []string
	payers   []*keypair.Full
	begun    time.Time // time before all payments
}

const richBalance = 1_000_000_0000000 // stroops

func startBusyLedger(n int) (*busyLedger, error) {
	b := &busyLedger{begun: time.Now().Add(-sweepAge)}
	options := ledger.Options{Genesis: b.begun.Add(-time.Minute)}
	for i := range n {
		account := wallet.MerchantKeys(ledger.Passphrase, fmt.Sprintf("busy %d", i)).Address()
		payer := wallet.Keys(ledger.Passphrase, fmt.Sprintf("busy %d", i))
		b.accounts, b.payers = append(b.accounts, account), append(b.payers, payer)
		options.Accounts = append(options.Accounts, ledger.Account{Address: account, Balance: richBalance},
			ledger.Account{Address: payer.Address(), Balance: richBalance})
	}
	b.ledger = ledger.New(options)
	b.passphrase, b.account = b.ledger.Passphrase(), b.accounts[0]
	return b, b.serve(horizon.New(b.ledger, horizon.Options{}), func(ctx context.Context) error {
		<-ctx.Done()
		return nil
	})
}

// pay makes rounds of payments of stroops to every account. Each payment has its own memo and each
// round its own ledger; one more ledger closes at the end.
func (b *busyLedger) pay(rounds int, stroops int64, memo func(account, round int) string) error {
	for round := range rounds {
		for i, payer := range b.payers {
			tx, err := txnbuild.NewTransaction(txnbuild.TransactionParams{
				SourceAccount:        &txnbuild.SimpleAccount{AccountID: payer.Address(), Sequence: int64(round)},
				IncrementSequenceNum: true,
				BaseFee:              txnbuild.MinBaseFee,
				Memo:                 txnbuild.MemoText(memo(i, round)),
				Preconditions:        txnbuild.Preconditions{TimeBounds: txnbuild.NewInfiniteTimeout()},
				Operations: []txnbuild.Operation{&txnbuild.Payment{
					Destination: b.accounts[i], Amount: amount.StringFromInt64(stroops), Asset: txnbuild.NativeAsset{},
				}},
			})
			if err != nil {
				return err
			}
			if tx, err = tx.Sign(b.passphrase, payer); err != nil {
				return err
			}
			envelope, err := tx.Base64()
			if err != nil {
				return err
			}
			if _, err := b.ledger.Submit(envelope); err != nil {
				return err
			}
		}
		at := b.begun.Add(time.Duration(round+1) * sweepAge / time.Duration(rounds+1))
		if _, err := b.ledger.Close(at); err != nil {
			return err
		}
	}
	_, err := b.ledger.Close(time.Now())
	return err
}
