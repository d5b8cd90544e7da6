package worker

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
	"edgecheckout/worker/watch"
)

type reconciliationObject struct {
	Object   string                             `json:"object"`
	Merchant string                             `json:"merchant_id"`
	Networks map[stellar.Mode]reconciledNetwork `json:"networks"`
	HasMore  bool                               `json:"has_more"`
	Cursor   nullable                           `json:"cursor"`
}

type reconciledNetwork struct {
	Payments int    `json:"payments"`
	Checked  int    `json:"checkouts_checked"`
	Repaired int    `json:"checkouts_repaired"`
	Through  string `json:"read_through"`
	Complete bool   `json:"complete"`
}

// reconcileMerchant is POST /merchants/{id}/reconcile: it reads the ledger of the merchant's
// accounts, former ones included, again from a time on and repairs the store. Each request does one
// step and returns a cursor for the next one. Any step may be repeated.
func reconcileMerchant(c *call) (answer, error) {
	p := newParams(c.request.Body)
	since := p.time("since")
	cursor := p.text("cursor", maxStep)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	m, err := c.merchantWithCheckouts(cursor)
	if err != nil {
		return answer{}, err
	}
	if oldest := c.began.Add(-checkout.MemoLifetime); since.Before(oldest) || since.After(c.began) {
		return answer{}, invalid("since", "since must lie in the last 91 days; checkouts older than that are forgotten.")
	}
	// A payment after since may belong to a checkout that was created ExpiresInMax earlier.
	first := watch.Step{From: since.Add(-ExpiresInMax)}
	var places []place // that are left
	for _, mode := range stellar.Modes {
		if _, served := c.config.Networks[mode]; served {
			for _, account := range m.Accounts(mode, c.began) {
				places = append(places, place{mode, account})
			}
		}
	}
	step := first
	if cursor != "" {
		var at place
		at, step, err = parseStep(cursor)
		begin := slices.Index(places, at)
		if err != nil || begin < 0 || step.From.Before(first.From.Truncate(time.Millisecond)) {
			return answer{}, invalid("cursor", "cursor must be that of the answer before, sent with the same since.")
		}
		places = places[begin:]
	}
	o := reconciliationObject{Object: "reconciliation", Merchant: m.ID, Networks: map[stellar.Mode]reconciledNetwork{}}
	if len(places) == 0 {
		return jsonAnswer(o)
	}
	at := places[0]
	mode := at.mode
	r, err := c.watcher.Reconcile(c.ctx, mode, at.account, step, ExpiresInMax, func(from, to time.Time) ([]checkout.ID, error) {
		return c.view.Checkouts(store.Owner{Merchant: &m, Mode: mode}).Between(c.ctx, from, to)
	})
	if err != nil {
		c.log(c.ctx, "reconcile", map[string]any{"merchant": m.ID, "network": mode, "error": err.Error()})
		return answer{}, &Error{Code: CodeUnavailable, Message: "The ledger of the " + string(mode) + " network cannot be read right now. What was read is put right; try again."}
	}
	o.Networks[mode] = reconciledNetwork{r.Payments, r.Checked, r.Repaired, timestamp(r.Through), r.Complete}
	next := r.Next
	if next == nil && len(places) > 1 {
		at, next = places[1], &first
	}
	if next != nil {
		o.HasMore, o.Cursor = true, nullable(writeStep(at, *next))
	}
	return jsonAnswer(o)
}

// merchantWithCheckouts reads the merchant of the path, and the list of the checkouts that a step
// is about, in one trip.
func (c *call) merchantWithCheckouts(cursor string) (store.Merchant, error) {
	id := c.path("id")
	mode := stellar.Test
	if _, served := c.config.Networks[mode]; !served {
		mode = stellar.Live
	}
	if at, _, err := parseStep(cursor); err == nil {
		mode = at.mode
	}
	if keys := store.MerchantKeys(id); len(keys) > 0 {
		index := c.view.Checkouts(store.Owner{Merchant: &store.Merchant{ID: id}, Mode: mode}).Index()
		if err := c.view.FetchLists(c.ctx, []kv.Query{index}, keys...); err != nil {
			return store.Merchant{}, err
		}
	}
	return c.merchantOfPath()
}

// place is an account of a merchant, present or former.
type place struct {
	mode    stellar.Mode
	account stellar.Address
}

// maxStep is the longest cursor in characters.
const maxStep = 120

// A cursor is the mode, the account, the ledger, the time in milliseconds, how many to skip, and
// whether there was a gap.
func writeStep(at place, s watch.Step) string {
	return fmt.Sprintf("%s-%s-%d-%d-%d-%t", at.mode, at.account, s.After, s.From.UnixMilli(), s.Skip, s.Gap)
}

func parseStep(cursor string) (at place, s watch.Step, err error) {
	parts := strings.Split(cursor, "-")
	if len(parts) != 6 {
		return at, s, errors.New("not a cursor")
	}
	after, err1 := strconv.ParseUint(parts[2], 10, 31)
	from, err2 := strconv.ParseInt(parts[3], 10, 64)
	skip, err3 := strconv.ParseUint(parts[4], 10, 31)
	gap, err4 := strconv.ParseBool(parts[5])
	step := watch.Step{After: int64(after), From: time.UnixMilli(from).UTC(), Skip: int(skip), Gap: gap}
	return place{stellar.Mode(parts[0]), stellar.Address(parts[1])}, step, errors.Join(err1, err2, err3, err4)
}
