package checkout_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

func drawPaymentID(t *rapid.T) checkout.PaymentID {
	return checkout.PaymentID{
		ClosedAt:  time.UnixMilli(rapid.Int64Range(0, 1<<48-1).Draw(t, "ms")).UTC(),
		Operation: rapid.Int64Min(1).Draw(t, "operation"),
		Index:     rapid.IntRange(0, checkout.MaxIndex).Draw(t, "index"),
		Mode:      stellar.ModeOf(rapid.Bool().Draw(t, "livemode")),
	}
}

func TestPaymentIDHoldsThePlaceOfThePayment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := drawPaymentID(t)
		back, err := checkout.ParsePaymentID(id.String())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(id, back); diff != "" {
			t.Fatal(diff)
		}
		p := checkout.Payment{Operation: id.Operation, Index: id.Index, ClosedAt: id.ClosedAt}
		if diff := cmp.Diff(id, p.Place(id.Mode)); diff != "" {
			t.Fatal(diff)
		}
		if p.ID(id.Mode) != id.String() || !id.Names(p) {
			t.Fatalf("the payment is %s, its id %s", p.ID(id.Mode), id)
		}
		if p.ID(stellar.Live) == p.ID(stellar.Test) {
			t.Fatal("a payment of the test network has the id of one of the public network")
		}
		for _, other := range []checkout.Payment{
			{Operation: id.Operation ^ 1, Index: id.Index, ClosedAt: id.ClosedAt},
			{Operation: id.Operation, Index: id.Index + 1, ClosedAt: id.ClosedAt},
			{Operation: id.Operation, Index: id.Index, ClosedAt: id.ClosedAt.Add(time.Second)},
		} {
			if id.Names(other) {
				t.Fatalf("%+v has the id of %+v", other, p)
			}
		}
	})
}

func TestPaymentIDsSortAsTheLedgerDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawPaymentID(t), drawPaymentID(t)
		b.ClosedAt, b.Mode = a.ClosedAt, a.Mode
		want := a.Operation < b.Operation || a.Operation == b.Operation && a.Index < b.Index
		if got := a.String() < b.String(); got != want {
			t.Fatalf("%s < %s is %t", a, b, got)
		}
		b.ClosedAt = a.ClosedAt.Add(time.Millisecond)
		if a.ClosedAt.UnixMilli() < 1<<48-1 && a.String() >= b.String() {
			t.Fatalf("%s does not sort before %s, which is of a later ledger", a, b)
		}
	})
}

func TestMalformedPaymentIDsAreRefused(t *testing.T) {
	good := pay(1, 1, usdc).ID(stellar.Test)
	if _, err := checkout.ParsePaymentID(good); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{
		"", "pay_", good[:len(good)-1], good + "0", strings.ToUpper(good), strings.Replace(good, "pay_", "chk_", 1), "pay_" + good,
		checkout.PaymentID{Operation: -1}.String(), checkout.PaymentID{}.String(),
	} {
		if got, err := checkout.ParsePaymentID(id); err == nil {
			t.Errorf("%q was read as %+v", id, got)
		}
	}
}
