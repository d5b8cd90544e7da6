package worker

import (
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

type deliveryObject struct {
	EventID       string          `json:"event_id"`
	Object        string          `json:"object"`
	WebhookID     string          `json:"webhook_id"`
	EventType     string          `json:"event_type"`
	Status        string          `json:"status"`
	NextAttemptAt nullable        `json:"next_attempt_at"`
	Attempts      []attemptObject `json:"attempts"`
}

type attemptObject struct {
	CreatedAt  string   `json:"created_at"`
	StatusCode *int     `json:"status_code"`
	Error      nullable `json:"error"`
	DurationMS int64    `json:"duration_ms"`
	Response   nullable `json:"response"`
}

// What became of an event at an endpoint.
const (
	deliverySucceeded = "succeeded"
	deliveryPending   = "pending"
	deliveryFailed    = "failed"
)

func deliveryView(webhook string, e store.Event, d store.Delivery) deliveryObject {
	o := deliveryObject{EventID: e.ID, Object: "delivery", WebhookID: webhook, EventType: e.Type, Status: deliveryFailed, Attempts: []attemptObject{}}
	for _, a := range d.Attempts {
		shown := attemptObject{timestamp(a.At), nil, nullable(a.Error), a.Duration.Milliseconds(), nullable(a.Answer)}
		if a.Status != 0 {
			shown.StatusCode = &a.Status
		}
		o.Attempts = append(o.Attempts, shown)
	}
	switch last := len(d.Attempts) - 1; {
	case d.Attempts[last].Succeeded():
		o.Status = deliverySucceeded
	case !d.Next.IsZero():
		o.Status, o.NextAttemptAt = deliveryPending, nullable(timestamp(d.Next))
	}
	return o
}

// listDeliveries is GET /webhooks/{id}/deliveries: the events that were sent to an endpoint, and
// each attempt.
func listDeliveries(c *call) (answer, error) {
	id := c.path("id")
	return c.list(list{
		noun: "event", kind: checkout.KindEvent, path: "/webhooks/" + id + "/deliveries", since: c.keptSince(), created: c.loggedAt,
		with: store.WebhookKeys(id),
		begin: func() error {
			_, err := c.ownWebhook()
			return err
		},
		write: func(entries []store.Listed) ([][]byte, error) { return c.deliveriesOf(id, entries) },
	})
}

// deliveriesOf writes what became of events at an endpoint; nil for those that were not sent to it.
func (c *call) deliveriesOf(webhook string, entries []store.Listed) ([][]byte, error) {
	events, deliveries, err := c.events().Sent(c.ctx, webhook, entries)
	if err != nil {
		return nil, err
	}
	items := make([][]byte, len(entries))
	for i, e := range events {
		if e == nil {
			continue
		}
		d := deliveries[i]
		if first, ok := e.First[webhook]; ok && d == nil {
			d = &store.Delivery{Attempts: []store.Attempt{first}}
		}
		if d == nil || len(d.Attempts) == 0 {
			continue
		}
		if items[i], err = encodeItem(deliveryView(webhook, *e, *d)); err != nil {
			return nil, err
		}
	}
	return items, nil
}
