package worker

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker/checkout"
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
// accounts again from a time on and repairs the store. Each request does one step and returns a
// cursor for the next one. Any step may be repeated.
func reconcileMerchant(c *call) (answer, error) {
	m, err := c.merchantOfPath()
	if err != nil {
		return answer{}, err
	}
	p := newParams(c.request.Body)
	since := p.time("since")
	cursor := p.text("cursor", 100)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	if oldest := c.began.Add(-checkout.MemoLifetime); since.Before(oldest) || since.After(c.began) {
		return answer{}, invalid("since", "since must lie in the last 91 days; checkouts older than that are forgotten.")
	}
	// A payment after since may belong to a checkout that was created ExpiresInMax earlier.
	first := watch.Step{From: since.Add(-ExpiresInMax)}
	var modes []stellar.Mode // that are left
	for _, mode := range stellar.Modes {
		if _, served := c.config.Networks[mode]; served && m.Account(mode) != "" {
			modes = append(modes, mode)
		}
	}
	step := first
	if cursor != "" {
		var mode stellar.Mode
		if mode, step, err = parseStep(cursor); err != nil || !slices.Contains(modes, mode) || step.From.Before(first.From.Truncate(time.Millisecond)) {
			return answer{}, invalid("cursor", "cursor must be that of the answer before, sent with the same since.")
		}
		modes = modes[slices.Index(modes, mode):]
	}
	o := reconciliationObject{Object: "reconciliation", Merchant: m.ID, Networks: map[stellar.Mode]reconciledNetwork{}}
	if len(modes) == 0 {
		return jsonAnswer(o)
	}
	mode := modes[0]
	r, err := c.watcher.Reconcile(c.ctx, mode, m.Account(mode), step, ExpiresInMax, func(from, to time.Time) ([]checkout.ID, error) {
		return c.view.Checkouts(store.Owner{Merchant: &m, Mode: mode}).Between(c.ctx, from, to)
	})
	if err != nil {
		c.log(c.ctx, "reconcile", map[string]any{"merchant": m.ID, "network": mode, "error": err.Error()})
		return answer{}, &Error{Code: CodeUnavailable, Message: "The ledger of the " + string(mode) + " network cannot be read right now. What was read is put right; try again."}
	}
	o.Networks[mode] = reconciledNetwork{r.Payments, r.Checked, r.Repaired, timestamp(r.Through), r.Complete}
	next := r.Next
	if next == nil && len(modes) > 1 {
		mode, next = modes[1], &first
	}
	if next != nil {
		o.HasMore, o.Cursor = true, nullable(writeStep(mode, *next))
	}
	return jsonAnswer(o)
}

// A cursor is the mode, the ledger, the time in milliseconds, how many to skip, and whether there
// was a gap.

func writeStep(mode stellar.Mode, s watch.Step) string {
	return fmt.Sprintf("%s-%d-%d-%d-%t", mode, s.After, s.From.UnixMilli(), s.Skip, s.Gap)
}

func parseStep(cursor string) (mode stellar.Mode, s watch.Step, err error) {
	parts := strings.Split(cursor, "-")
	if len(parts) != 5 {
		return "", s, errors.New("not a cursor")
	}
	after, err1 := strconv.ParseUint(parts[1], 10, 31)
	from, err2 := strconv.ParseInt(parts[2], 10, 64)
	skip, err3 := strconv.ParseUint(parts[3], 10, 31)
	gap, err4 := strconv.ParseBool(parts[4])
	step := watch.Step{After: int64(after), From: time.UnixMilli(from).UTC(), Skip: int(skip), Gap: gap}
	return stellar.Mode(parts[0]), step, errors.Join(err1, err2, err3, err4)
}
