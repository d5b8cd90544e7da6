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

	"edgecheckout/sandbox/ledger"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/watch"
)

// exchange makes Horizon find a path from XLM for a cost, by way of another asset if via is not
// empty; none if the cost is empty. It counts the requests for paths.
func (s *site) exchange(cost string, via ...stellar.Asset) *int {
	asked := new(int)
	s.Fault = func(url string) (horizon.Response, error, bool) {
		if !strings.Contains(url, "/paths/strict-receive") {
			return horizon.Response{}, nil, false
		}
		*asked++
		record := ""
		if cost != "" {
			var path []string
			for _, asset := range via {
				path = append(path, fmt.Sprintf(`{"asset_type":"credit_alphanum4","asset_code":%q,"asset_issuer":%q}`, asset.Code, asset.Issuer))
			}
			record = fmt.Sprintf(`{"source_asset_type":"native","source_amount":%q,"path":[%s]}`, cost, strings.Join(path, ","))
		}
		return horizon.Response{Status: 200, Body: []byte(`{"_embedded":{"records":[` + record + `]}}`)}, nil, true
	}
	return asked
}

func (s *site) quotes(edge http.Handler, c reply, account string) reply {
	s.t.Helper()
	return client{s.t, edge, http.Header{}}.do("POST", "/pay/"+c.text("id")+"/quotes", fmt.Sprintf(`{"account":%q}`, account))
}

