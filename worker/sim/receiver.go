package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker"
)

// receiver is the merchants' side of webhooks: it takes events, or fails to, and remembers all that
// was told.
type receiver struct{ world *world }

// Send implements worker.Sender.
func (r receiver) Send(_ context.Context, messages []worker.Outgoing) []worker.Reply {
	w := r.world
	w.park(latencyNetwork)
	replies := make([]worker.Reply, len(messages))
	for i, m := range messages {
		var e struct{ ID string }
		_ = json.Unmarshal(m.Body, &e) // hear reports what is wrong with it
		w.attempts[e.ID]++
		switch {
		case !w.calm && w.chance(10):
			replies[i] = worker.Reply{Status: 500}
			continue
		case !w.calm && w.chance(5): // the merchant has it, and the answer is lost
			replies[i] = worker.Reply{Error: "connection reset"}
		default:
			replies[i] = worker.Reply{Status: 200}
		}
		w.hear(m.Body)
	}
	return replies
}

// hear holds an event to the ledger.
func (w *world) hear(body []byte) {
	var e struct {
		ID, Type  string
		CreatedAt time.Time `json:"created"`
		Data      struct {
			Object json.RawMessage
			Reason string
		}
	}
	if err := json.Unmarshal(body, &e); err != nil {
		w.fail("an event that is no JSON: %v", err)
		return
	}
	var about struct {
		ID         string
		CheckoutID string `json:"checkout_id"`
		Hash       string `json:"transaction_hash"`
	}
	_ = json.Unmarshal(e.Data.Object, &about)
	fact, of := e.Type, about.ID
	if strings.HasPrefix(e.Type, "payment.") {
		fact, of = e.Type+" "+e.Data.Reason+" "+about.ID, about.CheckoutID
	}
	if strings.HasPrefix(e.Type, "refund.") {
		fact, of = e.Type+" "+about.Hash, about.CheckoutID
	}
	i := slices.IndexFunc(w.people, func(s *sale) bool { return s.id == of })
	if i < 0 {
		w.unheard = append(w.unheard, body) // of a checkout whose merchant has no answer yet
		return
	}
	s := w.people[i]
	if known, ok := s.events[fact]; ok && known != e.ID {
		w.fail("%s: %s was told as %s and as %s", s.id, fact, known, e.ID)
	}
	s.events[fact] = e.ID
	switch e.Type {
	case "checkout.created":
		if age := w.now.Sub(s.createdAt); w.kind && w.queued && age > inTime {
			w.fail("%s: its endpoint was told of it after %v", s.id, age)
		}
	case "checkout.completed", "checkout.expired", "checkout.failed":
		var o object
		if err := json.Unmarshal(e.Data.Object, &o); err != nil || "checkout."+o.Status != e.Type {
			w.fail("%s: %s tells of a checkout that is %s, %v", s.id, e.Type, o.Status, err)
		}
		if e.CreatedAt.Before(w.resetAt) && !bytes.Contains(w.memory.Peek("outcome/"+s.id), []byte(`"status":"`+o.Status+`"`)) {
			return // an end in the old history, which the store never took, is told late
		}
		w.check(s, "an endpoint", w.now, o.observation())
	case "refund.succeeded":
		if !s.createdAt.Before(w.resetAt) && !slices.ContainsFunc(w.ledger.accounts[s.account], func(op operation) bool { return op.from == s.account && op.hash() == about.Hash }) {
			w.fail("%s: %s tells of a transaction %s that paid nothing back", s.id, e.Type, about.Hash)
		}
	case "payment.confirmed", "payment.unexpected":
		if w.money(s)[about.Hash] == 0 && !s.createdAt.Before(w.resetAt) {
			w.fail("%s: %s tells of a transaction %s that did not pay it", s.id, e.Type, about.Hash)
		}
	}
}

// attemptWaits are the documented times between the attempts to send an event.
var attemptWaits = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// holdNextAttempt holds that an event, which is to be sent again at the time in its key, waits no
// longer than the attempts so far demand, or than its endpoint can have failed.
func (w *world) holdNextAttempt(key string) {
	parts := strings.Split(key, "/") // due, seconds, merchant, mode, event, endpoint
	if len(parts) != 6 || parts[0] != "due" {
		return
	}
	seconds, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		w.fail("%s: %v", key, err)
		return
	}
	wait, attempts := time.Unix(seconds, 0).Sub(w.now), w.attempts[parts[4]]
	most := w.now.Sub(w.start)
	if attempts > 0 {
		most = max(most, attemptWaits[min(attempts, len(attemptWaits))-1])
	}
	if wait > most+time.Minute {
		w.fail("after %d attempts, %s waits for %v", attempts, parts[4], wait)
	}
}

// deliver lets time pass until nothing is to be sent any more. The attempts of an event take up to
// three days.
func (w *world) deliver() {
	w.quiet = true
	for range 6 * 24 * 4 {
		if len(w.memory.Keys("due/")) == 0 || w.reason != "" {
			return
		}
		w.advance(10 * time.Minute)
		w.sweep(w.anyEdge())
		w.runDue()
	}
	w.fail("events are still to be sent: %v", w.memory.Keys("due/"))
}

// heard holds that the endpoint of a sale's merchant was told of its beginning, of all money that
// its object shows, and of its end.
func (w *world) heard(s *sale, o object) {
	for _, body := range w.unheard {
		if strings.Contains(string(body), s.id) {
			w.hear(body)
		}
	}
	want := []string{"checkout.created"}
	if o.Status != "open" {
		want = append(want, "checkout."+o.Status)
	}
	for _, fact := range want {
		if s.events[fact] == "" {
			w.fail("%s is %s, and nobody was told %s", s.id, o.Status, fact)
		}
	}
	for _, p := range o.Payments {
		known := false
		for fact := range s.events {
			known = known || strings.HasPrefix(fact, "payment.") && strings.HasSuffix(fact, " "+p.ID)
		}
		if !known {
			w.fail("%s: nobody was told of the payment %s", s.id, p.ID)
		}
	}
}
