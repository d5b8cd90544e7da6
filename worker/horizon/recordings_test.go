package horizon_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
)

const (
	account stellar.Address = "GDQOEL7GJBQ5F7URQ4IYCZK3EQCKSIOQOM7TBAYLX6KNFKHWCCAH4AC6"
	payer                   = "GDOFF23JTFX32SR6SUEQCT32WUPFNW5YTW52OY7BROVXMYGKJLQZQW7U"
	payer2                  = "GARQ2GD6CCSMYH7RUQFKXUDVVQDEVMIX6VNRKFBC7POQ2MRLP4N53LDV"
	issuer  stellar.Address = "GAQZGXGFMV2RA3DWZVIJA74Q4YWWOAHHJ6FPS65HB2ROEJ6S2AGBY5HC"
)

var usdc = stellar.Asset{Code: "USDC", Issuer: issuer}

// recording is one exchange with a real Horizon.
type recording struct {
	Request struct{ Path string }
	Status  int
	Headers map[string]string
	Body    json.RawMessage
}

func load(t testing.TB, name string) recording {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".http.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// replay answers every request with one recording.
type replay struct {
	recording
	url   string
	bound int
}

func (r *replay) Get(ctx context.Context, url string, _ time.Duration) (horizon.Response, error) {
	r.url, r.bound = url, horizon.BodyBytes(ctx)
	return horizon.Response{Status: r.Status, RetryAfter: r.Headers["Retry-After"], Remaining: r.Headers["X-Ratelimit-Remaining"], Body: r.Body}, nil
}

func (r *replay) GetAll(ctx context.Context, urls []string, timeout time.Duration) []horizon.Result {
	return horizon.InTurn(urls, func(url string) (horizon.Response, error) { return r.Get(ctx, url, timeout) })
}

func (*replay) Rest(context.Context) {}

func page(t testing.TB, name string) (horizon.PaymentsPage, error) {
	t.Helper()
	client := horizon.Client{Base: "https://horizon.example", Transport: &replay{recording: load(t, name)}}
	return client.Payments(context.Background(), account, 0)
}

// one is what matters of a page with one payment.
type one struct {
	Asset           stellar.Asset
	Amount          string
	From            string
	Memo            string
	AmountElsewhere bool
}

func TestEveryKindOfPayment(t *testing.T) {
	xlm := stellar.XLM
	gateway := stellar.Asset{Code: "GATEWAYPOINT", Issuer: issuer}
	for name, want := range map[string]one{
		"payment-create-account":      {xlm, "100", payer, "", false},
		"payment-native-memo-text":    {xlm, "", payer, "", false}, // memo and amount are read off the file below
		"payment-native-memo-id":      {xlm, "", payer, "", false},
		"payment-native-memo-hash":    {xlm, "11", payer, "", false},
		"payment-native-memo-return":  {xlm, "", payer, "", false},
		"payment-native-memo-none":    {xlm, "13", payer, "", false},
		"payment-credit-alphanum4":    {usdc, "49.99", payer2, "ORDER-1003", false},
		"payment-credit-alphanum12":   {gateway, "", payer2, "", false},
		"payment-to-muxed":            {xlm, "14.25", payer, "", false},
		"payment-from-muxed":          {xlm, "", "", "", false},
		"payment-path-strict-receive": {usdc, "30", payer2, "ORDER-1005", false},
		"payment-path-strict-send":    {xlm, "", payer2, "", false},
		"payment-account-merge":       {xlm, "0", "GCPFYJ2GXNZ2IOQ76OAZPLFSUME6Y3ZCTZBB3SOP636KPX533QYPJDS2", "ORDER-1007", true},
		"payment-sac-transfer":        {usdc, "", payer2, "", false},
		"payment-sac-transfer-muxed":  {xlm, "61", payer2, "", false},
		"payment-sac-mint":            {usdc, "62", "", "", false},
		"payment-fee-bump":            {xlm, "90", payer, "ORDER-1010", false},
		"payment-two-operations":      {xlm, "", payer, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := page(t, name)
			if err != nil || len(got.Payments) != 1 || got.Records != 1 {
				t.Fatalf("%d payments in %d records, %v", len(got.Payments), got.Records, err)
			}
			p := got.Payments[0]
			raw := rawRecord(t, name)
			have := one{p.Asset, p.Amount.String(), p.From, p.Memo, p.AmountInEffects}
			if want.Amount == "" {
				want.Amount = raw.amount(t)
			}
			if want.From == "" {
				want.From = raw.From
			}
			if want.Memo == "" && raw.Transaction.MemoType == "text" {
				want.Memo = raw.Transaction.Memo
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Error(diff)
			}
			if p.Hash != raw.Hash || p.ClosedAt.Format(time.RFC3339) != raw.CreatedAt || got.Last != p.Operation || p.Ledger() != raw.Transaction.Ledger {
				t.Errorf("payment %+v of record %+v", p, raw)
			}
		})
	}
}

