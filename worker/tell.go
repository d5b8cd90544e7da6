package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"sync"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/event"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// listens reports whether a merchant has webhook endpoints: events of all others are not written.
func (s *Service) listens(ctx context.Context, view *store.View, merchant string, mode stellar.Mode) (bool, error) {
	key, now := store.HasWebhooksKey(merchant, mode), s.platform.Now()
	if is, ok := s.listeners.recall(key, now); ok {
		return is, nil
	}
	is, err := view.HasWebhooks(ctx, merchant, mode)
	if err == nil {
		s.listeners.keep(key, is, now.Add(keyLifetime))
	}
	return is, err
}

// tellOutcome writes the events of what is new about a checkout.
func (s *Service) tellOutcome(ctx context.Context, facts *checkout.Facts, before, after checkout.Outcome) error {
	c := &facts.Checkout
	if is, err := s.listens(ctx, s.store.View(), c.Merchant, c.Mode); err != nil || !is {
		return err
	}
	var records []store.Event
	ends := false
	for _, e := range event.Since(facts, before, after) {
		ends = ends || e.Payment == nil
		data := eventData{}
		var err error
		if e.Payment != nil {
			data.Object = paymentItem(*e.Payment, c, c.Mode)
			if e.Type == event.PaymentConfirmed {
				data.AmountDue, data.DecimalDue = &e.Due, (*stellar.Decimal)(&e.Due)
			} else {
				data.Reason = e.Reason
				data.Difference, data.DecimalDifference = &e.Difference, (*stellar.Decimal)(&e.Difference)
			}
		} else if data.Object, err = s.checkoutItem(ctx, facts, after); err != nil {
			return err
		}
		record, err := recordOf(e, c.Merchant, c.Mode, data)
		if err != nil {
			return err
		}
		records = append(records, record)
	}
	if len(records) == 0 {
		return nil
	}
	s.told.Store(true)
	if !ends {
		return s.putEvents(ctx, records...)
	}
	s.ending.hold(c.ID, records)
	return s.store.PutEvents(ctx, records...)
}

// checkoutItem encodes a checkout with its refunds, which whoever looks for a page has not read.
func (s *Service) checkoutItem(ctx context.Context, facts *checkout.Facts, out checkout.Outcome) (json.RawMessage, error) {
	if facts.Refunds == nil {
		var err error
		if facts.Refunds, err = s.store.RefundsOf(ctx, facts.Checkout.ID); err != nil {
			return nil, err
		}
	}
	return encodeItem(s.checkoutView(facts, out))
}

// tellRefund writes the event of a refund that was paid.
func (s *Service) tellRefund(ctx context.Context, r store.Refund) error {
	if is, err := s.listens(ctx, s.store.View(), r.Merchant, r.Mode); err != nil || !is {
		return err
	}
	var data eventData
	var err error
	if data.Object, err = encodeItem(s.refundView(r)); err != nil {
		return err
	}
	if r.Paid.Excess > 0 {
		data.Reason, data.Difference = event.ReasonOverRefunded, &r.Paid.Excess
	}
	record, err := recordOf(event.Refunded(*r.Paid), r.Merchant, r.Mode, data)
	if err != nil {
		return err
	}
	s.told.Store(true)
	return s.putEvents(ctx, record)
}

// ending has the events of checkouts that are about to end. They are queued once the end is stored:
// if it cannot be, for instance because a test network is reset, another end may be.
type ending struct {
	mu     sync.Mutex
	events map[checkout.ID][]store.Event
}

// hold keeps the events of a checkout. The cron sends those that are lost.
func (e *ending) hold(id checkout.ID, events []store.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.events == nil || len(e.events) >= maxKeys {
		e.events = map[checkout.ID][]store.Event{}
	}
	e.events[id] = events
}

// take removes the events of checkouts and returns them.
func (e *ending) take(ids []checkout.ID) []store.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	var events []store.Event
	for _, id := range ids {
		events = append(events, e.events[id]...)
		delete(e.events, id)
	}
	return events
}

// putEvents writes events that nobody has been told of yet, and has the queue deliver them.
func (s *Service) putEvents(ctx context.Context, records ...store.Event) error {
	if err := s.store.PutEvents(ctx, records...); err != nil {
		return err
	}
	s.enqueueEvents(ctx, records)
	return nil
}

// tell adds the event that of returns to what the request writes, if the merchant has an endpoint.
// object is what the event is about, and before is the object as it was if the event changes it.
func (c *call) tell(of func() event.Event, object, before any) error {
	if is, err := c.listens(c.ctx, c.view, c.Merchant.ID, c.Mode); err != nil || !is {
		return err
	}
	var data eventData
	var err error
	if data.Object, err = encodeItem(object); err != nil {
		return err
	}
	if before != nil {
		was, err := encodeItem(before)
		if err != nil {
			return err
		}
		if data.PreviousAttributes, err = changed(was, data.Object); err != nil || len(data.PreviousAttributes) == 0 {
			return err
		}
	}
	record, err := recordOf(of(), c.Merchant.ID, c.Mode, data)
	if err == nil {
		c.view.AddEvent(record)
		c.news = append(c.news, record)
		c.told.Store(true)
	}
	return err
}

// changed returns the members of an object that have other values now, as they were; but for the
// time of the change.
func changed(was, is json.RawMessage) (map[string]json.RawMessage, error) {
	var before, after map[string]json.RawMessage
	if err := json.Unmarshal(was, &before); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(is, &after); err != nil {
		return nil, err
	}
	for name, value := range before {
		if name == "updated_at" || bytes.Equal(value, after[name]) {
			delete(before, name)
		}
	}
	return before, nil
}

// customerCreated is the event of a new customer. Edges that create one customer at the same time
// tell of it under one id.
func customerCreated(u store.Customer) event.Event {
	e := event.New(event.CustomerCreated, u.CreatedAt.Truncate(24*time.Hour), u.ID)
	e.CreatedAt = u.CreatedAt
	return e
}
