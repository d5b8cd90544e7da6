package attack

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"edgecheckout/e2e/workerd"
	"edgecheckout/sandbox/stack"
	"edgecheckout/worker/signin"
	"edgecheckout/worker/watch"

	"github.com/stellar/go/keypair"
)

// maxProcessorTime is the most that a request of a stranger may take. The Free plan ends an
// invocation after ten milliseconds.
const maxProcessorTime = 10 * time.Millisecond

// How many requests of a kind are sent before the measurements, how many measurements there are,
// and of how many requests.
const (
	warm   = 20
	rounds = 3
	round  = 40
)

// alone runs the built Worker in a workerd of its own, whose processor time can be measured, and
// with inspect its memory.
func alone(t *testing.T, horizon string, inspect bool) (*workerd.Process, *service) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	binary, err := workerd.Find(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	modules, err := filepath.Glob(filepath.Join(root, "build", "*.*js"))
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range append(modules, filepath.Join(root, "build", "app.wasm")) {
		content, err := os.ReadFile(module)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.Base(module)), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	p, err := workerd.Config{Binary: binary, Modules: dir, Apart: true, Inspect: inspect, Vars: map[string]string{
		"BASE_URL": "http://127.0.0.1", "ADMIN_TOKEN": unlimited.Secrets.AdminToken, "MEMO_KEYS": unlimited.Secrets.MemoKeys,
		"TEST_HORIZON_URLS": horizon, "TEST_PASSPHRASE": unlimited.Passphrase,
	}}.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("what the Worker printed:\n%s", p.Log)
		}
	})
	return p, &service{Stack: &stack.Stack{BaseURL: "http://" + p.Address, Secrets: unlimited.Secrets}}
}