func TestNumbersOfMuxedAddresses(t *testing.T) {
	for name, want := range map[string]checkout.MuxedID{
		"payment-to-muxed": "90071992547409931", "payment-sac-transfer-muxed": "1008", "payment-from-muxed": "", "payment-fee-bump": "",
	} {
		got, err := page(t, name)
		if err != nil || len(got.Payments) != 1 || got.Payments[0].Muxed != want {
			t.Errorf("%s: %+v, %v", name, got.Payments, err)
		}
		client := horizon.Client{Base: "https://horizon.example", Transport: &replay{recording: load(t, name)}}
		feed, err := client.Feed(context.Background(), 0)
		if err != nil {
			t.Fatal(err)
		}
		var muxed []horizon.Muxed
		for _, o := range feed.Operations {
			muxed = append(muxed, o.Muxed()...)
		}
		var all []horizon.Muxed
		if want != "" {
			all = []horizon.Muxed{{Account: account, ID: want}}
		}
		if diff := cmp.Diff(all, muxed); diff != "" {
			t.Errorf("%s in the feed: %s", name, diff)
		}
	}
}

// rawRecord is the only record of a page, decoded by the test itself.
func rawRecord(t *testing.T, name string) (r struct {
	From, Amount    string
	Hash            string                    `json:"transaction_hash"`
	CreatedAt       string                    `json:"created_at"`
	StartingBalance string                    `json:"starting_balance"`
	Changes         []struct{ Amount string } `json:"asset_balance_changes"`
	Transaction     struct {
		Ledger   int64
		MemoType string `json:"memo_type"`
		Memo     string
	}
	amounter
}) {
	t.Helper()
	var body struct {
		Embedded struct{ Records []json.RawMessage } `json:"_embedded"`
	}
	if err := json.Unmarshal(load(t, name).Body, &body); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body.Embedded.Records[0], &r); err != nil {
		t.Fatal(err)
	}
	r.amounter = func(t *testing.T) string {
		text := r.Amount
		if len(r.Changes) > 0 {
			text = r.Changes[0].Amount
		}
		return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return r
}

type amounter func(t *testing.T) string

func (a amounter) amount(t *testing.T) string { return a(t) }

