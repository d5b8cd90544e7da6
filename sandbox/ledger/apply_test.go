package ledger

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/txnbuild"
	"github.com/stellar/go/xdr"
)

func TestOperationsFailAsOnTheNetwork(t *testing.T) {
	const everything = "922337203685.4775807"
	for name, c := range map[string]struct {
		source    string
		operation func(*fixture) txnbuild.Operation
		want      string
	}{
		"payment beyond the balance": {"alice", func(s *fixture) txnbuild.Operation { return s.pay("bob", "98.5") }, "op_underfunded"},
		"payment to nobody":          {"alice", func(s *fixture) txnbuild.Operation { return s.pay("nobody", "1") }, "op_no_destination"},
		"asset nobody is trusted with": {"alice", func(s *fixture) txnbuild.Operation {
			return &txnbuild.Payment{Destination: s.address("carol"), Amount: "1", Asset: s.credit()}
		}, "op_no_trust"},
		"asset the source does not hold": {"carol", func(s *fixture) txnbuild.Operation {
			return &txnbuild.Payment{Destination: s.address("bob"), Amount: "1", Asset: s.credit()}
		}, "op_src_no_trust"},
		"asset beyond the balance": {"alice", func(s *fixture) txnbuild.Operation {
			return &txnbuild.Payment{Destination: s.address("bob"), Amount: "50.0000001", Asset: s.credit()}
		}, "op_underfunded"},
		"asset beyond the limit": {"issuer", func(s *fixture) txnbuild.Operation {
			return &txnbuild.Payment{Destination: s.address("bob"), Amount: "950.0000001", Asset: s.credit()}
		}, "op_line_full"},
		"merge right after the account was created": {"carol", func(s *fixture) txnbuild.Operation {
			return &txnbuild.AccountMerge{Destination: s.address("bob")}
		}, "op_seq_num_too_far"},
		"account that exists": {"alice", func(s *fixture) txnbuild.Operation {
			return &txnbuild.CreateAccount{Destination: s.address("bob"), Amount: "5"}
		}, "op_already_exists"},
		"account below the reserve": {"alice", func(s *fixture) txnbuild.Operation {
			return &txnbuild.CreateAccount{Destination: s.address("nobody"), Amount: "0.9999999"}
		}, "op_low_reserve"},
		"account beyond the balance": {"alice", func(s *fixture) txnbuild.Operation {
			return &txnbuild.CreateAccount{Destination: s.address("nobody"), Amount: "99"}
		}, "op_underfunded"},
		"merge with a trustline": {"alice", func(s *fixture) txnbuild.Operation {
			return &txnbuild.AccountMerge{Destination: s.address("bob")}
		}, "op_has_sub_entries"},
		"merge into nobody": {"carol", func(s *fixture) txnbuild.Operation {
			return &txnbuild.AccountMerge{Destination: s.address("nobody")}
		}, "op_no_account"},
		"limit below the balance": {"alice", func(s *fixture) txnbuild.Operation {
			return &txnbuild.ChangeTrust{Line: s.credit().MustToChangeTrustAsset(), Limit: "49"}
		}, "op_invalid_limit"},
		"no trustline to remove": {"carol", func(s *fixture) txnbuild.Operation {
			return &txnbuild.ChangeTrust{Line: s.credit().MustToChangeTrustAsset(), Limit: "0"}
		}, "op_invalid_limit"},
		"trust in nobody": {"carol", func(s *fixture) txnbuild.Operation {
			return &txnbuild.ChangeTrust{Line: txnbuild.CreditAsset{Code: "USD", Issuer: s.address("nobody")}.MustToChangeTrustAsset()}
		}, "op_no_issuer"},
		"path beyond what the source offers": {"alice", func(s *fixture) txnbuild.Operation {
			return &txnbuild.PathPaymentStrictReceive{
				SendAsset: txnbuild.NativeAsset{}, SendMax: "0.9999999",
				Destination: s.address("bob"), DestAsset: s.credit(), DestAmount: "1",
			}
		}, "op_over_source_max"},
		"path below what the destination wants": {"alice", func(s *fixture) txnbuild.Operation {
			return &txnbuild.PathPaymentStrictSend{
				SendAsset: txnbuild.NativeAsset{}, SendAmount: "1",
				Destination: s.address("bob"), DestAsset: s.credit(), DestMin: "1.0000001",
			}
		}, "op_under_dest_min"},
		"path from an asset without a market": {"alice", func(s *fixture) txnbuild.Operation {
			return &txnbuild.PathPaymentStrictReceive{
				SendAsset: txnbuild.CreditAsset{Code: "XYZ", Issuer: s.address("nobody")}, SendMax: everything,
				Destination: s.address("bob"), DestAsset: txnbuild.NativeAsset{}, DestAmount: "1",
			}
		}, "op_too_few_offers"},
		"path to nobody": {"alice", func(s *fixture) txnbuild.Operation {
			return &txnbuild.PathPaymentStrictSend{
				SendAsset: txnbuild.NativeAsset{}, SendAmount: "1",
				Destination: s.address("nobody"), DestAsset: txnbuild.NativeAsset{}, DestMin: "1",
			}
		}, "op_no_destination"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t, func(o *Options) {
				if c.want == "op_seq_num_too_far" {
					o.Accounts[2].Sequence = startingSequence(FirstSequence + 1)
				}
			})
			before, _ := s.Account(s.address(c.source))
			applied := s.apply(draft{source: c.source, operations: []txnbuild.Operation{c.operation(s)}})
			want := Codes{Transaction: "tx_failed", Operations: []string{c.want}}
			if diff := cmp.Diff(want, ResultCodes(applied.Result)); diff != "" || applied.Successful {
				t.Errorf("codes (- want, + got):\n%s", diff)
			}
			if got := s.balance(c.source); got != 100_0000000-BaseFee {
				t.Errorf("the source has %d; only the fee should be gone", got)
			}
			if a, _ := s.Account(s.address(c.source)); a.Sequence != before.Sequence+1 {
				t.Errorf("sequence number %d was not consumed", a.Sequence)
			}
		})
	}
}

