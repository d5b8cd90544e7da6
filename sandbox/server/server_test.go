package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edgecheckout/sandbox/horizon"
	"edgecheckout/sandbox/ledger"
	"edgecheckout/sandbox/wallet"

	"github.com/google/go-cmp/cmp"
)

// start runs a sandbox that closes a ledger as soon as a transaction is pending.
func start(t *testing.T) (*Server, string) {
	t.Helper()
	s, err := New(Options{CloseEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	go func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				if s.Ledger().Pending() > 0 {
					if _, err := s.Ledger().Close(time.Now()); err != nil {
						t.Error(err)
					}
				}
			}
		}
	}()
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	return s, web.URL
}

// held returns the balances of an account, by asset.
func held(t *testing.T, base, address string) map[string]string {
	t.Helper()
	account, err := (&wallet.Client{Horizon: base}).Account(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	balances := map[string]string{}
	for _, b := range account.Balances {
		if b.Type == "native" {
			balances["native"] = b.Balance
		} else {
			balances[b.Code] = b.Balance
		}
	}
	return balances
}

func TestWalletsPayInEveryAssetOverHTTP(t *testing.T) {
	_, base := start(t)
	ctx := context.Background()
	shop := wallet.MerchantKeys(ledger.Passphrase, "shop")
	for range 2 { // the second time there is nothing left to do
		if err := wallet.EnsureMerchant(ctx, base, ledger.Passphrase, shop); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []wallet.Payment{
		{Amount: 12_5000000, Memo: "order"},
		{Amount: 3_0000001, Asset: wallet.USDC},
		{Amount: 1, Asset: wallet.EURC, SendAsset: "native"},
	} {
		p.Destination = shop.Address()
		if hash, err := wallet.Pay(ctx, base, ledger.Passphrase, "alice", p); err != nil || len(hash) != 64 {
			t.Errorf("%+v: %q, %v", p, hash, err)
		}
	}
	want := map[string]string{"native": "10012.4999800", "USDC": "3.0000001", "EURC": "0.0000001"}
	if diff := cmp.Diff(want, held(t, base, shop.Address())); diff != "" {
		t.Errorf("the shop holds (- want, + got):\n%s", diff)
	}
	alice := wallet.Keys(ledger.Passphrase, "alice").Address()
	want = map[string]string{"native": "9987.4999299", "USDC": "999996.9999999", "EURC": "1000000.0000000"}
	if diff := cmp.Diff(want, held(t, base, alice)); diff != "" {
		t.Errorf("alice holds (- want, + got):\n%s", diff)
	}
}

func TestWalletReportsTheNetworksError(t *testing.T) {
	_, base := start(t)
	_, err := wallet.Pay(context.Background(), base, ledger.Passphrase, "alice", wallet.Payment{
		Destination: wallet.MerchantKeys(ledger.Passphrase, "nobody").Address(), Amount: 1,
	})
	var refused *wallet.Error
	if !errors.As(err, &refused) || refused.Transaction != "tx_failed" || !cmp.Equal(refused.Operations, []string{"op_no_destination"}) {
		t.Errorf("error %v", err)
	}
	if err == nil || !strings.Contains(err.Error(), "tx_failed, op_no_destination") {
		t.Errorf("the error reads %q", err)
	}
}

func TestConcurrentPaymentsAllArrive(t *testing.T) {
	_, base := start(t)
	ctx := context.Background()
	shop := wallet.MerchantKeys(ledger.Passphrase, "shop")
	if err := wallet.EnsureMerchant(ctx, base, ledger.Passphrase, shop); err != nil {
		t.Fatal(err)
	}
	results := make(chan error)
	for i := range 10 {
		go func() {
			name := []string{"alice", "bob"}[i%2]
			_, err := wallet.Pay(ctx, base, ledger.Passphrase, name, wallet.Payment{Destination: shop.Address(), Amount: 1_0000000})
			results <- err
		}()
	}
	for range 10 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if got := held(t, base, shop.Address())["native"]; got != "10009.9999800" {
		t.Errorf("the shop has %s", got)
	}
}

// post sends a form or JSON and does not follow redirects.
func post(t *testing.T, target, kind, body, accept string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Accept", accept)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(content)
}

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

func merchant(t *testing.T, base string) string {
	t.Helper()
	response, body := post(t, base+"/sandbox/merchant", jsonType, `{"name":"shop"}`, jsonType)
	var made struct{ Address string }
	if err := json.Unmarshal([]byte(body), &made); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %s", response.StatusCode, body)
	}
	return made.Address
}

func TestMerchantIsTheSameForTheSameName(t *testing.T) {
	_, base := start(t)
	first, second := merchant(t, base), merchant(t, base)
	if want := wallet.MerchantKeys(ledger.Passphrase, "shop").Address(); first != want || second != want {
		t.Errorf("%s, then %s, want %s", first, second, want)
	}
	want := map[string]string{"native": "9999.9999800", "USDC": "0.0000000", "EURC": "0.0000000"}
	if diff := cmp.Diff(want, held(t, base, first)); diff != "" {
		t.Errorf("it holds (- want, + got):\n%s", diff)
	}
}

func TestPagePaysWithATestWallet(t *testing.T) {
	_, base := start(t)
	shop := merchant(t, base)
	form := url.Values{"destination": {shop}, "amount": {"2.5"}, "asset": {wallet.USDC}, "memo": {"m"}}
	for _, c := range []struct {
		name, kind, body, accept, returnTo string
		status                             int
		contains                           string
	}{
		{"form", formType, form.Encode(), "", "", 200, `{"hash":"`},
		{"form of a browser", formType, form.Encode(), "text/html,*/*", "", 200, "<dt>hash</dt>"},
		{"back to the page", formType, form.Encode(), "text/html,*/*", "http://localhost:8787/pay/chk_1", 303, ""},
		{"back to elsewhere", formType, form.Encode(), "", "http://localhost.example.org/", 400, "return_to"},
		{"back to a script", formType, form.Encode(), "", "javascript:alert(1)", 400, "return_to"},
		{"JSON", jsonType, `{"destination":"` + shop + `","amount":0.5,"wallet":"bob","memo":"7","memo_type":"id"}`, "", "", 200, `{"hash":"`},
		{"no amount", jsonType, `{"destination":"` + shop + `"}`, "", "", 400, "amount is a decimal number"},
		{"no destination", jsonType, `{"amount":1}`, "", "", 400, "destination is a G… or M… address"},
		{"too much", jsonType, `{"destination":"` + shop + `","amount":"20000"}`, "", "", 400, "op_underfunded"},
		{"misspelt memo", jsonType, `{"destination":"` + shop + `","amount":1,"memmo":"x"}`, "", "", 400, "memmo"},
		{"no JSON", jsonType, `amount=1`, "", "", 400, "one JSON object"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := c.body
			if c.returnTo != "" {
				body += "&return_to=" + url.QueryEscape(c.returnTo)
			}
			response, content := post(t, base+"/sandbox/pay", c.kind, body, c.accept)
			if response.StatusCode != c.status || !strings.Contains(content, c.contains) {
				t.Errorf("status %d: %s", response.StatusCode, content)
			}
			if c.status == http.StatusSeeOther && response.Header.Get("Location") != c.returnTo {
				t.Errorf("sent to %q", response.Header.Get("Location"))
			}
			if response.Header.Get("Access-Control-Allow-Origin") != "*" {
				t.Error("a page on another origin could not read this")
			}
		})
	}
	if got := held(t, base, shop)["USDC"]; got != "7.5000000" {
		t.Errorf("the shop has %s USDC", got)
	}
}

