package store

import (
	"context"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// MaxWebhooks is how many endpoints an owner may have.
const MaxWebhooks = 16

// Webhook is an endpoint that is told of events. Only the merchant edits it, so it has one writer at
// a time.
type Webhook struct {
	ID          string       `json:"id"`
	Merchant    string       `json:"merchant"`
	Mode        stellar.Mode `json:"mode"`
	Name        string       `json:"name"`
	URL         string       `json:"url"`
	Events      []string     `json:"events"`
	Disabled    bool         `json:"disabled,omitempty"`
	Description string       `json:"description,omitempty"`
	CreatedAt   time.Time    `json:"created_at"`
	UpdatedAt   time.Time    `json:"updated_at"`
}

// WebhookSecret is the sealed secret of an endpoint, and the one before it while that still signs. It
// has a record of its own, so that sealing it again never undoes a change of the endpoint.
type WebhookSecret struct {
	Sealed        []byte    `json:"sealed"`
	Previous      []byte    `json:"previous,omitempty"`
	PreviousUntil time.Time `json:"previous_until,omitzero"`
}

func webhookKey(id string) Key       { return Key{"webhook/" + id} }
func webhookSecretKey(id string) Key { return Key{"webhook-secret/" + id} }

// WebhookKeys returns the keys of endpoints and their secrets; none for a malformed id.
func WebhookKeys(ids ...string) []Key {
	return append(keysOf(checkout.KindWebhook, webhookKey, ids), keysOf(checkout.KindWebhook, webhookSecretKey, ids)...)
}

// Webhooks are the endpoints of an owner.
type Webhooks struct {
	view  *View
	owner Owner
}

// Webhooks returns the endpoints of an owner.
func (v *View) Webhooks(o Owner) Webhooks { return Webhooks{v, o} }

// Get reads an endpoint; nil if the owner has none with that id.
func (ws Webhooks) Get(ctx context.Context, id string) (*Webhook, error) {
	if _, err := checkout.ParseID(checkout.KindWebhook, id); err != nil {
		return nil, nil
	}
	w, ok, err := view[Webhook](ctx, ws.view, "a webhook endpoint", webhookKey(id))
	if err != nil || !ok || !ws.owner.owns(w.Merchant, w.Mode) {
		return nil, err
	}
	return &w, nil
}

// Secret reads the secret of an endpoint of the owner; nil if it is not visible here yet.
func (ws Webhooks) Secret(ctx context.Context, id string) (*WebhookSecret, error) {
	s, ok, err := view[WebhookSecret](ctx, ws.view, "a webhook endpoint's secret", webhookSecretKey(id))
	if err != nil || !ok {
		return nil, err
	}
	return &s, nil
}

// Full reports whether the owner has as many endpoints as are allowed. It costs one list call, or more
// if KV returns short pages.
func (ws Webhooks) Full(ctx context.Context) (bool, error) {
	count, cursor := 0, ""
	for {
		page, err := ws.view.store.kv.List(ctx, listPrefix(ws.owner, checkout.KindWebhook), cursor, MaxWebhooks)
		if err != nil {
			return false, wrap("listing", "webhook endpoints", err)
		}
		count += len(page.Keys)
		if cursor = page.Cursor; cursor == "" || count >= MaxWebhooks {
			return count >= MaxWebhooks, nil
		}
	}
}

// Create adds a new endpoint. All of it is written in one trip: an endpoint of which only a part was
// stored is told of nothing, and its creator got an error.
func (ws Webhooks) Create(w Webhook, s WebhookSecret) {
	ws.view.records = append(ws.view.records,
		entry{key: webhookListKey(ws.owner, w), derived: true},
		entry{key: webhookKey(w.ID), value: Encode(w), derived: true},
		entry{key: webhookSecretKey(w.ID), value: Encode(s), derived: true})
}

func webhookListKey(o Owner, w Webhook) Key {
	return listKey(o, checkout.KindWebhook, Listed{Created: w.CreatedAt, ID: w.ID})
}

// Update adds a changed endpoint.
func (ws Webhooks) Update(w Webhook) {
	ws.view.records = append(ws.view.records, entry{key: webhookKey(w.ID), value: Encode(w)})
}

// Rotate adds a changed secret of an endpoint.
func (ws Webhooks) Rotate(id string, s WebhookSecret) {
	ws.view.records = append(ws.view.records, entry{key: webhookSecretKey(id), value: Encode(s)})
}

// Delete deletes an endpoint and its secret, at once here and within a minute everywhere.
func (ws Webhooks) Delete(ctx context.Context, w Webhook) error {
	return ws.view.store.delete(ctx, "a webhook endpoint", webhookKey(w.ID), webhookSecretKey(w.ID), webhookListKey(ws.owner, w))
}

// Listed reads the endpoints of list entries; nil for one that is not visible here yet, was deleted,
// or was created at another time than the entry says.
func (ws Webhooks) Listed(ctx context.Context, entries []Listed) ([]*Webhook, error) {
	return listed(ctx, ws.view, "webhook endpoints", entries, webhookKey, func(e Listed, w *Webhook) bool {
		return ws.owner.owns(w.Merchant, w.Mode) && w.CreatedAt.Equal(e.Created)
	})
}
