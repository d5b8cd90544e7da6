package worker

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker/event"
	"edgecheckout/worker/store"
	"edgecheckout/worker/web"
)

// deliveredAtOnce is how many entries of the index of what is to be sent the cron takes at once.
const deliveredAtOnce = 50

// unloggedTime is for how long a further attempt waits for its event to be in the log. If whoever
// planned it died before, the event is still to be sent under another entry.
const unloggedTime = time.Hour

// Why an endpoint was disabled.
const (
	reasonGone    = "gone"    // it answered 410
	reasonFailing = "failing" // event.Patience without one success
)

// deliver sends events that nobody has been told of yet and those whose next attempt is due; where
// there is a queue, only those that it should have delivered long ago. Like Sweep it may run twice,
// late, or at the same time as itself: then an endpoint gets an event more than once, under one id.
func (s *Service) deliver(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			s.log(ctx, "deliver", map[string]any{"error": err.Error()})
		}
	}()
	s.told.Store(false)
	until := s.platform.Now()
	if s.platform.Queue != nil {
		until = until.Add(-queueTime)
	}
	due, err := s.store.Due(ctx, until)
	if err != nil {
		return err
	}
	known := &targets{of: map[store.Key][]*target{}}
	for len(due) > 0 {
		some := due[:min(len(due), deliveredAtOnce)]
		due = due[len(some):]
		entries, err := s.store.Sendings(ctx, some)
		if err != nil {
			return err
		}
		if _, err := s.deliverSome(ctx, entries, known); err != nil {
			return err
		}
	}
	return nil
}

