package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
)

const (
	passphrase = "Scale ; November 2026"
	ledgerTime = 5 * time.Second
	// strangers is how many payments of others are in a ledger: 3,000 a minute.
	strangers = 250
	// burst is how many requests Horizon answers at once; then one a second, of which others take
	// each second one.
	burst   = 100
	granted = 2 * time.Second
)

// record is a payment as the feed has it.
type record struct {
	id   int64
	json string
	to   stellar.Address
}

// network is a ledger and the Horizon in front of it.
type network struct {
	world  *world
	latest int64
	closed map[int64]time.Time
	feed   []record
	later  []payment
	tokens float64 // what the limiter still grants
	asked  time.Time
}

func newNetwork(w *world) *network {
	n := &network{world: w, latest: 1_000_000, closed: map[int64]time.Time{}, tokens: burst, asked: w.now}
	n.closed[n.latest] = w.now
	return n
}

// payment is one that a customer will make.
type payment struct {
	at time.Time
	of checkout.Checkout
}

// payAt has a checkout be paid in the first ledger from a time on.
func (n *network) payAt(at time.Time, c checkout.Checkout) { n.later = append(n.later, payment{at, c}) }

// pay adds a payment to the ledger that closes now.
func (n *network) pay(to stellar.Address, memo string, amount stellar.Amount) {
	closedAt, id := n.closed[n.latest], n.latest<<32|int64(len(n.feed)+1)<<12|1
	n.feed = append(n.feed, record{id: id, to: to, json: fmt.Sprintf(`{"id":"%d","transaction_successful":true,"type":"payment","created_at":%q,"transaction_hash":"%064x","transaction":{`,
		id, closedAt.UTC().Format(time.RFC3339), id) + fmt.Sprintf(`"memo":%q,"memo_bytes":%q,"memo_type":"text"},"asset_type":"native","from":%q,"to":%q,"amount":"%s"}`,
		memo, base64.StdEncoding.EncodeToString([]byte(memo)), stranger, to, amount)})
}

// advance closes the ledgers that are due.
func (n *network) advance(now time.Time) {
	for next := n.closed[n.latest].Add(ledgerTime); !next.After(now); next = next.Add(ledgerTime) {
		n.latest++
		n.closed[n.latest] = next
		for range strangers {
			n.pay(stranger, "invoice", 1)
		}
		n.later = slices.DeleteFunc(n.later, func(p payment) bool {
			if p.at.After(next) {
				return false
			}
			n.pay(p.of.Account, p.of.Memo, p.of.Amount)
			n.world.paid[p.of.ID] = next
			return true
		})
	}
}

// Get answers as Horizon, with its limiter.
func (n *network) Get(_ context.Context, url string, _ time.Duration) (horizon.Response, error) {
	w := n.world
	w.spend(200 * time.Millisecond)
	w.requests++
	n.tokens = min(n.tokens+float64(w.now.Sub(n.asked))/float64(granted), burst)
	n.asked = w.now
	if n.tokens < 1 {
		w.refused++
		return horizon.Response{Status: 429, Remaining: "0", RetryAfter: "2", Body: []byte(`{"type":"/rate_limit_exceeded"}`)}, nil
	}
	n.tokens--
	return horizon.Response{Status: 200, Remaining: strconv.Itoa(int(n.tokens)), Body: []byte(n.answer(url))}, nil
}

// GetAll implements horizon.Transport.
func (n *network) GetAll(ctx context.Context, urls []string, timeout time.Duration) []horizon.Result {
	return horizon.InTurn(urls, func(url string) (horizon.Response, error) { return n.Get(ctx, url, timeout) })
}

// Rest implements horizon.Transport.
func (*network) Rest(context.Context) {}

func (n *network) answer(url string) string {
	path, query, _ := strings.Cut(strings.TrimPrefix(url, base), "?")
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case path == "/":
		return fmt.Sprintf(`{"network_passphrase":%q,"history_latest_ledger":%d,"history_latest_ledger_closed_at":%q,"history_elder_ledger":1}`,
			passphrase, n.latest, n.closed[n.latest].UTC().Format(time.RFC3339))
	case parts[0] == "ledgers":
		ledger, _ := strconv.ParseInt(parts[1], 10, 64)
		return fmt.Sprintf(`{"closed_at":%q}`, n.closed[ledger].UTC().Format(time.RFC3339))
	}
	_, text, _ := strings.Cut(query, "cursor=")
	text, _, _ = strings.Cut(text, "&")
	cursor, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(url)
	}
	first, _ := slices.BinarySearchFunc(n.feed, cursor+1, func(r record, id int64) int { return cmp.Compare(r.id, id) })
	var page []string
	for _, r := range n.feed[first:] {
		if len(page) == horizon.PageLimit {
			break
		}
		if r.id > cursor && (parts[0] == "payments" || string(r.to) == parts[1]) {
			page = append(page, r.json)
		}
	}
	return `{"_embedded":{"records":[` + strings.Join(page, ",") + `]}}`
}
