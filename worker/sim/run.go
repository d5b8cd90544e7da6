package sim

import (
	"context"
	"net/url"
	"strings"
	"time"

	"edgecheckout/worker/stellar"
)

// Run runs one simulation. It returns its statistics, and the first violation or nil.
func Run(seed uint64) (Stats, *Violation) {
	w := newWorld(seed)
	defer w.abandon()
	w.live(time.Duration(15+w.rand.IntN(30)) * time.Minute)
	w.rest()
	w.stats.Writes = w.memory.Counts().Writes
	if w.reason != "" {
		return w.stats, &Violation{seed, w.reason, w.log}
	}
	return w.stats, nil
}

// abandon ends the goroutines of actors that are still parked.
func (w *world) abandon() {
	for _, a := range w.actors {
		if !a.ended {
			w.current = a
			a.resume <- false
			<-w.parked
		}
	}
}

// live simulates activity and faults for a duration.
func (w *world) live(d time.Duration) {
	end := w.now.Add(d)
	nextSweep := w.now.Truncate(time.Minute).Add(time.Minute)
	nextMood := w.now
	for w.now.Before(end) && w.reason == "" {
		w.advance(time.Duration(1+w.rand.IntN(8)) * time.Second)
		if !w.now.Before(nextMood) {
			nextMood = w.now.Add(w.mood())
		}
		if !w.now.Before(nextSweep) {
			w.holdWaits()
			w.sweep(w.anyEdge())
			nextSweep = w.nextSweep()
		}
		if !w.kind && w.rand.IntN(3000) == 0 {
			w.reset()
		}
		if !w.kind && w.rand.IntN(400) == 0 {
			w.halt()
		}
		if len(w.people) < 14 && w.chance(w.demand) {
			w.sell(w.shops[w.rand.IntN(len(w.shops))], nil)
		}
		if len(w.people) == 0 {
			continue
		}
		s := w.people[w.rand.IntN(len(w.people))]
		// A reset takes the merchants' accounts with it, so nobody can pay what was made before.
		if w.chance(8) && w.now.Before(s.expiresAt) && !s.createdAt.Before(w.resetAt) {
			w.pay(s)
		}
		if w.chance(w.asking) {
			e := w.anyEdge()
			w.ask(s, e)
			if w.chance(20) { // many clients ask at once, and one look should serve them all
				for _, i := range w.rand.Perm(len(w.people)) {
					w.ask(w.people[i], e)
				}
			}
		}
		if w.chance(1) {
			w.cancel(s, w.anyEdge())
		}
		if w.refunds && w.chance(6) {
			w.payBack(s)
		}
	}
}

// holdWaits holds, in a world without faults, that the payment of a checkout does not wait for long
// until a sweep has recorded it, whoever asks. Sweeps that may read few pages can be some minutes
// late, more so if each one runs elsewhere and reads again what the last one read, since it does not
// see its cursor yet (seed 12435 took more than eight minutes).
func (w *world) holdWaits() {
	const longest = 12 * time.Minute
	upTo := w.ledger.sequence - int64(longest/ledgerTime)
	if !w.kind || upTo < w.ledger.elder {
		return
	}
	for _, s := range w.people {
		if w.memory.Peek("outcome/"+s.id) == nil && w.oracle(s, upTo).status == "completed" {
			w.fail("%s has been paid for %v, and nobody has recorded it", s.id, longest)
		}
	}
}

// nextSweep returns the time of the next sweep: usually the next minute, but crons may be late or
// pause for up to an hour.
func (w *world) nextSweep() time.Time {
	next := w.now.Truncate(time.Minute).Add(time.Minute)
	switch {
	case w.kind:
	case w.chance(1):
		next = next.Add(time.Duration(w.rand.IntN(60)) * time.Minute)
		w.trace("the cron pauses")
	case w.chance(10):
		next = next.Add(time.Duration(w.rand.IntN(50)) * time.Second)
	}
	return next
}

