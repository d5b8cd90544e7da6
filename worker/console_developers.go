package worker

import (
	"strings"

	"edgecheckout/templates/console"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

// showDevelopers is GET /console/developers: keys, endpoints and the log of events.
func showDevelopers(c *call) (answer, error) { return c.developersScreen(console.Developers{}, nil) }

// developersScreen shows the screen with what was typed, and what was refused.
func (c *call) developersScreen(s console.Developers, refused *Error) (answer, error) {
	s.Local = c.isLocal()
	keys, err := c.store.APIKeys(c.ctx, c.Merchant.ID)
	if err != nil {
		return answer{}, err
	}
	for _, key := range keys {
		if key.Mode == c.Mode {
			s.Keys = append(s.Keys, keyRow(key))
		}
	}
	endpoints, err := c.store.Endpoints(c.ctx, c.Owner)
	if err != nil {
		return answer{}, err
	}
	for _, e := range endpoints {
		s.Endpoints = append(s.Endpoints, endpointRow(e.Webhook))
	}
	after, told := position(c.query.Get("after"))
	if told != nil {
		refused = told
	}
	scan := c.view.Scan(c.Owner, checkout.KindEvent, after, false, c.keptSince(), consoleLimit+1)
	l, err := leafOf(c.ctx, scan, consoleLimit, nil, func(entries []store.Listed) ([]*store.Event, error) { return c.events().Listed(c.ctx, entries) }, nil)
	if err != nil {
		return answer{}, err
	}
	for _, e := range l.items {
		s.Events = append(s.Events, eventRow(*e))
	}
	if l.older != "" {
		s.Older = "/console/developers?" + query{}.with("after", l.older).encode()
	}
	return c.refusable(c.frame("developers"), s, refused)
}

func endpointRow(w store.Webhook) console.EndpointRow {
	return console.EndpointRow{ID: w.ID, Name: w.Name, URL: w.URL, Disabled: w.Silent(), Reason: w.State.Reason, FailingSince: w.State.FailingSince}
}

// endpointBody is a form's description of an endpoint as the API takes it.
func (c *call) endpointBody() (map[string]any, console.EndpointForm) {
	typed := console.EndpointForm{Name: c.form.Get("name"), URL: c.form.Get("url"), Events: c.form.Get("events")}
	return map[string]any{"name": typed.Name, "url": typed.URL, "events": strings.Fields(typed.Events)}, typed
}

// createEndpointByForm is POST /console/endpoints. The answer shows the secret, this once.
func createEndpointByForm(c *call) (answer, error) {
	body, typed := c.endpointBody()
	made, err := decodeAnswer[webhookObject](c.act(createWebhook, body))
	if told, ok := err.(*Error); ok {
		return c.developersScreen(console.Developers{Endpoint: typed}, told)
	}
	if err != nil {
		return answer{}, err
	}
	return c.screen(c.frame("developers"), console.Endpoint{
		EndpointRow: console.EndpointRow{ID: made.ID, Name: made.Name, URL: made.URL, Disabled: made.IsDisabled}, Form: typed, Secret: string(made.Secret),
	})
}

// showEndpoint is GET /console/endpoints/{id}: an endpoint and what was sent to it.
func showEndpoint(c *call) (answer, error) { return c.endpointScreen("", nil, nil) }

func (c *call) endpointScreen(secret string, typed *console.EndpointForm, refused *Error) (answer, error) {
	w, err := c.ownWebhook()
	if err != nil {
		return answer{}, err
	}
	s := console.Endpoint{EndpointRow: endpointRow(*w), Secret: secret, Form: console.EndpointForm{Name: w.Name, URL: w.URL, Events: strings.Join(w.Events, " ")}}
	if typed != nil {
		s.Form = *typed
	}
	after, told := position(c.query.Get("after"))
	if told != nil {
		refused = told
	}
	scan := c.view.Scan(c.Owner, checkout.KindEvent, after, false, c.keptSince(), consoleLimit+1)
	l, err := leafOf(c.ctx, scan, consoleLimit, nil, func(entries []store.Listed) ([]*console.DeliveryRow, error) { return c.deliveryRows(w.ID, entries) }, nil)
	if err != nil {
		return answer{}, err
	}
	for _, d := range l.items {
		s.Deliveries = append(s.Deliveries, *d)
	}
	if l.older != "" {
		s.Older = endpointURL(w.ID) + "?" + query{}.with("after", l.older).encode()
	}
	return c.refusable(c.frame("developers"), s, refused)
}

func endpointURL(id string) string { return "/console/endpoints/" + id }

// deliveryRows reads what became of events at an endpoint; nil for those that were not sent to it.
func (c *call) deliveryRows(webhook string, entries []store.Listed) ([]*console.DeliveryRow, error) {
	events, deliveries, err := c.events().Sent(c.ctx, webhook, entries)
	if err != nil {
		return nil, err
	}
	rows := make([]*console.DeliveryRow, len(entries))
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
		view := deliveryView(webhook, *e, *d)
		row := &console.DeliveryRow{Event: e.ID, Type: e.Type, Status: view.Status, Next: d.Next}
		for _, a := range d.Attempts {
			row.Attempts = append(row.Attempts, attemptRow(a))
		}
		rows[i] = row
	}
	return rows, nil
}

