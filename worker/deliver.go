package worker

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker/event"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
	"edgecheckout/worker/web"
)

const (
	deliveredAtOnce = 50 // entries of the index of what is to be sent
	sentAtOnce      = 8  // to one endpoint
)

// Why an endpoint was disabled.
const (
	reasonGone    = "gone"    // it answered 410
	reasonFailing = "failing" // event.Patience without one success
)

// deliver sends events that nobody has been told of yet and those whose next attempt is due. Like Sweep it may run twice, late, or at the same
// time as itself: then an endpoint gets an event more than once, under one id.
func (s *Service) deliver(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			s.log(ctx, "deliver", map[string]any{"error": err.Error()})
		}
	}()
	s.told.Store(false)
	any, err := s.store.AnyWebhooks(ctx)
	if err != nil || !any {
		return err
	}
	due, err := s.store.Due(ctx, s.platform.Now())
	if err != nil {
		return err
	}
	known := &targets{of: map[store.Key][]*target{}}
	for len(due) > 0 {
		some := due[:min(len(due), deliveredAtOnce)]
		due = due[len(some):]
		if err := s.deliverSome(ctx, some, known); err != nil {
			return err
		}
	}
	return nil
}

// deliverNews delivers, if an event was written since that was last done.
func (s *Service) deliverNews(ctx context.Context) {
	if s.told.Load() {
		_ = s.deliver(ctx) // what was not delivered is due for the next sweep
	}
}

// target is an endpoint during a run of deliver.
type target struct {
	store.Endpoint
	secret, previous event.Secret
	old              bool // an older key of the deployment opened its secrets
	failed           bool // in this run: nothing more is sent to it
	before           store.WebhookState
}

// targets are the endpoints that a run of deliver has met, by owner and in the order in which they were met.
type targets struct {
	of  map[store.Key][]*target
	all []*target
}

// sending is one event on its way to one endpoint.
type sending struct {
	store.Sending
	to      *target
	attempt *store.Attempt // nil if it was not made
	wait    time.Duration  // Retry-After
}

func (s *Service) deliverSome(ctx context.Context, due []store.Due, known *targets) error {
	entries, err := s.store.Sendings(ctx, due)
	if err != nil {
		return err
	}
	var sendings []*sending
	byEntry := make([][]*sending, len(entries))
	for i, entry := range entries {
		all, err := s.targets(ctx, entry.Due.Merchant, entry.Due.Mode, known)
		if err != nil {
			return err
		}
		for _, to := range all {
			if to.Silent() || entry.Event.ID == "" || entry.Due.Webhook != "" && entry.Due.Webhook != to.ID || entry.Due.Webhook == "" && !to.Wants(entry.Event.Type) {
				continue
			}
			one := &sending{Sending: entry, to: to}
			sendings, byEntry[i] = append(sendings, one), append(byEntry[i], one)
		}
	}
	if err := s.send(ctx, sendings); err != nil {
		return err
	}
	return s.record(ctx, entries, byEntry, known)
}

// targets reads the endpoints of an owner, once in a run.
func (s *Service) targets(ctx context.Context, merchant string, mode stellar.Mode, known *targets) ([]*target, error) {
	owner := store.HasWebhooksKey(merchant, mode)
	if targets, ok := known.of[owner]; ok {
		return targets, nil
	}
	endpoints, err := s.store.Endpoints(ctx, merchant, mode)
	if err != nil {
		return nil, err
	}
	known.of[owner] = nil
	for _, e := range endpoints {
		to := &target{Endpoint: e, before: e.State}
		if to.secret, to.old, err = s.config.Vault.Open(e.ID, e.Secret.Sealed); err != nil {
			s.log(ctx, "webhook_secret_lost", map[string]any{"webhook": e.ID})
			continue
		}
		if s.platform.Now().Before(e.Secret.PreviousUntil) {
			if to.previous, _, err = s.config.Vault.Open(e.ID, e.Secret.Previous); err != nil {
				to.previous = nil // its key is gone; the new secret signs
			}
		}
		known.of[owner] = append(known.of[owner], to)
		known.all = append(known.all, to)
	}
	return known.of[owner], nil
}

