package store

import (
	"context"
	"slices"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// MaxWebhooks is how many endpoints an owner may have.
const MaxWebhooks = 16

// Webhook is an endpoint that is told of events. Only the merchant edits it, so it has one writer
// at a time.
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
	// State is what its deliveries have shown. It has a record of its own, so that a delivery never
	// undoes a change by the merchant.
	State WebhookState `json:"-"`
}

// WebhookState is what deliveries have shown of an endpoint. The zero value is that of a healthy
// one.
type WebhookState struct {
	FailingSince time.Time `json:"failing_since,omitzero"` // the first failure after the last success
	DisabledAt   time.Time `json:"disabled_at,omitzero"`
	Reason       string    `json:"reason,omitempty"` // why it was disabled
}

// Silent reports whether nothing is sent to the endpoint.
func (w Webhook) Silent() bool { return w.Disabled || !w.State.DisabledAt.IsZero() }

// Wants reports whether the endpoint is told of events of a type.
func (w Webhook) Wants(eventType string) bool {
	return slices.Contains(w.Events, eventType) || slices.Contains(w.Events, allEvents)
}

const allEvents = "*"

// WebhookSecret is the sealed secret of an endpoint, and the one before it while that still signs.
// It has a record of its own, so that sealing it again never undoes a change of the endpoint.
type WebhookSecret struct {
	Sealed        []byte    `json:"sealed"`
	Previous      []byte    `json:"previous,omitempty"`
	PreviousUntil time.Time `json:"previous_until,omitzero"`
}

func webhookKey(id string) Key       { return Key{"webhook/" + id} }
func webhookSecretKey(id string) Key { return Key{"webhook-secret/" + id} }
func webhookStateKey(id string) Key  { return Key{"webhook-state/" + id} }

// anyWebhooksKey exists as soon as anybody has created an endpoint, and [HasWebhooksKey] as soon as
// an owner has. They are never removed: what they save is the search for endpoints where there
// never was one.
var anyWebhooksKey = Key{"webhooks"}

// HasWebhooksKey exists as soon as an owner has created an endpoint.
func HasWebhooksKey(merchant string, mode stellar.Mode) Key {
	return Key{"webhooks/" + merchant + "/" + string(mode)}
}

// HasWebhooks reports whether an owner has, or had, an endpoint.
func (v *View) HasWebhooks(ctx context.Context, merchant string, mode stellar.Mode) (bool, error) {
	values, err := v.get(ctx, "whether there are webhook endpoints", HasWebhooksKey(merchant, mode))
	return err == nil && values[0] != nil, err
}

// Waiting reports, in one trip, what a sweep needs to look for: events, if anybody has or had an
// endpoint, and refunds that are to be paid.
func (s Store) Waiting(ctx context.Context) (events, refunds bool, err error) {
	values, err := s.get(ctx, "what a sweep looks for", anyWebhooksKey, PendingRefundsKey)
	if err != nil {
		return false, false, err
	}
	return values[0] != nil, values[1] != nil, nil
}

// Endpoint is an endpoint with its secret.
type Endpoint struct {
	Webhook
	Secret WebhookSecret
}

