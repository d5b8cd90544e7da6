package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/keypair"

	"edgecheckout/e2e/workerd"
	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// start builds and starts the peers for a test.
func start(t *testing.T) *bench {
	t.Helper()
	root, err := stack.FindRoot()
	if err != nil {
		t.Fatal(err)
	}
	b, err := newBench(t.Context(), root, t.TempDir(), 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.stop)
	return b
}

// ask is a request to which every peer must give the same answer.
type ask struct {
	name, method, path, body string
	header                   map[string]string
	want                     int
}

// transcript is the part of an answer that must be the same for all peers: status, headers and body
// without values that are new in every answer.
type transcript struct {
	Status int
	Header map[string]string
	Body   string
}

// do sends a request to a peer and returns the unmodified answer.
func (p *peer) do(ctx context.Context, a ask) (*http.Response, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, a.method, "http://"+p.process.Address+a.path, strings.NewReader(a.body))
	if err != nil {
		return nil, nil, err
	}
	r.Host = "pay.example"
	for name, value := range a.header {
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response, body, err
}

// framing lists headers about how a body is sent, which may differ.
var framing = []string{"Content-Length", "Transfer-Encoding", "Date", "Connection"}

func read(r *http.Response, body []byte) transcript {
	t := transcript{r.StatusCode, map[string]string{}, normal(string(body))}
	for name, values := range r.Header {
		if !slices.Contains(framing, name) {
			t.Header[name] = normal(strings.Join(values, ", "))
		}
	}
	return t
}

var (
	requestIDs  = regexp.MustCompile(`req_[0-9a-z]{26}`)
	otherIDs    = regexp.MustCompile(`(chk|cus)_[0-9a-z]{26}`)
	muxedIDs    = regexp.MustCompile(`("muxed": ?"|^muxed/G[A-Z2-7]{55}/)\d+|("destination_muxed":"M)[A-Z2-7]{68}`)
	memos       = regexp.MustCompile(`("memo": ?"|&memo=)[0-9a-z]{26}`)
	times       = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	secondsLeft = regexp.MustCompile(`"seconds_left":\d+`)
)

// normal replaces the values that are new in every answer, and nothing else.
func normal(text string) string {
	text = requestIDs.ReplaceAllString(text, "req_…")
	text = memos.ReplaceAllString(text, "$1…")
	text = times.ReplaceAllString(text, "(time)")
	return secondsLeft.ReplaceAllString(text, `"seconds_left":…`)
}

