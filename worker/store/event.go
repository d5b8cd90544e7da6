package store

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
)

// KeepEvents is how long events and the attempts to deliver them are kept.
const KeepEvents = 30 * 24 * time.Hour

// Event is an event as it is sent, and what became of the first attempts to send it.
type Event struct {
	ID        string       `json:"id"`
	Type      string       `json:"type"`
	Merchant  string       `json:"merchant"`
	Mode      stellar.Mode `json:"mode"`
	CreatedAt time.Time    `json:"created_at"` // when it happened
	Data      string       `json:"data"`       // JSON, as it is sent
	// First has the first attempt for each endpoint that wanted the event.
	First map[string]Attempt `json:"first,omitempty"`
}

// Attempt is one attempt to send an event to an endpoint.
type Attempt struct {
	At       time.Time     `json:"at"`
	Status   int           `json:"status,omitempty"` // of the answer; 0 if there was none
	Error    string        `json:"error,omitempty"`  // why there was none
	Duration time.Duration `json:"duration"`
	Answer   string        `json:"answer,omitempty"` // how its body begins
}

// Succeeded reports whether the endpoint took the event.
func (a Attempt) Succeeded() bool { return a.Status >= 200 && a.Status < 300 }

// Delivery is what became of an event at an endpoint that did not take it at the first attempt.
type Delivery struct {
	Attempts []Attempt `json:"attempts"`
	Next     time.Time `json:"next,omitzero"` // zero if there is no further attempt
}

// Due is an entry in the index of what is to be sent, in the order of its time. Without an endpoint
// it is an event that nobody has been told of yet, and its value is the [Event]; with one, its
// value has the [Listed] position of the event in the log.
type Due struct {
	At       time.Time    `json:"at"` // whole seconds
	Merchant string       `json:"merchant"`
	Mode     stellar.Mode `json:"mode"`
	Event    string       `json:"event"`
	Webhook  string       `json:"webhook,omitempty"` // empty for an event that nobody has been told of
}

const duePrefix = "due/"

func (d Due) key() Key {
	key := duePrefix + padded(d.At.Unix(), dueDigits) + "/" + d.Merchant + "/" + string(d.Mode) + "/" + d.Event
	if d.Webhook != "" {
		key += "/" + d.Webhook
	}
	return Key{key}
}

// String returns the entry's key.
func (d Due) String() string { return d.key().name }

// dueDigits is the number of digits of a time in seconds, until the year 2286.
const dueDigits = 10

var errDueKey = errors.New("not the key of an event to be sent")

func parseDueKey(key string) (Due, error) {
	parts := strings.Split(key, "/")
	if len(parts) < 5 || len(parts) > 6 {
		return Due{}, errDueKey
	}
	seconds, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return Due{}, errDueKey
	}
	d := Due{At: time.Unix(seconds, 0).UTC(), Merchant: parts[2], Mode: stellar.Mode(parts[3]), Event: parts[4]}
	if len(parts) == 6 {
		d.Webhook = parts[5]
	}
	return d, nil
}

func dueOf(e Event) Due {
	return Due{At: e.CreatedAt.Truncate(time.Second), Merchant: e.Merchant, Mode: e.Mode, Event: e.ID}
}

func outbox(e Event) entry { return entry{key: dueOf(e).key(), value: Encode(e), derived: true} }

// PutEvents writes events that nobody has been told of yet. Racing writers write the same keys.
func (s Store) PutEvents(ctx context.Context, events ...Event) error {
	entries := make([]entry, len(events))
	for i, e := range events {
		entries[i] = outbox(e)
	}
	return s.put(ctx, "events", entries...)
}

// AddEvent adds an event to what a request writes first: it is told of what may fail to be stored,
// rather than not told of what was.
func (v *View) AddEvent(e Event) { v.indexes = append(v.indexes, outbox(e)) }

// maxDue is how many entries one call lists.
const maxDue = maxListKeys