// reset restarts the network, as happens to a test network: low ledger numbers and no old history.
func (w *world) reset() {
	w.trace("the network is reset")
	w.resetAt = w.now
	w.ledger = newLedger(2+w.rand.Int64N(2_000_000), w.now)
	w.ledger.written = w.holdRefund
	w.timers = nil
	for _, s := range w.people {
		// An end that the store never took was told because the ledger could prove it again. Now
		// nothing can.
		if w.memory.Peek("outcome/"+s.id) == nil {
			s.told = verdict{}
		}
	}
}

// halt advances the clock by up to a quarter of an hour without ledgers in between. Requests that are
// under way come to their end first: none takes longer than a minute, on any platform.
func (w *world) halt() {
	end := w.now.Add(time.Duration(1+w.rand.IntN(900)) * time.Second)
	for range 60 {
		if w.now.Before(end) {
			w.now = w.now.Add(time.Second)
			w.runDue()
		}
	}
	w.now = end
	w.trace("time jumps")
	w.ledger.close(w.now)
	w.runDue()
}

// mood draws Horizon's next fault and the lag of its nodes, and returns how long they last.
func (w *world) mood() time.Duration {
	before := w.fault
	w.fault = faultNone
	if !w.kind && w.chance(35) {
		w.fault = fault(w.rand.IntN(int(faultCount)))
	}
	for i := range w.nodes[1:] {
		w.nodes[i+1].lag = int64(min(w.rand.IntN(12), maxLag))
	}
	if w.fault != before {
		w.trace("Horizon: fault %d", w.fault)
	}
	if w.fault == faultAccount || w.fault == faultFeed {
		return time.Duration(5+w.rand.IntN(20)) * time.Minute
	}
	return time.Duration(30+w.rand.IntN(300)) * time.Second
}

// advance advances the clock ledger by ledger, and runs everything that becomes due.
func (w *world) advance(d time.Duration) {
	for end := w.now.Add(d); w.now.Before(end); {
		step := min(end.Sub(w.now), w.ledger.closedAt.Add(ledgerTime).Sub(w.now))
		if step <= 0 {
			step = end.Sub(w.now)
		}
		w.now = w.now.Add(step)
		if !w.now.Before(w.ledger.closedAt.Add(ledgerTime)) {
			w.others()
			w.ledger.close(w.now)
		}
		due := w.timers
		w.timers = nil
		for _, t := range due {
			if t.at.After(w.now) {
				w.timers = append(w.timers, t)
			} else {
				t.do()
			}
		}
		w.deliverPosted()
		w.runDue()
	}
}

// others are strangers who pay each other, now and then more than a page of them.
func (w *world) others() {
	if w.quiet {
		return
	}
	n := w.rand.IntN(3)
	if w.chance(2) {
		n = w.rand.IntN(500)
	}
	for range n {
		w.ledger.submit(operation{kind: "payment", from: payer, to: stranger, asset: stellar.XLM, amount: 1, memoType: "text", memo: "invoice"})
	}
}

func (w *world) sweep(e *edge) {
	w.stats.Sweeps++
	w.spawn("sweep at "+e.name, 240, func() {
		_ = e.service.Sweep(context.Background(), "") // a later sweep does what this one could not
	})
}

