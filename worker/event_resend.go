package worker

import (
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/event"
	"edgecheckout/worker/store"
)

// resendObject says what will be sent again.
type resendObject struct {
	Object     string   `json:"object"`
	Deliveries int      `json:"deliveries"`
	HasMore    bool     `json:"has_more"`
	Since      nullable `json:"since"`
}

// resendEvent is POST /events/{id}/resend: to one endpoint, or to all that want events of its type.
func resendEvent(c *call) (answer, error) {
	p := &params{}
	if len(c.request.Body) > 0 {
		p = newParams(c.request.Body)
	}
	webhook := p.text("webhook_id", 100)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	e, at, endpoints, err := c.events().FindWithEndpoints(c.ctx, c.path("id"))
	if err == nil && e == nil {
		err = notFound("event", c.path("id"))
	}
	if err != nil {
		return answer{}, err
	}
	var sent store.Sent
	resend, known := resendObject{Object: "resend"}, false
	for _, to := range endpoints {
		known = known || to.ID == webhook
		if to.Silent() || webhook != "" && to.ID != webhook || webhook == "" && !to.Wants(e.Type) {
			continue
		}
		sent.SendAgain(to.ID, store.Sending{Event: *e, Position: at, Asked: true}, c.began)
		resend.Deliveries++
	}
	if webhook != "" && !known {
		return answer{}, invalid("webhook_id", "webhook_id must be the id of a webhook endpoint of yours; none has the id %s.", clip(webhook))
	}
	if webhook != "" && resend.Deliveries == 0 {
		return answer{}, invalid("webhook_id", "webhook_id names an endpoint that is disabled; enable it first.")
	}
	if err := c.store.Record(c.ctx, sent); err != nil {
		return answer{}, err
	}
	c.enqueue(c.ctx, sent.Again()...)
	return jsonAnswer(resend)
}

// resentAtOnce is how many events of the log one request examines.
const resentAtOnce = 200

// resendToWebhook is POST /webhooks/{id}/resend: it sends again what the endpoint wanted since a
// time and did not take. It examines resentAtOnce events, and says in since where the next request
// goes on.
func resendToWebhook(c *call) (answer, error) {
	p := newParams(c.request.Body)
	since := p.time("since")
	if err := p.done(); err != nil {
		return answer{}, err
	}
	w, err := c.ownWebhook()
	if err != nil {
		return answer{}, err
	}
	if w.Silent() {
		return answer{}, &Error{Code: CodeWebhookDisabled, Message: "The webhook endpoint is disabled; enable it first."}
	}
	s := c.view.Scan(c.Owner, checkout.KindEvent, followedFrom(since), true, c.keptSince(), resentAtOnce)
	var entries []store.Listed
	for len(entries) < resentAtOnce {
		entry, ok, err := s.Next(c.ctx)
		if err != nil {
			return answer{}, err
		}
		if !ok {
			break
		}
		entries = append(entries, entry)
	}
	events, deliveries, err := c.events().Sent(c.ctx, w.ID, entries)
	if err != nil {
		return answer{}, err
	}
	var sent store.Sent
	resend := resendObject{Object: "resend"}
	for i, e := range events {
		if e == nil || !w.Wants(e.Type) || e.Type == string(event.WebhookDisabled) {
			continue
		}
		d := deliveries[i]
		first, ok := e.First[w.ID]
		taken := ok && first.Succeeded()
		if d != nil && len(d.Attempts) > 0 {
			taken = taken || d.Attempts[len(d.Attempts)-1].Succeeded() || !d.Next.IsZero()
		}
		if !taken {
			sent.SendAgain(w.ID, store.Sending{Event: *e, Position: entries[i], Delivery: d, Asked: true}, c.began)
			resend.Deliveries++
		}
	}
	if resend.HasMore = s.More(); resend.HasMore {
		resend.Since = nullable(timestamp(entries[len(entries)-1].Created))
	}
	if err := c.store.Record(c.ctx, sent); err != nil {
		return answer{}, err
	}
	c.enqueue(c.ctx, sent.Again()...)
	return jsonAnswer(resend)
}