func TestTransactionAppliesAsAWholeOrNotAtAll(t *testing.T) {
	s := newFixture(t)
	applied := s.apply(draft{source: "alice", operations: []txnbuild.Operation{s.pay("bob", "1"), s.pay("nobody", "1"), s.pay("carol", "2")}})
	want := Codes{Transaction: "tx_failed", Operations: []string{"op_success", "op_no_destination", "op_success"}}
	if diff := cmp.Diff(want, ResultCodes(applied.Result)); diff != "" {
		t.Errorf("codes (- want, + got):\n%s", diff)
	}
	if s.balance("bob") != 100_0000000 || s.balance("alice") != 100_0000000-3*BaseFee {
		t.Errorf("bob has %d, alice %d", s.balance("bob"), s.balance("alice"))
	}
	page, _ := s.Payments(s.address("bob"), Page{Limit: 10})
	withFailed, _ := s.Payments(s.address("bob"), Page{Limit: 10, IncludeFailed: true})
	if len(page) != 0 || len(withFailed) != 1 {
		t.Errorf("%d payments, %d with failed ones", len(page), len(withFailed))
	}
}

func TestAccountCanBeCreatedAndActInOneTransaction(t *testing.T) {
	s := newFixture(t)
	applied := s.apply(draft{source: "alice", signers: []string{"alice", "nobody"}, operations: []txnbuild.Operation{
		&txnbuild.CreateAccount{Destination: s.address("nobody"), Amount: "10"},
		&txnbuild.ChangeTrust{SourceAccount: s.address("nobody"), Line: s.credit().MustToChangeTrustAsset()},
	}})
	if !applied.Successful {
		t.Fatalf("%v", ResultCodes(applied.Result))
	}
	created, _ := s.Account(s.address("nobody"))
	if created.Sequence != int64(applied.Ledger)<<32 || created.Balance != 10_0000000 || len(created.Lines) != 1 {
		t.Errorf("created %+v", created)
	}
}

func TestMergeMovesEverythingAndLeavesTheHistory(t *testing.T) {
	s := newFixture(t)
	applied := s.apply(draft{source: "carol", operations: []txnbuild.Operation{&txnbuild.AccountMerge{Destination: s.address("bob")}}})
	if !applied.Successful {
		t.Fatalf("%v", ResultCodes(applied.Result))
	}
	if got := s.balance("bob"); got != 200_0000000-BaseFee {
		t.Errorf("bob has %d", got)
	}
	if _, exists := s.Account(s.address("carol")); exists {
		t.Error("carol still exists")
	}
	if payments, seen := s.Payments(s.address("carol"), Page{Limit: 10}); !seen || len(payments) != 1 {
		t.Errorf("history of carol: %d payments, seen %t", len(payments), seen)
	}
}

func TestMuxedAddressesResolveToTheirAccounts(t *testing.T) {
	s := newFixture(t)
	to := xdr.MustMuxedAddress(s.address("bob"))
	muxed, err := xdr.MuxedAccountFromAccountId(to.ToAccountId().Address(), 77)
	if err != nil {
		t.Fatal(err)
	}
	s.apply(draft{source: "alice", operations: []txnbuild.Operation{
		&txnbuild.Payment{Destination: muxed.Address(), Amount: "1", Asset: txnbuild.NativeAsset{}},
	}})
	if got := s.balance("bob"); got != 101_0000000 {
		t.Errorf("bob has %d", got)
	}
	if payments, _ := s.Payments(s.address("bob"), Page{Limit: 10}); len(payments) != 1 {
		t.Errorf("%d payments", len(payments))
	}
}