func TestDemoShopThanksOnAPage(t *testing.T) {
	_, base := start(t)
	const id = "chk_01m8212zre240mm5nqz8hv2egd"
	for query, want := range map[string]string{"?checkout=" + id: "<code>" + id + "</code>", "?checkout=<b>": "GET /checkout/{id}", "": "Thank you"} {
		response, err := http.Get(base + "/sandbox/thanks" + query)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: status %d, %s: %v", query, response.StatusCode, response.Header.Get("Content-Type"), err)
		}
		if !strings.Contains(string(content), want) || strings.Contains(string(content), "<b>") {
			t.Errorf("%s: %s", query, content)
		}
	}
}

func TestFaultsAffectHorizonButNotTheSandbox(t *testing.T) {
	s, base := start(t)
	shop := merchant(t, base)
	if response, body := post(t, base+"/sandbox/faults", jsonType, `{"mode":"stale_history"}`, ""); response.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %s", response.StatusCode, body)
	}
	response, err := http.Get(base + "/accounts/" + shop + "/payments")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("Horizon answers %d", response.StatusCode)
	}
	if response, body := post(t, base+"/sandbox/pay", formType, "amount=1&destination="+shop, ""); response.StatusCode != http.StatusOK {
		t.Errorf("the wallet answers %d: %s", response.StatusCode, body)
	}
	if err := s.Faults().Set(horizon.Fault{Mode: horizon.Off}); err != nil {
		t.Fatal(err)
	}
	if got := held(t, base, shop)["native"]; got != "10000.9999800" {
		t.Errorf("the shop has %s", got)
	}
}

func TestServedSandboxClosesLedgersAndSurvivesARestart(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.jsonl")
	var newest uint32
	for range 2 {
		s, err := New(Options{StateFile: state})
		if err != nil {
			t.Fatal(err)
		}
		if before := newest; s.Ledger().Latest().Sequence <= before {
			t.Errorf("ledger %d follows %d", s.Ledger().Latest().Sequence, before)
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- Serve(ctx, s, listener) }()
		<-s.Ledger().Closed()
		if _, ok := s.Ledger().Account(wallet.IssuerAddress); !ok {
			t.Error("there is no issuer")
		}
		if ahead := time.Until(s.Ledger().Latest().ClosedAt); ahead > 0 {
			t.Errorf("the ledger is %s ahead of the clock", ahead)
		}
		newest = s.Ledger().Latest().Sequence
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