// Due lists what is to be sent by now, the oldest first, about a thousand entries at most.
func (s Store) Due(ctx context.Context, now time.Time) ([]Due, error) {
	var due []Due
	for cursor := ""; ; {
		page, err := s.list(ctx, "events to be sent", duePrefix, cursor, maxDue)
		if err != nil {
			return nil, err
		}
		for _, key := range page.Keys {
			d, err := parseDueKey(key)
			if err != nil {
				return nil, err
			}
			if d.At.After(now) {
				return due, nil
			}
			due = append(due, d)
		}
		if cursor = page.Cursor; cursor == "" || len(due) >= maxDue {
			return due, nil
		}
	}
}

// Sending is an entry of the index with all that is needed to send it.
type Sending struct {
	Due      Due       `json:"due"`
	Event    Event     `json:"event"`
	Position Listed    `json:"position,omitzero"`  // of the event in the log; zero if it is not there yet
	Delivery *Delivery `json:"delivery,omitempty"` // nil before the first attempt
	Asked    bool      `json:"asked,omitempty"`    // the merchant asked for it, also if it was taken before
}

// Taken reports whether the endpoint has taken the event before this attempt came: runs that
// overlap may each have planned one. As far as is visible here.
func (s Sending) Taken() bool {
	switch {
	case s.Due.Webhook == "" || s.Asked:
		return false
	case s.Delivery != nil:
		return len(s.Delivery.Attempts) > 0 && s.Delivery.Attempts[len(s.Delivery.Attempts)-1].Succeeded()
	}
	first, ok := s.Event.First[s.Due.Webhook]
	return ok && first.Succeeded()
}

// again is the value of an entry of the index with an endpoint.
type again struct {
	Listed
	Asked bool `json:"asked,omitempty"`
}

// SendingOf is the entry of an event that nobody has been told of yet.
func SendingOf(e Event) Sending { return Sending{Due: dueOf(e), Event: e} }

// Recheck reports which entries of the index are visible here: one that was written long enough ago
// and is not visible was sent. It adds the attempts that the store knows and an entry does not.
func (s Store) Recheck(ctx context.Context, sendings []Sending) (pending []bool, err error) {
	keys := make([]Key, 0, 2*len(sendings))
	for _, one := range sendings {
		keys = append(keys, one.Due.key())
	}
	for _, one := range sendings {
		if one.Due.Webhook != "" {
			keys = append(keys, deliveryKey(one.Due.Webhook, one.Due.Event))
		}
	}
	values, err := s.get(ctx, "what is still to be sent", keys...)
	if err != nil {
		return nil, err
	}
	deliveries := values[len(sendings):]
	for i := range sendings {
		one := &sendings[i]
		pending = append(pending, values[i] != nil)
		if one.Due.Webhook == "" {
			continue
		}
		stored, ok, err := Decode[Delivery](deliveries[0])
		if err != nil {
			return nil, err
		}
		if ok && (one.Delivery == nil || len(stored.Attempts) > len(one.Delivery.Attempts)) {
			one.Delivery = &stored
		}
		deliveries = deliveries[1:]
	}
	return pending, nil
}

func deliveryKey(webhook, event string) Key { return Key{"delivery/" + webhook + "/" + event} }

