// Package horizon reads payments from Horizon, the HTTP API of the Stellar ledger, as it really
// answers: see testdata/README.md for the recordings that its tests replay.
package horizon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker/stellar"
)

// RequestTimeout is when a slow Horizon is given up.
const RequestTimeout = 5 * time.Second

// PageLimit is the largest page that Horizon serves.
const PageLimit = 200

// ErrAnswer reports an answer that is not what Horizon documents: truncated, of the wrong type, or
// contradicting itself. Nothing of such an answer is used.
var ErrAnswer = errors.New("horizon: nonsensical answer")

// StatusError is an answer with a status that says no.
type StatusError struct {
	Status     int
	Problem    string        // the last part of the problem document's type, such as "rate_limit_exceeded"
	RetryAfter time.Duration // zero if Horizon did not say
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("horizon: status %d %s", e.Status, e.Problem)
}

// Root is what Horizon's root says of the history that it holds.
type Root struct {
	Passphrase   string
	LatestLedger int64
	// ClosedAt is when LatestLedger closed: all that is read after this root covers the ledger up
	// to here.
	ClosedAt time.Time
	// ElderLedger is the oldest ledger kept. An ascending cursor from before it is moved forward
	// without a word.
	ElderLedger int64
}

// Client reads from one Horizon. Its methods return a *StatusError, ErrTimeout or ErrAnswer
// (possibly wrapped), or the transport's error.
type Client struct {
	Base      string // URL without a slash at its end
	Transport Transport
}

// Root reads /.
func (c Client) Root(ctx context.Context) (Root, error) {
	var doc struct {
		Passphrase string    `json:"network_passphrase"`
		Latest     int64     `json:"history_latest_ledger"`
		ClosedAt   time.Time `json:"history_latest_ledger_closed_at"`
		Elder      int64     `json:"history_elder_ledger"`
	}
	if err := c.get(ctx, "/", &doc); err != nil {
		return Root{}, err
	}
	if doc.Latest <= 0 || doc.Elder < 0 || doc.Latest >= 1<<31 || doc.ClosedAt.IsZero() || doc.Passphrase == "" {
		return Root{}, fmt.Errorf("%w: root without a ledger", ErrAnswer)
	}
	return Root{doc.Passphrase, doc.Latest, doc.ClosedAt, doc.Elder}, nil
}

// PaymentsPage is one page of an account's history.
type PaymentsPage struct {
	// Payments are those the account received, in the order of the page; Records counts all of the
	// page's records.
	Payments []Incoming
	Records  int
	// Last is the operation id furthest from the cursor: the cursor for the next page. Zero if
	// there were no records.
	Last int64
	// LastClosedAt is when the ledger of the last record closed.
	LastClosedAt time.Time
	// More says that there may be others after the last one.
	More bool
}

// Payments reads the account's payments after a cursor (an operation id), oldest first, at most
// PageLimit. An account without history has an empty page. Records at or before the cursor, which a
// confused Horizon may repeat, are dropped.
func (c Client) Payments(ctx context.Context, account stellar.Address, cursor int64) (PaymentsPage, error) {
	return c.payments(ctx, History{account, cursor}, ascending)
}

// FewPayments reads as Payments does, but no more than a visitor may make us read: fewRecords,
// fewBytes of them, fewPayments and fewMerges.
func (c Client) FewPayments(ctx context.Context, account stellar.Address, cursor int64) (PaymentsPage, error) {
	return c.payments(withBodyBytes(ctx, fewBodyBytes), History{account, cursor}, few)
}

// PaymentsBefore reads as Payments does, but from the cursor backwards, the newest first. What
// Horizon does not keep any more is an empty page.
func (c Client) PaymentsBefore(ctx context.Context, account stellar.Address, cursor int64) (PaymentsPage, error) {
	page, err := c.payments(ctx, History{account, cursor}, descending)
	var status *StatusError
	if errors.As(err, &status) && status.Status == 410 {
		return PaymentsPage{}, nil
	}
	return page, err
}

// History is the part of an account's payments after a cursor, as Payments reads it.
type History struct {
	Account stellar.Address
	Cursor  int64
}

