package horizon

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"edgecheckout/sandbox/ledger"

	"github.com/stellar/go/network"
	"github.com/stellar/go/xdr"
)

const watched = "GDQOEL7GJBQ5F7URQ4IYCZK3EQCKSIOQOM7TBAYLX6KNFKHWCCAH4AC6"

// paid serves a ledger with one payment to the watched account.
func paid(t *testing.T) http.Handler {
	t.Helper()
	first := load(t, "payment-native-memo-text").Body["_embedded"].(map[string]any)["records"].([]any)[0].(map[string]any)
	return replayed(t, first["transaction"].(map[string]any))
}

func TestErrorsEqualHorizons(t *testing.T) {
	for _, name := range []string{
		"payments-cursor-bad", "payments-cursor-negative", "payments-limit-too-large", "payments-account-malformed",
		"payments-before-history-desc", "account-malformed", "account-merged-away", "account-not-found", "transaction-not-found",
	} {
		t.Run(name, func(t *testing.T) {
			want := load(t, name)
			same(t, want, perform(paid(t), want))
		})
	}
}

func TestAccountWithoutHistoryHasNoListOfPayments(t *testing.T) {
	want := load(t, "payments-account-never-seen")
	same(t, want, perform(New(ledger.New(ledger.Options{}), Options{}), want))
}

func TestOldAscendingCursorBeginsWithTheOldestLedger(t *testing.T) {
	want := load(t, "payments-before-history-asc")
	first := want.Body["_embedded"].(map[string]any)["records"].([]any)[0].(map[string]any)
	same(t, want, perform(replayed(t, first["transaction"].(map[string]any)), want))
}

func TestCursorNowBecomesTheEndOfTheNewestLedger(t *testing.T) {
	want := load(t, "payments-cursor-now")
	l := ledger.New(ledger.Options{First: 1200028})
	if _, err := l.Fund(watched); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := l.Close(time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	same(t, want, perform(New(l, Options{}), want))
}

func TestAccountEqualsHorizons(t *testing.T) {
	want := load(t, "account-found")
	const issuer = "GAQZGXGFMV2RA3DWZVIJA74Q4YWWOAHHJ6FPS65HB2ROEJ6S2AGBY5HC"
	l := ledger.New(ledger.Options{Accounts: []ledger.Account{{
		Address: watched, Balance: 858_2499800, Sequence: 5153999409905665, Modified: 1200028, ModifiedAt: at("11:16:49"),
		Lines: map[string]ledger.Trustline{
			"USDC:" + issuer: {
				Asset: xdr.MustNewCreditAsset("USDC", issuer), Balance: 201_9900000, Limit: 1<<63 - 1, Modified: 1200028,
			},
			"GATEWAYPOINT:" + issuer: {
				Asset: xdr.MustNewCreditAsset("GATEWAYPOINT", issuer), Balance: 1500_0000000, Limit: 1<<63 - 1, Modified: 1200016,
			},
		},
	}}})
	same(t, want, perform(New(l, Options{}), want))
}

func TestRootEqualsHorizons(t *testing.T) {
	want := load(t, "root")
	for _, name := range []string{"liquidity_pools", "offer", "offers", "trade_aggregations", "trades"} {
		delete(want.Body["_links"].(map[string]any), name) // the sandbox has none
	}
	l := ledger.New(ledger.Options{Passphrase: network.TestNetworkPassphrase, First: 1200000, Genesis: at("11:16:21")})
	for second := range 30 {
		if _, err := l.Close(at("11:16:22").Add(time.Duration(second) * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	same(t, want, perform(New(l, Options{}), want),
		"horizon_version", "core_version", "supported_protocol_version", "_links.friendbot.href")
}

func TestRootListsOnlyWhatIsServed(t *testing.T) {
	s := New(ledger.New(ledger.Options{}), Options{})
	for name, path := range rootLinks {
		path, _, _ = strings.Cut(path, "{?")
		r := httptest.NewRequest(http.MethodGet, strings.NewReplacer("{", "", "}", "").Replace(path), nil)
		if _, pattern := s.routes.Handler(r); pattern == "/" {
			t.Errorf("%s: %s is not served", name, path)
		}
	}
}

func TestFeeStatsHaveHorizonsShape(t *testing.T) {
	want := load(t, "fee-stats")
	same(t, want, perform(New(ledger.New(ledger.Options{First: 1200030}), Options{}), want),
		"max_fee.max", "max_fee.p80", "max_fee.p90", "max_fee.p95", "max_fee.p99")
}

func TestLedgerEqualsHorizons(t *testing.T) {
	want := load(t, "ledger")
	same(t, want, perform(paid(t), want), "id", "hash", "prev_hash", "total_coins", "fee_pool")
}

func TestFaultsEqualHorizons(t *testing.T) {
	for name, mode := range map[string]string{
		"rate-limited":             RateLimited,
		"stale-history":            StaleHistory,
		"account-still-ingesting":  StillIngesting,
		"payment-native-memo-text": StillIngesting, // its history remains available
	} {
		t.Run(name, func(t *testing.T) {
			faults := &Faults{}
			if err := faults.Set(Fault{Mode: mode}); err != nil {
				t.Fatal(err)
			}
			want := load(t, name)
			got := perform(faults.Spoil(paid(t).(*Server)), want)
			same(t, want, got, "extras.core_latest_ledger", "extras.history_latest_ledger")
			if got.Header().Get("Retry-After") != want.Headers["Retry-After"] {
				t.Errorf("Retry-After %q, recorded %q", got.Header().Get("Retry-After"), want.Headers["Retry-After"])
			}
		})
	}
}

func TestRateLimitedStreamHasNoRateLimitHeaders(t *testing.T) {
	faults := &Faults{}
	if err := faults.Set(Fault{Mode: RateLimited}); err != nil {
		t.Fatal(err)
	}
	want := load(t, "rate-limited-stream")
	request := httptest.NewRequest(http.MethodGet, want.Request.Path, nil)
	request.Header.Set("Accept", "text/event-stream")
	got := httptest.NewRecorder()
	faults.Spoil(paid(t).(*Server)).ServeHTTP(got, request)
	same(t, want, got)
}