func TestFeeBumpIsPaidByItsSource(t *testing.T) {
	s := newFixture(t)
	inner := s.sign(draft{source: "alice", operations: []txnbuild.Operation{s.pay("bob", "1")}})
	bump, err := txnbuild.NewFeeBumpTransaction(txnbuild.FeeBumpTransactionParams{Inner: inner, FeeAccount: s.address("carol"), BaseFee: 200})
	if err != nil {
		t.Fatal(err)
	}
	if bump, err = bump.Sign(s.passphrase, s.keys["carol"]); err != nil {
		t.Fatal(err)
	}
	envelope, err := bump.Base64()
	if err != nil {
		t.Fatal(err)
	}
	hash, err := s.Submit(envelope)
	if err != nil {
		t.Fatal(err)
	}
	s.close()
	applied, _ := s.Transaction(hash)
	got := []int64{s.balance("alice"), s.balance("bob"), s.balance("carol"), applied.FeeCharged, applied.FeeBid}
	if diff := cmp.Diff([]int64{99_0000000, 101_0000000, 100_0000000 - 200, 200, 400}, got); diff != "" {
		t.Errorf("alice, bob, carol, fee, bid (- want, + got):\n%s", diff)
	}
	if byInner, ok := s.Transaction(applied.InnerHash); !ok || byInner != applied {
		t.Error("it is not found by its inner hash")
	}
}

func TestPathPaymentsRoundAgainstTheSender(t *testing.T) {
	s := newFixture(t, func(o *Options) {
		o.Market = Market{{"native", AssetName(o.Accounts[0].Lines[usdName(o)].Asset)}: {N: 1, D: 3}}
	})
	receive := s.apply(draft{source: "alice", operations: []txnbuild.Operation{&txnbuild.PathPaymentStrictReceive{
		SendAsset: txnbuild.NativeAsset{}, SendMax: "10",
		Destination: s.address("bob"), DestAsset: s.credit(), DestAmount: "1.0000001",
	}}}).Operations[0]
	send := s.apply(draft{source: "alice", operations: []txnbuild.Operation{&txnbuild.PathPaymentStrictSend{
		SendAsset: txnbuild.NativeAsset{}, SendAmount: "1",
		Destination: s.address("bob"), DestAsset: s.credit(), DestMin: "0.1",
	}}}).Operations[0]
	got := []int64{receive.Sent, receive.Received, send.Sent, send.Received}
	if diff := cmp.Diff([]int64{3_0000003, 1_0000001, 1_0000000, 3333333}, got); diff != "" {
		t.Errorf("sent and received, strict receive and strict send (- want, + got):\n%s", diff)
	}
	bob, _ := s.Account(s.address("bob"))
	if held := bob.Lines[AssetName(s.usd())].Balance; held != 50_0000000+1_0000001+3333333 {
		t.Errorf("bob holds %d", held)
	}
}

func usdName(o *Options) string {
	for name := range o.Accounts[0].Lines {
		return name
	}
	return ""
}

func TestMulDivRoundsAndRefusesWhatIsTooLarge(t *testing.T) {
	for _, c := range []struct {
		a, n, d int64
		up      bool
		want    int64
		ok      bool
	}{
		{10, 1, 3, false, 3, true},
		{10, 1, 3, true, 4, true},
		{9, 1, 3, true, 3, true},
		{1<<63 - 1, 7, 7, true, 1<<63 - 1, true},
		{1<<63 - 1, 2, 1, false, 0, false},
		{1<<63 - 1, 1<<63 - 1, 1, false, 0, false},
	} {
		if got, ok := mulDiv(c.a, c.n, c.d, c.up); got != c.want || ok != c.ok {
			t.Errorf("%d*%d/%d: %d, %t", c.a, c.n, c.d, got, ok)
		}
	}
}

func TestTrustlineCanBeFilledToItsLimitAndEmptied(t *testing.T) {
	s := newFixture(t)
	fill := s.apply(draft{source: "issuer", operations: []txnbuild.Operation{
		&txnbuild.Payment{Destination: s.address("bob"), Amount: "950", Asset: s.credit()},
	}})
	empty := s.apply(draft{source: "bob", operations: []txnbuild.Operation{
		&txnbuild.Payment{Destination: s.address("issuer"), Amount: "1000", Asset: s.credit()},
		&txnbuild.ChangeTrust{Line: s.credit().MustToChangeTrustAsset(), Limit: "0"},
	}})
	if !fill.Successful || !empty.Successful {
		t.Errorf("%v, then %v", ResultCodes(fill.Result), ResultCodes(empty.Result))
	}
	if bob, _ := s.Account(s.address("bob")); len(bob.Lines) != 0 || bob.Reserve() != 2*BaseReserve {
		t.Errorf("bob %+v", bob)
	}
}

func TestXLMToOneselfSucceedsWithAnyBalance(t *testing.T) {
	s := newFixture(t)
	if applied := s.apply(draft{source: "alice", operations: []txnbuild.Operation{s.pay("alice", "1000000")}}); !applied.Successful {
		t.Errorf("%v", ResultCodes(applied.Result))
	}
	if got := s.balance("alice"); got != 100_0000000-BaseFee {
		t.Errorf("alice has %d", got)
	}
}