// PaymentsResult is what PaymentsOf yields.
type PaymentsResult struct {
	Page PaymentsPage
	Err  error
}

// PaymentsOf reads a page of each of up to MaxBatch histories at the same time, and yields them in
// their order. A page is decoded when it is its turn, with a rest before it.
func (c Client) PaymentsOf(ctx context.Context, histories []History) iter.Seq2[int, PaymentsResult] {
	return func(yield func(int, PaymentsResult) bool) {
		urls := make([]string, len(histories))
		for i, h := range histories {
			urls[i] = c.Base + paymentsPath(h, ascending)
		}
		for i, result := range c.Transport.GetAll(ctx, urls, RequestTimeout) {
			if i > 0 {
				c.Transport.Rest(ctx)
			}
			var decoded PaymentsResult
			decoded.Page, decoded.Err = readPayments(result, histories[i], ascending)
			if !yield(i, decoded) {
				return
			}
		}
	}
}

func (c Client) payments(ctx context.Context, h History, o order) (PaymentsPage, error) {
	response, err := c.Transport.Get(ctx, c.Base+paymentsPath(h, o), RequestTimeout)
	return readPayments(Result{response, err}, h, o)
}

// order is that of a page, and how much of it is read.
type order struct {
	name    string
	beyond  func(a, b int64) bool // whether a comes later in it than b
	records int
	bytes   int // of the records, as far as they are parsed
	// How many payments and merged accounts are looked for. A merge takes a request of its own.
	payments, merges int
}

var (
	ascending  = order{"asc", func(a, b int64) bool { return a > b }, PageLimit, MaxBodyBytes, math.MaxInt, PageLimit}
	descending = order{"desc", func(a, b int64) bool { return a < b }, PageLimit, MaxBodyBytes, math.MaxInt, PageLimit}
	few        = order{"asc", ascending.beyond, fewRecords, fewBytes, fewPayments, fewMerges}
)

// query asks for a page after a cursor.
func (o order) query(cursor int64) string {
	query := url.Values{
		"order": {o.name}, "limit": {strconv.Itoa(o.records)}, "join": {"transactions"},
		"cursor": {strconv.FormatInt(cursor, 10)},
	}
	return "?" + query.Encode()
}

func paymentsPath(h History, o order) string {
	return "/accounts/" + string(h.Account) + "/payments" + o.query(h.Cursor)
}

func readPayments(result Result, h History, o order) (PaymentsPage, error) {
	records, err := readRecords(result, "/accounts/"+string(h.Account)+"/payments")
	if err != nil {
		return PaymentsPage{}, err
	}
	page := PaymentsPage{More: result.Response.Cut || len(records) >= o.records}
	whole, ordered := !result.Response.Cut, true
	size, merges := 0, 0
	for _, raw := range records {
		if size += len(raw); page.Records > 0 && size > o.bytes || len(page.Payments) >= o.payments || merges >= o.merges {
			page.More, whole = true, false
			break
		}
		r, err := decodeRecord(raw)
		if err != nil {
			return PaymentsPage{}, err
		}
		operation, payments, err := r.received(h.Account)
		if err != nil {
			return PaymentsPage{}, err
		}
		page.Records++
		if page.Last == 0 || o.beyond(operation, page.Last) {
			page.Last = operation
		} else {
			ordered = false
		}
		if o.beyond(operation, h.Cursor) {
			page.Payments = append(page.Payments, payments...)
		}
		page.LastClosedAt = r.CreatedAt
		if len(payments) > 0 && payments[0].AmountInEffects {
			merges++
		}
	}
	if !whole && !ordered {
		return PaymentsPage{}, errOrder
	}
	return page, nil
}

// IsNotFound reports whether an error of Client is Horizon's word that there is no such thing.
func IsNotFound(err error) bool {
	var status *StatusError
	return errors.As(err, &status) && status.Status == 404 && status.Problem == "not_found"
}