// send makes one attempt for each, in rounds of sentAtOnce for an endpoint, and of one for an endpoint that failed the last time. One that fails
// in a round gets nothing more in this run.
func (s *Service) send(ctx context.Context, waiting []*sending) error {
	for len(waiting) > 0 {
		var round, later []*sending
		taken := map[*target]int{}
		for _, one := range waiting {
			most := sentAtOnce
			if !one.to.State.FailingSince.IsZero() {
				most = 1
			}
			switch {
			case one.to.failed:
			case taken[one.to] < most:
				taken[one.to]++
				round = append(round, one)
			default:
				later = append(later, one)
			}
		}
		messages := make([]Outgoing, len(round))
		now := s.platform.Now()
		for i, one := range round {
			var err error
			if messages[i], err = message(one, now); err != nil {
				return err
			}
		}
		if len(messages) == 0 {
			return nil
		}
		for i, reply := range s.platform.Sender.Send(ctx, messages) {
			round[i].take(reply, now)
		}
		waiting = later
	}
	return nil
}

// message writes an event for an endpoint and signs it.
func message(one *sending, now time.Time) (Outgoing, error) {
	body, err := encodeItem(eventView(one.Event))
	if err != nil {
		return Outgoing{}, err
	}
	signed := event.Sign(one.to.secret, one.to.previous, one.Event.ID, now, body)
	return Outgoing{URL: one.to.URL, Body: body, Header: web.Header{
		{Name: "Content-Type", Value: "application/json"},
		{Name: "User-Agent", Value: "edge-checkout"},
		{Name: "X-StellarTools-Event", Value: one.Event.Type},
		{Name: "X-StellarTools-Signature", Value: signed.StellarTools},
		{Name: "webhook-id", Value: one.Event.ID},
		{Name: "webhook-timestamp", Value: signed.Timestamp},
		{Name: "webhook-signature", Value: signed.Standard},
	}}, nil
}

// take notes what an endpoint answered.
func (one *sending) take(r Reply, now time.Time) {
	one.attempt = &store.Attempt{At: now.UTC().Truncate(time.Millisecond), Status: r.Status, Error: r.Error, Duration: r.Duration, Answer: strings.ToValidUTF8(string(r.Answer), "\uFFFD")}
	to := one.to
	if one.attempt.Succeeded() {
		to.State.FailingSince = time.Time{}
		return
	}
	to.failed = true
	one.wait = retryAfterOf(r.RetryAfter, now)
	if to.State.FailingSince.IsZero() {
		to.State.FailingSince = one.attempt.At
	}
	switch {
	case to.Silent():
	case r.Status == http.StatusGone:
		to.State.DisabledAt, to.State.Reason = one.attempt.At, reasonGone
	case one.attempt.At.Sub(to.State.FailingSince) >= event.Patience:
		to.State.DisabledAt, to.State.Reason = one.attempt.At, reasonFailing
	}
}

// retryAfterOf reads a Retry-After header: seconds, or a date.
func retryAfterOf(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return at.Sub(now)
	}
	return 0
}

