package main

import (
	"errors"
	"fmt"
	"strings"

	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// request is the variables of `make pay`.
type request struct {
	Checkout string
	Amount   stellar.Amount // the amount due if 0
	// Asset is "native", CODE:ISSUER, or a code that is yet to be resolved; the checkout's if
	// empty.
	Asset string
	Memo  *string // the checkout's if nil, none if empty
	From  string  // name of the test wallet
}

const usage = "usage: make pay CHECKOUT=chk_… [AMOUNT=5] [ASSET=XLM, USDC or CODE:ISSUER] [MEMO=none or another text] [FROM=alice]"

// parseRequest parses the variables. The error says what is expected.
func parseRequest(getenv func(string) string) (request, error) {
	r := request{Checkout: getenv("CHECKOUT"), From: getenv("FROM")}
	if r.Checkout == "" {
		return r, errors.New(usage)
	}
	// A payment URL ends with the id.
	r.Checkout = r.Checkout[strings.LastIndexByte(r.Checkout, '/')+1:]
	if _, err := checkout.ParseCheckoutID(r.Checkout); err != nil {
		return r, fmt.Errorf("CHECKOUT is the id of a checkout (chk_…) or its payment_url, not %q", getenv("CHECKOUT"))
	}
	if r.From == "" {
		r.From = "alice"
	}
	if text := getenv("AMOUNT"); text != "" {
		amount, err := stellar.ParseAmount(text)
		if err != nil || amount <= 0 {
			return r, fmt.Errorf("AMOUNT is more than 0 with at most 7 decimals, not %q", text)
		}
		r.Amount = amount
	}
	switch text := getenv("ASSET"); {
	case text == "XLM":
		r.Asset = "native"
	case strings.Contains(text, ":"):
		if _, err := wallet.ParseAsset(text); err != nil {
			return r, fmt.Errorf("ASSET is XLM, a code, or CODE:ISSUER, not %q", text)
		}
		r.Asset = text
	case text != "":
		if err := stellar.CheckAssetCode(text); err != nil {
			return r, fmt.Errorf("ASSET: %w", err)
		}
		r.Asset = text
	}
	switch text := getenv("MEMO"); text {
	case "":
	case "none":
		r.Memo = new(string)
	default:
		r.Memo = &text
	}
	return r, nil
}

// payment returns the payment to make for a checkout of which due is missing. It is an error if
// nothing is due and the request has no amount.
func (r request) payment(c stack.Checkout, due stellar.Amount) (wallet.Payment, error) {
	p := wallet.Payment{Destination: c.Destination, Amount: int64(r.Amount), Memo: c.Memo, MemoType: c.MemoType}
	if r.Amount == 0 {
		if c.Status != "open" || due <= 0 {
			return p, fmt.Errorf("nothing is due on %s, which is %s; name an AMOUNT to pay all the same", c.ID, c.Status)
		}
		p.Amount = int64(due)
	}
	if r.Memo != nil {
		p.Memo, p.MemoType = *r.Memo, "text"
	}
	own := "native"
	if c.AssetIssuer != nil {
		own = c.AssetCode + ":" + *c.AssetIssuer
	}
	switch {
	case r.Asset == "":
		p.Asset = own
	case r.Asset == "native" || strings.Contains(r.Asset, ":"):
		p.Asset = r.Asset
	case c.AssetIssuer != nil && r.Asset == c.AssetCode:
		p.Asset = own
	default:
		for _, known := range []string{wallet.USDC, wallet.EURC} {
			if strings.HasPrefix(known, r.Asset+":") {
				p.Asset = known
				return p, nil
			}
		}
		return p, fmt.Errorf("the sandbox issues USDC and EURC; for another %s write ASSET=%s:ISSUER", r.Asset, r.Asset)
	}
	return p, nil
}