func TestQuotesTellWhatAnAccountCanPayWith(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	rich, poor := s.Person(), s.Merchant() // who trusts USDC and holds none
	c := shop.post("/checkout?type=direct", `{"amount":50,"asset_code":"USDC"}`)
	issuer := string(s.USDC().Issuer)
	for name, of := range map[string]struct {
		account, cost, want string
	}{
		"both assets": {rich.Address(), "150.0000001", `"problem":null,"amount_due":50,"slippage_percent":1,"quotes":[` +
			`{"asset_code":"USDC","asset_issuer":"` + issuer + `","balance":1000000,"cost":50,"send_max":50,"problem":null},` +
			`{"asset_code":"XLM","asset_issuer":null,"balance":9998.48999,"cost":150.0000001,"send_max":151.5000002,"problem":null}]}`},
		"the other one": {poor.Address(), "150", `"problem":null,"amount_due":50,"slippage_percent":1,"quotes":[` +
			`{"asset_code":"USDC","asset_issuer":"` + issuer + `","balance":0,"cost":50,"send_max":50,"problem":"too_little"},` +
			`{"asset_code":"XLM","asset_issuer":null,"balance":9998.48999,"cost":150,"send_max":151.5,"problem":null}]}`},
		"too little of it": {poor.Address(), "9999", `"problem":null,"amount_due":50,"slippage_percent":1,"quotes":[` +
			`{"asset_code":"USDC","asset_issuer":"` + issuer + `","balance":0,"cost":50,"send_max":50,"problem":"too_little"},` +
			`{"asset_code":"XLM","asset_issuer":null,"balance":9998.48999,"cost":9999,"send_max":10098.99,"problem":"too_little"}]}`},
		"all but the slippage": {poor.Address(), "9998", `"problem":null,"amount_due":50,"slippage_percent":1,"quotes":[` +
			`{"asset_code":"USDC","asset_issuer":"` + issuer + `","balance":0,"cost":50,"send_max":50,"problem":"too_little"},` +
			`{"asset_code":"XLM","asset_issuer":null,"balance":9998.48999,"cost":9998,"send_max":9998.48999,"problem":null}]}`},
		"nobody exchanges": {poor.Address(), "", `"problem":null,"amount_due":50,"slippage_percent":1,"quotes":[` +
			`{"asset_code":"USDC","asset_issuer":"` + issuer + `","balance":0,"cost":50,"send_max":50,"problem":"too_little"},` +
			`{"asset_code":"XLM","asset_issuer":null,"balance":9998.48999,"cost":null,"send_max":null,"problem":"no_path"}]}`},
		"not on the ledger": {keypair.Root("nobody").Address(), "150", `"problem":"unfunded","amount_due":50,"slippage_percent":1,"quotes":[` +
			`{"asset_code":"USDC","asset_issuer":"` + issuer + `","balance":0,"cost":50,"send_max":50,"problem":"no_trustline"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			s.Sleep(2 * watch.LookWindow)
			s.exchange(of.cost)
			r := s.quotes(here, c, of.account)
			want := fmt.Sprintf(`{"account":%q,`, of.account) + of.want + "\n"
			if diff := cmp.Diff(want, r.body); r.status != 200 || diff != "" {
				t.Errorf("%d %s", r.status, diff)
			}
		})
	}
}

func TestTransactionPaysByAPath(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	poor := s.Merchant()
	c := shop.post("/checkout?type=direct", `{"amount":50,"asset_code":"USDC"}`)
	via := stellar.Asset{Code: "EURT", Issuer: s.USDC().Issuer}
	asked := s.exchange("150", via)
	ask := func(body string) reply {
		t.Helper()
		return client{t, here, http.Header{}}.do("POST", "/pay/"+c.text("id")+"/transaction", fmt.Sprintf(`{"account":%q,%s}`, poor.Address(), body))
	}
	if r := s.quotes(here, c, poor.Address()); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	r := ask(`"send_asset_code":"XLM","send_max":"151.5","max_fee":0.1`)
	account, _ := s.Ledger.Account(poor.Address())
	deadline, err := time.Parse(time.RFC3339, c.text("expires_at"))
	if err != nil {
		t.Fatal(err)
	}
	want := stellar.Transaction{
		Source: addr(poor.Address()), Sequence: account.Sequence + 1, Fee: 1_000_000, MaxTime: deadline.Add(-time.Nanosecond).Unix(), Memo: c.text("memo"),
		Destination: addr(c.text("destination")), Asset: s.USDC(), Amount: 50_0000000, Send: stellar.XLM, SendMax: 151_5000000, Path: []stellar.Asset{via},
	}
	if diff := cmp.Diff(base64.StdEncoding.EncodeToString(want.Envelope()), r.text("xdr")); r.status != 200 || diff != "" {
		t.Fatalf("%d %s %s", r.status, diff, r.body)
	}
	if hash := want.Hash(ledger.Passphrase); r.text("hash") != fmt.Sprintf("%x", hash) || r.text("send_max") != "151.5" || r.text("send_asset_code") != "XLM" || r.text("max_fee") != "0.1" {
		t.Errorf("%s", r.body)
	}
	if *asked != 1 {
		t.Errorf("the paths were read %d times; the transaction follows the quote", *asked)
	}
	for name, of := range map[string]struct {
		body         string
		status       int
		code, param  string
		wordsOfError string
	}{
		"a price above the maximum": {`"send_asset_code":"XLM","send_max":149.9999999`, 409, "price_moved", "send_max", "takes 150 XLM now"},
		"the asset that is due":     {`"send_asset_code":"USDC","send_max":50`, 400, "parameter_invalid", "send_asset_code", "is the asset that is due"},
		"no maximum":                {`"send_asset_code":"XLM"`, 400, "parameter_missing", "send_max", "required"},
		"no asset":                  {`"send_max":5`, 400, "parameter_missing", "send_asset_code", "required"},
		"an unknown issuer":         {`"send_asset_code":"GOLD","send_max":5`, 400, "parameter_missing", "send_asset_issuer", "required for GOLD"},
		"too low a fee":             {`"max_fee":0.0000099`, 400, "parameter_invalid", "max_fee", "from 0.00001 to 1 XLM"},
		"too high a fee":            {`"max_fee":1.0000001`, 400, "parameter_invalid", "max_fee", "from 0.00001 to 1 XLM"},
	} {
		if r := ask(of.body); r.status != of.status || r.text("error.code") != of.code || r.text("error.param") != of.param || !strings.Contains(r.text("error.message"), of.wordsOfError) {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	s.Sleep(2 * watch.LookWindow)
	s.exchange("")
	if r := ask(`"send_asset_code":"XLM","send_max":151.5`); r.status != 400 || r.text("error.code") != "account_cannot_pay" || r.text("error.param") != "send_asset_code" {
		t.Errorf("nobody exchanges: %d %s", r.status, r.body)
	}
	s.Sleep(2 * watch.LookWindow)
	s.exchange("9999")
	if r := ask(`"send_asset_code":"XLM","send_max":10000`); r.status != 400 || r.text("error.code") != "account_cannot_pay" || !strings.Contains(r.text("error.message"), "9999 XLM are due") {
		t.Errorf("too little: %d %s", r.status, r.body)
	}
}

func TestReadsOfPathsAreLimited(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	person, other := s.Person(), s.Person()
	c := shop.post("/checkout?type=direct", `{"amount":50,"asset_code":"USDC"}`)
	asked := s.exchange("150")
	for range 5 {
		if r := s.quotes(here, c, person.Address()); r.status != 200 {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	if r := s.quotes(here, c, other.Address()); r.status != 429 || r.header.Get("Retry-After") != "3" || *asked != 1 {
		t.Errorf("another account: %d %s; the paths were read %d times", r.status, r.body, *asked)
	}
	s.Sleep(watch.LookWindow)
	if r := s.quotes(here, c, other.Address()); r.status != 200 || *asked != 2 {
		t.Errorf("another account, later: %d %s; the paths were read %d times", r.status, r.body, *asked)
	}
}
