package sim

import (
	"context"
	"time"

	"edgecheckout/worker"
)

// queue is the deployment's queue. While there are faults it loses messages, repeats them, delays
// them, and delivers them in any order, at any edge.
type queue struct{ world *world }

// posted is a message on its way.
type posted struct {
	worker.Delivered
	at time.Time
}

// Send implements worker.Queue.
func (q queue) Send(_ context.Context, messages ...worker.Queued) {
	w := q.world
	for _, m := range messages {
		copies := 1
		switch {
		case w.calm:
		case w.chance(10):
			w.stats.Faults++
			continue
		case w.chance(10):
			copies = 2
		}
		for range copies {
			w.post(worker.Delivered{Body: m.Body}, m.Delay)
		}
	}
}

// post adds a message that is to be delivered once more.
func (w *world) post(m worker.Delivered, delay time.Duration) {
	if !w.calm && w.chance(20) {
		delay += time.Duration(w.rand.IntN(180)) * time.Second
	}
	m.Attempts++
	w.posted = append(w.posted, posted{m, w.now.Add(delay)})
}

// deliverPosted has edges take the messages that are due, in batches.
func (w *world) deliverPosted() {
	var due []worker.Delivered
	waiting := w.posted
	w.posted = nil
	for _, m := range waiting {
		if m.at.After(w.now) {
			w.posted = append(w.posted, m)
		} else {
			due = append(due, m.Delivered)
		}
	}
	w.rand.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
	for len(due) > 0 {
		batch := due[:min(len(due), 1+w.rand.IntN(10))]
		due = due[len(batch):]
		e := w.anyEdge()
		w.spawn("queue at "+e.name, 30, func() {
			done := false
			defer func() {
				for _, m := range batch {
					if !done { // the platform delivers the batch again
						w.post(m, 0)
					}
				}
			}()
			verdicts := e.service.Deliver(context.Background(), batch)
			done = true
			for i, v := range verdicts {
				if v.Retry {
					w.post(batch[i], v.Delay)
				}
			}
		})
	}
}

// inTime is how soon after its creation a checkout's endpoint must be told of it, where there is a
// queue and no fault.
const inTime = 30 * time.Second
