package horizon_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
)

func TestAccount(t *testing.T) {
	transport := &replay{recording: load(t, "account-found")}
	got, err := (horizon.Client{Base: "https://h.example/x", Transport: transport}).Account(context.Background(), account)
	if err != nil {
		t.Fatal(err)
	}
	want := horizon.Account{Sequence: 5153999409905665, Balances: []horizon.Balance{
		{Asset: stellar.Asset{Code: "GATEWAYPOINT", Issuer: issuer}, Spendable: 1500_0000000},
		{Asset: usdc, Spendable: 201_9900000},
		{Asset: stellar.XLM, Spendable: 856_2499800}, // the account and its two trustlines keep two XLM back
	}, Signers: []horizon.Signer{{Key: account, Weight: 1}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if transport.url != "https://h.example/x/accounts/"+string(account) {
		t.Errorf("asked %s", transport.url)
	}
	if _, ok := got.Balance(stellar.Asset{Code: "USDC", Issuer: account}); ok {
		t.Error("the same code by another issuer is taken for the asset")
	}
}

// The document of an account with a thousand trustlines, written as Horizon writes it or in one
// line.
func TestFewBalancesOfAStrangerAreRead(t *testing.T) {
	line := func(code, balance string) map[string]any {
		return map[string]any{
			"balance": balance, "limit": "1000.0000000", "buying_liabilities": "0.0000000", "selling_liabilities": "0.0000000", "is_authorized": true,
			"asset_type": "credit_alphanum4", "asset_code": code, "asset_issuer": issuer,
		}
	}
	var lines []any
	var want []horizon.Balance
	for i := range 1000 {
		code, balance := fmt.Sprintf("A%03d", i), []string{"5.0000000", "0.0000000"}[i%2]
		lines = append(lines, line(code, balance))
		if i < 40 && i%2 == 0 {
			want = append(want, horizon.Balance{Asset: stellar.Asset{Code: code, Issuer: issuer}, Spendable: 5_0000000})
		}
	}
	pool := map[string]any{"balance": "1.0000000", "liquidity_pool_id": "dd", "asset_type": "liquidity_pool_shares"}
	native := map[string]any{"balance": "700.0000000", "selling_liabilities": "0.0000000", "asset_type": "native"}
	document := map[string]any{
		"account_id": account, "sequence": "7", "subentry_count": 1000, "home_domain": "shop.example", "data": map[string]string{"balances": "MQ==", "{}]": "MQ=="},
		"balances": append(lines, line("USDC", "0.0000000"), pool, native),
	}
	want = append(want, horizon.Balance{Asset: usdc}, horizon.Balance{Asset: stellar.XLM, Spendable: 199_0000000})
	short, err1 := json.Marshal(document)
	long, err2 := json.MarshalIndent(document, "", "  ")
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	for about, text := range map[string][]byte{"in one line": short, "indented": long} {
		client := horizon.Client{Transport: &replay{recording: recording{Status: 200, Body: text}}}
		got, err := client.Stranger(context.Background(), account, usdc)
		if diff := cmp.Diff(horizon.Account{Sequence: 7, Balances: want, HomeDomain: "shop.example"}, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", about, err, diff)
		}
		if all, err := client.Account(context.Background(), account); err != nil || len(all.Balances) != 1002 {
			t.Errorf("%s: of all there are %d, %v", about, len(all.Balances), err)
		}
	}
}

func TestAccountThatIsNotThere(t *testing.T) {
	for name, missing := range map[string]bool{
		"account-not-found": true, "account-merged-away": true, "account-malformed": false, "account-still-ingesting": false, "rate-limited": false,
	} {
		_, err := (horizon.Client{Transport: &replay{recording: load(t, name)}}).Account(context.Background(), account)
		if err == nil || horizon.IsNotFound(err) != missing {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// accountWith is an account whose document is written by a test.
func accountWith(document string) (horizon.Account, error) {
	return horizon.Client{Transport: &replay{recording: recording{Status: 200, Body: json.RawMessage(document)}}}.Account(context.Background(), account)
}

func TestWhatAnAccountCanSpend(t *testing.T) {
	const native = `{"balance":"100.0000000","selling_liabilities":"%s","asset_type":"native"}`
	for name, c := range map[string]struct {
		entries, sponsoring, sponsored int
		selling, spendable             string
	}{
		"an account alone":           {0, 0, 0, "0.0000000", "99"},
		"with entries":               {3, 0, 0, "0.0000000", "97.5"},
		"who sponsors others":        {0, 4, 0, "0.0000000", "97"},
		"whose entries are others'":  {3, 0, 5, "0.0000000", "100"},
		"with an offer":              {1, 0, 0, "40.0000000", "58.5"},
		"with less than its reserve": {500, 0, 0, "0.0000000", "0"},
	} {
		got, err := accountWith(fmt.Sprintf(`{"account_id":%q,"sequence":"7","subentry_count":%d,"num_sponsoring":%d,"num_sponsored":%d,"balances":[`+native+`]}`,
			account, c.entries, c.sponsoring, c.sponsored, c.selling))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if b, ok := got.Balance(stellar.XLM); !ok || b.Spendable.String() != c.spendable {
			t.Errorf("%s: %s can be spent, want %s", name, b.Spendable, c.spendable)
		}
	}
	got, err := accountWith(fmt.Sprintf(`{"account_id":%q,"sequence":"7","balances":[
		{"balance":"5.0000000","liquidity_pool_id":"dd","asset_type":"liquidity_pool_shares"},
		{"balance":"9.0000000","selling_liabilities":"2.0000000","is_authorized":false,"asset_type":"credit_alphanum4","asset_code":"USDC","asset_issuer":%q}]}`, account, issuer))
	want := horizon.Account{Sequence: 7, Balances: []horizon.Balance{{Asset: usdc, Spendable: 7_0000000, Frozen: true}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

func TestNonsensicalAccountsAreRefused(t *testing.T) {
	for name, document := range map[string]string{
		"no account":           `{}`,
		"another account":      fmt.Sprintf(`{"account_id":%q,"sequence":"7"}`, issuer),
		"no sequence":          fmt.Sprintf(`{"account_id":%q}`, account),
		"a sequence below 0":   fmt.Sprintf(`{"account_id":%q,"sequence":"-1"}`, account),
		"entries below 0":      fmt.Sprintf(`{"account_id":%q,"sequence":"7","subentry_count":-1}`, account),
		"entries without end":  fmt.Sprintf(`{"account_id":%q,"sequence":"7","num_sponsoring":9223372036854775807}`, account),
		"a balance in words":   fmt.Sprintf(`{"account_id":%q,"sequence":"7","balances":[{"balance":"much","selling_liabilities":"0.0","asset_type":"native"}]}`, account),
		"a balance of nothing": fmt.Sprintf(`{"account_id":%q,"sequence":"7","balances":[{"balance":"1.0","selling_liabilities":"0.0","asset_type":"gold"}]}`, account),
	} {
		if got, err := accountWith(document); !errors.Is(err, horizon.ErrAnswer) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
