package ledger

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"
	"github.com/stellar/go/xdr"
)

func TestOptionsChangeTheAccount(t *testing.T) {
	s := newFixture(t)
	domain, issuer := "shop.example", s.address("issuer")
	applied := s.apply(draft{source: "alice", operations: []txnbuild.Operation{
		&txnbuild.SetOptions{
			HomeDomain: &domain, InflationDestination: &issuer, SetFlags: []txnbuild.AccountFlag{txnbuild.AuthRequired, txnbuild.AuthRevocable},
			MasterWeight: txnbuild.NewThreshold(3), HighThreshold: txnbuild.NewThreshold(2),
			Signer: &txnbuild.Signer{Address: s.address("bob"), Weight: 2},
		},
		&txnbuild.SetOptions{ClearFlags: []txnbuild.AccountFlag{txnbuild.AuthRequired}},
		&txnbuild.ManageData{Name: "config.memo_required", Value: []byte("1")},
	}})
	got, _ := s.Account(s.address("alice"))
	master := byte(3)
	want := &Account{
		Address: s.address("alice"), Balance: 100_0000000 - 3*BaseFee, Sequence: 2, Lines: got.Lines,
		Data: map[string][]byte{"config.memo_required": []byte("1")}, HomeDomain: domain, InflationDest: issuer,
		Flags: xdr.AccountFlagsAuthRevocableFlag, Master: &master, Signers: map[string]byte{s.address("bob"): 2}, High: 2,
		Modified: applied.Ledger, ModifiedAt: applied.ClosedAt,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("alice (- want, + got):\n%s", diff)
	}
	if reserve := got.Reserve(); reserve != (2+3)*BaseReserve {
		t.Errorf("her reserve is %d", reserve)
	}
	effects := []Effect{
		{Type: AccountHomeDomainUpdated, Name: domain}, {Type: AccountThresholdsUpdated}, {Type: AccountFlagsUpdated},
		{Type: SignerCreated, Name: s.address("bob"), Weight: 2}, {Type: SignerUpdated, Name: s.address("alice"), Weight: 3},
		{Type: AccountFlagsUpdated}, {Type: DataCreated, Name: "config.memo_required", Value: []byte("1")},
	}
	var all []Effect
	for _, o := range applied.Operations {
		all = append(all, o.Effects...)
	}
	byKey := cmpopts.SortSlices(func(a, b Effect) bool { return fmt.Sprint(a) < fmt.Sprint(b) })
	if diff := cmp.Diff(effects, all, cmpopts.IgnoreFields(Effect{}, "Account"), byKey); diff != "" {
		t.Errorf("effects (- want, + got):\n%s", diff)
	}
}

func TestSignersAndDataAreRemovedAgain(t *testing.T) {
	s := newFixture(t)
	applied := s.apply(draft{source: "carol", operations: []txnbuild.Operation{
		&txnbuild.SetOptions{Signer: &txnbuild.Signer{Address: s.address("bob"), Weight: 1}},
		&txnbuild.SetOptions{Signer: &txnbuild.Signer{Address: s.address("bob"), Weight: 0}},
		&txnbuild.SetOptions{Signer: &txnbuild.Signer{Address: s.address("bob"), Weight: 0}},
		&txnbuild.ManageData{Name: "a", Value: []byte("1")},
		&txnbuild.ManageData{Name: "a", Value: []byte("2")},
		&txnbuild.ManageData{Name: "a"},
	}})
	var kinds []EffectType
	for _, o := range applied.Operations {
		for _, e := range o.Effects {
			kinds = append(kinds, e.Type)
		}
	}
	if diff := cmp.Diff([]EffectType{SignerCreated, SignerRemoved, DataCreated, DataUpdated, DataRemoved}, kinds); diff != "" {
		t.Errorf("effects (- want, + got):\n%s", diff)
	}
	if carol, _ := s.Account(s.address("carol")); carol.Subentries() != 0 {
		t.Errorf("carol %+v", carol)
	}
}

func TestOptionsAreRefusedAsByTheNetwork(t *testing.T) {
	bad := "line\nbreak"
	immutable := []txnbuild.AccountFlag{txnbuild.AuthImmutable}
	for want, operations := range map[string]func(s *fixture) []txnbuild.Operation{
		"op_invalid_home_domain": func(*fixture) []txnbuild.Operation {
			return []txnbuild.Operation{&txnbuild.SetOptions{HomeDomain: &bad}}
		},
		"op_bad_signer": func(s *fixture) []txnbuild.Operation {
			return []txnbuild.Operation{&txnbuild.SetOptions{Signer: &txnbuild.Signer{Address: s.address("carol"), Weight: 1}}}
		},
		"op_bad_flags": func(*fixture) []txnbuild.Operation {
			return []txnbuild.Operation{&txnbuild.SetOptions{SetFlags: immutable, ClearFlags: immutable}}
		},
		"op_invalid_inflation": func(s *fixture) []txnbuild.Operation {
			nobody := s.address("nobody")
			return []txnbuild.Operation{&txnbuild.SetOptions{InflationDestination: &nobody}}
		},
		"op_cant_change": func(*fixture) []txnbuild.Operation {
			return []txnbuild.Operation{&txnbuild.SetOptions{SetFlags: immutable}, &txnbuild.SetOptions{ClearFlags: immutable}}
		},
		"op_immutable_set": func(s *fixture) []txnbuild.Operation {
			return []txnbuild.Operation{&txnbuild.SetOptions{SetFlags: immutable}, &txnbuild.AccountMerge{Destination: s.address("bob")}}
		},
		"op_auth_revocable_required": func(*fixture) []txnbuild.Operation {
			return []txnbuild.Operation{&txnbuild.SetOptions{SetFlags: []txnbuild.AccountFlag{txnbuild.AuthClawbackEnabled}}}
		},
		"op_too_many_signers":    func(*fixture) []txnbuild.Operation { return signers(21) },
		"op_data_name_not_found": func(*fixture) []txnbuild.Operation { return []txnbuild.Operation{&txnbuild.ManageData{Name: "none"}} },
		"op_data_invalid_name":   func(*fixture) []txnbuild.Operation { return []txnbuild.Operation{&txnbuild.ManageData{Name: "\x7f"}} },
		"op_low_reserve": func(s *fixture) []txnbuild.Operation {
			return []txnbuild.Operation{s.pay("bob", "98.9"), &txnbuild.ManageData{Name: "a", Value: []byte("1")}}
		},
		"op_has_sub_entries": func(s *fixture) []txnbuild.Operation {
			return []txnbuild.Operation{&txnbuild.ManageData{Name: "a", Value: []byte("1")}, &txnbuild.AccountMerge{Destination: s.address("bob")}}
		},
	} {
		s := newFixture(t)
		got := s.codes(draft{source: "carol", operations: operations(s)})
		if got.Transaction != "tx_failed" || got.Operations[len(got.Operations)-1] != want {
			t.Errorf("want %s: %v", want, got)
		}
		if others := strings.Join(got.Operations[:len(got.Operations)-1], " "); strings.ReplaceAll(strings.ReplaceAll(others, "op_success", ""), " ", "") != "" {
			t.Errorf("%s: the operations before it: %s", want, others)
		}
	}
}

func signers(n int) (all []txnbuild.Operation) {
	for i := range n {
		key, err := keypair.FromRawSeed([32]byte{100, byte(i)})
		if err != nil {
			panic(err) // ed25519 accepts every seed
		}
		all = append(all, &txnbuild.SetOptions{Signer: &txnbuild.Signer{Address: key.Address(), Weight: 1}})
	}
	return all
}
