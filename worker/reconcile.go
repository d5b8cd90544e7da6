package worker

import (
	"encoding/json"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/record"
)

type reconciliationObject struct {
	Object   string                            `json:"object"`
	Merchant string                            `json:"merchant_id"`
	Networks map[record.Mode]reconciledNetwork `json:"networks"`
}

type reconciledNetwork struct {
	Payments int    `json:"payments"`
	Checked  int    `json:"checkouts_checked"`
	Repaired int    `json:"checkouts_repaired"`
	Through  string `json:"read_through"`
	Complete bool   `json:"complete"`
}

// reconcileMerchant is POST /merchants/{id}/reconcile: it reads the ledger of the merchant's accounts again from a time on, and puts right what
// the store does not know. It may be repeated; if it is not complete, it goes on with since at read_through.
func reconcileMerchant(c *call) (answer, error) {
	m, err := c.merchantOfPath()
	if err != nil {
		return answer{}, err
	}
	p := newParams(c.body)
	since := p.time("since")
	if err := p.done(); err != nil {
		return answer{}, err
	}
	if oldest := c.began.Add(-checkout.MemoLifetime); since.Before(oldest) || since.After(c.began) {
		return answer{}, invalid("since", "since must lie in the last 91 days; checkouts older than that are forgotten.")
	}
	o := reconciliationObject{"reconciliation", m.ID, map[record.Mode]reconciledNetwork{}}
	for _, mode := range record.Modes {
		account := m.Account(mode)
		if _, served := c.config.Networks[mode]; !served || account == "" {
			continue
		}
		// A payment from since on may belong to a checkout that is as old as a checkout can be.
		from := since.Add(-ExpiresInMax)
		sessions, err := c.sessionsSince(m.ID, mode, from)
		if err != nil {
			return answer{}, err
		}
		r, err := c.watcher.Reconcile(c.ctx, mode, account, from, sessions)
		if err != nil {
			c.log(c.ctx, "reconcile", map[string]any{"merchant": m.ID, "network": mode, "error": err.Error()})
			return answer{}, &Error{Code: CodeUnavailable, Message: "The ledger of the " + string(mode) + " network cannot be read to the end right now. What was read is put right; try again."}
		}
		o.Networks[mode] = reconciledNetwork{r.Payments, r.Checked, r.Repaired, timestamp(r.Through), r.Complete}
	}
	return jsonAnswer(o)
}

// sessionsSince lists the merchant's checkouts that were made since then, the newest first.
func (c *call) sessionsSince(merchant string, mode record.Mode, since time.Time) ([]checkout.ID, error) {
	var ids []checkout.ID
	cursor := ""
	for {
		page, err := c.platform.Store.List(c.ctx, record.ByMerchantPrefix(merchant, mode, checkout.KindCheckout), cursor, kv.MaxListKeys)
		if err != nil {
			return nil, err
		}
		for _, key := range page.Keys {
			listed, err := record.ParseListed(key)
			if err != nil {
				return nil, err
			}
			if listed.Created.Before(since) {
				return ids, nil
			}
			id, err := checkout.ParseCheckoutID(listed.ID)
			if err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
		if cursor = page.Cursor; cursor == "" {
			return ids, nil
		}
	}
}

// time returns a moment in ISO 8601; it is required.
func (p *params) time(name string) time.Time {
	m := p.take(name)
	if p.err != nil {
		return time.Time{}
	}
	if m == nil {
		p.fail(missing(name, "%s is required: a time such as 2026-11-22T12:00:00Z.", name))
		return time.Time{}
	}
	var text string
	t, err := time.Time{}, json.Unmarshal([]byte(m.Value), &text)
	if err == nil {
		t, err = time.Parse(time.RFC3339, text)
	}
	if err != nil {
		p.fail(invalid(name, "%s must be a time such as 2026-11-22T12:00:00Z.", name))
	}
	return t
}
