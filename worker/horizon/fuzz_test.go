package horizon_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
)

// answer is a Horizon that says one thing, whatever it is asked.
type answer horizon.Response

func (a answer) Get(context.Context, string, time.Duration) (horizon.Response, error) {
	return horizon.Response(a), nil
}

func (a answer) GetAll(ctx context.Context, urls []string, timeout time.Duration) []horizon.Result {
	return horizon.InTurn(urls, func(url string) (horizon.Response, error) { return a.Get(ctx, url, timeout) })
}

func (answer) Rest(context.Context) {}

// says is a client of such a Horizon.
func says(body []byte) horizon.Client {
	return horizon.Client{Base: "https://horizon.example", Transport: answer{Status: 200, Body: body}}
}

// addRecordings seeds a fuzz test with what Horizon really answered.
func addRecordings(f *testing.F, pattern string) {
	files, err := filepath.Glob("testdata/" + pattern + ".http.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("%d recordings %s, %v", len(files), pattern, err)
	}
	for _, file := range files {
		f.Add([]byte(load(f, strings.TrimSuffix(filepath.Base(file), ".http.json")).Body))
	}
}

// onlyNonsense wants an error to be the one for an answer that makes no sense.
func onlyNonsense(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, horizon.ErrAnswer) {
		t.Errorf("an error of another kind: %v", err)
	}
}

func FuzzRoot(f *testing.F) {
	addRecordings(f, "root")
	f.Fuzz(func(t *testing.T, body []byte) {
		root, err := says(body).Root(t.Context())
		if err != nil {
			onlyNonsense(t, err)
			return
		}
		if root.LatestLedger <= 0 || root.LatestLedger >= 1<<31 || root.ElderLedger < 0 || root.Passphrase == "" || root.ClosedAt.IsZero() {
			t.Errorf("%+v", root)
		}
		for _, at := range []time.Time{{}, root.ClosedAt.Add(-time.Hour), root.ClosedAt, root.ClosedAt.Add(time.Hour)} {
			if before := root.LedgerBefore(at); before < 0 || before >= root.LatestLedger || horizon.CursorAfter(before)>>32 != before {
				t.Errorf("%+v: before %v lies ledger %d", root, at, before)
			}
		}
	})
}

func FuzzPaymentsPage(f *testing.F) {
	for _, name := range []string{"payments-page-1", "payments-last-page-empty", "payment-sac-transfer", "payment-two-operations"} {
		f.Add([]byte(load(f, name).Body), int64(0), false)
		f.Add([]byte(load(f, name).Body), int64(1)<<52, true)
	}
	f.Fuzz(func(t *testing.T, body []byte, cursor int64, backwards bool) {
		read := horizon.Client.Payments
		if backwards {
			read = horizon.Client.PaymentsBefore
		}
		page, err := read(says(body), t.Context(), account, cursor)
		if err != nil {
			onlyNonsense(t, err)
			return
		}
		if page.Last < 0 || (page.Last == 0) != (page.Records == 0) {
			t.Errorf("%d records end at %d", page.Records, page.Last)
		}
		for _, p := range page.Payments {
			beyond, within := p.Operation > cursor, p.Operation <= page.Last
			if backwards {
				beyond, within = p.Operation < cursor, p.Operation >= page.Last
			}
			if !beyond || !within || p.Amount < 0 || (p.Amount == 0) != p.AmountInEffects || stellar.CheckAssetCode(p.Asset.Code) != nil || len(p.Hash) != 64 {
				t.Errorf("from %d to %d: %+v", cursor, page.Last, p)
			}
		}
	})
}

func FuzzAccount(f *testing.F) {
	found := load(f, "account-found")
	address := stellar.Address(strings.TrimPrefix(found.Request.Path, "/accounts/"))
	addRecordings(f, "account-found")
	f.Add([]byte(`{"account_id":"` + string(address) + `","sequence":"9223372036854775807","subentry_count":4294967296,"num_sponsoring":4294967296,"num_sponsored":0,` +
		`"balances":[{"asset_type":"native","balance":"922337203685.4775807","selling_liabilities":"0.0000000"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		read, err := says(body).Account(t.Context(), address)
		few, failed := says(body).Stranger(t.Context(), address, stellar.XLM)
		if err != nil {
			onlyNonsense(t, err)
			return
		}
		if failed == nil && (few.Sequence != read.Sequence || len(few.Balances) > len(read.Balances)) {
			t.Errorf("as a stranger it is %+v, else %+v", few, read)
		}
		if read.Sequence < 0 {
			t.Errorf("the sequence %d", read.Sequence)
		}
		for _, b := range read.Balances {
			if b.Spendable < 0 || stellar.CheckAssetCode(b.Asset.Code) != nil || (b.Asset.Issuer == "") != b.Asset.IsNative() {
				t.Errorf("%+v", b)
			}
		}
	})
}

func FuzzMergedAmount(f *testing.F) {
	addRecordings(f, "operation-account-merge-effects")
	credited := load(f, "operation-account-merge-effects")
	to := account
	for _, word := range strings.FieldsFunc(string(credited.Body), func(c rune) bool { return c == '"' }) {
		if address, err := stellar.ParseAddress(word); err == nil {
			to = address // one of those that are named, so that there is something to find
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, credited := range []stellar.Address{account, to} {
			if amount, err := says(body).MergedAmount(t.Context(), 1, credited); err != nil {
				onlyNonsense(t, err)
			} else if amount < 0 || !strings.Contains(string(body), "account_credited") && !strings.Contains(string(body), `\u`) {
				t.Errorf("%v were credited", amount)
			}
		}
	})
}

func FuzzOperation(f *testing.F) {
	addRecords(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		operation, err := says(body).Operation(t.Context(), 1)
		if err != nil {
			onlyNonsense(t, err)
			return
		}
		memo, memoErr := operation.Memo()
		if memoErr != nil {
			onlyNonsense(t, memoErr)
		}
		received, err := operation.Received(account)
		if err != nil {
			onlyNonsense(t, err)
		}
		for _, p := range received {
			if memoErr != nil || p.Memo != memo {
				t.Errorf("a payment with the memo %q, of an operation with the memo %q, %v", p.Memo, memo, memoErr)
			}
		}
	})
}

func FuzzStatuses(f *testing.F) {
	for _, name := range []string{"account-not-found", "account-malformed", "account-still-ingesting", "payments-cursor-bad"} {
		r := load(f, name)
		f.Add(r.Status, r.Headers["Retry-After"], []byte(r.Body))
	}
	f.Add(429, "3601", []byte(`{"type":"https://stellar.org/horizon-errors/rate_limit_exceeded"}`))
	f.Fuzz(func(t *testing.T, status int, retryAfter string, body []byte) {
		if status == 200 {
			return
		}
		client := horizon.Client{Transport: answer{Status: status, RetryAfter: retryAfter, Body: body}}
		var told *horizon.StatusError
		if _, err := client.Root(t.Context()); !errors.As(err, &told) || told.Status != status || told.RetryAfter < 0 || told.RetryAfter > time.Hour || len(told.Problem) > 200 {
			t.Errorf("%+v, %v", told, err)
		}
		if page, err := client.Payments(t.Context(), account, 0); page.Records != 0 || (err == nil) != horizon.IsNotFound(told) {
			t.Errorf("%+v, %v", page, err)
		}
	})
}