// Sendings reads entries of the index. Those whose value is gone, because somebody else has sent
// it, are left out.
func (s Store) Sendings(ctx context.Context, due []Due) ([]Sending, error) {
	keys := make([]Key, len(due))
	for i, d := range due {
		keys[i] = d.key()
	}
	values, err := s.get(ctx, "events to be sent", keys...)
	if err != nil {
		return nil, err
	}
	var sendings []Sending
	var more []Key // of the log and the attempts so far
	for i, d := range due {
		if values[i] == nil {
			continue
		}
		sending := Sending{Due: d}
		if d.Webhook == "" {
			if sending.Event, _, err = Decode[Event](values[i]); err != nil {
				return nil, err
			}
		} else {
			value, _, err := Decode[again](values[i])
			if err != nil {
				return nil, err
			}
			sending.Position, sending.Asked = value.Listed, value.Asked
			more = append(more, listKey(OwnerOf(d.Merchant, d.Mode), checkout.KindEvent, sending.Position), deliveryKey(d.Webhook, d.Event))
		}
		sendings = append(sendings, sending)
	}
	if len(more) == 0 {
		return sendings, nil
	}
	if values, err = s.get(ctx, "events to be sent again", more...); err != nil {
		return nil, err
	}
	for i := range sendings {
		if sendings[i].Due.Webhook == "" {
			continue
		}
		if sendings[i].Event, _, err = Decode[Event](values[0]); err != nil {
			return nil, err
		}
		delivery, ok, err := Decode[Delivery](values[1])
		if err != nil {
			return nil, err
		}
		if ok {
			sendings[i].Delivery = &delivery
		}
		values = values[2:]
	}
	return sendings, nil
}

// Sent is what is written after an attempt.
type Sent struct {
	entries []entry
	again   []Sending
}

// Again returns the further attempts that were added.
func (s *Sent) Again() []Sending { return s.again }

// Logged adds an event, with its first attempts, to the log at a position.
func (s *Sent) Logged(e Event, at Listed) {
	s.entries = append(s.entries, entry{key: listKey(OwnerOf(e.Merchant, e.Mode), checkout.KindEvent, at), value: Encode(e), expiresAt: at.Created.Add(KeepEvents)})
}

// Delivered adds what became of an event at an endpoint, and the next attempt, if there is one.
func (s *Sent) Delivered(webhook string, e Event, at Listed, d Delivery) {
	s.entries = append(s.entries, entry{key: deliveryKey(webhook, e.ID), value: Encode(d), expiresAt: at.Created.Add(KeepEvents)})
	if !d.Next.IsZero() {
		s.SendAgain(webhook, Sending{Event: e, Position: at, Delivery: &d}, d.Next)
	}
}

// SendAgain adds an attempt to send an event to an endpoint at a time. The attempts so far may be
// missing.
func (s *Sent) SendAgain(webhook string, one Sending, next time.Time) {
	e := one.Event
	one.Due = Due{At: next.Add(time.Second - time.Nanosecond).Truncate(time.Second), Merchant: e.Merchant, Mode: e.Mode, Event: e.ID, Webhook: webhook}
	s.entries = append(s.entries, entry{key: one.Due.key(), value: Encode(again{one.Position, one.Asked})})
	s.again = append(s.again, one)
}

// State adds the changed state of an endpoint.
func (s *Sent) State(webhook string, state WebhookState) {
	s.entries = append(s.entries, entry{key: webhookStateKey(webhook), value: Encode(state)})
}

// Secret adds the secret of an endpoint that was sealed again.
func (s *Sent) Secret(webhook string, secret WebhookSecret) {
	s.entries = append(s.entries, entry{key: webhookSecretKey(webhook), value: Encode(secret)})
}

