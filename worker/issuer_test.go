package worker_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"edgecheckout/worker"
	"edgecheckout/worker/horizon"
)

// documents answers requests to hosts, by URL. Those that it does not know fail.
type documents map[string]horizon.Response

func (d documents) Get(_ context.Context, url string, _ time.Duration) (horizon.Response, error) {
	if r, ok := d[url]; ok {
		return r, nil
	}
	return horizon.Response{}, errors.New("no such host")
}

func (d documents) GetAll(ctx context.Context, urls []string, timeout time.Duration) []horizon.Result {
	return horizon.InTurn(urls, func(url string) (horizon.Response, error) { return d.Get(ctx, url, timeout) })
}

func (documents) Rest(context.Context) {}

func ok(body string) horizon.Response { return horizon.Response{Status: 200, Body: []byte(body)} }

// toml names the world's USDC.
func (s *site) toml() string {
	return fmt.Sprintf("[[CURRENCIES]]\ncode=\"USDC\"\nissuer=%q\nanchor_asset_type=\"fiat\"\nanchor_asset=\"USD\"\n", s.USDC().Issuer)
}

// issuedBy creates a checkout, lets the queue deliver what that asked for, and returns who issues
// USDC according to its page.
func (s *site) issuedBy(edge *worker.Service, shop client) string {
	s.t.Helper()
	id := shop.post("/checkout?type=direct", `{"amount":50,"asset_code":"USDC"}`).text("id")
	s.deliver(edge, s.queue.take())
	s.Sleep(30 * time.Second) // what the instance remembers
	issuer, worth := s.promised(edge, "/pay/"+id)
	if (issuer != "") != (worth == "≈ $50.00") {
		s.t.Errorf("the issuer is %q; the page says that it promises %q", issuer, worth)
	}
	return issuer
}

// promised is who issues the asset of a page, and what that promises to pay for the amount.
func (s *site) promised(edge *worker.Service, path string) (issuer, worth string) {
	s.t.Helper()
	d, err := goquery.NewDocumentFromReader(strings.NewReader(client{s.t, edge, nil}.ok(client{s.t, edge, nil}.get(path)).body))
	if err != nil {
		s.t.Fatal(err)
	}
	return d.Find(`[data-testid="issued-by"]`).Text(), d.Find(`[data-testid="worth"]`).Text()
}

// A domain is shown only if the issuer's account names it and it names the asset.
func TestIssuerIsProvenInBothDirections(t *testing.T) {
	const url = "https://issuer.example/.well-known/stellar.toml"
	for about, tc := range map[string]struct {
		home    string
		answers func(s *site) documents
		want    string
	}{
		"both":           {"issuer.example", func(s *site) documents { return documents{url: ok(s.toml())} }, "USDC by issuer.example"},
		"in capitals":    {"Issuer.Example", func(s *site) documents { return documents{url: ok(s.toml())} }, "USDC by issuer.example"},
		"no home domain": {"", func(s *site) documents { return documents{url: ok(s.toml())} }, ""},
		"another issuer": {"issuer.example", func(s *site) documents {
			return documents{url: ok(strings.Replace(s.toml(), "issuer=\"G", "issuer=\"GA", 1))}
		}, ""},
		"another code":        {"issuer.example", func(s *site) documents { return documents{url: ok(strings.Replace(s.toml(), "USDC", "USDT", 1))} }, ""},
		"a file that is none": {"issuer.example", func(s *site) documents { return documents{url: ok("<html>" + s.toml())} }, ""},
		"no file":             {"issuer.example", func(*site) documents { return documents{url: {Status: 404}} }, ""},
		"no host":             {"issuer.example", func(*site) documents { return documents{} }, ""},
		"too large a file":    {"issuer.example", func(s *site) documents { return documents{url: ok(s.toml() + strings.Repeat("#\n", 60<<10))} }, ""},
		"a redirect to www": {"issuer.example", func(s *site) documents {
			return documents{url: {Status: 301}, "https://www.issuer.example/.well-known/stellar.toml": ok(s.toml())}
		}, "USDC by issuer.example"},
		"a redirect elsewhere": {"issuer.example", func(*site) documents {
			return documents{url: {Status: 302}, "https://www.issuer.example/.well-known/stellar.toml": {Status: 302}}
		}, ""},
		"localhost, which is for developers": {"localhost:8000", func(s *site) documents {
			return documents{"http://localhost:8000/.well-known/stellar.toml": ok(s.toml())}
		}, ""},
		"an address": {"127.0.0.1", func(s *site) documents { return documents{"https://127.0.0.1/.well-known/stellar.toml": ok(s.toml())} }, ""},
		"a private name": {"vault.internal", func(s *site) documents {
			return documents{"https://vault.internal/.well-known/stellar.toml": ok(s.toml())}
		}, ""},
		"a path": {"issuer.example/x", func(s *site) documents {
			return documents{"https://issuer.example/x/.well-known/stellar.toml": ok(s.toml())}
		}, ""},
		"this service": {"pay.example", func(s *site) documents {
			return documents{"https://pay.example/.well-known/stellar.toml": ok(s.toml())}
		}, ""},
	} {
		t.Run(about, func(t *testing.T) {
			s := deploy(t)
			s.queue = &queue{}
			s.documents = tc.answers(s)
			if tc.home != "" {
				s.SettleIssuer(tc.home)
			}
			edge := s.edge()
			shop, _ := s.merchant(edge)
			if got := s.issuedBy(edge, shop); got != tc.want {
				t.Errorf("the page says %q, want %q", got, tc.want)
			}
		})
	}
}