// rest finishes the simulation: no faults and no new checkouts, but sweeps until every deadline has
// long passed. Then it checks the final states.
func (w *world) rest() {
	w.fault, w.calm, w.fits = faultNone, true, 0
	w.nodes = w.nodes[:1]
	w.trace("all is calm")
	for last := w.now; w.now.Before(last.Add(13*time.Minute)) && w.reason == ""; {
		for _, t := range w.timers {
			last = later(last, t.at)
		}
		for _, s := range w.people {
			last = later(last, s.expiresAt)
		}
		w.advance(time.Minute)
		w.sweep(w.anyEdge())
		w.runDue()
	}
	w.advance(3 * time.Minute)
	// Where sweeps read little at a time, it may be a question that ends a checkout. That is told
	// as well.
	for _, s := range w.people {
		for _, e := range w.edges {
			w.ask(s, e)
			w.runDue()
		}
	}
	told := map[*sale][]string{}
	for _, s := range w.people {
		if !s.createdAt.Before(w.resetAt) && w.refunds {
			told[s] = w.audit(s)
		}
	}
	w.deliver()
	for _, s := range w.people {
		for _, fact := range told[s] {
			if s.events[fact] == "" {
				w.fail("%s: nobody was told %s", s.id, fact)
			}
		}
		truth := w.oracle(s, w.ledger.sequence)
		if s.createdAt.Before(w.resetAt) {
			continue
		}
		if s.told != truth && w.reason == "" {
			w.fail("%s ended as %v; the ledger says %v", s.id, s.told, truth)
		}
		w.complete(s)
	}
	if w.kind && w.reason == "" {
		w.budget()
	}
}

// complete reads a checkout as the merchant and checks that all payments that must have been found
// are reported.
func (w *world) complete(s *sale) {
	var o object
	w.spawn("audit", 0, func() {
		w.call(w.edges[0], "GET", "/checkout/"+s.id, "", map[string][]string{"X-Api-Key": {s.shop.key}}, &o)
	})
	w.runDue()
	w.heard(s, o)
	reported := map[string]int{}
	for _, p := range o.Payments {
		reported[p.TransactionHash]++
	}
	// A payment after the end is found when its account is read again, at the latest for the next
	// checkout of the same account.
	var lastSale time.Time
	for _, other := range w.people {
		if other.account == s.account {
			lastSale = later(lastSale, other.createdAt)
		}
	}
	if !w.forgotAt[s.id].Before(lastSale) {
		return
	}
	truth := w.money(s)
	for _, op := range w.ledger.accounts[s.account] {
		if n := truth[op.hash()]; n > 0 && reported[op.hash()] != n && op.closedAt.Before(lastSale) {
			w.fail("%s: %d payments of transaction %s are missing", s.id, n-reported[op.hash()], op.hash())
		}
	}
}

// budget checks the number of writes of a simulation without faults.
func (w *world) budget() {
	counts := w.memory.Counts()
	minutes := int(w.now.Sub(w.start)/time.Minute) + 1
	const setUp = 4 * (3 + 5) // of each shop: a merchant and a key; an endpoint
	// A payment is written once for its checkout, and at most twice among what passes over the feed
	// found, since two passes read each ledger. Two data centres that do not see each other's writes
	// yet may both write the same event.
	allowed := setUp + 5*w.creates + 3*w.stats.Checkouts + 3*w.stats.Payments + minutes + 2*w.found + 15*w.repaid
	if counts.Writes > allowed {
		w.fail("%d writes for %d checkouts in %d minutes, %d allowed", counts.Writes, w.stats.Checkouts, minutes, allowed)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// noteRead counts the reads of an account at an edge for clients that ask, and checks their rate.
func (w *world) noteRead(e *edge, raw string) {
	u, err := url.Parse(raw)
	if err != nil || w.current == nil || !strings.HasPrefix(w.current.name, "ask") || !strings.HasSuffix(u.Path, "/payments") {
		return
	}
	account := stellar.Address(strings.Split(u.Path, "/")[2])
	r, ok := e.looked[account]
	if !ok {
		r.first = w.now
	}
	if r.by == nil {
		r.by = map[*actor]bool{}
	}
	if !r.by[w.current] {
		r.by[w.current] = true
		r.count++
	}
	e.looked[account] = r
	// One look may begin in every window; when it ends does not matter.
	if most := 3 + int(w.now.Sub(r.first)/lookWindow); r.count > most {
		w.fail("looks at %s read %s %d times in %v", e.name, account, r.count, w.now.Sub(r.first))
	}
}

// lookWindow is the window in which the service promises at most one look at an account for clients
// that ask.
const lookWindow = 3 * time.Second

// looked counts the actors that read an account since first.
type looked struct {
	by    map[*actor]bool
	first time.Time
	count int
}