// lavish is the sandbox's Horizon, but every account has as many trustlines as an account can have,
// and every transaction as many payments, each of which comes with what a hundred of them changed.
// Accounts that are flooded have an endless history of the record that is kept of each.
func lavish(t *testing.T, flooded *sync.Map) string {
	t.Helper()
	account, err := unlimited.OpenAccount(t.Context(), "somebody of "+t.Name())
	if err != nil {
		t.Fatal(err)
	}
	hash := strange(t, unlimited)[0]
	read := func(path string) (document map[string]any) {
		reply, err := stack.Client{BaseURL: unlimited.HorizonURL}.Do(t.Context(), "GET", path, nil)
		if err == nil {
			err = json.Unmarshal(reply.Body, &document)
		}
		if err != nil {
			t.Fatal(err)
		}
		return document
	}
	holder, paid := read("/accounts/"+account), read("/transactions/"+hash+"/payments?join=transactions")
	lines := holder["balances"].([]any)
	for i := range 1000 {
		line := maps.Clone(lines[0].(map[string]any))
		line["asset_code"], line["balance"] = fmt.Sprintf("A%03d", i), "100.0000000"
		lines = append(lines, line)
	}
	holder["balances"], holder["subentry_count"] = lines, 1000
	var signers []any
	for _, holder := range holders {
		signers = append(signers, map[string]any{"key": holder.Address(), "type": "ed25519_public_key", "weight": 1})
	}
	holder["signers"] = signers
	payment := paid["_embedded"].(map[string]any)["records"].([]any)[0]
	payment.(map[string]any)["transaction"].(map[string]any)["result_meta_xdr"] = strings.Repeat("AAAB", 15<<10)
	rest := newMeter(&url.URL{Scheme: "http", Host: strings.TrimPrefix(unlimited.HorizonURL, "http://")})
	var asked atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Ratelimit-Remaining", "100")
		switch parts := strings.Split(r.URL.Path, "/"); {
		case len(parts) == 3 && parts[1] == "accounts":
			document := maps.Clone(holder)
			document["account_id"] = parts[2]
			_ = json.NewEncoder(w).Encode(document)
		case len(parts) == 4 && parts[1] == "accounts" && parts[3] == "payments":
			record, ok := flooded.Load(parts[2])
			if !ok {
				rest.ServeHTTP(w, r)
				return
			}
			cursor, err1 := strconv.ParseInt(r.FormValue("cursor"), 10, 64)
			limit, err2 := strconv.Atoi(r.FormValue("limit"))
			if err := errors.Join(err1, err2); err != nil {
				t.Error(err)
			}
			asked.Store(parts[2])
			var records []string
			for i := range limit {
				id := strconv.FormatInt((cursor>>32+int64(i)+1)<<32+1, 10) // each in a ledger of its own
				records = append(records, strings.ReplaceAll(record.(string), dustID, id))
			}
			_, _ = fmt.Fprintf(w, "{\n  \"_links\": {},\n  \"_embedded\": {\n    \"records\": [\n%s\n]\n  }\n}", strings.Join(records, ",\n"))
		case len(parts) == 4 && parts[1] == "operations": // it asks about one account after the other
			_, _ = fmt.Fprintf(w, `{"_embedded":{"records":[{"type":"account_credited","account":%q,"asset_type":"native","amount":"0.0000001"}]}}`, asked.Load())
		case len(parts) == 4 && parts[1] == "transactions":
			limit, err := strconv.Atoi(r.FormValue("limit"))
			if err != nil {
				t.Error(err)
			}
			records := slices.Repeat([]any{payment}, min(limit, 100))
			_ = json.NewEncoder(w).Encode(map[string]any{"_embedded": map[string]any{"records": records}})
		default:
			rest.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// dustID stands for the id of an operation.
const dustID = "OPERATION"

// dust is a payment of a stroop to a checkout, told with all the hundred operations of its
// transaction and what they changed.
func dust(c stack.Checkout) map[string]any {
	return map[string]any{
		"id": dustID, "paging_token": dustID, "type": "payment", "transaction_successful": true, "created_at": time.Now().UTC().Format(time.RFC3339), "transaction_hash": strings.Repeat("a", 64),
		"asset_type": "native", "from": account(), "to": c.Destination, "amount": "0.0000001",
		"_links": map[string]any{"effects": map[string]any{"href": "https://horizon.example/operations/1/effects"}},
		"transaction": map[string]any{
			"memo_type": "text", "memo": c.Memo, "memo_bytes": base64.StdEncoding.EncodeToString([]byte(c.Memo)), "operation_count": 100,
			"envelope_xdr": strings.Repeat("AAAB", 12<<10), "result_xdr": strings.Repeat("AAAB", 1<<10), "result_meta_xdr": strings.Repeat("AAAB", 12<<10),
		},
	}
}

// dustByContract is a contract call that pays a stroop to a checkout as often as its events allow.
func dustByContract(c stack.Checkout) map[string]any {
	call := dust(c)
	change := map[string]any{"type": "transfer", "asset_type": "native", "from": call["from"], "to": c.Destination, "amount": "0.0000001"}
	call["type"], call["asset_balance_changes"] = "invoke_host_function", slices.Repeat([]any{change}, 80)
	return call
}

// dustByMerges is an account that ends with a checkout's memo.
func dustByMerges(c stack.Checkout) map[string]any {
	merge := dust(c)
	merge["type"], merge["account"], merge["into"] = "account_merge", merge["from"], c.Destination
	return merge
}

// holders are the signers of every account of lavish, as many as an account can have.
var holders = func() (all []*keypair.Full) {
	for range 20 {
		all = append(all, keypair.MustRandom())
	}
	return all
}()

// manySigned returns two bodies with a challenge that was signed many times: by signers of its
// account, and by nobody, each time as if it were the service.
func manySigned(t *testing.T, on *service, times int) (signed, garbled string) {
	t.Helper()
	reply, err := stack.Client{BaseURL: on.BaseURL}.Do(t.Context(), "GET", "/auth?account="+account(), nil)
	var challenge struct{ Transaction string }
	if err == nil {
		err = json.Unmarshal(reply.Body, &challenge)
	}
	envelope, err2 := base64.StdEncoding.DecodeString(challenge.Transaction)
	if err := errors.Join(err, err2); err != nil || len(envelope) < 100 {
		t.Fatalf("%s, %v", reply.Body, err)
	}
	const size = 4 + 4 + 64 // of a signature with its hint and length
	own := envelope[len(envelope)-size:]
	tagged := envelope[:len(envelope)-size-4]
	network := sha256.Sum256([]byte(unlimited.Passphrase))
	hash := sha256.Sum256(append(network[:], tagged...))
	body := func(signatures []byte) string {
		all := append(binary.BigEndian.AppendUint32(slices.Clone(tagged), uint32(len(signatures)/size)), signatures...)
		return fmt.Sprintf(`{"transaction":%q}`, base64.StdEncoding.EncodeToString(all))
	}
	of := slices.Clone(own)
	var nobodys []byte
	for _, holder := range holders[:times] {
		signature, err := holder.SignDecorated(hash[:])
		if err != nil {
			t.Fatal(err)
		}
		of = append(of, signature.Hint[:]...)
		of = append(binary.BigEndian.AppendUint32(of, 64), signature.Signature...)
		nobodys = append(append(nobodys, own[:8]...), signature.Signature...) // with the service's hint
	}
	return body(of), body(append(nobodys, own...))
}

func TestNoRequestOfAStrangerTakesMuchProcessorTime(t *testing.T) {
	var flooded sync.Map
	p, on := alone(t, lavish(t, &flooded), false)
	shop := enrol(t, on, "shop", account(), false)
	page := "/pay/" + shop.charge(nil).ID
	large := `{"account":"` + strings.Repeat(`\u0047`, 10<<10) + `"}`
	nested := strings.Repeat(`[`, 60<<10)
	madeUp := []string{"X-Api-Key", "sk_test_" + strings.Repeat("0", 64)}
	known, hash := fmt.Sprintf(`{"account":%q}`, account()), fmt.Sprintf(`{"hash":"%064x"}`, 1)
	var others []string // of shops with accounts of their own: one is read once in a while
	shops := map[string][]string{}
	floods := map[string]func(stack.Checkout) map[string]any{"payments": dust, "calls": dustByContract, "merges": dustByMerges}
	for i := range warm + rounds*round {
		others = append(others, "/pay/"+enrol(t, on, "other", account(), false).charge(nil).ID)
		for name, flood := range floods {
			if i >= round {
				break
			}
			c := enrol(t, on, "flooded", account(), false).charge(nil)
			record, err := json.MarshalIndent(flood(c), "      ", "  ")
			if err != nil {
				t.Fatal(err)
			}
			flooded.Store(c.Destination, string(record))
			shops[name] = append(shops[name], "/pay/"+c.ID)
		}
	}
	link, err := shop.Do(t.Context(), "POST", "/payment_links", []byte(`{"asset_code":"XLM"}`))
	if err != nil {
		t.Fatal(err)
	}
	var linked struct{ ID string }
	if err := json.Unmarshal(link.Body, &linked); err != nil || linked.ID == "" {
		t.Fatalf("%s, %v", link.Body, err)
	}
	buy := "/buy/" + linked.ID
	signed, garbled := manySigned(t, on, signin.MaxSigners)
	tooOften, _ := manySigned(t, on, 19)
	flooding := func(end string) func(int) (string, string) {
		return func(i int) (string, string) { return shops["payments"][i%round] + end, "" }
	}
	looked := func(name string) func(int) (string, string) {
		return func(i int) (string, string) { return shops[name][i%round] + "/status", "" }
	}
	kinds := []struct {
		about, method, path, body string
		headers                   []string
		// again are other requests of the kind, none of which is answered from memory; nil: the same
		// again.
		again func(i int) (path, body string)
	}{
		{"a page", "GET", page, "", nil, nil},
		{"its status", "GET", page + "/status", "", nil, nil},
		{"the status of pages that payments flood", "GET", "", "", nil, looked("payments")},
		{"the status of pages that contract calls flood", "GET", "", "", nil, looked("calls")},
		{"the status of pages that merged accounts flood", "GET", "", "", nil, looked("merges")},
		{"pages that payments flood", "GET", "", "", nil, flooding("")},
		{"pages that payments flood, now", "GET", "", "", nil, flooding("/check")},
		{"their receipts", "GET", "", "", nil, flooding("/receipt")},
		{"a link", "GET", buy, "", nil, nil},
		{"buying", "POST", buy, "amount=5", []string{"Content-Type", "application/x-www-form-urlencoded"}, nil},
		{"a link's code", "GET", buy + "/qr.svg", "", nil, nil},
		{"a challenge", "GET", "/auth?account=" + account(), "", nil, nil},
		{"a challenge that as many have signed as may", "POST", "/auth", signed, nil, nil},
		{"a challenge that more have signed", "POST", "/auth", tooOften, nil, nil},
		{"a challenge with signatures of nobody", "POST", "/auth", garbled, nil, nil},
		{"a challenge of 60 KiB", "POST", "/auth", `{"transaction":"` + strings.Repeat("A", 60<<10) + `"}`, nil, nil},
		{"signing in", "GET", "/console/sign-in?account=" + account(), "", nil, nil},
		{"a page that does not exist", "GET", "/pay/chk_0", "", nil, nil},
		{"a transaction", "POST", page + "/transaction", known, nil, nil},
		{"a transaction for 60 KiB", "POST", page + "/transaction", large, nil, nil},
		{"a transaction for 60 KiB of brackets", "POST", page + "/transaction", nested, nil, nil},
		{"a transaction for 1 KiB of brackets", "POST", page + "/transaction", nested[:1<<10], nil, nil},
		{"quotes", "POST", page + "/quotes", known, nil, nil},
		{"quotes for 60 KiB", "POST", page + "/quotes", large, nil, nil},
		{"quotes of another account each time", "POST", "", "", nil, func(i int) (string, string) {
			return others[i] + "/quotes", fmt.Sprintf(`{"account":%q}`, account())
		}},
		{"a hint", "POST", page + "/hint", hash, nil, nil},
		{"a hint of 60 KiB", "POST", page + "/hint", large, nil, nil},
		{"a hint at another page each time", "POST", "", "", nil, func(i int) (string, string) { return others[i] + "/hint", hash }},
		{"60 KiB without a key", "POST", "/checkout?type=direct", large, nil, nil},
		{"60 KiB with a made-up key", "POST", "/checkout?type=direct", large, madeUp, nil},
		{"a long query", "GET", page + "?" + strings.Repeat("a=%41&", 2<<10), "", nil, nil},
		{"a long path", "GET", "/" + strings.Repeat("%61/", 3<<10), "", nil, nil},
		{"a guess at the token", "GET", "/merchants/" + shop.id, "", []string{"Authorization", "Bearer " + strings.Repeat("x", 8<<10)}, nil},
		{"health", "GET", "/health", "", nil, nil},
		{"stellar.toml", "GET", "/.well-known/stellar.toml", "", nil, nil},
	}
	stranger := stack.Client{BaseURL: on.BaseURL, HTTP: &http.Client{
		Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	sent, took, statuses := make([]int, len(kinds)), make([]time.Duration, len(kinds)), make([]map[int]int, len(kinds))
	ask := func(kind, n int) time.Duration {
		t.Helper()
		k := kinds[kind]
		before, err := p.CPUTime()
		if err != nil {
			t.Fatal(err)
		}
		for range n {
			path, body := k.path, k.body
			if k.again != nil {
				path, body = k.again(sent[kind])
			}
			sent[kind]++
			// A refusal may close the connection while the body is being written: then there is no reply.
			if got, err := stranger.Do(t.Context(), k.method, path, []byte(body), k.headers...); err == nil {
				statuses[kind][got.Status]++
				if got.Status >= 500 {
					t.Errorf("%s: %d %.200s", k.about, got.Status, got.Body)
				}
			}
		}
		after, err := p.CPUTime()
		if err != nil {
			t.Fatal(err)
		}
		return (after - before) / time.Duration(n)
	}
	for i := range kinds {
		statuses[i] = map[int]int{}
		ask(i, warm) // so that the code is compiled
	}
	for range rounds { // other programs disturb the measurement
		began := time.Now()
		for i := range kinds {
			if once := ask(i, round); took[i] == 0 || once < took[i] {
				took[i] = once
			}
		}
		time.Sleep(time.Until(began.Add(watch.LookWindow))) // what was read then is read again
	}
	for i, k := range kinds {
		t.Logf("%s: %s, status %v", k.about, took[i], statuses[i])
		if took[i] > maxProcessorTime {
			t.Errorf("%s takes %s of processor time", k.about, took[i])
		}
	}
	for name, pages := range shops {
		got, err := stranger.Do(t.Context(), "GET", pages[0]+"/status", nil)
		if err != nil || !strings.Contains(string(got.Body), `"exception":"underpaid"`) {
			t.Errorf("%s: %v %.300s", name, err, got.Body)
		}
	}
}

// maxMemory is what an isolate may hold, in bytes
// (https://developers.cloudflare.com/workers/platform/limits/#memory).
const maxMemory = 128e6

func TestAFloodOfQuotesAndHintsFitsTheMemory(t *testing.T) {
	p, on := alone(t, lavish(t, new(sync.Map)), true)
	shop := enrol(t, on, "shop", account(), false)
	var pages []string
	for range 24 {
		pages = append(pages, "/pay/"+shop.charge(nil).ID)
	}
	huge := `{"account":"` + strings.Repeat("G", 8<<20) + `"}`
	large := kind{"quotes for 8 MiB", "/quotes", func() string { return huge }, []int{http.StatusRequestEntityTooLarge}}
	all := kinds([]string{strings.Repeat("0", 64)})
	stop := flood(t, on, append(all, slices.Repeat([]kind{large}, 2*len(all))...), pages)
	defer stop()
	v8, err := p.Inspect(t.Context(), "worker")
	if err != nil {
		t.Fatal(err)
	}
	defer v8.Close()
	most := 0.0
	for range 6 {
		time.Sleep(500 * time.Millisecond)
		heap, err := v8.Heap()
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, heap.Total())
	}
	t.Logf("%.0f MB", most/1e6)
	if most > maxMemory {
		t.Errorf("the isolate holds %.0f MB", most/1e6)
	}
}
