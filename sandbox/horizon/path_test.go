package horizon

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"edgecheckout/sandbox/ledger"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/keypair"
	"github.com/stellar/go/xdr"
)

// The accounts of market: payer holds 20 XLM and 5 USD, and trusts no EUR.
var (
	payer  = keypair.Root("payer").Address()
	issuer = keypair.Root("issuer").Address()
)

// market serves a ledger in which 10 XLM are a euro, and a dollar is 2 euros.
func market() http.Handler {
	usd := xdr.MustNewCreditAsset("USD", issuer)
	eur := "EUR:" + issuer
	return New(ledger.New(ledger.Options{
		Accounts: []ledger.Account{
			{Address: issuer, Balance: 10_0000000},
			{Address: payer, Balance: 20_0000000, Lines: map[string]ledger.Trustline{
				"USD:" + issuer: {Asset: usd, Balance: 5_0000000, Limit: 100_0000000},
			}},
		},
		Market: ledger.Market{
			{Give: "native", Take: eur}:        {N: 1, D: 10},
			{Give: "USD:" + issuer, Take: eur}: {N: 2, D: 1},
		},
	}), Options{})
}

func TestPathsHaveHorizonsShape(t *testing.T) {
	euro := "&destination_asset_type=credit_alphanum4&destination_asset_code=EUR&destination_asset_issuer=" + issuer
	bought := func(kind, code, sent, received string) map[string]any {
		p := map[string]any{
			"source_asset_type": kind, "source_amount": sent, "destination_asset_type": "credit_alphanum4",
			"destination_asset_code": "EUR", "destination_asset_issuer": issuer, "destination_amount": received,
			"path": []any{},
		}
		if code != "" {
			p["source_asset_code"], p["source_asset_issuer"] = code, issuer
		}
		return p
	}
	for path, want := range map[string][]any{
		"/paths/strict-receive?destination_amount=1.5&source_assets=native,USD:" + issuer + euro: {
			bought("credit_alphanum4", "USD", "0.7500000", "1.5000000"), bought("native", "", "15.0000000", "1.5000000"),
		},
		"/paths/strict-receive?destination_amount=1&destination_account=" + payer + "&source_account=" + payer + euro: {
			bought("credit_alphanum4", "USD", "0.5000000", "1.0000000"), bought("native", "", "10.0000000", "1.0000000"),
		},
		// The payer has too little XLM.
		"/paths?destination_amount=3&source_account=" + payer + euro:   {bought("credit_alphanum4", "USD", "1.5000000", "3.0000000")},
		"/paths?destination_amount=1&source_account=" + watched + euro: {},
		"/paths/strict-send?source_asset_type=native&source_amount=5&destination_assets=EUR:" + issuer: {
			bought("native", "", "5.0000000", "0.5000000"),
		},
		"/paths/strict-send?source_asset_type=native&source_amount=5&destination_account=" + issuer: {map[string]any{
			"source_asset_type": "native", "source_amount": "5.0000000",
			"destination_asset_type": "native", "destination_amount": "5.0000000", "path": []any{},
		}},
	} {
		w := asked(market(), path)
		var body map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != http.StatusOK || w.Header().Get("Latest-Ledger") != "1200000" {
			t.Errorf("%s: status %d, ledger %q: %v", path, w.Code, w.Header().Get("Latest-Ledger"), err)
		}
		page := map[string]any{"_embedded": map[string]any{"records": want}}
		if diff := cmp.Diff(page, body); diff != "" {
			t.Errorf("%s (- want, + got):\n%s", path, diff)
		}
	}
}

func TestRequestsForPathsAreRefusedAsByHorizon(t *testing.T) {
	for query, want := range map[string][]string{
		"strict-send?source_asset_type=native&destination_assets=native&source_amount=0":                                     {"source_amount", "Amount must be positive"},
		"strict-send?source_asset_type=native&destination_assets=native":                                                     {"source_amount", "Amount must be positive"},
		"strict-send?source_asset_type=xlm&destination_assets=native&source_amount=1":                                        {"source_asset_type", "Asset type must be native, credit_alphanum4 or credit_alphanum12"},
		"strict-send?source_asset_type=native&destination_account=G1&source_amount=1":                                        {"destination_account", malformedAccount},
		"strict-send?source_asset_type=native&source_asset_code=A&destination_assets=native&source_amount=1":                 {"source_asset_code", "native asset does not have a code"},
		"strict-send?source_asset_type=credit_alphanum4&source_asset_code=USD&destination_assets=native&source_amount=1":     {"source_asset_issuer", "Missing parameter"},
		"strict-send?source_asset_type=credit_alphanum4&source_asset_code=TOOLONG&destination_assets=native&source_amount=1": {"source_asset_code", "Asset code must be 1-12 alphanumeric characters"},
		"strict-send?source_asset_type=native&destination_assets=XLM&source_amount=1":                                        {"destination_assets", "XLM is not a valid asset"},
		"strict-receive?destination_asset_type=native&source_assets=" + strings.Repeat("native,", 15) + "native&destination_amount=1": {
			"source_assets", "list of assets exceeds maximum length of 15"},
	} {
		w := asked(market(), "/paths/"+query)
		want := invalidField(want[0], want[1])
		if diff := cmp.Diff(*want, answered(t, w)); diff != "" || w.Code != http.StatusBadRequest {
			t.Errorf("%s: status %d (- want, + got):\n%s", query, w.Code, diff)
		}
	}
	for query, names := range map[string]string{
		"strict-send?source_asset_type=native&source_amount=1":                                                           "destination assets or a destination account",
		"strict-receive?destination_asset_type=native&destination_amount=1&source_assets=native&source_account=" + payer: "source assets or a source account",
	} {
		want := badRequest
		want.Detail = "The request requires either a list of " + names + ". Both fields cannot be present."
		if diff := cmp.Diff(want, answered(t, asked(market(), "/paths/"+query))); diff != "" {
			t.Errorf("%s (- want, + got):\n%s", query, diff)
		}
	}
}

// asked is the answer to a GET.
func asked(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// answered is the problem in an answer.
func answered(t *testing.T, w *httptest.ResponseRecorder) problem {
	t.Helper()
	var p problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Header().Get("Content-Type") != typeProblem {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return p
}
