package worker_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"

	"edgecheckout/sandbox/ledger"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/watch"
	"edgecheckout/worker/watch/watchtest"
)

// transaction requests one as a wallet does, without a key.
func (s *site) transaction(edge http.Handler, c reply, account string) reply {
	s.t.Helper()
	return client{s.t, edge, http.Header{}}.do("POST", "/pay/"+c.text("id")+"/transaction", fmt.Sprintf(`{"account":%q}`, account))
}

// sign signs and submits the given transaction, and returns the network's error.
func (s *site) sign(r reply, keys *keypair.Full) error {
	s.t.Helper()
	parsed, err := txnbuild.TransactionFromXDR(r.text("xdr"))
	if err != nil {
		s.t.Fatal(err)
	}
	tx, ok := parsed.Transaction()
	if !ok {
		s.t.Fatalf("no plain transaction: %s", r.body)
	}
	if hash, err := tx.HashHex(r.text("network_passphrase")); err != nil || hash != r.text("hash") {
		s.t.Errorf("the hash is %s (%v), not %s", hash, err, r.text("hash"))
	}
	if tx, err = tx.Sign(r.text("network_passphrase"), keys); err != nil {
		s.t.Fatal(err)
	}
	envelope, err := tx.Base64()
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = s.Ledger.Submit(envelope)
	return err
}

func TestTransactionPaysTheAmountDue(t *testing.T) {
	s := deploy(t)
	here, cron := s.edge(), s.edge()
	shop, _ := s.merchant(here)
	person := s.Person()
	c := shop.post("/checkout?type=direct", `{"amount":50,"asset_code":"USDC"}`)
	s.Pay(person, addr(c.text("destination")), "20.5", s.USDC(), c.text("memo"))
	s.Advance(watchtest.LedgerTime)

	r := s.transaction(here, c, person.Address())
	account, _ := s.Ledger.Account(person.Address())
	deadline, err := time.Parse(time.RFC3339, c.text("expires_at"))
	if err != nil {
		t.Fatal(err)
	}
	last := deadline.Add(-time.Nanosecond).Truncate(time.Second)
	want := stellar.Transaction{
		Source: addr(person.Address()), Sequence: account.Sequence + 1, Fee: stellar.MaxFee, MaxTime: last.Unix(), Memo: c.text("memo"),
		Destination: addr(c.text("destination")), Asset: s.USDC(), Amount: 29_5000000,
	}
	wantBody := fmt.Sprintf(`{"xdr":%q,"network_passphrase":%q,"hash":"%x","amount":29.5,"amount_decimal":"29.5","send_asset_code":"USDC","send_asset_issuer":%q,"send_max":29.5,"max_fee":0.01,"expires_at":%q}`+"\n",
		base64.StdEncoding.EncodeToString(want.Envelope()), ledger.Passphrase, want.Hash(ledger.Passphrase), s.USDC().Issuer, last.Format("2006-01-02T15:04:05.000Z"))
	if diff := cmp.Diff(wantBody, r.body); r.status != 200 || diff != "" {
		t.Fatalf("%d %s", r.status, diff)
	}
	if r.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("Cache-Control %s", r.header.Get("Cache-Control"))
	}
	if got := shop.get("/checkout/" + c.text("id")); got.text("status") != "open" {
		t.Errorf("asking for a transaction changed the status: %s", got.body)
	}
	if err := s.sign(r, person); err != nil {
		t.Fatal(err)
	}
	s.Advance(time.Minute)
	s.sweep(cron)
	if got := shop.get("/checkout/" + c.text("id")); got.text("status") != "completed" || got.text("exception") != "null" {
		t.Errorf("%s", got.body)
	}
}

func TestTransactionPaysXLM(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	person := s.Merchant()
	c := shop.post("/checkout?type=direct", `{"amount":"0.0000001","asset_code":"XLM"}`)
	if err := s.sign(s.transaction(here, c, person.Address()), person); err != nil {
		t.Fatal(err)
	}
	s.Advance(watchtest.LedgerTime)
	if got := shop.get("/checkout/" + c.text("id")); got.text("status") != "completed" {
		t.Errorf("%s", got.body)
	}
}

