package horizon

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"edgecheckout/sandbox/ledger"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"
)

// busy returns a ledger on which a customer paid a shop n times, once a ledger, with the amounts 1,
// 2, 3… XLM. Each payment after the first is followed by one that fails.
func busy(t testing.TB, n int) (*ledger.Ledger, string) {
	t.Helper()
	customer, shop := keypair.MustRandom(), keypair.MustRandom().Address()
	l := ledger.New(ledger.Options{Accounts: []ledger.Account{
		{Address: customer.Address(), Balance: 10_000_0000000}, {Address: shop, Balance: 10_0000000},
	}})
	account := &txnbuild.SimpleAccount{AccountID: customer.Address()}
	pay := func(amount string) {
		tx, err := txnbuild.NewTransaction(txnbuild.TransactionParams{
			SourceAccount: account, IncrementSequenceNum: true, BaseFee: ledger.BaseFee,
			Preconditions: txnbuild.Preconditions{TimeBounds: txnbuild.NewInfiniteTimeout()},
			Operations: []txnbuild.Operation{
				&txnbuild.Payment{Destination: shop, Amount: amount, Asset: txnbuild.NativeAsset{}},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if tx, err = tx.Sign(l.Passphrase(), customer); err != nil {
			t.Fatal(err)
		}
		envelope, err := tx.Base64()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Submit(envelope); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		if i > 0 {
			pay("999999")
		}
		pay(string(rune('1' + i)))
		if _, err := l.Close(at("12:00:00")); err != nil {
			t.Fatal(err)
		}
	}
	return l, shop
}

type listPage struct {
	Links struct {
		Self, Next, Prev struct{ Href string }
	} `json:"_links"`
	Embedded struct {
		Records []struct {
			Amount      string
			PagingToken string `json:"paging_token"`
		}
	} `json:"_embedded"`
}

func get(t *testing.T, h http.Handler, target string) listPage {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%s: status %d: %s", target, w.Code, w.Body)
	}
	var p listPage
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p listPage) amounts() string {
	var all []string
	for _, r := range p.Embedded.Records {
		whole, _, _ := strings.Cut(r.Amount, ".")
		all = append(all, whole)
	}
	return strings.Join(all, " ")
}

func TestPagesFollowEachOtherInBothDirections(t *testing.T) {
	l, shop := busy(t, 5)
	h := New(l, Options{})
	walk := func(query string, pages int) []string {
		var seen []string
		target := "/accounts/" + shop + "/payments" + query
		for range pages {
			p := get(t, h, target)
			seen = append(seen, p.amounts())
			next, err := url.Parse(p.Links.Next.Href)
			if err != nil {
				t.Fatal(err)
			}
			target = next.RequestURI()
		}
		return seen
	}
	for _, c := range []struct {
		query string
		want  []string
	}{
		{"?limit=2", []string{"1 2", "3 4", "5", ""}},
		{"?limit=2&order=desc", []string{"5 4", "3 2", "1", ""}},
		{"?limit=3&include_failed=true", []string{"1 999999 2", "999999 3 999999", "4 999999 5", ""}},
		{"", []string{"1 2 3 4 5", ""}},
	} {
		if diff := cmp.Diff(c.want, walk(c.query, len(c.want))); diff != "" {
			t.Errorf("%q (- want, + got):\n%s", c.query, diff)
		}
	}
}

func TestPrevLinkOfTheSecondPageIsTheFirstPage(t *testing.T) {
	l, shop := busy(t, 5)
	h := New(l, Options{})
	second := get(t, h, get(t, h, "/accounts/"+shop+"/payments?limit=2").Links.Next.Href)
	if got := get(t, h, second.Links.Prev.Href).amounts(); got != "2 1" {
		t.Errorf("before %q come %q", second.amounts(), got)
	}
}

func TestInvalidParametersGetHorizonsErrors(t *testing.T) {
	l, shop := busy(t, 1)
	for query, want := range map[string][2]string{
		"limit=0":               {"limit", "invalid limit: non-positive value provided"},
		"limit=x":               {"limit", "unparseable value"},
		"order=up":              {"order", "order: invalid value"},
		"join=operations":       {"join", "Accepted values: transactions"},
		"include_failed=yes":    {"include_failed", "Filter should be true or false"},
		"order=desc&cursor=abc": {"cursor", "invalid value"},
	} {
		w := httptest.NewRecorder()
		New(l, Options{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/accounts/"+shop+"/payments?"+query, nil))
		var p problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		extras := map[string]any{"invalid_field": want[0], "reason": want[1]}
		if diff := cmp.Diff(badRequest.with(extras), p); diff != "" || w.Code != http.StatusBadRequest {
			t.Errorf("%s: status %d (- want, + got):\n%s", query, w.Code, diff)
		}
	}
}

func BenchmarkPageOfJoinedPayments(b *testing.B) {
	l, shop := busy(b, 9)
	h := New(l, Options{})
	request := httptest.NewRequest(http.MethodGet, "/accounts/"+shop+"/payments?order=asc&limit=200&join=transactions", nil)
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, request)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}
