package ledger

import (
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/strkey"
	"github.com/stellar/go/txnbuild"
)

// shared makes alice an account of two: she and bob have weight 1 each, carol has weight 2. Payments
// need 2, changes of signers 3.
func shared(t *testing.T) *fixture {
	t.Helper()
	s := newFixture(t)
	one, two, three := txnbuild.NewThreshold(1), txnbuild.NewThreshold(2), txnbuild.NewThreshold(3)
	made := s.apply(draft{source: "alice", operations: []txnbuild.Operation{
		&txnbuild.SetOptions{Signer: &txnbuild.Signer{Address: s.address("bob"), Weight: 1}},
		&txnbuild.SetOptions{Signer: &txnbuild.Signer{Address: s.address("carol"), Weight: 2}},
		&txnbuild.SetOptions{LowThreshold: one, MediumThreshold: two, HighThreshold: three},
	}})
	if !made.Successful {
		t.Fatal(ResultCodes(made.Result))
	}
	return s
}

// codes submits a transaction, and returns the codes of its result, also if it is refused.
func (s *fixture) codes(d draft) Codes {
	s.t.Helper()
	return s.submitted(s.encode(d))
}

func (s *fixture) submitted(envelope string) Codes {
	s.t.Helper()
	hash, err := s.Submit(envelope)
	var rejected *RejectedError
	if errors.As(err, &rejected) {
		return ResultCodes(rejected.Result)
	} else if err != nil {
		s.t.Fatal(err)
	}
	s.close()
	applied, ok := s.Transaction(hash)
	if !ok {
		return ResultCodes(s.Dropped(hash).Result)
	}
	return ResultCodes(applied.Result)
}

func TestOperationsNeedTheWeightOfTheirThreshold(t *testing.T) {
	domain := "example.com"
	pay := func(s *fixture) txnbuild.Operation { return s.pay("issuer", "1") }
	setDomain := func(*fixture) txnbuild.Operation { return &txnbuild.SetOptions{HomeDomain: &domain} }
	setSigner := func(s *fixture) txnbuild.Operation {
		return &txnbuild.SetOptions{Signer: &txnbuild.Signer{Address: s.address("issuer"), Weight: 1}}
	}
	merge := func(s *fixture) txnbuild.Operation { return &txnbuild.AccountMerge{Destination: s.address("bob")} }
	fails := func(code string) Codes { return Codes{Transaction: "tx_failed", Operations: []string{code}} }
	fine := Codes{Transaction: "tx_success", Operations: []string{"op_success"}}
	for name, c := range map[string]struct {
		operation func(*fixture) txnbuild.Operation
		signers   []string
		want      Codes
	}{
		"payment by one":               {pay, []string{"alice"}, fails("op_bad_auth")},
		"payment by two":               {pay, []string{"alice", "bob"}, fine},
		"payment without its owner":    {pay, []string{"carol"}, fine},
		"payment by one signing twice": {pay, []string{"bob", "bob"}, fails("op_bad_auth")},
		"payment by more than needed":  {pay, []string{"carol", "alice"}, Codes{Transaction: "tx_bad_auth_extra"}},
		"payment by a stranger":        {pay, []string{"issuer"}, Codes{Transaction: "tx_bad_auth"}},
		"home domain by two":           {setDomain, []string{"alice", "bob"}, fine},
		"signer by two":                {setSigner, []string{"alice", "bob"}, fails("op_bad_auth")},
		"signer by weight three":       {setSigner, []string{"alice", "carol"}, fine},
		"merge by two":                 {merge, []string{"alice", "bob"}, fails("op_bad_auth")},
		"merge by weight three":        {merge, []string{"bob", "carol"}, fails("op_has_sub_entries")}, // its trustline
	} {
		t.Run(name, func(t *testing.T) {
			s := shared(t)
			if diff := cmp.Diff(c.want, s.codes(draft{source: "alice", operations: []txnbuild.Operation{c.operation(s)}, signers: c.signers})); diff != "" {
				t.Errorf("codes (- want, + got):\n%s", diff)
			}
		})
	}
}

func TestMasterKeyWithoutWeightSignsNothing(t *testing.T) {
	s := shared(t)
	s.apply(draft{source: "alice", signers: []string{"alice", "carol"}, operations: []txnbuild.Operation{
		&txnbuild.SetOptions{MasterWeight: txnbuild.NewThreshold(0)},
	}})
	pay := []txnbuild.Operation{s.pay("issuer", "1")}
	if got := s.codes(draft{source: "alice", operations: pay}); got.Transaction != "tx_bad_auth" {
		t.Errorf("alone: %v", got)
	}
	if got := s.codes(draft{source: "alice", operations: pay, signers: []string{"carol"}}); got.Transaction != "tx_success" {
		t.Errorf("carol: %v", got)
	}
}

func TestWhoCanSignIsDecidedBeforeTheFirstOperation(t *testing.T) {
	s := newFixture(t)
	got := s.codes(draft{source: "alice", operations: []txnbuild.Operation{
		&txnbuild.SetOptions{MediumThreshold: txnbuild.NewThreshold(2)}, s.pay("bob", "1"),
	}})
	if diff := cmp.Diff(Codes{Transaction: "tx_success", Operations: []string{"op_success", "op_success"}}, got); diff != "" {
		t.Errorf("in the same transaction (- want, + got):\n%s", diff)
	}
	if got := s.codes(draft{source: "alice", operations: []txnbuild.Operation{s.pay("bob", "1")}}); got.Transaction != "tx_failed" {
		t.Errorf("in the next one: %v", got)
	}
}

func TestPreimageSignsForItsHash(t *testing.T) {
	s := newFixture(t)
	preimage := []byte("open sesame")
	hash := sha256.Sum256(preimage)
	s.apply(draft{source: "alice", operations: []txnbuild.Operation{
		&txnbuild.SetOptions{Signer: &txnbuild.Signer{Address: strkey.MustEncode(strkey.VersionByteHashX, hash[:]), Weight: 1}},
	}})
	for secret, want := range map[string]string{"open barley": "tx_bad_auth", "open sesame": "tx_success"} {
		tx, err := s.sign(draft{source: "alice", operations: []txnbuild.Operation{s.pay("bob", "1")}, signers: []string{}}).SignHashX([]byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		envelope, err := tx.Base64()
		if err != nil {
			t.Fatal(err)
		}
		if got := s.submitted(envelope); got.Transaction != want {
			t.Errorf("%q: %v", secret, got)
		}
	}
}

func TestPreauthorizedTransactionNeedsNoSignatureOnce(t *testing.T) {
	s := newFixture(t)
	alice, _ := s.Account(s.address("alice"))
	later := s.sign(draft{
		source: "alice", sequence: alice.Sequence + 2, operations: []txnbuild.Operation{s.pay("bob", "1")}, signers: []string{},
	})
	hash, err := later.Hash(s.passphrase)
	if err != nil {
		t.Fatal(err)
	}
	s.apply(draft{source: "alice", operations: []txnbuild.Operation{
		&txnbuild.SetOptions{Signer: &txnbuild.Signer{Address: preauthorized(hash), Weight: 1}},
	}})
	envelope, err := later.Base64()
	if err != nil {
		t.Fatal(err)
	}
	if got := s.submitted(envelope); got.Transaction != "tx_success" {
		t.Errorf("%v", got)
	}
	if alice, _ := s.Account(s.address("alice")); len(alice.Signers) != 0 {
		t.Errorf("signers %v remain", alice.Signers)
	}
}
