package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"
	"edgecheckout/worker/stellar"
)

const id = "chk_01m8212zre240mm5nqz8hv2egd"

func vars(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestRequestAndCheckoutMakeAPayment(t *testing.T) {
	issuer := wallet.IssuerAddress
	xlm := stack.Checkout{ID: id, Status: "open", AssetCode: "XLM", Destination: "GSHOP", Memo: "m3m0", MemoType: "text"}
	usdc := xlm
	usdc.AssetCode, usdc.AssetIssuer = "USDC", &issuer
	done := xlm
	done.Status = "completed"
	foreign := "FOO:" + issuer

	pay := func(amount int64, asset, memo string) wallet.Payment {
		return wallet.Payment{Destination: "GSHOP", Amount: amount, Asset: asset, Memo: memo, MemoType: "text"}
	}
	for name, test := range map[string]struct {
		vars     []string
		checkout stack.Checkout
		due      stellar.Amount
		want     wallet.Payment
	}{
		"what is due":                {nil, xlm, 125000000, pay(125000000, "native", "m3m0")},
		"in its own asset":           {nil, usdc, 5, pay(5, wallet.USDC, "m3m0")},
		"another amount":             {[]string{"AMOUNT", "0.0000001"}, xlm, 125000000, pay(1, "native", "m3m0")},
		"more on a finished one":     {[]string{"AMOUNT", "2"}, done, 0, pay(20000000, "native", "m3m0")},
		"XLM for another asset":      {[]string{"ASSET", "XLM"}, usdc, 5, pay(5, "native", "m3m0")},
		"its own asset by code":      {[]string{"ASSET", "USDC"}, usdc, 5, pay(5, wallet.USDC, "m3m0")},
		"an asset the sandbox has":   {[]string{"ASSET", "EURC"}, usdc, 5, pay(5, wallet.EURC, "m3m0")},
		"an asset by its issuer":     {[]string{"ASSET", foreign}, usdc, 5, pay(5, foreign, "m3m0")},
		"no memo":                    {[]string{"MEMO", "none"}, xlm, 5, pay(5, "native", "")},
		"somebody else's memo":       {[]string{"MEMO", "other"}, xlm, 5, pay(5, "native", "other")},
		"by its payment_url as well": {[]string{"CHECKOUT", "http://127.0.0.1:8787/pay/" + id}, xlm, 5, pay(5, "native", "m3m0")},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := parseRequest(vars(append(test.vars, "CHECKOUT", id)...))
			if err != nil {
				t.Fatal(err)
			}
			if r.Checkout != id || r.From != "alice" {
				t.Errorf("checkout %q from %q", r.Checkout, r.From)
			}
			got, err := r.payment(test.checkout, test.due)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestZeroAmountDueIsNotPayable(t *testing.T) {
	r, err := parseRequest(vars("CHECKOUT", id))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []stack.Checkout{{ID: id, Status: "completed"}, {ID: id, Status: "open"}} {
		if p, err := r.payment(c, 0); err == nil || !strings.Contains(err.Error(), "AMOUNT") {
			t.Errorf("%s with nothing due: %+v, %v, want an error that names AMOUNT", c.Status, p, err)
		}
	}
	r.Asset = "FOO"
	if p, err := r.payment(stack.Checkout{ID: id, Status: "open"}, 5); err == nil || !strings.Contains(err.Error(), "FOO:ISSUER") {
		t.Errorf("an unknown code: %+v, %v", p, err)
	}
}

func TestWrongVariablesAreNamed(t *testing.T) {
	for name, test := range map[string]struct {
		vars []string
		want string
	}{
		"nothing at all":      {nil, "usage: make pay"},
		"no id":               {[]string{"CHECKOUT", "prod_1"}, "CHECKOUT"},
		"zero":                {[]string{"CHECKOUT", id, "AMOUNT", "0"}, "AMOUNT"},
		"negative":            {[]string{"CHECKOUT", id, "AMOUNT", "-1"}, "AMOUNT"},
		"too many decimals":   {[]string{"CHECKOUT", id, "AMOUNT", "1.00000001"}, "AMOUNT"},
		"exponent":            {[]string{"CHECKOUT", id, "AMOUNT", "1e3"}, "AMOUNT"},
		"no issuer's address": {[]string{"CHECKOUT", id, "ASSET", "USDC:GABC"}, "ASSET"},
		"code too long":       {[]string{"CHECKOUT", id, "ASSET", "ABCDEFGHIJKLM"}, "ASSET"},
	} {
		if r, err := parseRequest(vars(test.vars...)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %+v, %v, want an error that names %s", name, r, err, test.want)
		}
	}
}