// Record writes what was added, and then removes entries from the index of what is to be sent: who
// dies in between has it sent twice, not never.
func (s Store) Record(ctx context.Context, sent Sent, done ...Due) error {
	if len(sent.entries) > 0 {
		if err := s.put(ctx, "what was sent", sent.entries...); err != nil {
			return err
		}
	}
	written := map[string]bool{}
	for _, e := range sent.entries {
		written[e.key.name] = true
	}
	var keys []Key
	for _, d := range done {
		if key := d.key(); !written[key.name] {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return s.delete(ctx, "events to be sent", keys...)
}

// Events are the events of an owner that have been sent at least once, or that nobody wanted.
type Events struct {
	view  *View
	owner Owner
}

// Events returns the events of an owner.
func (v *View) Events(o Owner) Events { return Events{v, o} }

// maxFind is how many entries of the log Find looks at.
const maxFind = 5 * maxListKeys

// Find returns the position of an event in the log; false if it is not there. An event is logged
// soon after it happened, which is the time in its id.
func (es Events) Find(ctx context.Context, id string) (Listed, bool, error) {
	s := es.scanFor(id)
	if s == nil {
		return Listed{}, false, nil
	}
	for range maxFind {
		e, ok, err := s.Next(ctx)
		if err != nil || !ok {
			return Listed{}, false, err
		}
		if e.ID == id {
			return e, true, nil
		}
	}
	return Listed{}, false, nil
}

// scanFor scans the log for an event; nil if its id is none.
func (es Events) scanFor(id string) *Scan {
	u, err := checkout.ParseID(checkout.KindEvent, id)
	if err != nil {
		return nil
	}
	happened := time.UnixMilli(int64(u.Time())).Add(-time.Minute)
	return es.view.Scan(es.owner, checkout.KindEvent, Listed{Created: happened, ID: "~"}.Position(), true, happened, maxListKeys)
}

// FindWithEndpoints reads an event, where it stands in the log, and the owner's endpoints, as Find,
// Listed and [Store.Endpoints] do, but in two trips. The event is nil if it is not there.
func (es Events) FindWithEndpoints(ctx context.Context, id string) (*Event, Listed, []Endpoint, error) {
	s := es.scanFor(id)
	if s == nil {
		return nil, Listed{}, nil, nil
	}
	lists := append(s.First(), kv.Query{Prefix: listPrefix(es.owner, checkout.KindWebhook), Limit: maxListKeys})
	if err := es.view.FetchLists(ctx, lists); err != nil {
		return nil, Listed{}, nil, err
	}
	at, ok, err := es.Find(ctx, id)
	if err != nil || !ok {
		return nil, at, nil, err
	}
	ctx = es.view.With(ctx)
	Also(ctx, es.keys([]Listed{at})...)
	endpoints, err := es.view.store.Endpoints(ctx, es.owner)
	if err != nil {
		return nil, at, nil, err
	}
	events, err := es.Listed(ctx, []Listed{at})
	if err != nil {
		return nil, at, nil, err
	}
	return events[0], at, endpoints, nil
}

// Listed reads the events of list entries; nil for one that is not visible here yet.
func (es Events) Listed(ctx context.Context, entries []Listed) ([]*Event, error) {
	values, err := es.view.store.get(ctx, "events", es.keys(entries)...)
	if err != nil {
		return nil, err
	}
	return decodeAll[Event](values)
}

func (es Events) keys(entries []Listed) []Key {
	keys := make([]Key, len(entries))
	for i, e := range entries {
		keys[i] = listKey(es.owner, checkout.KindEvent, e)
	}
	return keys
}

// Sent reads events and what became of them at an endpoint. Either is nil where there is nothing:
// an event that is not visible here yet, or one that the endpoint took at the first attempt.
func (es Events) Sent(ctx context.Context, webhook string, entries []Listed) ([]*Event, []*Delivery, error) {
	keys := es.keys(entries)
	for _, e := range entries {
		keys = append(keys, deliveryKey(webhook, e.ID))
	}
	values, err := es.view.store.get(ctx, "events and deliveries", keys...)
	if err != nil {
		return nil, nil, err
	}
	events, err := decodeAll[Event](values[:len(entries)])
	if err != nil {
		return nil, nil, err
	}
	deliveries, err := decodeAll[Delivery](values[len(entries):])
	return events, deliveries, err
}

func decodeAll[T any](values [][]byte) ([]*T, error) {
	all := make([]*T, len(values))
	for i, value := range values {
		v, ok, err := Decode[T](value)
		if err != nil {
			return nil, err
		}
		if ok {
			all[i] = &v
		}
	}
	return all, nil
}