func TestWhatIsNoPaymentToTheAccount(t *testing.T) {
	for _, name := range []string{"payment-outgoing", "payment-failed-underfunded"} {
		got, err := page(t, name)
		if err != nil || len(got.Payments) != 0 || got.Records != 1 || got.Last == 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for _, name := range []string{"payments-cursor-beyond-end", "payments-cursor-now", "payments-last-page-empty", "payments-account-never-seen", "payment-claimable-balance"} {
		got, err := page(t, name)
		if err != nil || len(got.Payments) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestAPageOfEverything(t *testing.T) {
	all, err := page(t, "payments-all")
	if err != nil {
		t.Fatal(err)
	}
	failedToo, err := page(t, "payments-all-include-failed")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all.Payments, failedToo.Payments); diff != "" || failedToo.Records <= all.Records {
		t.Errorf("failed operations change what was received: %s", diff)
	}
	last := int64(0)
	for _, p := range all.Payments {
		if p.Operation <= last {
			t.Errorf("operation %d after %d", p.Operation, last)
		}
		last = p.Operation
	}
	// The two operations of one transaction are two payments.
	two := map[string]int{}
	for _, p := range all.Payments {
		two[p.Hash]++
	}
	most := 0
	for _, n := range two {
		most = max(most, n)
	}
	if most != 2 || len(all.Payments) < 15 {
		t.Errorf("%d payments, at most %d in a transaction", len(all.Payments), most)
	}
}

func TestPaymentsRequest(t *testing.T) {
	transport := &replay{recording: load(t, "payments-last-page-empty")}
	if _, err := (horizon.Client{Base: "https://h.example/x", Transport: transport}).Payments(context.Background(), account, 77); err != nil {
		t.Fatal(err)
	}
	want := "https://h.example/x/accounts/" + string(account) + "/payments?cursor=77&join=transactions&limit=200&order=asc"
	if transport.url != want {
		t.Errorf("asked %s", transport.url)
	}
}

func TestRecordsBeforeTheCursorAreDropped(t *testing.T) {
	all, err := page(t, "payments-all")
	if err != nil {
		t.Fatal(err)
	}
	middle := all.Payments[5].Operation
	client := horizon.Client{Transport: &replay{recording: load(t, "payments-all")}}
	rest, err := client.Payments(context.Background(), account, middle)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all.Payments[6:], rest.Payments); diff != "" {
		t.Error(diff)
	}
}

func TestMergedAmountIsInTheEffects(t *testing.T) {
	client := horizon.Client{Transport: &replay{recording: load(t, "operation-account-merge-effects")}}
	amount, err := client.MergedAmount(context.Background(), 5154050949517313, account)
	if err != nil || amount.String() != "321.49999" {
		t.Errorf("%s, %v", amount, err)
	}
	if _, err := client.MergedAmount(context.Background(), 1, stellar.Address(payer)); !errors.Is(err, horizon.ErrAnswer) {
		t.Errorf("an account that was credited nothing: %v", err)
	}
}

func TestRoot(t *testing.T) {
	for name, want := range map[string]horizon.Root{
		"root": {Passphrase: "Test SDF Network ; September 2015", LatestLedger: 1200030, ElderLedger: 1200000,
			ClosedAt: time.Date(2026, 11, 22, 11, 16, 51, 0, time.UTC)},
	} {
		got, err := (horizon.Client{Transport: &replay{recording: load(t, name)}}).Root(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	reaped, err := (horizon.Client{Transport: &replay{recording: load(t, "root-after-reaping")}}).Root(context.Background())
	if err != nil || reaped.ElderLedger <= 1200000 {
		t.Errorf("%+v, %v", reaped, err)
	}
}

func TestErrorsOfHorizon(t *testing.T) {
	for name, want := range map[string]horizon.StatusError{
		"rate-limited":                 {Status: 429, Problem: "rate_limit_exceeded", RetryAfter: time.Minute},
		"rate-limited-stream":          {Status: 429, Problem: "rate_limit_exceeded"},
		"stale-history":                {Status: 503, Problem: "stale_history"},
		"account-still-ingesting":      {Status: 503, Problem: "still_ingesting"},
		"payments-before-history-desc": {Status: 410, Problem: "before_history"},
		"payments-cursor-bad":          {Status: 400, Problem: "bad_request"},
		"submit-timeout":               {Status: 504, Problem: "transaction_submission_timeout"},
	} {
		_, err := page(t, name)
		var got *horizon.StatusError
		if !errors.As(err, &got) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestNonsenseIsRefused(t *testing.T) {
	whole := string(load(t, "payments-page-1").Body)
	for name, body := range map[string]string{
		"empty": "", "html": "<html>", "truncated": whole[:len(whole)/2], "null": "null", "no records": `{"_embedded":{}}`,
		"records null": `{"_embedded":{"records":null}}`, "record a number": `{"_embedded":{"records":[1]}}`,
		"amount with a float":  strings.Replace(whole, `"amount": "`, `"amount": "1e3`, 1),
		"no id":                strings.Replace(whole, `"id": "51`, `"id": "x51`, 1),
		"negative id":          strings.Replace(whole, `"id": "51`, `"id": "-51`, 1),
		"no memo type":         strings.Replace(whole, `"memo_type":`, `"memo_typo":`, 1),
		"memo bytes no base64": strings.Replace(whole, `"memo_bytes": "`, `"memo_bytes": "*`, 1),
	} {
		if body == whole {
			t.Fatalf("%s: nothing was spoiled", name)
		}
		client := horizon.Client{Transport: &replay{recording: recording{Status: 200, Body: json.RawMessage(body)}}}
		if got, err := client.Payments(context.Background(), account, 0); !errors.Is(err, horizon.ErrAnswer) {
			t.Errorf("%s: %d payments, %v", name, len(got.Payments), err)
		}
		if _, err := client.Root(context.Background()); !errors.Is(err, horizon.ErrAnswer) {
			t.Errorf("%s as a root: %v", name, err)
		}
	}
}

// memo is shown by Horizon as valid JSON; what was signed is in memo_bytes.
func TestMemoBytesAreTheTruth(t *testing.T) {
	record := `{"id":"4294967297","transaction_successful":true,"type":"payment","created_at":"2026-11-22T11:16:31Z",
		"transaction_hash":"` + strings.Repeat("ab", 32) + `","asset_type":"native","from":"` + payer + `","to":"` + string(account) + `","amount":"1.0000000",
		"transaction":{"memo_type":"text","memo":"a\ufffdb","memo_bytes":"Yf8AYg=="}}`
	_, got, err := horizon.DecodeRecord([]byte(record), account)
	if err != nil || len(got) != 1 || got[0].Memo != "a\xff\x00b" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestMoneyToOneselfIsNotReceived(t *testing.T) {
	record := `{"id":"4294967297","transaction_successful":true,"type":"path_payment_strict_send","created_at":"2026-11-22T11:16:31Z",
		"transaction_hash":"` + strings.Repeat("ab", 32) + `","asset_type":"native","from":"` + string(account) + `","to":"` + string(account) + `","amount":"1.0000000",
		"transaction":{"memo_type":"none"}}`
	if _, got, err := horizon.DecodeRecord([]byte(record), account); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// Ledgers are at least a second apart, so counting back in seconds never lands too late.
func TestLedgerBeforeIsNeverTooLate(t *testing.T) {
	root := horizon.Root{LatestLedger: 1200030, ClosedAt: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	for ago, want := range map[time.Duration]int64{
		0: 1200029, time.Second: 1200027, 100 * time.Second: 1199928, 1500 * time.Millisecond: 1200027, -time.Hour: 1200029, 1000 * time.Hour: 0,
	} {
		if got := root.LedgerBefore(root.ClosedAt.Add(-ago)); got != want {
			t.Errorf("%v ago: ledger %d, want %d", ago, got, want)
		}
	}
	if horizon.CursorAfter(5)>>32 != 5 || (horizon.CursorAfter(5)+1)>>32 != 6 {
		t.Errorf("cursor after ledger 5: %d", horizon.CursorAfter(5))
	}
}

// addRecords seeds a fuzz test with the records of all recorded pages of payments.
func addRecords(f *testing.F) {
	files, err := filepath.Glob("testdata/payment-*.http.json")
	if err != nil || len(files) < 15 {
		f.Fatalf("%d recordings, %v", len(files), err)
	}
	for _, file := range files {
		r := load(f, strings.TrimSuffix(filepath.Base(file), ".http.json"))
		var body struct {
			Embedded struct{ Records []json.RawMessage } `json:"_embedded"`
		}
		if json.Unmarshal(r.Body, &body) == nil {
			for _, raw := range body.Embedded.Records {
				f.Add([]byte(raw))
			}
		}
	}
}

func FuzzDecodeRecord(f *testing.F) {
	addRecords(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		operation, received, err := horizon.DecodeRecord(raw, account)
		if err != nil {
			if !errors.Is(err, horizon.ErrAnswer) || len(received) != 0 {
				t.Errorf("%v with %d payments", err, len(received))
			}
			return
		}
		for _, p := range received {
			if p.Operation != operation || p.Amount < 0 || p.Amount == 0 && !p.AmountInEffects || p.ClosedAt.IsZero() || p.Asset.Code == "" || p.From == string(account) {
				t.Errorf("payment %+v", p)
			}
		}
	})
}

// TestEveryRecordingIsUnderstood gives every recorded answer to everything that reads answers. What
// is not an answer to the question is an error of the documented kind, never a payment.
func TestEveryRecordingIsUnderstood(t *testing.T) {
	files, err := filepath.Glob("testdata/*.http.json")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".http.json")
		r := load(t, name)
		client := horizon.Client{Transport: &replay{recording: r}}
		isPayments := strings.Contains(r.Request.Path, "/payments")
		got, err := client.Payments(context.Background(), account, 0)
		var status *horizon.StatusError
		switch {
		case r.Status == 404:
			if err != nil || got.Records != 0 {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		case r.Status != 200:
			if !errors.As(err, &status) || status.Status != r.Status || status.Problem == "" {
				t.Errorf("%s: %v", name, err)
			}
		case isPayments && strings.Contains(r.Request.Path, "join=transactions"):
			if err != nil || len(got.Payments) > got.Records+2 {
				t.Errorf("%s: %d payments in %d records, %v", name, len(got.Payments), got.Records, err)
			}
		case len(got.Payments) > 0:
			t.Errorf("%s: %d payments where none could be read", name, len(got.Payments))
		}
		root, err := client.Root(context.Background())
		if isRoot := r.Request.Path == "/"; isRoot != (err == nil) || isRoot && root.LatestLedger == 0 {
			t.Errorf("%s as a root: %+v, %v", name, root, err)
		}
		if _, err := client.MergedAmount(context.Background(), 1, account); (name == "operation-account-merge-effects") != (err == nil) {
			t.Errorf("%s as effects: %v", name, err)
		}
	}
}

// resting counts how often requests that wait were let run.
type resting struct {
	replay
	rests int
}

func (r *resting) Rest(context.Context) { r.rests++ }

func TestWaitingRequestsRunBetweenTwoPagesOfABatch(t *testing.T) {
	transport := &resting{replay: replay{recording: load(t, "payment-credit-alphanum12")}}
	client := horizon.Client{Base: "https://horizon.example", Transport: transport}
	var rests []int // before each page
	for _, result := range client.PaymentsOf(context.Background(), make([]horizon.History, 3)) {
		if result.Err != nil {
			t.Error(result.Err)
		}
		rests = append(rests, transport.rests)
	}
	if want := []int{0, 1, 2}; !slices.Equal(rests, want) {
		t.Errorf("rests before the pages: %v, want %v", rests, want)
	}
}

// TestRecordsOfAPageAreReadAsTheyAreAlone parses each record of each page by itself and whole. A
// page is read without its links and long strings, which must change nothing.
func TestRecordsOfAPageAreReadAsTheyAreAlone(t *testing.T) {
	files, err := filepath.Glob("testdata/payment*.http.json")
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, file := range files {
		r := load(t, strings.TrimSuffix(filepath.Base(file), ".http.json"))
		var body struct {
			Embedded struct {
				Records []json.RawMessage `json:"records"`
			} `json:"_embedded"`
		}
		if r.Status != 200 || !strings.Contains(r.Request.Path, "join=transactions") || json.Unmarshal(r.Body, &body) != nil {
			continue
		}
		var want []horizon.Incoming
		for _, raw := range body.Embedded.Records {
			_, received, err := horizon.DecodeRecord(raw, account)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, received...)
		}
		for name, page := range map[string][]byte{
			"as it was":       r.Body,
			"without blanks":  compact(t, r.Body),
			"in other order":  reordered(t, r.Body),
			"with long texts": []byte(strings.ReplaceAll(string(r.Body), `_xdr": "`, `_xdr": "\"{\\`+strings.Repeat("A", 200))),
		} {
			got, err := says(page).Payments(t.Context(), account, 0)
			if diff := cmp.Diff(want, got.Payments); err != nil || diff != "" || got.Records != len(body.Embedded.Records) {
				t.Errorf("%s, %s: %d records, %v\n%s", file, name, got.Records, err, diff)
			}
		}
		compared += len(want)
	}
	if compared < 40 {
		t.Errorf("only %d payments were compared", compared)
	}
}

func compact(t *testing.T, document []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, document); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// reordered has the fields of all objects in alphabetical order.
func reordered(t *testing.T, document []byte) []byte {
	t.Helper()
	var all any
	if err := json.Unmarshal(document, &all); err != nil {
		t.Fatal(err)
	}
	sorted, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return sorted
}

// TestAVisitorReadsLittleOfAPage has pages whose records are as large as strangers can make them.
func TestAVisitorReadsLittleOfAPage(t *testing.T) {
	first := func(name string) string {
		records := load(t, name).Body
		var body struct {
			Embedded struct {
				Records []json.RawMessage `json:"records"`
			} `json:"_embedded"`
		}
		if err := json.Unmarshal(records, &body); err != nil {
			t.Fatal(err)
		}
		return string(body.Embedded.Records[0])
	}
	payment, merge, call := first("payment-native-memo-text"), first("payment-account-merge"), first("payment-sac-transfer")
	changes := regexp.MustCompile(`(?s)("asset_balance_changes": \[)(.*?)(\s*\])`)
	calls := func(n int) string {
		return changes.ReplaceAllString(call, "$1"+strings.Repeat("$2,", n-1)+"$2$3")
	}
	id := regexp.MustCompile(`"id": "(\d+)"`)
	for _, c := range []struct {
		about, record string
		on, read      int
		more          bool
	}{
		{"ordinary ones", payment, 24, 24, false},
		{"a full page", payment, 50, 50, true},
		{"transactions of a hundred operations", strings.Replace(payment, `"envelope_xdr": "`, `"envelope_xdr": "`+strings.Repeat("A", 60_000), 1), 24, 24, false},
		{"calls that change a hundred balances", calls(100), 24, 1, true},
		{"calls that change thirty", calls(30), 24, 2, true},
		{"one that is larger than all may be", strings.Replace(payment, `"memo":`, `"note": [`+strings.Repeat(`"A",`, 50_000)+`""], "memo":`, 1), 24, 1, true},
		{"accounts merged", merge, 24, 2, true},
		{"two accounts merged", merge, 2, 2, false},
	} {
		var records []string
		for i := range c.on {
			records = append(records, id.ReplaceAllString(c.record, fmt.Sprintf(`"id": "%d"`, i+1)))
		}
		transport := &replay{recording: recording{Status: 200, Body: json.RawMessage(`{"_embedded":{"records":[` + strings.Join(records, ",") + `]}}`)}}
		got, err := horizon.Client{Transport: transport}.FewPayments(t.Context(), account, 0)
		if err != nil || got.Records != c.read || got.Last != int64(c.read) || got.More != c.more || len(got.Payments) < c.read {
			t.Errorf("%s: %d records up to %d, more: %t, %d payments, %v", c.about, got.Records, got.Last, got.More, len(got.Payments), err)
		}
		if !strings.Contains(transport.url, "limit=50") || transport.bound != 256<<10 {
			t.Errorf("%s: asked %s, for %d bytes", c.about, transport.url, transport.bound)
		}
	}
}

// TestPagesThatAreCutAreReadAsFarAsTheyCame cuts a page in many places. Whoever reads it gets the
// records that came whole, and is told that there are others.
func TestPagesThatAreCutAreReadAsFarAsTheyCame(t *testing.T) {
	whole := load(t, "payments-all").Body
	ids := regexp.MustCompile(`"id": "(\d{10,})"`).FindAllSubmatchIndex(whole, -1)
	for end := 0; end < len(whole); end += 41 {
		client := horizon.Client{Transport: answer{Status: 200, Body: slices.Clone(whole[:end]), Cut: true}}
		records, last := 0, ""
		for i, at := range ids {
			if i+1 < len(ids) && ids[i+1][0] < end {
				records, last = i+1, string(whole[at[2]:at[3]])
			}
		}
		page, err := client.Payments(t.Context(), account, 0)
		if err != nil {
			if onlyNonsense(t, err); records > 1 {
				t.Fatalf("cut at %d: %v", end, err)
			}
			continue
		}
		if page.Records < records || page.Records > records+1 || !page.More || page.Records == records && strconv.FormatInt(page.Last, 10) != last {
			t.Fatalf("cut at %d: %d records up to %d, more: %t; %d begin before that, the last whole one is %s", end, page.Records, page.Last, page.More, records, last)
		}
		if end%20 != 0 {
			continue
		}
		feed, err1 := client.Feed(t.Context(), 0)
		sent, err2 := client.SentBy(t.Context(), account, 0)
		if err1 != nil || err2 != nil || !feed.More || !sent.More || feed.Records != page.Records || sent.Records != page.Records {
			t.Errorf("cut at %d: %d records of the feed, %d of what was sent, %d of payments, %v, %v", end, feed.Records, sent.Records, page.Records, err1, err2)
		}
		late := bytes.Replace(bytes.Replace(whole, []byte(`"id": "51`), []byte(`"id": "99`), 1), []byte(`"paging_token": "51`), []byte(`"paging_token": "99`), 1)
		swapped := horizon.Client{Transport: answer{Status: 200, Body: late[:end], Cut: true}}
		_, err1 = swapped.Feed(t.Context(), 0)
		_, err2 = swapped.SentBy(t.Context(), account, 0)
		_, err3 := swapped.Payments(t.Context(), account, 0)
		for _, err := range []error{err1, err2, err3} {
			if page.Records > 1 && !errors.Is(err, horizon.ErrAnswer) {
				t.Errorf("cut at %d, not in order: %v", end, err)
			}
		}
		if _, err := client.PaymentsIn(t.Context(), "hash"); !errors.Is(err, horizon.ErrAnswer) {
			t.Errorf("cut at %d, a transaction: %v", end, err)
		}
		if _, err := client.Root(t.Context()); !errors.Is(err, horizon.ErrAnswer) {
			t.Errorf("cut at %d, as a root: %v", end, err)
		}
	}
}