// record writes what became of entries of the index, and what was learned of endpoints.
func (s *Service) record(ctx context.Context, entries []store.Sending, byEntry [][]*sending, known *targets) error {
	var sent store.Sent
	var done []store.Due
	now := s.platform.Now().UTC().Truncate(time.Millisecond)
	for i, entry := range entries {
		done = append(done, entry.Due)
		at, e := entry.Position, entry.Event
		if entry.Due.Webhook == "" {
			at = store.Listed{Created: now, ID: e.ID}
			e.First = map[string]store.Attempt{}
		}
		for _, one := range byEntry[i] {
			switch {
			case one.attempt == nil: // the endpoint failed before its turn came
				sent.Again(one.to.ID, e, at, now.Add(one.to.pause(now)))
			case one.attempt.Succeeded() && one.Delivery == nil && e.First != nil && entry.Due.Webhook == "":
				e.First[one.to.ID] = *one.attempt
			default:
				sent.Delivered(one.to.ID, e, at, one.next(now))
			}
		}
		switch {
		case entry.Due.Webhook == "":
			sent.Logged(e, at)
		case len(byEntry[i]) == 0 && entry.Delivery != nil && e.ID != "": // the endpoint is disabled, or gone
			sent.Delivered(entry.Due.Webhook, e, at, store.Delivery{Attempts: entry.Delivery.Attempts})
		}
	}
	var disabled []*target
	for _, to := range known.all {
		if to.old {
			sent.Secret(to.ID, s.sealAgain(to))
			to.old = false
		}
		if to.State == to.before {
			continue
		}
		sent.State(to.ID, to.State)
		if !to.State.DisabledAt.IsZero() && to.before.DisabledAt.IsZero() {
			disabled = append(disabled, to)
		}
		to.before = to.State
	}
	if err := s.tellDisabled(ctx, disabled); err != nil {
		return err
	}
	return s.store.Record(ctx, sent, done...)
}

// pause is how long an event waits for an endpoint that another one has just found failing: as long as it has failed already, so that what
// waits for an endpoint costs less and less.
func (to *target) pause(now time.Time) time.Duration {
	wait, _ := event.Wait(1, 0)
	if !to.State.FailingSince.IsZero() { // another event of the same round may have been taken
		wait, _ = event.Wait(1, now.Sub(to.State.FailingSince))
	}
	return wait
}

// sealAgain encrypts the secrets of an endpoint with the newest key, so that the older ones can be removed.
func (s *Service) sealAgain(to *target) store.WebhookSecret {
	secret := store.WebhookSecret{Sealed: s.config.Vault.Seal(to.ID, to.secret)}
	if to.previous != nil {
		secret.Previous, secret.PreviousUntil = s.config.Vault.Seal(to.ID, to.previous), to.Secret.PreviousUntil
	}
	return secret
}

// next is what became of an event at an endpoint after one more attempt.
func (one *sending) next(now time.Time) store.Delivery {
	var d store.Delivery
	if one.Delivery != nil {
		d.Attempts = one.Delivery.Attempts
	} else if first, ok := one.Event.First[one.to.ID]; ok {
		d.Attempts = []store.Attempt{first} // it is sent again
	}
	d.Attempts = append(d.Attempts[max(len(d.Attempts)-maxKeptAttempts+1, 0):len(d.Attempts):len(d.Attempts)], *one.attempt)
	if one.attempt.Succeeded() || one.to.Silent() {
		return d
	}
	if wait, ok := event.Wait(len(d.Attempts), one.wait); ok {
		d.Next = now.Add(wait)
	}
	return d
}

// maxKeptAttempts is how many attempts are kept of an event at an endpoint: those of the schedule, and some that were asked for.
const maxKeptAttempts = 20

// tellDisabled writes the events of endpoints that were disabled.
func (s *Service) tellDisabled(ctx context.Context, disabled []*target) error {
	var records []store.Event
	for _, to := range disabled {
		object, err := encodeItem(webhookView(to.Webhook))
		if err != nil {
			return err
		}
		e := event.New(event.WebhookDisabled, to.State.DisabledAt, to.ID)
		record, err := recordOf(e, to.Merchant, to.Mode, eventData{Object: object})
		if err != nil {
			return err
		}
		records = append(records, record)
		s.log(ctx, "webhook_disabled", map[string]any{"webhook": to.ID, "reason": to.State.Reason})
	}
	if len(records) == 0 {
		return nil
	}
	return s.store.PutEvents(ctx, records...)
}
