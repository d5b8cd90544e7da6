package horizon_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"edgecheckout/worker/horizon"
)

// feedOf reads a document as a page of the network's feed.
func feedOf(t *testing.T, body []byte, cursor int64) (horizon.FeedPage, error) {
	t.Helper()
	return says(body).Feed(t.Context(), cursor)
}

const checkoutMemo = "0123456789abcdefghjkmnpqrs"

// feedRecord is a record of the feed with a transaction of the kind of memo that is given as JSON
// fields.
func feedRecord(id int64, memo string) string {
	return fmt.Sprintf(`{"_links":{"self":{"href":"https://h.example/{?\"id\":\"9\"}"}},"id":"%d","transaction_successful":true,"type":"payment",`+
		`"created_at":"2026-11-22T12:00:%02dZ","transaction_hash":"%064x","transaction":{"_links":{"memo_type":"text"},"id":"1","memo_type":%s},`+
		`"asset_type":"native","from":"GA","to":"GB","amount":"1.0000000"}`, id, id%60, id, memo)
}

func feedDocument(records ...string) []byte {
	return []byte(`{"_links":{"records":["a"]},"_embedded":{"records":[` + strings.Join(records, ",") + `]}}`)
}

func TestFeedKeepsOnlyWhatMayBeOurs(t *testing.T) {
	text := func(memo string) string {
		encoded, _ := json.Marshal(memo)
		return fmt.Sprintf(`"text","memo":%s,"memo_bytes":%q`, encoded, base64.StdEncoding.EncodeToString([]byte(memo)))
	}
	body := feedDocument(
		feedRecord(1<<32, text(checkoutMemo)), // at the cursor
		feedRecord(2<<32, `"none"`),
		feedRecord(3<<32, text(checkoutMemo)),
		feedRecord(4<<32, text("invoice 17")),
		feedRecord(5<<32, `"hash","memo":"`+checkoutMemo+`"`),
		feedRecord(6<<32, text(strings.ToUpper(checkoutMemo))),
		feedRecord(7<<32, `"text","memo":"`+checkoutMemo+`"`), // an older Horizon
		feedRecord(8<<32, text(`","memo_type":"text","memo":"`)),
		feedRecord(9<<32, text(checkoutMemo+"0123")),
	)
	var indented bytes.Buffer
	if err := json.Indent(&indented, body, "", "  "); err != nil {
		t.Fatal(err)
	}
	for _, body := range [][]byte{body, indented.Bytes()} {
		page, err := feedOf(t, body, 1<<32)
		if err != nil {
			t.Fatal(err)
		}
		var kept []int64
		for _, o := range page.Operations {
			memo, err := o.Memo()
			if err != nil || !strings.EqualFold(memo, checkoutMemo) {
				t.Errorf("ledger %d: memo %q, %v", o.Ledger(), memo, err)
			}
			kept = append(kept, o.Ledger())
		}
		if diff := cmp.Diff([]int64{3, 6, 7}, kept); diff != "" {
			t.Error(diff)
		}
		if page.Records != 9 || page.Last != 9<<32 || !page.LastClosedAt.Equal(time.Date(2026, 11, 22, 12, 0, 9<<32%60, 0, time.UTC)) {
			t.Errorf("%d records to %d at %v", page.Records, page.Last, page.LastClosedAt)
		}
	}
}

// Horizon's own order of fields is read without parsing the strangers' records; every other one
// says the same.
func TestFeedReadsTheSameInAnyOrderOfFields(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		memos := []string{`"none"`, `"text","memo":"` + checkoutMemo + `"`, `"text","memo":"transaction_successful"`, `"text","memo":"memo_type"`,
			`"text","memo":"x","memo_bytes":"MDEyMzQ1Njc4OWFiY2RlZmdoamttbnBxcnM="`, `"hash","memo":"` + checkoutMemo + `"`}
		var records []string
		for range rapid.IntRange(1, 6).Draw(rt, "records") {
			records = append(records, feedRecord(rapid.Int64Range(1, 1<<40).Draw(rt, "id"), rapid.SampledFrom(memos).Draw(rt, "memo")))
		}
		body := feedDocument(records...)
		var doc any
		if err := json.Unmarshal(body, &doc); err != nil {
			rt.Fatal(err)
		}
		sorted, err := json.Marshal(doc) // its transactions stand before transaction_successful
		if err != nil {
			rt.Fatal(err)
		}
		cursor := rapid.Int64Range(0, 1<<39).Draw(rt, "cursor")
		want, wantErr := feedOf(t, sorted, cursor)
		got, gotErr := feedOf(t, body, cursor)
		if wantErr != nil || gotErr != nil {
			rt.Fatal(wantErr, gotErr)
		}
		if got.Records != want.Records || got.Last != want.Last || !got.LastClosedAt.Equal(want.LastClosedAt) || !slices.Equal(idsOf(got), idsOf(want)) {
			rt.Errorf("got %+v, want %+v, of %s", got, want, body)
		}
	})
}

func idsOf(page horizon.FeedPage) []string {
	var ids []string
	for _, o := range page.Operations {
		ids = append(ids, o.ID)
	}
	return ids
}