// Endpoints returns the endpoints of owners, those that are disabled as well. It costs a list call
// for each owner, and a read.
func (s Store) Endpoints(ctx context.Context, owners ...Owner) ([]Endpoint, error) {
	var keys []Key
	var of []Owner
	for _, owner := range owners {
		for cursor := ""; ; {
			page, err := s.list(ctx, "webhook endpoints", listPrefix(owner, checkout.KindWebhook), cursor, maxListKeys)
			if err != nil {
				return nil, err
			}
			for _, key := range page.Keys {
				entry, err := parseListKey(key)
				if err != nil {
					return nil, err
				}
				keys = append(keys, webhookKey(entry.ID), webhookStateKey(entry.ID), webhookSecretKey(entry.ID))
				of = append(of, owner)
			}
			if cursor = page.Cursor; cursor == "" {
				break
			}
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	values, err := s.get(ctx, "webhook endpoints", keys...)
	if err != nil {
		return nil, err
	}
	var endpoints []Endpoint
	for i, owner := range of {
		w, err := decodeWebhook(values[3*i:])
		if err != nil {
			return nil, err
		}
		secret, ok, err := Decode[WebhookSecret](values[3*i+2])
		if err != nil {
			return nil, err
		}
		if ok && w != nil && owner.owns(w.Merchant, w.Mode) {
			endpoints = append(endpoints, Endpoint{*w, secret})
		}
	}
	return endpoints, nil
}

// decodeWebhook decodes an endpoint and its state; nil for a missing one.
func decodeWebhook(values [][]byte) (*Webhook, error) {
	w, ok, err := Decode[Webhook](values[0])
	if err != nil || !ok {
		return nil, err
	}
	w.State, _, err = Decode[WebhookState](values[1])
	return &w, err
}

// WebhookKeys returns the keys of endpoints, their states and secrets; none for a malformed id.
func WebhookKeys(ids ...string) []Key {
	return slices.Concat(keysOf(checkout.KindWebhook, webhookKey, ids), keysOf(checkout.KindWebhook, webhookStateKey, ids),
		keysOf(checkout.KindWebhook, webhookSecretKey, ids))
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
	values, err := ws.view.get(ctx, "a webhook endpoint", webhookKey(id), webhookStateKey(id))
	if err != nil {
		return nil, err
	}
	w, err := decodeWebhook(values)
	if err != nil || w == nil || !ws.owner.owns(w.Merchant, w.Mode) {
		return nil, err
	}
	return w, nil
}

// Secret reads the secret of an endpoint of the owner; nil if it is not visible here yet.
func (ws Webhooks) Secret(ctx context.Context, id string) (*WebhookSecret, error) {
	s, ok, err := view[WebhookSecret](ctx, ws.view, "a webhook endpoint's secret", webhookSecretKey(id))
	if err != nil || !ok {
		return nil, err
	}
	return &s, nil
}

// Full reports whether the owner has as many endpoints as are allowed. It costs one list call, or
// more if KV returns short pages.
func (ws Webhooks) Full(ctx context.Context) (bool, error) {
	count, cursor := 0, ""
	for {
		page, err := ws.view.store.list(ctx, "webhook endpoints", listPrefix(ws.owner, checkout.KindWebhook), cursor, MaxWebhooks)
		if err != nil {
			return false, err
		}
		count += len(page.Keys)
		if cursor = page.Cursor; cursor == "" || count >= MaxWebhooks {
			return count >= MaxWebhooks, nil
		}
	}
}

// Create adds a new endpoint. All of it is written in one trip: an endpoint of which only a part
// was stored is told of nothing, and its creator got an error.
func (ws Webhooks) Create(w Webhook, s WebhookSecret) {
	ws.view.records = append(ws.view.records,
		entry{key: anyWebhooksKey, derived: true},
		entry{key: HasWebhooksKey(w.Merchant, w.Mode), derived: true},
		entry{key: webhookListKey(ws.owner, w), derived: true},
		entry{key: webhookKey(w.ID), value: Encode(w), derived: true},
		entry{key: webhookSecretKey(w.ID), value: Encode(s), derived: true})
}

func webhookListKey(o Owner, w Webhook) Key {
	return listKey(o, checkout.KindWebhook, Listed{Created: w.CreatedAt, ID: w.ID})
}

// Update adds a changed endpoint. Whatever was wrong with it, the merchant has seen to it: it is
// healthy again.
func (ws Webhooks) Update(w Webhook) {
	ws.view.records = append(ws.view.records, entry{key: webhookKey(w.ID), value: Encode(w)})
	if w.State != (WebhookState{}) {
		ws.view.records = append(ws.view.records, entry{key: webhookStateKey(w.ID), value: Encode(WebhookState{})})
	}
}

// Rotate adds a changed secret of an endpoint.
func (ws Webhooks) Rotate(id string, s WebhookSecret) {
	ws.view.records = append(ws.view.records, entry{key: webhookSecretKey(id), value: Encode(s)})
}

// Delete deletes an endpoint and its secret, at once here and within a minute everywhere.
func (ws Webhooks) Delete(ctx context.Context, w Webhook) error {
	return ws.view.store.delete(ctx, "a webhook endpoint", webhookKey(w.ID), webhookSecretKey(w.ID), webhookStateKey(w.ID), webhookListKey(ws.owner, w))
}

// Listed reads the endpoints of list entries; nil for one that is not visible here yet, was
// deleted, or was created at another time than the entry says.
func (ws Webhooks) Listed(ctx context.Context, entries []Listed) ([]*Webhook, error) {
	keys := make([]Key, 0, 2*len(entries))
	for _, e := range entries {
		keys = append(keys, webhookKey(e.ID), webhookStateKey(e.ID))
	}
	values, err := ws.view.store.get(ctx, "webhook endpoints", keys...)
	if err != nil {
		return nil, err
	}
	webhooks := make([]*Webhook, len(entries))
	for i, e := range entries {
		w, err := decodeWebhook(values[2*i:])
		if err != nil {
			return nil, err
		}
		if w != nil && ws.owner.owns(w.Merchant, w.Mode) && w.CreatedAt.Equal(e.Created) {
			webhooks[i] = w
		}
	}
	return webhooks, nil
}
