package ledger

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/txnbuild"
)

func TestTransactionsAreRefusedBeforeInclusionAsTheNetworkDoes(t *testing.T) {
	far := opened.Unix() + 1000
	for name, c := range map[string]struct {
		change func(*fixture, *draft)
		want   Codes
	}{
		"wrong key":             {func(s *fixture, d *draft) { d.signers = []string{"bob"} }, Codes{Transaction: "tx_bad_auth"}},
		"no signature":          {func(s *fixture, d *draft) { d.signers = []string{} }, Codes{Transaction: "tx_bad_auth"}},
		"other network":         {func(s *fixture, d *draft) { d.passphrase = "another" }, Codes{Transaction: "tx_bad_auth"}},
		"superfluous signature": {func(s *fixture, d *draft) { d.signers = []string{"alice", "bob"} }, Codes{Transaction: "tx_bad_auth_extra"}},
		"used sequence number":  {func(s *fixture, d *draft) { d.sequence = 1 }, Codes{Transaction: "tx_bad_seq"}},
		"skipped sequence":      {func(s *fixture, d *draft) { d.sequence = 3 }, Codes{Transaction: "tx_bad_seq"}},
		"no account":            {func(s *fixture, d *draft) { d.source = "nobody" }, Codes{Transaction: "tx_no_source_account"}},
		"too early":             {func(s *fixture, d *draft) { d.bounds = txnbuild.NewTimebounds(far, 0) }, Codes{Transaction: "tx_too_early"}},
		"too late":              {func(s *fixture, d *draft) { d.bounds = txnbuild.NewTimebounds(0, opened.Unix()-1) }, Codes{Transaction: "tx_too_late"}},
		"ledger too early":      {func(s *fixture, d *draft) { d.ledgers = &txnbuild.LedgerBounds{MinLedger: FirstSequence + 2} }, Codes{Transaction: "tx_too_early"}},
		"ledger too late":       {func(s *fixture, d *draft) { d.ledgers = &txnbuild.LedgerBounds{MaxLedger: FirstSequence + 1} }, Codes{Transaction: "tx_too_late"}},
		"operation of another": {
			func(s *fixture, d *draft) {
				d.operations = append(d.operations, &txnbuild.Payment{
					SourceAccount: s.address("bob"), Destination: s.address("carol"), Amount: "1", Asset: txnbuild.NativeAsset{},
				})
			},
			Codes{Transaction: "tx_failed", Operations: []string{"op_success", "op_bad_auth"}},
		},
		"merge into oneself": {
			func(s *fixture, d *draft) {
				d.operations = []txnbuild.Operation{&txnbuild.AccountMerge{Destination: s.address("alice")}}
			},
			Codes{Transaction: "tx_failed", Operations: []string{"op_malformed"}},
		},
		"unknown operation": {
			func(s *fixture, d *draft) { d.operations = []txnbuild.Operation{&txnbuild.BumpSequence{BumpTo: 9}} },
			Codes{Transaction: "tx_failed", Operations: []string{"op_not_supported"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t)
			d := draft{source: "alice"}
			d.operations = []txnbuild.Operation{s.pay("bob", "1")}
			c.change(s, &d)
			_, err := s.Submit(s.encode(d))
			var rejected *RejectedError
			if !errors.As(err, &rejected) {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(c.want, ResultCodes(rejected.Result)); diff != "" {
				t.Errorf("codes (- want, + got):\n%s", diff)
			}
			if h := s.close(); len(h.Transactions) > 0 || s.balance("alice") != 100_0000000 {
				t.Errorf("it was applied: %d transactions, balance %d", len(h.Transactions), s.balance("alice"))
			}
		})
	}
}

func TestTransactionThatCannotPayItsFeeIsRefused(t *testing.T) {
	s := newFixture(t, func(o *Options) { o.Accounts[2].Balance = 2*BaseReserve + 99 })
	_, err := s.Submit(s.encode(draft{source: "carol", operations: []txnbuild.Operation{s.pay("bob", "1")}}))
	var rejected *RejectedError
	if !errors.As(err, &rejected) || ResultCodes(rejected.Result).Transaction != "tx_insufficient_balance" {
		t.Errorf("error %v", err)
	}
}

func TestFeesOfPendingTransactionsAreReserved(t *testing.T) {
	s := newFixture(t, func(o *Options) { o.Accounts[2].Balance = 2*BaseReserve + 2*BaseFee - 1 })
	d := draft{source: "carol", operations: []txnbuild.Operation{s.pay("carol", "1")}}
	if _, err := s.Submit(s.encode(d)); err != nil {
		t.Fatal(err)
	}
	_, err := s.Submit(s.encode(d))
	var rejected *RejectedError
	if !errors.As(err, &rejected) || ResultCodes(rejected.Result).Transaction != "tx_insufficient_balance" {
		t.Errorf("error %v", err)
	}
}

func TestMemoTextLongerThan28BytesCannotBeDecoded(t *testing.T) {
	s := newFixture(t)
	fits := strings.Repeat("m", 28)
	envelope, err := base64.StdEncoding.DecodeString(s.encode(draft{
		source: "alice", memo: txnbuild.MemoText(fits), operations: []txnbuild.Operation{s.pay("bob", "1")},
	}))
	if err != nil {
		t.Fatal(err)
	}
	longer := strings.Replace(string(envelope), "\x1c"+fits, "\x20"+fits+"mmmm", 1)
	var undecodable *MalformedError
	if _, err := s.Submit(base64.StdEncoding.EncodeToString([]byte(longer))); !errors.As(err, &undecodable) {
		t.Errorf("error %v", err)
	}
	if _, err := s.Submit(base64.StdEncoding.EncodeToString(envelope)); err != nil {
		t.Errorf("28 bytes: %v", err)
	}
}

func TestTransactionsOfOneAccountFollowEachOtherInOneLedger(t *testing.T) {
	s := newFixture(t)
	for range 3 {
		if _, err := s.Submit(s.encode(draft{source: "alice", operations: []txnbuild.Operation{s.pay("bob", "1")}})); err != nil {
			t.Fatal(err)
		}
	}
	if h := s.close(); len(h.Transactions) != 3 || s.balance("bob") != 103_0000000 {
		t.Errorf("%d transactions, bob has %d", len(h.Transactions), s.balance("bob"))
	}
}

func TestSameEnvelopeIsAppliedOnce(t *testing.T) {
	s := newFixture(t)
	envelope := s.encode(draft{source: "alice", operations: []txnbuild.Operation{s.pay("bob", "1")}})
	first, err := s.Submit(envelope)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		again, err := s.Submit(envelope)
		if err != nil || again != first {
			t.Errorf("again: %s, %v", again, err)
		}
		s.close()
	}
	if got := s.balance("bob"); got != 101_0000000 {
		t.Errorf("bob has %d", got)
	}
}

func TestTransactionThatBecomesInvalidWhileItWaitsIsDropped(t *testing.T) {
	s := newFixture(t)
	late := draft{source: "alice", operations: []txnbuild.Operation{s.pay("bob", "1")}}
	late.bounds = txnbuild.NewTimebounds(0, opened.Unix())
	hash, err := s.Submit(s.encode(late))
	if err != nil {
		t.Fatal(err)
	}
	s.close()
	if dropped := s.Dropped(hash); dropped == nil || ResultCodes(dropped.Result).Transaction != "tx_too_late" {
		t.Errorf("dropped: %v", dropped)
	}
}
