package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
)

const passphrase = "Simulated Network ; November 2026"

// node is a server behind Horizon's load balancer. It lags behind the ledger.
type node struct{ lag int64 } // in ledgers

// maxLag is how far a node may lag, in ledgers: 25 s.
const maxLag = 5

var debug bool

// fault is a temporary malfunction of Horizon.
type fault int

const (
	faultNone fault = iota
	faultDown
	faultLimited
	faultStale
	faultTruncated
	faultNonsense
	faultClock   // a root whose close time is a year ahead
	faultSome    // any of the others, for single requests
	faultAccount // one account cannot be read for a long time
	faultFeed    // the network's feed cannot be read for a long time
	faultCount
)

// newestOf is the newest ledger that a node shows. While the network halts, the node catches up: what
// closed longer ago than it may lag is on every node.
func (w *world) newestOf(n node) int64 {
	newest := max(w.ledger.sequence-n.lag, w.ledger.elder)
	for newest < w.ledger.sequence && w.now.Sub(w.closeTime(newest+1)) > maxLag*ledgerTime {
		newest++
	}
	return newest
}

// Get answers a request to Horizon, subject to the current fault.
func (e *edge) Get(_ context.Context, raw string, _ time.Duration) (horizon.Response, error) {
	w := e.world
	w.park(latencyNetwork)
	w.stats.Reads++
	w.noteRead(e, raw)
	kind := w.fault
	if kind == faultSome {
		kind = faultNone
		if w.chance(20) {
			kind = 1 + fault(w.rand.IntN(int(faultClock)))
		}
	}
	if kind == faultAccount {
		if kind = faultNone; strings.Contains(raw, string(shopAccounts[0])+"/payments") {
			kind = faultDown
		}
	}
	if kind == faultFeed {
		if kind = faultNone; strings.HasPrefix(raw, "https://horizon.example/payments") {
			kind = faultDown
		}
	}
	if kind != faultNone {
		w.stats.Faults++
	}
	switch kind {
	case faultDown:
		return horizon.Response{}, errors.New("connection refused")
	case faultLimited:
		return horizon.Response{Status: 429, RetryAfter: strconv.Itoa(w.rand.IntN(30)), Body: problem("rate_limit_exceeded")}, nil
	case faultStale:
		return horizon.Response{Status: 503, Body: problem("stale_history")}, nil
	}
	if debug && w.current != nil {
		w.trace("%s GET %s fault %d", w.current.name, raw, kind)
	}
	body := w.answer(raw, w.nodes[w.rand.IntN(len(w.nodes))], kind)
	if body == "" {
		return horizon.Response{Status: 404, Body: problem("not_found")}, nil
	}
	if w.fits > 0 && strings.Contains(raw, "cursor=") && strings.Count(body, `{"id"`) > w.fits {
		parts := strings.SplitAfterN(body, `{"id"`, w.fits+2)
		return horizon.Response{Status: 200, Body: []byte(strings.Join(parts[:w.fits+1], "")), Cut: true}, nil
	}
	if kind == faultTruncated {
		body = body[:len(body)/2]
	}
	return horizon.Response{Status: 200, Body: []byte(body)}, nil
}

// GetAll performs the requests in order. Their order does not matter, since each draws its own
// fault and node.
func (e *edge) GetAll(ctx context.Context, urls []string, timeout time.Duration) []horizon.Result {
	return horizon.InTurn(urls, func(url string) (horizon.Response, error) { return e.Get(ctx, url, timeout) })
}

// Rest does nothing, because other actors can run at every use of Horizon or the store.
func (*edge) Rest(context.Context) {}

func problem(name string) []byte {
	return []byte(`{"type":"https://stellar.org/horizon-errors/` + name + `"}`)
}

func (w *world) answer(raw string, n node, kind fault) string {
	u, err := url.Parse(raw)
	if err != nil {
		panic(err)
	}
	newest := w.newestOf(n)
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	switch {
	case parts[0] == "":
		closedAt := w.closeTime(newest)
		if kind == faultClock {
			closedAt = closedAt.AddDate(1, 0, 0)
		}
		return fmt.Sprintf(`{"network_passphrase":%q,"history_latest_ledger":%d,"history_latest_ledger_closed_at":%q,"history_elder_ledger":%d}`,
			passphrase, newest, closedAt.UTC().Format(time.RFC3339), w.ledger.elder)
	case parts[0] == "accounts" && len(parts) == 2:
		return w.account(stellar.Address(parts[1]), newest)
	case parts[0] == "accounts":
		history := at(newest, w.ledger.accounts[stellar.Address(parts[1])])
		if len(history) == 0 {
			return ""
		}
		return w.page(history, u.Query(), kind)
	case parts[0] == "ledgers":
		if sequence, err := strconv.ParseInt(parts[1], 10, 64); err == nil && sequence >= w.ledger.elder && sequence <= newest {
			return fmt.Sprintf(`{"sequence":%d,"closed_at":%q}`, sequence, w.closeTime(sequence).UTC().Format(time.RFC3339))
		}
		return ""
	case parts[0] == "payments":
		return w.page(at(newest, w.ledger.feed), u.Query(), kind)
	case parts[0] == "operations" && len(parts) == 2:
		for _, op := range at(newest, w.ledger.feed) {
			if strconv.FormatInt(op.id, 10) == parts[1] {
				var b strings.Builder
				op.json(&b)
				return b.String()
			}
		}
		return ""
	case parts[0] == "operations":
		return w.effects(parts[1])
	case parts[0] == "transactions":
		var found []operation
		for _, op := range at(newest, w.ledger.feed) {
			if op.hash() == parts[1] {
				found = append(found, op)
			}
		}
		if len(found) == 0 {
			return ""
		}
		return records(found)
	}
	panic("the service asked for " + raw)
}

func (w *world) page(history []operation, query url.Values, kind fault) string {
	cursor, err := strconv.ParseInt(query.Get("cursor"), 10, 64)
	if err != nil || query.Get("order") != "asc" || query.Get("join") != "transactions" {
		panic("the service asked for " + query.Encode())
	}
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil {
		panic(err)
	}
	first, _ := slices.BinarySearchFunc(history, cursor+1, func(op operation, id int64) int { return cmp.Compare(op.id, id) })
	if kind == faultNonsense { // it ignores the cursor
		first = 0
	}
	page := slices.Clone(history[first:min(first+limit, len(history))])
	if kind == faultNonsense && len(page) > 1 && w.fits == 0 && w.chance(50) { // of a part, one cannot tell
		page[0], page[len(page)-1] = page[len(page)-1], page[0]
	}
	return records(page)
}

// records writes a page.
func records(page []operation) string {
	var b strings.Builder
	b.WriteString(`{"_embedded":{"records":[`)
	for i, op := range page {
		if i > 0 {
			b.WriteByte(',')
		}
		op.json(&b)
	}
	b.WriteString(`]}}`)
	return b.String()
}

func (w *world) effects(id string) string {
	for _, history := range w.ledger.accounts {
		for _, op := range history {
			if strconv.FormatInt(op.id, 10) == id {
				return fmt.Sprintf(`{"_embedded":{"records":[{"type":"account_debited","account":%q,"asset_type":"native","amount":%q},`+
					`{"type":"account_credited","account":%q,"asset_type":"native","amount":%q}]}}`, op.from, decimal(op.amount), op.to, decimal(op.amount))
			}
		}
	}
	return ""
}