func TestPeersAnswerAlike(t *testing.T) {
	b := start(t)
	if err := b.seedStates(t.Context()); err != nil {
		t.Fatal(err)
	}
	remember := ask{method: "GET", path: "/checkout/x", header: map[string]string{"x-api-key": b.world.key}}
	for _, p := range b.peers { // lets peers that remember API keys do so
		if _, _, err := p.do(t.Context(), remember); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range b.asks() {
		t.Run(a.name, func(t *testing.T) {
			// What a peer remembers of earlier requests may end between its request and that of
			// another one.
			differences := b.compare(t, a)
			for attempt := 1; len(differences) > 0 && attempt < 3; attempt++ {
				differences = b.compare(t, a)
			}
			for _, difference := range differences {
				t.Error(difference)
			}
		})
	}
}

// compare sends a request to every peer, and says what the others do otherwise than ours.
func (b *bench) compare(t *testing.T, a ask) (differences []string) {
	var want transcript
	var wrote map[string]any
	var used workerd.Operations
	for _, p := range b.peers {
		before, counted := b.memory(t, p)
		response, body, err := p.do(t.Context(), a)
		if err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
		got := read(response, body)
		after, counts := b.memory(t, p)
		counts = counts.Since(counted)
		news := changes(t, before, after)
		// Every peer creates the checkout under another id.
		if strings.HasPrefix(a.path, "/checkout?") {
			if got.Status == http.StatusOK {
				b.checkNames(t, p, body)
			}
			got.Body = anyID(got.Body)
		}
		if p.name == ours {
			want, wrote, used = got, news, counts
			if a.want != got.Status {
				t.Fatalf("status %d, want %d: %s", got.Status, a.want, got.Body)
			}
			continue
		}
		differ := func(how, diff string) {
			if diff != "" {
				differences = append(differences, fmt.Sprintf("%s %s otherwise (-ours +%s):\n%s", p.name, how, p.name, diff))
			}
		}
		differ("answers", cmp.Diff(want, got))
		differ("writes", cmp.Diff(wrote, news))
		if p.name == stock {
			// Stock never remembers an API key, nor that the merchant of an open checkout is not
			// suspended.
			counts.Get -= b.keyReads(a)
			if strings.HasPrefix(a.path, "/pay/") && counts.Get == used.Get+1 {
				counts.Get--
			}
		}
		differ("asks KV", cmp.Diff(used, counts))
	}
	return differences
}

// anyID replaces the ids of checkouts and customers, and the numbers that are made from them.
func anyID(text string) string {
	return muxedIDs.ReplaceAllString(otherIDs.ReplaceAllString(text, "${1}_…"), "$1$2…")
}

// checkNames checks that a peer made memo and muxed address of a new checkout from its id.
func (b *bench) checkNames(t *testing.T, p *peer, body []byte) {
	t.Helper()
	var got, want struct {
		ID    string `json:"id"`
		Memo  string `json:"memo"`
		Muxed string `json:"destination_muxed"`
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	id, err := checkout.ParseCheckoutID(got.ID)
	if err != nil {
		t.Fatal(err)
	}
	want.ID, want.Memo, want.Muxed = got.ID, b.world.memos.Seal(id), b.world.merchant.AccountTest.Muxed(string(b.world.memos.Mux(id)))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s names the checkout otherwise (-want +%s):\n%s", p.name, p.name, diff)
	}
}

// memory returns all values in a peer's KV, and how many operations it received.
func (b *bench) memory(t *testing.T, p *peer) (map[string]string, workerd.Operations) {
	t.Helper()
	values, err := p.process.Store.Values(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	counts, err := p.process.Store.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return values, counts
}

var placesInTime = regexp.MustCompile(`\d{8,13}/`)

// changes returns the values that were written, parsed as JSON. Ids and times, which differ between
// peers, are replaced in keys and values.
func changes(t *testing.T, before, after map[string]string) map[string]any {
	t.Helper()
	news := map[string]any{}
	for key, value := range after {
		if before[key] == value && (value != "" || has(before, key)) {
			continue
		}
		var document any = anyID(normal(value)) // an id, or nothing
		if strings.HasPrefix(value, "{") || strings.HasPrefix(value, "[") {
			if err := json.Unmarshal([]byte(anyID(normal(value))), &document); err != nil {
				t.Fatalf("%s holds %q: %v", key, value, err)
			}
		}
		news[placesInTime.ReplaceAllString(anyID(key), "(time)/")] = document
	}
	return news
}

func has(values map[string]string, key string) bool {
	_, ok := values[key]
	return ok
}

// keyReads is the number of reads that it takes to look up an API key.
func (b *bench) keyReads(a ask) int {
	if a.header["x-api-key"] == b.world.key && strings.HasPrefix(a.path, "/checkout") && a.want != http.StatusMethodNotAllowed {
		return 3
	}
	return 0
}

// Indexes into b.ids of the checkouts in each state.
const (
	stateOpen = iota
	statePartly
	stateCompleted
	stateOverpaid
	stateExpired
	stateUnderpaid
	stateWrongAsset
	stateCancelled
	stateXLM
	states
)

// seedStates writes checkouts in every state to every peer's KV. Each has an account of its own, so
// that it is a matter of the requests, not of time, which of them reads the ledger.
func (b *bench) seedStates(ctx context.Context) error {
	created := time.Now().Add(-time.Minute).UTC().Truncate(time.Millisecond)
	var entries []kv.Entry
	b.ids = make([]string, states)
	for state := range states {
		s, err := b.world.checkout(stellar.Address(keypair.MustRandom().Address()), created)
		if err != nil {
			return err
		}
		closed := created.Add(10 * time.Second).Truncate(time.Second)
		payment := checkout.Payment{
			Operation: 1_200_123<<32 + int64(state)<<12 + 1, Hash: strings.Repeat("0123456789abcdef", 4), ClosedAt: closed,
			From: wallet.IssuerAddress, Asset: s.Asset, Amount: s.Amount,
		}
		var out *checkout.Outcome
		switch state {
		case stateXLM:
			s.Asset, s.Amount, s.Description, s.CancelURL, s.RedirectURL, s.Metadata = stellar.XLM, stellar.MaxAmount, "", "", "", nil
		case statePartly:
			payment.Amount = 1_0000001
			entries = append(entries, kv.Entry{Key: store.SeenKey(s.ID).String(), Value: store.Encode([]checkout.Payment{payment})})
		case stateCompleted:
			out = &checkout.Outcome{Status: checkout.Completed, Received: s.Amount, CompletedAt: closed}
		case stateOverpaid:
			payment.Amount++
			out = &checkout.Outcome{Status: checkout.Completed, Exception: checkout.Overpaid, Received: payment.Amount, CompletedAt: closed}
		case stateExpired:
			out = &checkout.Outcome{Status: checkout.Expired}
		case stateUnderpaid:
			payment.Amount = 1
			out = &checkout.Outcome{Status: checkout.Failed, Exception: checkout.Underpaid, Received: 1}
		case stateWrongAsset:
			payment.Asset = stellar.XLM
			out = &checkout.Outcome{Status: checkout.Failed, Exception: checkout.WrongAsset}
		case stateCancelled:
			entries = append(entries, kv.Entry{Key: store.CancelKey(s.ID).String(), Value: store.Encode(store.Cancellation{Deadline: created.Add(time.Hour)})})
		}
		if out != nil {
			if out.Status != checkout.Expired {
				judged := checkout.Judged{Payment: payment}
				if state == stateWrongAsset {
					judged.Reason = checkout.ReasonWrongAsset
				}
				out.Payments = []checkout.Judged{judged}
			}
			entries = append(entries, kv.Entry{Key: store.OutcomeKey(s.ID).String(), Value: store.Encode(out)})
		}
		b.ids[state] = s.ID.String()
		entries = append(entries, kv.Entry{Key: store.CheckoutKey(s.ID).String(), Value: store.Encode(&s)})
	}
	for _, p := range b.peers {
		if err := p.process.Store.Put(ctx, entries...); err != nil {
			return err
		}
	}
	return nil
}

// asks returns requests to every measured endpoint in every state, and requests that must be
// rejected.
func (b *bench) asks() []ask {
	withKey := map[string]string{"x-api-key": b.world.key, "Content-Type": "application/json"}
	and := func(name, value string) map[string]string {
		header := map[string]string{name: value}
		for n, v := range withKey {
			if _, ok := header[n]; !ok {
				header[n] = v
			}
		}
		return header
	}
	const direct, unknown = "/checkout?type=direct", "chk_01arz3ndektsv4rrffq69g5fav"
	asks := []ask{
		{"create", "POST", direct, order(1), withKey, 200},
		{"create the least", "POST", direct, `{"amount":1,"asset_code":"XLM"}`, withKey, 200},
		{"create the largest", "POST", direct, `{"amount":922337203685.4775807,"asset_code":"EURC","metadata":{}}`, withKey, 200},
		{"create with an issuer", "POST", direct, `{"amount":"0.0000001","asset_code":"USDC","asset_issuer":"` + wallet.IssuerAddress + `"}`, withKey, 200},
		{"create with unusual words", "POST", direct, `{"amount":5,"asset_code":"XLM","description":"<b>\u00fc\ud83d\ude00 &\n\u2028</b>","metadata":{"z":"1","a":"ü<>&","10":"ten","b":true,"c":1.50,"d":null}}`, withKey, 200},

		{"no key", "POST", direct, order(1), map[string]string{"Content-Type": "application/json"}, 401},
		{"another key", "POST", direct, order(1), map[string]string{"x-api-key": "sk_test_" + strings.Repeat("0", 64), "Content-Type": "application/json"}, 401},
		{"live key", "POST", direct, order(1), map[string]string{"x-api-key": "sk_live_" + b.world.key[len("sk_test_"):]}, 401},
		{"no type", "POST", "/checkout", order(1), withKey, 400},
		{"a wrong type", "POST", "/checkout?type=gift", order(1), withKey, 400},
		{"not JSON", "POST", direct, order(1), and("Content-Type", "text/plain"), 415},
		{"too large", "POST", direct, `{"description":"` + strings.Repeat("x", 70_000) + `"}`, withKey, 413},
		{"no such path", "GET", "/nothing", "", nil, 404},
		{"no such method", "DELETE", "/pay/" + unknown, "", withKey, 405},

		{"retrieve nothing", "GET", "/checkout/" + unknown, "", withKey, 404},
		{"retrieve nonsense", "GET", "/checkout/chk_1", "", withKey, 404},
		{"page of nothing", "GET", "/pay/" + unknown, "", nil, 404},
		{"page of nothing again", "GET", "/pay/" + unknown, "", nil, 404},
		{"status of nothing", "GET", "/pay/" + unknown + "/status", "", nil, 404},
	}
	for name, body := range map[string]string{
		"nothing":             ``,
		"a list":              `[]`,
		"two objects":         `{} {}`,
		"half an object":      `{"amount":`,
		"bad UTF-8":           "{\"amount\":1,\"asset_code\":\"\xff\"}",
		"half a character":    `{"amount":1,"asset_code":"XLM","description":"\ud800"}`,
		"a name twice":        `{"amount":1,"asset_code":"XLM","amount":2}`,
		"an inner name twice": `{"amount":1,"asset_code":"XLM","metadata":{"a":"1","a":"2"}}`,
		"too deep":            `{"amount":1,"asset_code":"XLM","metadata":{"a":[[[[[[[[]]]]]]]]}}`,
		"an unknown name":     `{"amount":1,"asset_code":"XLM","colour":"red"}`,
		"no amount":           `{"asset_code":"XLM"}`,
		"amount 0":            `{"amount":0,"asset_code":"XLM"}`,
		"amount -1":           `{"amount":-1,"asset_code":"XLM"}`,
		"amount 1e3":          `{"amount":1e3,"asset_code":"XLM"}`,
		"8 decimals":          `{"amount":0.00000001,"asset_code":"XLM"}`,
		"amount above all":    `{"amount":922337203685.4775808,"asset_code":"XLM"}`,
		"amount true":         `{"amount":true,"asset_code":"XLM"}`,
		"no asset":            `{"amount":1}`,
		"a wrong code":        `{"amount":1,"asset_code":"US-D"}`,
		"an unknown code":     `{"amount":1,"asset_code":"BTC"}`,
		"a wrong checksum":    `{"amount":1,"asset_code":"USDC","asset_issuer":"GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA6"}`,
		"a code of 8":         `{"amount":1,"asset_code":8}`,
		"http":                `{"amount":1,"asset_code":"XLM","redirect_url":"http://shop.example/"}`,
		"a password":          `{"amount":1,"asset_code":"XLM","redirect_url":"https://ada:secret@shop.example/"}`,
		"a script":            `{"amount":1,"asset_code":"XLM","cancel_url":"javascript:alert(1)"}`,
		"a path":              `{"amount":1,"asset_code":"XLM","cancel_url":"/cart"}`,
		"a blank in a URL":    `{"amount":1,"asset_code":"XLM","cancel_url":"https://shop.example/a b"}`,
		"an id in the host":   `{"amount":1,"asset_code":"XLM","cancel_url":"https://{CHECKOUT_ID}.shop.example/"}`,
		"a long description":  `{"amount":1,"asset_code":"XLM","description":"` + strings.Repeat("ü", 501) + `"}`,
		"a bell":              `{"amount":1,"asset_code":"XLM","description":"\u0007"}`,
		"nested metadata":     `{"amount":1,"asset_code":"XLM","metadata":{"a":{}}}`,
		"metadata a list":     `{"amount":1,"asset_code":"XLM","metadata":[]}`,
		"a long key":          `{"amount":1,"asset_code":"XLM","metadata":{"` + strings.Repeat("k", 41) + `":""}}`,
		"a long value":        `{"amount":1,"asset_code":"XLM","metadata":{"k":"` + strings.Repeat("v", 501) + `"}}`,
		"a short life":        `{"amount":1,"asset_code":"XLM","expires_in":299}`,
		"half a second":       `{"amount":1,"asset_code":"XLM","expires_in":300.5}`,
	} {
		asks = append(asks, ask{"create of " + name, "POST", direct, body, withKey, 400})
	}
	for i, id := range b.ids {
		asks = append(asks,
			ask{fmt.Sprintf("retrieve state %d", i), "GET", "/checkout/" + id, "", withKey, 200},
			ask{fmt.Sprintf("page of state %d", i), "GET", "/pay/" + id, "", nil, 200},
			ask{fmt.Sprintf("page of state %d again", i), "GET", "/pay/" + id + "?from=mail", "", nil, 200},
			ask{fmt.Sprintf("status of state %d", i), "GET", "/pay/" + id + "/status", "", nil, 200})
	}
	return asks
}

func TestEveryRowCanBeMeasured(t *testing.T) {
	b := start(t)
	b.starts, b.warmRequests, b.turns = 1, 1, 2
	b.accounts, b.busyAccounts, b.customers, b.patience, b.farLength, b.minute = 20, 10, 8, 3*time.Second, time.Second, 4*time.Second
	var results []result
	for _, r := range rows {
		measured, err := b.measure(t.Context(), r, 1)
		if err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
		results = append(results, measured)
		// With this little load, these rows may be below the clock's resolution.
		if v := measured.figures[ours]; v <= 0 && r.name != sweepRow.name && r.name != startRow.name {
			t.Errorf("%s is %v", r.name, v)
		}
	}
	if table := markdown(results, nil); bytes.Count([]byte(table), []byte("\n| `")) != len(rows) {
		t.Errorf("the table has not a line a row:\n%s", table)
	}
}

func TestAProfileNamesTheProgramsFunctions(t *testing.T) {
	root, err := stack.FindRoot()
	if err != nil {
		t.Fatal(err)
	}
	b := start(t)
	b.warmRequests, b.turns = 1, 2
	var out bytes.Buffer
	if err := b.profile(t.Context(), root, retrieveRow, &out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"worker.getCheckout", "fetch"} {
		if !bytes.Contains(out.Bytes(), []byte(name+"\n")) {
			t.Errorf("the profile does not name %s:\n%s", name, out.Bytes())
		}
	}
}