// Whatever of a page is missing, nothing of it is used.
func TestHalfAFeedPageIsNone(t *testing.T) {
	body := feedDocument(feedRecord(1<<32, `"none"`), feedRecord(2<<32, `"text","memo":"`+checkoutMemo+`"`))
	for n := range len(body) {
		if page, err := feedOf(t, body[:n], 0); err == nil {
			t.Fatalf("the first %d of %d bytes are read as %+v", n, len(body), page)
		}
	}
	for _, other := range []string{`{}`, `[]`, `{"_embedded":{}}`, `{"_embedded":{"records":{}}}`, "<html>", string(body) + "x", `{"_embedded":{"records":[{"id":"0"}]}}`,
		`{"_embedded":{"records":[{"id":"7"}]}}`} {
		if page, err := feedOf(t, []byte(other), 0); err == nil {
			t.Errorf("%.60s is read as %+v", other, page)
		}
	}
	if page, err := feedOf(t, feedDocument(), 0); err != nil || page.Records != 0 || page.Last != 0 {
		t.Errorf("an empty page: %+v, %v", page, err)
	}
}

// The feed and the history of an account show the same payments.
func TestFeedReadsRecordsAsTheHistoryOfAnAccountDoes(t *testing.T) {
	body := withMemo(t, load(t, "payments-all").Body)
	history, err := says(body).Payments(t.Context(), account, 0)
	if err != nil {
		t.Fatal(err)
	}
	page, err := feedOf(t, body, 0)
	if err != nil || page.Records != history.Records || page.Last != history.Last || !page.LastClosedAt.Equal(history.LastClosedAt) {
		t.Fatalf("%+v, %v", page, err)
	}
	var got []horizon.Incoming
	for _, o := range page.Operations {
		stored, err := json.Marshal(o) // as the store keeps it
		if err != nil {
			t.Fatal(err)
		}
		var read horizon.Operation
		if err := json.Unmarshal(stored, &read); err != nil {
			t.Fatal(err)
		}
		received, err := read.Received(account)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, received...)
	}
	if diff := cmp.Diff(history.Payments, got); diff != "" || len(got) == 0 {
		t.Errorf("%d payments: %s", len(got), diff)
	}
}

// history answers when its ledgers closed, of which those up to 1000 are far apart.
type history struct{ asked int }

func (h *history) Get(_ context.Context, url string, _ time.Duration) (horizon.Response, error) {
	h.asked++
	var ledger int64
	if _, err := fmt.Sscanf(url, "https://h.example/ledgers/%d", &ledger); err != nil {
		return horizon.Response{Status: 404}, nil
	}
	return horizon.Response{Status: 200, Body: fmt.Appendf(nil, `{"closed_at":%q}`, closing(ledger).Format(time.RFC3339))}, nil
}

func (h *history) GetAll(ctx context.Context, urls []string, timeout time.Duration) []horizon.Result {
	return horizon.InTurn(urls, func(url string) (horizon.Response, error) { return h.Get(ctx, url, timeout) })
}

func (*history) Rest(context.Context) {}

func closing(ledger int64) time.Time {
	newest := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	if ledger > 1000 {
		return newest.Add(-time.Duration(2000-ledger) * 6 * time.Second)
	}
	return closing(1001).Add(-time.Duration(1001-ledger) * time.Minute)
}

func TestTheLedgerBeforeATimeIsFound(t *testing.T) {
	root := horizon.Root{LatestLedger: 2000, ClosedAt: closing(2000), ElderLedger: 500}
	for _, back := range []time.Duration{0, time.Second, time.Minute, 2 * time.Minute, time.Hour, 100*time.Minute + time.Second, 3 * time.Hour, 24 * time.Hour} {
		h := &history{}
		at := root.ClosedAt.Add(-back)
		ledger := horizon.Client{Base: "https://h.example", Transport: h}.LastLedgerBefore(t.Context(), root, at)
		if ledger > 0 && !closing(ledger).Before(at) || ledger < root.LedgerBefore(at) || h.asked > 4 {
			t.Errorf("%v back: ledger %d closed at %v, %d requests", back, ledger, closing(ledger), h.asked)
		}
		if back <= time.Hour && at.Sub(closing(ledger)) > back/4+30*time.Second {
			t.Errorf("%v back: ledger %d closed %v before", back, ledger, at.Sub(closing(ledger)))
		}
	}
}

// withMemo gives every transaction of a page a checkout's memo.
func withMemo(t *testing.T, page []byte) []byte {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(page, &doc); err != nil {
		t.Fatal(err)
	}
	for _, record := range doc["_embedded"].(map[string]any)["records"].([]any) {
		transaction := record.(map[string]any)["transaction"].(map[string]any)
		transaction["memo_type"], transaction["memo"] = "text", checkoutMemo
		transaction["memo_bytes"] = base64.StdEncoding.EncodeToString([]byte(checkoutMemo))
	}
	body, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func FuzzFeed(f *testing.F) {
	addRecordings(f, "payments-*")
	f.Add(feedDocument(feedRecord(2<<32, `"text","memo":"`+checkoutMemo+`"`)))
	f.Fuzz(func(t *testing.T, body []byte) {
		page, err := says(body).Feed(t.Context(), 0)
		if err != nil {
			onlyNonsense(t, err)
			return
		}
		if page.Records < len(page.Operations) || page.Records > 0 && page.Last <= 0 {
			t.Errorf("%+v", page)
		}
	})
}

// BenchmarkFeedStranger is the processor time for a record of 5.6 KB that is not ours, as the
// public network has them.
func BenchmarkFeedStranger(b *testing.B) {
	record := feedRecord(7<<32, `"text","memo":"invoice 17","envelope_xdr":"`+strings.Repeat("A", 1200)+`","result_meta_xdr":"`+strings.Repeat("B", 3300)+`"`)
	records := make([]string, horizon.PageLimit)
	for i := range records {
		records[i] = record
	}
	client := says(feedDocument(records...))
	for b.Loop() {
		if page, err := client.Feed(b.Context(), 0); err != nil || page.Records != len(records) {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(records)), "µs/record")
}
