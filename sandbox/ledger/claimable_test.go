package ledger

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/txnbuild"
	"github.com/stellar/go/xdr"
)

func (s *fixture) create(amount string, asset txnbuild.Asset, claimants ...txnbuild.Claimant) (string, *Transaction) {
	s.t.Helper()
	made := s.apply(draft{source: "alice", operations: []txnbuild.Operation{
		&txnbuild.CreateClaimableBalance{Amount: amount, Asset: asset, Destinations: claimants},
	}})
	if !made.Successful {
		return "", made
	}
	return BalanceID(*made.Operations[0].Result.Tr.CreateClaimableBalanceResult.BalanceId), made
}

func (s *fixture) claim(name, id string) Codes {
	s.t.Helper()
	return s.codes(draft{source: name, operations: []txnbuild.Operation{&txnbuild.ClaimClaimableBalance{BalanceID: id}}})
}

func TestClaimableBalanceWaitsForItsClaimant(t *testing.T) {
	s := newFixture(t)
	id, _ := s.create("10", s.credit(), txnbuild.NewClaimant(s.address("bob"), nil), txnbuild.NewClaimant(s.address("carol"), nil))
	alice, _ := s.Account(s.address("alice"))
	if alice.Lines[AssetName(s.usd())].Balance != 40_0000000 || alice.Sponsoring != 2 || alice.Reserve() != 5*BaseReserve {
		t.Errorf("alice %+v", alice)
	}
	for name, want := range map[string]string{"alice": "op_cannot_claim", "carol": "op_no_trust"} {
		if got := s.claim(name, id); !cmp.Equal(got.Operations, []string{want}) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := s.codes(draft{source: "alice", operations: []txnbuild.Operation{
		&txnbuild.Payment{Destination: s.address("issuer"), Amount: "40", Asset: s.credit()},
		&txnbuild.ChangeTrust{Line: s.credit().MustToChangeTrustAsset(), Limit: "0"},
		&txnbuild.AccountMerge{Destination: s.address("bob")},
	}}); !cmp.Equal(got.Operations, []string{"op_success", "op_success", "op_is_sponsor"}) {
		t.Errorf("merge of the sponsor: %v", got)
	}
	if got := s.claim("bob", id); got.Transaction != "tx_success" {
		t.Errorf("bob: %v", got)
	}
	bob, _ := s.Account(s.address("bob"))
	alice, _ = s.Account(s.address("alice"))
	if bob.Lines[AssetName(s.usd())].Balance != 60_0000000 || alice.Sponsoring != 0 {
		t.Errorf("bob %+v, alice %+v", bob, alice)
	}
	if got := s.claim("bob", id); !cmp.Equal(got.Operations, []string{"op_does_not_exist"}) {
		t.Errorf("again: %v", got)
	}
	count(t, s.Ledger, 100_0000000)
}

func TestClaimableBalanceCanBeBoundToTime(t *testing.T) {
	s := newFixture(t)
	soon := txnbuild.BeforeRelativeTimePredicate(3)
	later := txnbuild.NotPredicate(soon)
	long := txnbuild.BeforeAbsoluteTimePredicate(opened.Unix() + 1000)
	id, _ := s.create("10", txnbuild.NativeAsset{},
		txnbuild.NewClaimant(s.address("bob"), &soon),
		txnbuild.NewClaimant(s.address("carol"), ref(txnbuild.AndPredicate(later, long))),
		txnbuild.NewClaimant(s.address("issuer"), ref(txnbuild.OrPredicate(soon, later))))
	if got := s.claim("carol", id); !cmp.Equal(got.Operations, []string{"op_cannot_claim"}) {
		t.Errorf("too early: %v", got)
	}
	s.close()
	if got := s.claim("bob", id); !cmp.Equal(got.Operations, []string{"op_cannot_claim"}) {
		t.Errorf("too late: %v", got)
	}
	if got := s.claim("carol", id); got.Transaction != "tx_success" {
		t.Errorf("in time: %v", got)
	}
}

func ref(p xdr.ClaimPredicate) *xdr.ClaimPredicate { return &p }

func TestClaimableBalancesAreRefusedAsByTheNetwork(t *testing.T) {
	s := newFixture(t)
	bob := txnbuild.NewClaimant(s.address("bob"), nil)
	deep := txnbuild.UnconditionalPredicate
	for range 4 {
		deep = txnbuild.NotPredicate(deep)
	}
	for name, c := range map[string]struct {
		operation txnbuild.CreateClaimableBalance
		want      string
	}{
		"twice the same claimant": {txnbuild.CreateClaimableBalance{Amount: "1", Asset: txnbuild.NativeAsset{}, Destinations: []txnbuild.Claimant{bob, bob}}, "op_malformed"},
		"too deep a condition": {txnbuild.CreateClaimableBalance{Amount: "1", Asset: txnbuild.NativeAsset{},
			Destinations: []txnbuild.Claimant{txnbuild.NewClaimant(s.address("bob"), &deep)}}, "op_malformed"},
		"more than there is":    {txnbuild.CreateClaimableBalance{Amount: "99.5", Asset: txnbuild.NativeAsset{}, Destinations: []txnbuild.Claimant{bob}}, "op_underfunded"},
		"an asset without line": {txnbuild.CreateClaimableBalance{Amount: "1", Asset: s.credit(), Destinations: []txnbuild.Claimant{bob}}, "op_no_trust"},
	} {
		if got := s.codes(draft{source: "carol", operations: []txnbuild.Operation{&c.operation}}); !cmp.Equal(got.Operations, []string{c.want}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