func TestTransactionIsInvalidAfterTheDeadline(t *testing.T) {
	for name, c := range map[string]struct {
		signed time.Duration // before the deadline; the next ledger closes a second later
		status string
	}{
		"in the last ledger before the deadline": {2 * time.Second, "completed"},
		"in the ledger of the deadline":          {time.Second, "open"},
	} {
		t.Run(name, func(t *testing.T) {
			s := deploy(t)
			here := s.edge()
			shop, _ := s.merchant(here)
			person := s.Person()
			made := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC","expires_in":300}`)
			r := s.transaction(here, made, person.Address())
			deadline, err := time.Parse(time.RFC3339, made.text("expires_at"))
			if err != nil {
				t.Fatal(err)
			}
			s.Advance(deadline.Add(-c.signed).Sub(s.Now()))
			if err := s.sign(r, person); err != nil {
				t.Fatal(err)
			}
			s.Advance(time.Second)
			got := shop.get("/checkout/" + made.text("id"))
			if landed := len(got.fields["payments"].([]any)) == 1; got.text("status") != c.status || landed != (c.status == "completed") {
				t.Errorf("%s", got.body)
			}
		})
	}
}

func TestNoTransactionWithoutAnAmountDue(t *testing.T) {
	s := deploy(t)
	here, cron := s.edge(), s.edge()
	shop, _ := s.merchant(here)
	person := s.Person()
	order := func() reply {
		return shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC","expires_in":300}`)
	}
	paid, cancelled, late := order(), order(), order()
	s.Pay(person, addr(paid.text("destination")), "5", s.USDC(), paid.text("memo"))
	s.Advance(watchtest.LedgerTime)
	shop.post("/checkout/"+cancelled.text("id")+"/expire", `{}`)
	for name, c := range map[string]reply{"completed": paid, "cancelled": cancelled} {
		r := s.transaction(here, c, person.Address())
		if r.status != 409 || r.text("error.code") != "checkout_not_open" || !strings.Contains(r.body, name) {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	s.Advance(5 * time.Minute)
	if r := s.transaction(here, late, person.Address()); r.status != 409 || r.text("error.code") != "checkout_not_open" {
		t.Errorf("its time is over, and the ledger not read past it: %d %s", r.status, r.body)
	}
	for range 3 {
		s.Advance(time.Minute)
		s.sweep(cron)
	}
	if r := s.transaction(here, late, person.Address()); r.status != 409 || !strings.Contains(r.body, "expired") {
		t.Errorf("expired: %d %s", r.status, r.body)
	}
	if r := s.transaction(here, reply{t: t, fields: map[string]any{"id": "chk_01hzzzzzzzzzzzzzzzzzzzzzzz"}}, person.Address()); r.status != 404 {
		t.Errorf("no such checkout: %d %s", r.status, r.body)
	}
}

func TestAccountsThatCannotPayGetAReason(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	rich, poor := s.Person(), s.Merchant()
	strange := s.OtherUSDC(rich)
	usdc := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	much := shop.post("/checkout?type=direct", `{"amount":1000001,"asset_code":"USDC"}`)
	other := shop.post("/checkout?type=direct", fmt.Sprintf(`{"amount":5,"asset_code":"USDC","asset_issuer":%q}`, strange.Issuer))
	most := shop.post("/checkout?type=direct", `{"amount":"9998.48","asset_code":"XLM"}`)
	more := shop.post("/checkout?type=direct", `{"amount":"9998.49","asset_code":"XLM"}`)
	broke := keypair.MustRandom()
	s.Submit(rich, "", &txnbuild.CreateAccount{Destination: broke.Address(), Amount: "1.0099999"})
	s.Advance(watchtest.LedgerTime)
	const muxed = "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ"
	for name, of := range map[string]struct {
		checkout           reply
		account            string
		code, words, param string
	}{
		"an account that is not there":    {usdc, keypair.MustRandom().Address(), "account_cannot_pay", "fund this one", "account"},
		"the account that is to be paid":  {usdc, usdc.text("destination"), "account_cannot_pay", "is to be paid", "account"},
		"no trustline":                    {other, poor.Address(), "account_cannot_pay", "holds no USDC of the issuer " + string(strange.Issuer), "account"},
		"an empty trustline":              {usdc, poor.Address(), "account_cannot_pay", "can spend 0 USDC; 5 USDC are due", "account"},
		"too little":                      {much, rich.Address(), "account_cannot_pay", "can spend 1000000 USDC; 1000001 USDC are due", "account"},
		"too little for the reserve":      {more, poor.Address(), "account_cannot_pay", "can spend 9998.49999 XLM; 9998.49 XLM are due, and up to 0.01 XLM", "account"},
		"nothing for the fee":             {usdc, broke.Address(), "account_cannot_pay", "can spend 0.0099999 XLM; the network's fee", "account"},
		"all there is, but the fee":       {most, poor.Address(), "", "", ""},
		"the issuer, who makes its asset": {usdc, string(s.USDC().Issuer), "", "", ""},
		"a muxed account":                 {usdc, muxed, "parameter_invalid", "not a muxed address", "account"},
		"no account":                      {usdc, "GABC", "parameter_invalid", "valid checksum", "account"},
		"a contract":                      {usdc, "CA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ", "parameter_invalid", "G and 55 more", "account"},
		"nobody":                          {usdc, "", "parameter_missing", "the wallet's account", "account"},
	} {
		s.Sleep(watch.LookWindow)
		r := s.transaction(here, of.checkout, of.account)
		if of.code == "" {
			if r.status != 200 {
				t.Errorf("%s: %d %s", name, r.status, r.body)
			}
			continue
		}
		if r.status != 400 || r.text("error.code") != of.code || r.text("error.param") != of.param || !strings.Contains(r.text("error.message"), of.words) {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	if r := (client{t, here, http.Header{}}).do("POST", "/pay/"+usdc.text("id")+"/transaction", `{"account":"`+rich.Address()+`","amount":1}`); r.status != 400 || r.text("error.code") != "parameter_unknown" {
		t.Errorf("an amount of one's own: %d %s", r.status, r.body)
	}
}

// Anyone with the address of a page can cause only a few reads of accounts.
func TestReadsOfAccountsAreLimited(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	person, other := s.Person(), s.Person()
	c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	d := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	reads := map[string]int{}
	s.Fault = func(url string) (horizon.Response, error, bool) {
		if !strings.Contains(url, "payments") {
			reads[url]++
		}
		return horizon.Response{}, nil, false
	}
	for range 5 {
		if r := s.transaction(here, c, person.Address()); r.status != 200 {
			t.Fatalf("the same account: %d %s", r.status, r.body)
		}
	}
	// A second account is answered at once, and some more.
	others := 0
	for range 4 {
		others++
		if r := s.transaction(here, c, s.Person().Address()); r.status != 200 {
			t.Fatalf("account %d: %d %s", others+1, r.status, r.body)
		}
	}
	for range 5 {
		r := s.transaction(here, c, other.Address())
		if r.status != 429 || r.text("error.code") != "rate_limited" || r.text("error.type") != "rate_limit_error" || r.header.Get("Retry-After") != "3" {
			t.Fatalf("another account: %d %s", r.status, r.body)
		}
	}
	if r := s.transaction(here, d, person.Address()); r.status != 200 {
		t.Errorf("the same account for another checkout: %d %s", r.status, r.body)
	}
	if n := reads["https://horizon.example/accounts/"+person.Address()]; n != 1 || len(reads) != 2+others {
		t.Errorf("read %v; want the root and each account once", reads)
	}
	s.Sleep(3 * time.Second)
	if r := s.transaction(here, c, other.Address()); r.status != 200 {
		t.Errorf("another account, later: %d %s", r.status, r.body)
	}
}

func TestNoTransactionWithoutHorizon(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	person := s.Person()
	c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	s.Fault = func(string) (horizon.Response, error, bool) { return horizon.Response{Status: 504}, nil, true }
	r := s.transaction(here, c, person.Address())
	if r.status != 503 || r.text("error.code") != "unavailable" || r.header.Get("Retry-After") != "5" {
		t.Errorf("%d %s", r.status, r.body)
	}
	if strings.Contains(s.log.String(), c.text("memo")) || !strings.Contains(s.log.String(), `"event":"transaction"`) {
		t.Errorf("the log: %s", s.log)
	}
}
