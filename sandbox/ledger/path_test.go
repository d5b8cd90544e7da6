package ledger

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/amount"
	"github.com/stellar/go/txnbuild"
	"github.com/stellar/go/xdr"
)

// quoted is a market in which three XLM are a dollar, and ten a euro; a euro is four dollars.
func quoted(t *testing.T) (s *fixture, usd, eur xdr.Asset) {
	t.Helper()
	s = newFixture(t, func(o *Options) {
		issuer := o.Accounts[3].Address
		usd, eur = xdr.MustNewCreditAsset("USD", issuer), xdr.MustNewCreditAsset("EUR", issuer)
		o.Market = Market{
			{"native", AssetName(usd)}:       {N: 1, D: 3},
			{"native", AssetName(eur)}:       {N: 1, D: 10},
			{AssetName(eur), AssetName(usd)}: {N: 4, D: 1},
		}
		for i := range 2 {
			o.Accounts[i].Lines[AssetName(eur)] = Trustline{Asset: eur, Balance: 50_0000000, Limit: 1000_0000000}
		}
	})
	return s, usd, eur
}

// summary is a path without its pointers.
type summary struct {
	Send     string
	Sent     int64
	Via      []string
	Take     string
	Received int64
}

// code is empty for XLM.
func code(a xdr.Asset) string { return strings.TrimRight(a.GetCode(), "\x00") }

func summaries(found []Path) []summary {
	var all []summary
	for _, p := range found {
		v := summary{Send: code(p.Send), Sent: p.Sent, Take: code(p.Take), Received: p.Received}
		for _, a := range p.Via {
			v.Via = append(v.Via, code(a))
		}
		all = append(all, v)
	}
	return all
}

func TestPathsAreTheDirectOneAndTheBetterOnes(t *testing.T) {
	s, usd, eur := quoted(t)
	native := xdr.MustNewNativeAsset()
	stranger := xdr.MustNewCreditAsset("USD", s.address("nobody"))
	for name, c := range map[string]struct {
		found []Path
		want  []summary
	}{
		"a dollar from anything": {s.PathsTo(usd, 1_0000000, []xdr.Asset{native, usd, eur, usd}), []summary{
			{Send: "EUR", Sent: 2500000, Take: "USD", Received: 1_0000000},
			{Send: "USD", Sent: 1_0000000, Take: "USD", Received: 1_0000000},
			{Sent: 2_5000000, Via: []string{"EUR"}, Take: "USD", Received: 1_0000000},
			{Sent: 3_0000000, Take: "USD", Received: 1_0000000},
		}},
		"ten XLM to anything": {s.PathsFrom(native, 10_0000000, []xdr.Asset{native, usd, eur}), []summary{
			{Sent: 10_0000000, Take: "EUR", Received: 1_0000000},
			{Sent: 10_0000000, Via: []string{"EUR"}, Take: "USD", Received: 4_0000000},
			{Sent: 10_0000000, Take: "USD", Received: 3_3333333},
			{Sent: 10_0000000, Received: 10_0000000},
		}},
		"an unquoted pair, one to one":           {s.PathsTo(native, 5, []xdr.Asset{usd}), []summary{{Send: "USD", Sent: 5, Received: 5}}},
		"to an asset without an issuer":          {s.PathsTo(stranger, 1, []xdr.Asset{native, stranger}), nil},
		"too little to yield anything":           {s.PathsFrom(native, 1, []xdr.Asset{usd}), nil},
		"more than there can be of what is sent": {s.PathsTo(usd, 1<<62, []xdr.Asset{native}), nil},
	} {
		if diff := cmp.Diff(c.want, summaries(c.found)); diff != "" {
			t.Errorf("%s (- want, + got):\n%s", name, diff)
		}
	}
}

func TestPathsHoldWhenTheyArePaid(t *testing.T) {
	s, usd, eur := quoted(t)
	all := []xdr.Asset{usd, eur, xdr.MustNewNativeAsset()}
	for _, fixed := range all {
		for _, p := range s.PathsTo(fixed, 1234567, all) {
			paid := s.apply(draft{source: "alice", operations: []txnbuild.Operation{&txnbuild.PathPaymentStrictReceive{
				SendAsset: basic(p.Send), SendMax: amount.StringFromInt64(p.Sent), Path: basics(p.Via),
				Destination: s.address("bob"), DestAsset: basic(p.Take), DestAmount: amount.StringFromInt64(p.Received),
			}}})
			if o := paid.Operations[0]; !paid.Successful || o.Sent != p.Sent || o.Received != p.Received {
				t.Errorf("%+v: sent %d, received %d, %v", summaries([]Path{p}), o.Sent, o.Received, ResultCodes(paid.Result))
			}
		}
		for _, p := range s.PathsFrom(fixed, 1234567, all) {
			paid := s.apply(draft{source: "alice", operations: []txnbuild.Operation{&txnbuild.PathPaymentStrictSend{
				SendAsset: basic(p.Send), SendAmount: amount.StringFromInt64(p.Sent), Path: basics(p.Via),
				Destination: s.address("bob"), DestAsset: basic(p.Take), DestMin: amount.StringFromInt64(p.Received),
			}}})
			if o := paid.Operations[0]; !paid.Successful || o.Sent != p.Sent || o.Received != p.Received {
				t.Errorf("%+v: sent %d, received %d, %v", summaries([]Path{p}), o.Sent, o.Received, ResultCodes(paid.Result))
			}
		}
	}
}

func basic(a xdr.Asset) txnbuild.Asset {
	if a.IsNative() {
		return txnbuild.NativeAsset{}
	}
	return txnbuild.CreditAsset{Code: code(a), Issuer: a.GetIssuer()}
}

func basics(list []xdr.Asset) []txnbuild.Asset {
	var all []txnbuild.Asset
	for _, a := range list {
		all = append(all, basic(a))
	}
	return all
}
