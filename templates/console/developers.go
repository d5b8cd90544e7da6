package console

import (
	"strings"
	"time"
)

// Developers has the keys, the endpoints and the log of events.
type Developers struct {
	Secret    string // of a key that was just made
	Keys      []KeyRow
	Endpoints []EndpointRow
	Events    []EventRow
	Older     string
	Endpoint  EndpointForm // what was typed
	KeyName   string
	Local     bool // receivers may be on this machine
}

// KeyRow is an API key.
type KeyRow struct {
	ID, Name, Scope string
	Created         time.Time
}

// EndpointRow is a webhook endpoint.
type EndpointRow struct {
	ID, Name, URL string
	Disabled      bool
	Reason        string
	FailingSince  time.Time
}

// EndpointForm is what an owner says of an endpoint.
type EndpointForm struct{ Name, URL, Events string }

// EventRow is an event, and how it was delivered.
type EventRow struct {
	ID, Type, Delivered string
	Tone                string // of what became of it: "", good, warn, bad
	At                  time.Time
}

func (Developers) title() string { return "Developers" }

func (d Developers) sections() []section {
	var all []section
	if d.Secret != "" {
		all = append(all, section{id: "secret", title: "Your new key", text: "Copy it now: it is shown this once, and stored only as a hash.", code: d.Secret})
	}
	keys := &table{name: "API keys", head: []string{"Made", "Name", "Key", "Scope", "Revoke"}, empty: "There is no API key yet.",
		note: "A revoked key stops working within about a minute. A new one may take as long to be listed."}
	for _, k := range d.Keys {
		keys.rows = append(keys.rows, []cell{{text: moment(k.Created)}, {text: k.Name}, {text: k.ID, look: mono}, {text: k.Scope},
			{form: &form{action: "/console/keys/" + k.ID + "/revoke", button: "Revoke", look: bad, inline: true}}})
	}
	endpoints := &table{name: "Endpoints", head: []string{"Endpoint", "URL", "State"}, empty: "Nobody is told of payments yet."}
	for _, e := range d.Endpoints {
		state := cell{text: "works", look: good}
		switch {
		case e.Disabled:
			state = cell{text: "disabled", look: bad, detail: words(e.Reason)}
		case !e.FailingSince.IsZero():
			state = cell{text: "fails", look: warn, detail: "since " + moment(e.FailingSince)}
		}
		endpoints.rows = append(endpoints.rows, []cell{{text: e.Name, href: "/console/endpoints/" + e.ID}, {text: e.URL, look: mono}, state})
	}
	events := eventTable(d.Events, "No event yet: they are written once there is an endpoint.")
	if d.Older != "" {
		events.links = append(events.links, cell{text: "Older", href: d.Older})
	}
	return append(all,
		section{id: "keys", title: "API keys", text: "Your server calls the API with a key. Keep it secret; whoever has it can read your orders, and make checkouts unless its scope is read.", table: keys,
			forms: []form{{action: "/console/keys", button: "Make a key", fields: []field{
				{name: "name", label: "Name", kind: "text", value: d.KeyName, required: true, size: 60, hint: "Where it will be used, such as “web shop”."},
				{name: "scope", label: "Scope", kind: "choice", options: []Option{{"write", "write: everything"}, {"read", "read: only ask"}}},
			}}}},
		section{id: "endpoints", title: "Webhook endpoints", text: "Each is told of events as they happen, and again for three days until it answers.", table: endpoints,
			forms: []form{endpointForm("/console/endpoints", "Add an endpoint", d.Endpoint)}},
		section{id: "events", title: "Event log", text: "What happened in the last 30 days.", table: events})
}

func endpointForm(action, button string, e EndpointForm) form {
	if e.Events == "" {
		e.Events = "*"
	}
	return form{action: action, button: button, fields: []field{
		{name: "name", label: "Name", kind: "text", value: e.Name, required: true, size: 200},
		{name: "url", label: "URL", kind: "url", value: e.URL, required: true, size: 2048},
		{name: "events", label: "Events", kind: "text", value: e.Events, required: true, size: 500, hint: "* for all, or types separated by spaces, such as checkout.completed payment.unexpected."},
	}}
}