// deliverNews delivers, if an event was written since that was last done and no queue has it.
func (s *Service) deliverNews(ctx context.Context) {
	if s.platform.Queue == nil && s.told.Load() {
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

// targets are the endpoints that a run has met, by owner and in the order in which they were met.
type targets struct {
	of     map[store.Key][]*target
	all    []*target
	queued bool // the run is one of many at the same time: see [Service.Deliver]
}

// sending is one event on its way to one endpoint.
type sending struct {
	store.Sending
	to      *target
	attempt *store.Attempt // nil if it was not made
	wait    time.Duration  // Retry-After
	busy    time.Duration  // how long to wait, if it was not made because others are under way
}

// deliverSome sends entries of the index, and records what became of them. It returns how long to
// wait with each entry that was left as it is because other requests to its endpoints are under
// way; 0 for all others.
func (s *Service) deliverSome(ctx context.Context, entries []store.Sending, known *targets) (busy []time.Duration, err error) {
	if err := s.meet(ctx, entries, known); err != nil {
		return nil, err
	}
	var sendings []*sending
	byEntry := make([][]*sending, len(entries))
	for i, entry := range entries {
		for _, to := range known.of[store.HasWebhooksKey(entry.Due.Merchant, entry.Due.Mode)] {
			if to.Silent() || entry.Event.ID == "" || entry.Taken() || entry.Due.Webhook != "" && entry.Due.Webhook != to.ID || entry.Due.Webhook == "" && !to.Wants(entry.Event.Type) {
				continue
			}
			one := &sending{Sending: entry, to: to}
			sendings, byEntry[i] = append(sendings, one), append(byEntry[i], one)
		}
	}
	if err := s.send(ctx, sendings, known.queued); err != nil {
		return nil, err
	}
	busy = make([]time.Duration, len(entries))
	var tried []store.Sending
	var byTried [][]*sending
	for i, entry := range entries {
		if busy[i] = allBusy(byEntry[i]); busy[i] == 0 {
			tried, byTried = append(tried, entry), append(byTried, byEntry[i])
		}
	}
	return busy, s.record(ctx, tried, byTried, known)
}

// allBusy returns how long to wait if all endpoints of an entry are busy, otherwise 0.
func allBusy(sendings []*sending) time.Duration {
	var longest time.Duration
	for _, one := range sendings {
		if one.busy == 0 {
			return 0
		}
		longest = max(longest, one.busy)
	}
	return longest
}

// meet reads the endpoints of the owners of entries, each once in a run.
func (s *Service) meet(ctx context.Context, entries []store.Sending, known *targets) error {
	var owners []store.Owner
	for _, entry := range entries {
		key := store.HasWebhooksKey(entry.Due.Merchant, entry.Due.Mode)
		if _, ok := known.of[key]; !ok {
			known.of[key] = nil
			owners = append(owners, store.OwnerOf(entry.Due.Merchant, entry.Due.Mode))
		}
	}
	endpoints, err := s.store.Endpoints(ctx, owners...)
	if err != nil {
		return err
	}
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
		key := store.HasWebhooksKey(e.Merchant, e.Mode)
		known.of[key] = append(known.of[key], to)
		known.all = append(known.all, to)
	}
	return nil
}

// send makes one attempt for each, in rounds of as many as [lanes] allow for an endpoint, and of
// one for an endpoint that failed the last time. One that fails in a round gets nothing more in
// this run.
func (s *Service) send(ctx context.Context, waiting []*sending, queued bool) error {
	for len(waiting) > 0 {
		var round, later []*sending
		taken := map[*target]int{}
		now := s.platform.Now()
		for _, one := range waiting {
			most, wait := s.lanes.free(one.to.ID, now)
			failed := one.failedAt()
			failing := !failed.IsZero() && !s.lanes.tookSince(one.to.ID, failed)
			switch {
			case one.to.failed:
				continue
			case failing && queued && one.Due.Webhook == "":
				continue // it is sent by a run that others do not wait for
			case most == 0:
				one.busy = wait
				continue
			case failing && queued && taken[one.to] == 0 && !s.platform.Recent.Claim("failing/"+one.to.ID, failingPause):
				one.to.failed = true // another run has just tried
				continue
			case failing:
				most = 1
			}
			if taken[one.to] < most {
				taken[one.to]++
				round = append(round, one)
			} else {
				later = append(later, one)
			}
		}
		messages := make([]Outgoing, len(round))
		for i, one := range round {
			var err error
			if messages[i], err = message(one, now); err != nil {
				return err
			}
		}
		if len(messages) == 0 {
			return nil
		}
		for to, n := range taken {
			s.lanes.begin(to.ID, n, now)
		}
		replies := s.platform.Sender.Send(ctx, messages)
		for to, n := range taken {
			s.lanes.end(to.ID, n, now)
		}
		for i, reply := range replies {
			one := round[i]
			if one.take(reply, now); one.attempt.Succeeded() {
				s.lanes.took(one.to.ID, now)
			}
		}
		waiting = later
	}
	return nil
}

// failedAt returns when the endpoint failed, as far as is known here; zero if that is not known.
// What its record says may be a minute old, so the attempts so far of this event count as well.
func (one *sending) failedAt() time.Time {
	if one.Delivery == nil || len(one.Delivery.Attempts) == 0 {
		return one.to.State.FailingSince
	}
	if last := one.Delivery.Attempts[len(one.Delivery.Attempts)-1]; !last.Succeeded() {
		return last.At
	}
	return one.to.State.FailingSince
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
		if entry.Event.ID == "" && entry.Due.Webhook != "" && now.Sub(entry.Due.At) < unloggedTime {
			continue // whoever planned the attempt may still be writing the log
		}
		done = append(done, entry.Due)
		at, e := entry.Position, entry.Event
		if entry.Due.Webhook == "" {
			at = store.Listed{Created: now, ID: e.ID}
			e.First = map[string]store.Attempt{}
		}
		for _, one := range byEntry[i] {
			switch {
			case one.busy > 0: // others are under way, but not at all endpoints of this event
				sent.SendAgain(one.to.ID, store.Sending{Event: e, Position: at, Delivery: one.Delivery, Asked: one.Asked}, now.Add(one.busy))
			case one.attempt == nil: // the endpoint failed before its turn came
				sent.SendAgain(one.to.ID, store.Sending{Event: e, Position: at, Delivery: one.Delivery, Asked: one.Asked}, now.Add(one.to.pause(now)))
			case one.attempt.Succeeded() && one.Delivery == nil && e.First != nil && entry.Due.Webhook == "":
				e.First[one.to.ID] = *one.attempt
			default:
				sent.Delivered(one.to.ID, e, at, s.next(one, now))
			}
		}
		switch {
		case entry.Due.Webhook == "":
			sent.Logged(e, at)
		case len(byEntry[i]) == 0 && entry.Delivery != nil && e.ID != "" && !entry.Taken(): // the endpoint is disabled, or gone
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
	if err := s.store.Record(ctx, sent, done...); err != nil {
		return err
	}
	s.enqueue(ctx, sent.Again()...)
	return nil
}

// pause is how long an event waits for an endpoint that another one has just found failing: as long
// as it has failed already, so that what waits for an endpoint costs less and less.
func (to *target) pause(now time.Time) time.Duration {
	wait, _ := event.Wait(1, 0)
	if !to.State.FailingSince.IsZero() { // another event of the same round may have been taken
		wait, _ = event.Wait(1, now.Sub(to.State.FailingSince))
	}
	return wait
}

// sealAgain encrypts the secrets of an endpoint with the newest key, so that the older ones can be
// removed.
func (s *Service) sealAgain(to *target) store.WebhookSecret {
	secret := store.WebhookSecret{Sealed: s.config.Vault.Seal(to.ID, to.secret)}
	if to.previous != nil {
		secret.Previous, secret.PreviousUntil = s.config.Vault.Seal(to.ID, to.previous), to.Secret.PreviousUntil
	}
	return secret
}

// next is what became of an event at an endpoint after one more attempt.
func (s *Service) next(one *sending, now time.Time) store.Delivery {
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
		d.Next = now.Add(time.Duration(float64(wait) * s.config.WebhookHour.Hours()))
	}
	return d
}

// maxKeptAttempts is how many attempts are kept of an event at an endpoint: those of the schedule,
// and some that were asked for.
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
	return s.putEvents(ctx, records...)
}
