package worker

import (
	"context"
	"encoding/json"
	"time"

	"edgecheckout/worker/store"
)

// queueTime is how long the queue has to deliver an entry of the index before the cron does: longer
// than a batch with endpoints that do not answer takes. An earlier cron would send most of it
// twice.
const queueTime = time.Minute

// visibleAfter is after what time a write is visible everywhere: twice the staleness of the store.
const visibleAfter = 2 * time.Minute

// repeatTime is for how long an instance remembers which messages it has sent and received.
const repeatTime = time.Minute

// failedPause is after what time a batch is tried again that could not be read or recorded.
const failedPause = 5 * time.Second

// notice is a message of the queue: an entry of the index of what is to be sent, with everything
// that is needed to send it, because the entry itself may not be visible yet where the message
// arrives.
type notice struct {
	store.Sending
	Written time.Time `json:"written"` // when the entry was
	// Issuer asks who issues an asset. Nothing is sent then.
	Issuer *issuerQuestion `json:"issuer,omitempty"`
}

// enqueueEvents has the queue deliver events that nobody has been told of yet.
func (s *Service) enqueueEvents(ctx context.Context, events []store.Event) {
	var sendings []store.Sending
	for _, e := range events {
		// Many who look at a checkout may find the same event at the same time.
		if s.platform.Queue != nil && s.platform.Recent.Claim("told/"+e.ID, repeatTime) {
			sendings = append(sendings, store.SendingOf(e))
		}
	}
	s.enqueue(ctx, sendings...)
}

// enqueue has the queue deliver entries of the index at their time. The cron delivers those that
// are too large for the queue or due too late.
func (s *Service) enqueue(ctx context.Context, sendings ...store.Sending) {
	if s.platform.Queue == nil {
		return
	}
	now := s.platform.Now()
	var messages []Queued
	for _, one := range sendings {
		delay := max(one.Due.At.Sub(now)+time.Second-1, 0).Truncate(time.Second)
		body := store.Encode(notice{Sending: one, Written: now.UTC()})
		if delay <= MaxDelay && len(body) <= MaxMessage {
			messages = append(messages, Queued{body, delay, one.Due.Webhook != "" && !one.Asked})
		}
	}
	if len(messages) > 0 {
		s.platform.Queue.Send(ctx, messages...)
	}
}

// Deliver is run by the queue with a batch of messages, and returns a verdict for each. Any number
// of runs may be under way at the same time. What a run could not do is done by a later one or by
// the cron.
func (s *Service) Deliver(ctx context.Context, batch []Delivered) []Verdict {
	verdicts := make([]Verdict, len(batch))
	var entries []store.Sending
	var written []time.Time
	var of []int // entries' messages
	for i, m := range batch {
		var n notice
		if err := json.Unmarshal(m.Body, &n); err != nil {
			s.log(ctx, "queue_message", map[string]any{"error": err.Error()})
			continue
		}
		if n.Issuer != nil {
			s.findIssuer(ctx, *n.Issuer)
			continue
		}
		if m.Attempts > 1 || s.platform.Recent.Claim("received/"+n.Due.String(), repeatTime) {
			entries, written, of = append(entries, n.Sending), append(written, n.Written), append(of, i)
		}
	}
	busy, err := s.deliverPending(ctx, entries, written)
	if err != nil {
		s.log(ctx, "deliver", map[string]any{"error": err.Error()})
		for _, i := range of {
			verdicts[i] = Verdict{Retry: true, Delay: failedPause}
		}
		return verdicts
	}
	for i, wait := range busy {
		verdicts[of[i]] = Verdict{Retry: wait > 0, Delay: wait}
	}
	return verdicts
}

// deliverPending is deliverSome for entries that are still to be sent.
func (s *Service) deliverPending(ctx context.Context, entries []store.Sending, written []time.Time) ([]time.Duration, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	visible, err := s.store.Recheck(ctx, entries)
	if err != nil {
		return nil, err
	}
	now := s.platform.Now()
	var pending []store.Sending
	var at []int
	for i, entry := range entries {
		if visible[i] || now.Sub(written[i]) < visibleAfter {
			pending, at = append(pending, entry), append(at, i)
		}
	}
	waits, err := s.deliverSome(ctx, pending, &targets{of: map[store.Key][]*target{}, queued: true})
	if err != nil {
		return nil, err
	}
	busy := make([]time.Duration, len(entries))
	for i, wait := range waits {
		busy[at[i]] = wait
	}
	return busy, nil
}