func TestIssuersOfADevelopersNetworkMayBeOnLocalhost(t *testing.T) {
	s := deploy(t)
	s.queue = &queue{}
	s.documents = documents{"http://localhost:8000/.well-known/stellar.toml": ok(s.toml())}
	s.SettleIssuer("localhost:8000")
	edge := s.edge("TEST_WALLET_URL", "http://localhost:8000/sandbox/pay")
	shop, _ := s.merchant(edge)
	if got, want := s.issuedBy(edge, shop), "USDC by localhost:8000"; got != want {
		t.Errorf("the page says %q, want %q", got, want)
	}
}

// A proof is repeated every day. It survives that its domain cannot be reached for a while, but not
// that the domain says otherwise, and ends after a week.
func TestProofOfAnIssuerIsRepeated(t *testing.T) {
	const url = "https://issuer.example/.well-known/stellar.toml"
	s := deploy(t)
	s.queue = &queue{}
	s.documents = documents{url: ok(s.toml())}
	s.SettleIssuer("issuer.example")
	edge := s.edge()
	shop, _ := s.merchant(edge)
	expect := func(when, want string) {
		t.Helper()
		if got := s.issuedBy(edge, shop); got != want {
			t.Errorf("%s the page says %q, want %q", when, got, want)
		}
	}
	reads := 0
	s.Fault = func(url string) (horizon.Response, error, bool) {
		if strings.HasSuffix(url, "/accounts/"+string(s.USDC().Issuer)) {
			reads++
		}
		return horizon.Response{}, nil, false
	}
	expect("at first", "USDC by issuer.example")
	s.Sleep(23 * time.Hour)
	expect("within a day", "USDC by issuer.example")
	if reads != 1 {
		t.Errorf("the issuer was read %d times in a day", reads)
	}
	delete(s.documents, url)
	s.Sleep(25 * time.Hour)
	expect("while the domain cannot be reached,", "USDC by issuer.example")
	s.documents[url] = ok("[[CURRENCIES]]\ncode=\"USDC\"\n")
	s.Sleep(time.Hour)
	expect("once the domain names it no more,", "")
	s.documents[url] = ok(s.toml())
	s.Sleep(25 * time.Hour)
	expect("when it does again,", "USDC by issuer.example")
	delete(s.documents, url)
	s.Sleep(8 * 24 * time.Hour)
	expect("after a week without an answer,", "")
}

// The page of a payment link says as much about the asset as that of a checkout. The link asks who
// issues it, so that the first customer is told.
func TestLinkSaysWhoIssuesItsAsset(t *testing.T) {
	s := deploy(t)
	s.queue = &queue{}
	s.documents = documents{"https://issuer.example/.well-known/stellar.toml": ok(s.toml())}
	s.SettleIssuer("issuer.example")
	edge := s.edge()
	shop, _ := s.merchant(edge)
	product := shop.post("/product", `{"name":"Sidamo","asset_code":"USDC","price_amount":12.5}`).text("id")
	for about, tc := range map[string]struct{ body, issuer, worth string }{
		"an amount":                  {`{"asset_code":"USDC","amount":50}`, "USDC by issuer.example", "≈ $50.00"},
		"a product":                  {fmt.Sprintf(`{"product_id":%q}`, product), "USDC by issuer.example", "≈ $12.50"},
		"what the customer says":     {`{"asset_code":"USDC"}`, "USDC by issuer.example", ""},
		"an amount of another asset": {`{"asset_code":"XLM","amount":50}`, "", ""},
	} {
		s.queue.take()
		id := shop.post("/payment_links", tc.body).text("id")
		asked := s.queue.take()
		if (len(asked) > 0) != (tc.issuer != "") {
			t.Errorf("%s: %d questions for the issuer", about, len(asked))
		}
		s.deliver(edge, asked)
		if issuer, worth := s.promised(edge, "/buy/"+id); issuer != tc.issuer || worth != tc.worth {
			t.Errorf("%s: the page names %q and %q, want %q and %q", about, issuer, worth, tc.issuer, tc.worth)
		}
		s.Sleep(issuerAsked) // an instance asks again only then
	}
}

// issuerAsked is as in package worker.
const issuerAsked = 10 * time.Minute

// Whoever makes up issuers has few of them read.
func TestQuestionsForIssuersAreBounded(t *testing.T) {
	s := deploy(t)
	s.queue, s.documents = &queue{}, documents{}
	edge := s.edge()
	shop, _ := s.merchant(edge)
	for range 20 {
		shop.post("/checkout?type=direct", fmt.Sprintf(`{"amount":5,"asset_code":"USDC","asset_issuer":%q}`, s.Person().Address()))
	}
	if n := len(s.queue.messages); n > 11 {
		t.Errorf("%d questions, each of which costs a request to Horizon", n)
	}
	s.queue.take()
	shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM"}`)
	if n := len(s.queue.messages); n != 0 {
		t.Error("somebody issues XLM")
	}
}