// MergedAmount reads what an account_merge operation brought to the account: the record itself does
// not say.
func (c Client) MergedAmount(ctx context.Context, operation int64, account stellar.Address) (stellar.Amount, error) {
	var doc struct {
		Embedded struct {
			Records []struct {
				Type      string          `json:"type"`
				Account   stellar.Address `json:"account"`
				AssetType string          `json:"asset_type"`
				Amount    string          `json:"amount"`
			} `json:"records"`
		} `json:"_embedded"`
	}
	if err := c.get(ctx, "/operations/"+strconv.FormatInt(operation, 10)+"/effects", &doc); err != nil {
		return 0, err
	}
	for _, effect := range doc.Embedded.Records {
		if effect.Type == "account_credited" && effect.Account == account && effect.AssetType == "native" {
			amount, err := stellar.ParseAmount(effect.Amount)
			if err != nil {
				return 0, fmt.Errorf("%w: merged amount: %w", ErrAnswer, err)
			}
			return amount, nil
		}
	}
	return 0, fmt.Errorf("%w: merge %d credits nothing to the account", ErrAnswer, operation)
}

func (c Client) get(ctx context.Context, path string, doc any) error {
	response, err := c.Transport.Get(ctx, c.Base+path, RequestTimeout)
	return readDocument(Result{response, err}, pathOnly(path), doc)
}

func readDocument(result Result, path string, doc any) error {
	if err := result.failure(path); err != nil {
		return err
	}
	if result.Response.Cut {
		return fmt.Errorf("%w: %s is too large", ErrAnswer, path)
	}
	if err := json.Unmarshal(result.Response.Body, doc); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrAnswer, path, err)
	}
	return nil
}

// failure is the error of a request that brought no document.
func (r Result) failure(path string) error {
	if r.Err != nil {
		return fmt.Errorf("horizon: reading %s: %w", path, r.Err)
	}
	if r.Response.Status != 200 {
		return statusError(r.Response)
	}
	return nil
}

func pathOnly(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return path
}

func statusError(response Response) error {
	e := &StatusError{Status: response.Status}
	var problem struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(response.Body, &problem) == nil {
		if i := strings.LastIndexByte(problem.Type, '/'); i >= 0 && len(problem.Type) < 200 {
			e.Problem = problem.Type[i+1:]
		}
	}
	if seconds, err := strconv.Atoi(response.RetryAfter); err == nil && seconds > 0 {
		e.RetryAfter = time.Duration(min(seconds, 3600)) * time.Second
	}
	return e
}

// LedgerBefore returns a ledger that surely closed before t, and never a negative one. No request
// is needed: close times are whole seconds that increase from ledger to ledger (CAP-0005 and the
// SCP value's closeTime rule), so as many ledgers as seconds at most lie between t and the newest
// one.
func (r Root) LedgerBefore(t time.Time) int64 {
	back := int64(0)
	if r.ClosedAt.After(t) {
		back = int64(r.ClosedAt.Sub(t)/time.Second) + 1
	}
	return max(r.LatestLedger-back-1, 0)
}

// CursorAfter is the paging token behind which everything after the ledger lies (SEP-35: the
// ledger's sequence stands in the upper 32 bits of an operation's id).
func CursorAfter(ledger int64) int64 { return (ledger+1)<<32 - 1 }

// usualLedgerTime is how far apart ledgers close on the public network, about.
const usualLedgerTime = 5 * time.Second

// LastLedgerBefore returns a ledger that closed before t, as LedgerBefore does, but a late one: it
// asks Horizon when a few ledgers closed. Whatever goes wrong, it is LedgerBefore.
func (c Client) LastLedgerBefore(ctx context.Context, root Root, t time.Time) int64 {
	sure := root.LedgerBefore(t)
	ledger := root.LatestLedger
	closedAt := root.ClosedAt
	for range 4 {
		ledger -= max(int64(closedAt.Sub(t)/usualLedgerTime), 0) + 1
		if ledger <= max(sure, root.ElderLedger) {
			return sure
		}
		var doc struct {
			ClosedAt time.Time `json:"closed_at"`
		}
		if err := c.get(ctx, "/ledgers/"+strconv.FormatInt(ledger, 10), &doc); err != nil || doc.ClosedAt.IsZero() {
			return sure
		}
		if closedAt = doc.ClosedAt; closedAt.Before(t) {
			return ledger
		}
	}
	return sure
}