func eventTable(rows []EventRow, empty string) *table {
	t := &table{name: "Events", head: []string{"When", "Event", "Delivered"}, empty: empty}
	for _, e := range rows {
		t.rows = append(t.rows, []cell{{text: moment(e.At)}, {text: e.Type, href: "/console/events/" + e.ID}, {text: e.Delivered, look: look(e.Tone)}})
	}
	return t
}

// Endpoint is one webhook endpoint with what was sent to it.
type Endpoint struct {
	EndpointRow
	Form       EndpointForm
	Secret     string // "" but after its making and after a rotation
	Deliveries []DeliveryRow
	Older      string
}

// DeliveryRow is what became of an event at an endpoint.
type DeliveryRow struct {
	Event, Type, Status string
	Attempts            []AttemptRow
	Next                time.Time
}

// AttemptRow is one attempt to send an event.
type AttemptRow struct {
	At     time.Time
	Result string // "200 in 35 ms", or what went wrong
	Answer string // how it began
}

func (e Endpoint) title() string { return "Endpoint" }

func (e Endpoint) sections() []section {
	path := "/console/endpoints/" + e.ID
	var all []section
	if e.Secret != "" {
		all = append(all, section{id: "secret", title: "Secret", text: "Your endpoint checks signatures with it. Copy it now: it is shown this once.", code: e.Secret})
	}
	state := cell{text: "enabled", look: good}
	toggle := form{action: path + "/disable", button: "Disable", inline: true}
	if e.Disabled {
		state = cell{text: "disabled", look: bad, detail: words(e.Reason)}
		toggle = form{action: path + "/enable", button: "Enable", inline: true}
	}
	facts := []fact{{"State", state}, {"Id", cell{text: e.ID, look: mono}}}
	if !e.FailingSince.IsZero() {
		facts = append(facts, fact{"Fails since", cell{text: moment(e.FailingSince), look: warn}})
	}
	deliveries := &table{name: "Deliveries", head: []string{"Event", "State", "Attempts", "Next attempt"}, empty: "Nothing was sent yet."}
	for _, d := range e.Deliveries {
		var attempts []string
		for _, a := range d.Attempts {
			line := moment(a.At) + ": " + a.Result
			if a.Answer != "" {
				line += " — " + a.Answer
			}
			attempts = append(attempts, line)
		}
		status := map[string]look{"succeeded": good, "failed": bad, "pending": warn}[d.Status]
		deliveries.rows = append(deliveries.rows, []cell{{text: d.Type, href: "/console/events/" + d.Event}, {text: d.Status, look: status}, {text: strings.Join(attempts, "; ")}, {text: moment(d.Next)}})
	}
	if e.Older != "" {
		deliveries.links = append(deliveries.links, cell{text: "Older", href: e.Older})
	}
	return append(all,
		section{id: "summary", title: e.Name, facts: facts, forms: []form{toggle,
			{action: path + "/rotate", button: "Rotate the secret", inline: true},
			{action: path + "/resend", button: "Send again what it missed in three days", inline: true},
			{action: path + "/delete", button: "Delete", look: bad, inline: true}}},
		section{id: "deliveries", title: "Deliveries", table: deliveries},
		section{id: "change", title: "Change", forms: []form{endpointForm(path, "Save", e.Form)}})
}

// Event is one event as it is sent.
type Event struct {
	EventRow
	Body string
}

func (e Event) title() string { return "Event" }

func (e Event) sections() []section {
	return []section{{id: "event", title: e.Type, facts: []fact{
		{"Id", cell{text: e.ID, look: mono}}, {"When", cell{text: moment(e.At)}}, {"Delivered", cell{text: e.Delivered, look: look(e.Tone)}},
	}, code: e.Body, forms: []form{{action: "/console/events/" + e.ID + "/resend", button: "Send again to all endpoints that want it", inline: true}}}}
}
