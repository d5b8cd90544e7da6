package sim

import (
	"context"
	"net/url"
	"strings"
	"time"

	"edgecheckout/worker/stellar"
)

// Run plays one simulation. It returns nil, or the first promise that was broken.
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

// live lets things happen.
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
			w.sweep(w.anyEdge())
			nextSweep = w.nextSweep()
		}
		if !w.kind && w.rand.IntN(3000) == 0 {
			w.reset()
		}
		if !w.kind && w.rand.IntN(400) == 0 {
			w.halt()
		}
		if len(w.people) < 14 && w.chance(5) {
			w.sell(w.shops[w.rand.IntN(len(w.shops))], nil)
		}
		if len(w.people) == 0 {
			continue
		}
		s := w.people[w.rand.IntN(len(w.people))]
		if w.chance(4) && w.now.Before(s.expiresAt) {
			w.pay(s)
		}
		if w.chance(12) {
			e := w.anyEdge()
			w.ask(s, e)
			if w.chance(20) { // everybody looks at once: one look serves them all
				for _, i := range w.rand.Perm(len(w.people)) {
					w.ask(w.people[i], e)
				}
			}
		}
		if w.chance(1) && w.chance(50) {
			w.cancel(s, w.anyEdge())
		}
	}
}

// nextSweep is usually the next minute; crons come late, or not for an hour.
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

// reset starts the network anew, as a test network does now and then: a young history with low numbers, and nothing of the old.
func (w *world) reset() {
	w.trace("the network is reset")
	w.resetAt = w.now
	w.ledger = newLedger(2+w.rand.Int64N(2_000_000), w.now)
	w.timers = nil
}

// halt lets time jump: the network stands still, and so does everybody, for up to a quarter of an hour.
func (w *world) halt() {
	w.now = w.now.Add(time.Duration(1+w.rand.IntN(900)) * time.Second)
	w.trace("time jumps")
	w.ledger.close(w.now)
	w.runDue()
}

// mood changes what is wrong with Horizon, and says for how long.
func (w *world) mood() time.Duration {
	before := w.fault
	w.fault = faultNone
	if !w.kind && w.chance(35) {
		w.fault = fault(w.rand.IntN(int(faultCount)))
	}
	for i := range w.nodes[1:] {
		w.nodes[i+1].lag = int64(w.rand.IntN(6))
	}
	if w.fault != before {
		w.trace("Horizon: fault %d", w.fault)
	}
	if w.fault == faultAccount {
		return time.Duration(5+w.rand.IntN(20)) * time.Minute
	}
	return time.Duration(30+w.rand.IntN(300)) * time.Second
}

// advance lets time pass, ledger by ledger, and lets everybody act whose time has come.
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
		w.runDue()
	}
}

// others are strangers who pay each other, now and then more than a page of them.
func (w *world) others() {
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
		_ = e.service.Sweep(context.Background()) // what was not done is done by a later one
	})
}

// rest lets everything come to its end: no faults, no new people, and sweeps until every deadline is long past.
func (w *world) rest() {
	w.fault, w.calm = faultNone, true
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
	for _, s := range w.people {
		truth := w.oracle(s, w.ledger.sequence)
		for _, e := range w.edges {
			w.ask(s, e)
			w.runDue()
		}
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

// complete asks the merchant's way for everything that is known of a checkout: all money that came in time to be seen must be there.
func (w *world) complete(s *sale) {
	var o object // with everything that is known
	w.spawn("audit", 0, func() {
		w.call(w.edges[0], "GET", "/checkout/"+s.id, "", map[string][]string{"X-Api-Key": {s.shop.key}}, &o)
	})
	w.runDue()
	reported := map[string]int{}
	for _, p := range o.Payments {
		reported[p.TransactionHash]++
	}
	// Money that came after the end is found when its account is read again, at the latest when something else is sold.
	var lastSale time.Time
	for _, other := range w.people {
		if other.account == s.account {
			lastSale = later(lastSale, other.createdAt)
		}
	}
	truth := w.money(s)
	for _, op := range w.ledger.accounts[s.account] {
		if n := truth[op.hash()]; n > 0 && reported[op.hash()] != n && op.closedAt.Before(lastSale) {
			w.fail("%s: %d payments of transaction %s are missing", s.id, n-reported[op.hash()], op.hash())
		}
	}
}

// budget holds what a calm world may have written.
func (w *world) budget() {
	counts := w.memory.Counts()
	minutes := int(w.now.Sub(w.start)/time.Minute) + 1
	const setUp = 6 // merchants and keys
	allowed := setUp + 4*w.creates + 3*w.stats.Checkouts + w.stats.Payments + minutes
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

// noteRead counts how often an account is read at an edge on behalf of people who look.
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
	// One may begin in every window; that it ends later does not matter.
	if most := 3 + int(w.now.Sub(r.first)/lookWindow); r.count > most {
		w.fail("looks at %s read %s %d times in %v", e.name, account, r.count, w.now.Sub(r.first))
	}
}

// lookWindow is what the service promises: at most one reading of an account on behalf of people who look.
const lookWindow = 3 * time.Second

// looked is how often an account was read since when, and by whom.
type looked struct {
	by    map[*actor]bool
	first time.Time
	count int
}