// maxShownAnswer is how much of a receiver's answer the list of attempts shows, in characters.
const maxShownAnswer = 100

// changeEndpointByForm is POST /console/endpoints/{id}.
func changeEndpointByForm(c *call) (answer, error) {
	body, typed := c.endpointBody()
	return c.change(updateWebhook, body, func(told *Error) (answer, error) { return c.endpointScreen("", &typed, told) }, endpointURL(c.path("id")), "saved")
}

// enableEndpointByForm is POST /console/endpoints/{id}/enable.
func enableEndpointByForm(c *call) (answer, error) { return c.disableEndpoint(false) }

// disableEndpointByForm is POST /console/endpoints/{id}/disable.
func disableEndpointByForm(c *call) (answer, error) { return c.disableEndpoint(true) }

func (c *call) disableEndpoint(disabled bool) (answer, error) {
	return c.change(updateWebhook, map[string]any{"is_disabled": disabled}, c.refusedEndpoint, endpointURL(c.path("id")), "saved")
}

func (c *call) refusedEndpoint(told *Error) (answer, error) { return c.endpointScreen("", nil, told) }

// rotateEndpointByForm is POST /console/endpoints/{id}/rotate. The answer shows the new secret.
func rotateEndpointByForm(c *call) (answer, error) {
	rotated, err := decodeAnswer[webhookObject](c.act(rotateWebhook, map[string]any{}))
	if told, ok := err.(*Error); ok && told.Code != CodeNotFound {
		return c.refusedEndpoint(told)
	}
	if err != nil {
		return answer{}, err
	}
	return c.endpointScreen(string(rotated.Secret), nil, nil)
}

// resendEndpointByForm is POST /console/endpoints/{id}/resend.
func resendEndpointByForm(c *call) (answer, error) {
	since := timestamp(c.began.Add(-3 * day))
	return c.change(resendToWebhook, map[string]any{"since": since}, c.refusedEndpoint, endpointURL(c.path("id")), "resent")
}

// deleteEndpointByForm is POST /console/endpoints/{id}/delete.
func deleteEndpointByForm(c *call) (answer, error) {
	return c.change(deleteWebhook, map[string]any{}, c.refusedEndpoint, "/console/developers", "deleted")
}

// showEvent is GET /console/events/{id}.
func showEvent(c *call) (answer, error) { return c.eventScreen(nil) }

func (c *call) eventScreen(refused *Error) (answer, error) {
	e, err := c.ownEvent()
	if err != nil {
		return answer{}, err
	}
	body, err := encode(eventView(*e))
	if err != nil {
		return answer{}, err
	}
	return c.refusable(c.frame("developers"), console.Event{EventRow: eventRow(*e), Body: indented(body)}, refused)
}

// resendEventByForm is POST /console/events/{id}/resend.
func resendEventByForm(c *call) (answer, error) {
	return c.change(resendEvent, map[string]any{}, c.eventScreen, "/console/events/"+c.path("id"), "resent")
}

func keyRow(key store.APIKey) console.KeyRow {
	return console.KeyRow{ID: key.ID, Name: key.Name, Scope: scopeOf(key), Created: key.CreatedAt}
}
