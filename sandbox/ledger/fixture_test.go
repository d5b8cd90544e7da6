package ledger

import (
	"testing"
	"time"

	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"
	"github.com/stellar/go/xdr"
)

// fixture is a ledger with a few accounts: alice and bob have XLM and hold USD of issuer; carol has
// XLM but no trustlines.
type fixture struct {
	*Ledger
	t    *testing.T
	now  time.Time
	keys map[string]*keypair.Full
}

var opened = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

func newFixture(t *testing.T, change ...func(*Options)) *fixture {
	t.Helper()
	s := &fixture{t: t, now: opened, keys: map[string]*keypair.Full{}}
	o := Options{Genesis: opened}
	for i, name := range []string{"alice", "bob", "carol", "issuer", "nobody"} {
		seed := [32]byte{byte(i + 1)}
		key, err := keypair.FromRawSeed(seed)
		if err != nil {
			t.Fatal(err)
		}
		s.keys[name] = key
	}
	for _, name := range []string{"alice", "bob", "carol", "issuer"} {
		a := Account{Address: s.address(name), Balance: 100_0000000, Sequence: 1}
		if name == "alice" || name == "bob" {
			a.Lines = map[string]Trustline{AssetName(s.usd()): {Asset: s.usd(), Balance: 50_0000000, Limit: 1000_0000000}}
		}
		o.Accounts = append(o.Accounts, a)
	}
	for _, f := range change {
		f(&o)
	}
	s.Ledger = New(o)
	return s
}

func (s *fixture) address(name string) string { return s.keys[name].Address() }

// name is the reverse of address.
func (s *fixture) name(address string) string {
	for name, key := range s.keys {
		if key.Address() == address {
			return name
		}
	}
	s.t.Fatalf("nobody has the address %s", address)
	return ""
}

func (s *fixture) usd() xdr.Asset { return xdr.MustNewCreditAsset("USD", s.address("issuer")) }

func (s *fixture) credit() txnbuild.CreditAsset {
	return txnbuild.CreditAsset{Code: "USD", Issuer: s.address("issuer")}
}

// draft is a transaction before it is signed, which tests modify.
type draft struct {
	source     string
	operations []txnbuild.Operation
	sequence   int64 // 0: the next one
	fee        int64
	memo       txnbuild.Memo
	bounds     txnbuild.TimeBounds
	ledgers    *txnbuild.LedgerBounds
	signers    []string // nil: the source
	passphrase string
}

func (s *fixture) sign(d draft) *txnbuild.Transaction {
	s.t.Helper()
	if d.sequence == 0 {
		d.sequence = 1
		if a, ok := s.Account(s.address(d.source)); ok {
			s.mu.RLock()
			d.sequence = a.Sequence + s.queue.of(a.Address).count + 1
			s.mu.RUnlock()
		}
	}
	if d.bounds == (txnbuild.TimeBounds{}) {
		d.bounds = txnbuild.NewInfiniteTimeout()
	}
	if d.signers == nil {
		d.signers = []string{d.source}
	}
	if d.passphrase == "" {
		d.passphrase = s.passphrase
	}
	if d.fee == 0 {
		d.fee = BaseFee
	}
	tx, err := txnbuild.NewTransaction(txnbuild.TransactionParams{
		SourceAccount: &txnbuild.SimpleAccount{AccountID: s.address(d.source), Sequence: d.sequence},
		BaseFee:       d.fee,
		Memo:          d.memo,
		Preconditions: txnbuild.Preconditions{TimeBounds: d.bounds, LedgerBounds: d.ledgers},
		Operations:    d.operations,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, name := range d.signers {
		if tx, err = tx.Sign(d.passphrase, s.keys[name]); err != nil {
			s.t.Fatal(err)
		}
	}
	return tx
}

func (s *fixture) encode(d draft) string {
	s.t.Helper()
	base64, err := s.sign(d).Base64()
	if err != nil {
		s.t.Fatal(err)
	}
	return base64
}

// close closes a ledger one second after the previous one.
func (s *fixture) close() Header {
	s.t.Helper()
	s.now = s.now.Add(time.Second)
	h, err := s.Close(s.now)
	if err != nil {
		s.t.Fatal(err)
	}
	return h
}

// apply submits a transaction and closes a ledger, which must contain it.
func (s *fixture) apply(d draft) *Transaction {
	s.t.Helper()
	hash, err := s.Submit(s.encode(d))
	if err != nil {
		s.t.Fatal(err)
	}
	s.close()
	t, ok := s.Transaction(hash)
	if !ok {
		s.t.Fatalf("%s is in no ledger: %v", hash, s.Dropped(hash))
	}
	return t
}

func (s *fixture) balance(name string) int64 {
	s.t.Helper()
	a, ok := s.Account(s.address(name))
	if !ok {
		s.t.Fatalf("%s has no account", name)
	}
	return a.Balance
}

func (s *fixture) pay(to, amount string) txnbuild.Operation {
	return &txnbuild.Payment{Destination: s.address(to), Amount: amount, Asset: txnbuild.NativeAsset{}}
}
