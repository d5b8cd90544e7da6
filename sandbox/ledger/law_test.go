package ledger

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"
)

// Several accounts submit random transactions, most of them sensible. Then the money is counted.
func TestMoneyIsConserved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.jsonl")
	s := newFixture(t)
	var start Options
	start.Genesis = opened
	for _, name := range []string{"alice", "bob", "carol", "issuer"} {
		a, _ := s.Account(s.address(name))
		start.Accounts = append(start.Accounts, *a)
	}
	s.Ledger = mustOpen(t, path, start)
	names := []string{"alice", "bob", "carol", "issuer", "nobody"}
	dice := rand.New(rand.NewPCG(1, 2))
	any := func() string { return names[dice.IntN(len(names))] }
	issued := int64(100_0000000)

	for range 300 {
		for range 1 + dice.IntN(4) {
			d := draft{source: any()}
			if _, exists := s.Account(s.address(d.source)); !exists {
				continue
			}
			amount := fmt.Sprintf("%d.%07d", dice.IntN(60), 1+dice.IntN(9_999_999))
			switch dice.IntN(10) {
			case 8:
				d.operations = []txnbuild.Operation{&txnbuild.CreateClaimableBalance{
					Amount: amount, Asset: []txnbuild.Asset{txnbuild.NativeAsset{}, s.credit()}[dice.IntN(2)],
					Destinations: []txnbuild.Claimant{txnbuild.NewClaimant(s.address(any()), nil)},
				}}
			case 9:
				for _, b := range s.ClaimableBalances()[:min(1, len(s.ClaimableBalances()))] {
					d.source = s.name(b.Claimants[0].V0.Destination.Address())
					d.operations = []txnbuild.Operation{&txnbuild.ClaimClaimableBalance{BalanceID: b.ID}}
				}
			case 0:
				d.operations = []txnbuild.Operation{&txnbuild.CreateAccount{Destination: s.address("nobody"), Amount: amount}}
			case 1:
				d.operations = []txnbuild.Operation{&txnbuild.AccountMerge{Destination: s.address(any())}}
			case 2:
				d.operations = []txnbuild.Operation{&txnbuild.ChangeTrust{Line: s.credit().MustToChangeTrustAsset(), Limit: amount}}
			case 3, 4:
				d.operations = []txnbuild.Operation{&txnbuild.Payment{Destination: s.address(any()), Amount: amount, Asset: s.credit()}}
			default:
				d.operations = []txnbuild.Operation{s.pay(any(), amount), s.pay(any(), "1")}
			}
			if _, exists := s.Account(s.address(d.source)); !exists || len(d.operations) == 0 {
				continue
			}
			// Many are refused, as intended.
			_, _ = s.Submit(s.encode(d))
		}
		for _, tx := range s.close().Transactions {
			for _, o := range tx.Operations {
				for _, e := range o.Effects {
					if e.Asset.IsNative() || addressOf(e.Account) != s.address("issuer") {
						continue
					}
					if e.Type == AccountDebited {
						issued += e.Amount
					} else if e.Type == AccountCredited {
						issued -= e.Amount
					}
				}
			}
		}
		count(t, s.Ledger, issued)
	}

	last := s.Latest()
	if err := s.Release(); err != nil {
		t.Fatal(err)
	}
	replayed := mustOpen(t, path, start)
	for sequence := uint32(FirstSequence + 1); sequence <= last.Sequence; sequence++ {
		before, _ := s.Header(sequence)
		after, kept := replayed.Header(sequence)
		if len(before.Transactions) == 0 {
			continue
		}
		if !kept || after.Hash != before.Hash || len(after.Transactions) != len(before.Transactions) {
			t.Fatalf("ledger %d is not the same after it was opened again", sequence)
		}
		for i, tx := range before.Transactions {
			if after.Transactions[i].Hash != tx.Hash || after.Transactions[i].ResultXDR != tx.ResultXDR {
				t.Fatalf("transaction %s is not the same after the ledger was opened again", tx.Hash)
			}
		}
	}
	count(t, replayed, issued)
}

// count adds up the balances of all accounts.
func count(t *testing.T, l *Ledger, issued int64) {
	t.Helper()
	coins, held := l.feePool, int64(0)
	for _, a := range l.accounts {
		if a.Balance < 0 {
			t.Fatalf("%s has %d", a.Address, a.Balance)
		}
		coins += a.Balance
		for _, line := range a.Lines {
			if line.Balance < 0 || line.Balance > line.Limit {
				t.Fatalf("%s holds %d of at most %d", a.Address, line.Balance, line.Limit)
			}
			held += line.Balance
		}
	}
	for _, b := range l.claimable {
		if b.Asset.IsNative() {
			coins += b.Amount
		} else {
			held += b.Amount
		}
	}
	if coins != TotalCoins || held != issued {
		t.Fatalf("there are %d stroops and %d USD, want %d and %d", coins, held, int64(TotalCoins), issued)
	}
}

func BenchmarkPaymentsOfOneAccountAmongMany(b *testing.B) {
	l := New(Options{})
	var address string
	for i := range 1000 {
		key, err := keypair.FromRawSeed([32]byte{byte(i), byte(i >> 8), 1})
		if err != nil {
			b.Fatal(err)
		}
		address = key.Address()
		if _, err := l.Fund(address); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := l.Close(time.Time{}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if payments, ok := l.Payments(address, Page{Limit: 200}); !ok || len(payments) != 1 {
			b.Fatalf("%d payments", len(payments))
		}
	}
}
