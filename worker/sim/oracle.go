package sim

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"
)

// The oracle derives a checkout's state from the ledger alone. It shares no code with the service
// and reads the ledger's own operations, so that a bug would have to be made twice to go unnoticed.

// verdict is a checkout's state in the terms of the API.
type verdict struct {
	status, exception string
	received          int64 // stroops
}

// oracle returns the state of a checkout as of a ledger.
func (w *world) oracle(s *sale, upTo int64) verdict {
	deadline := w.deadline(s)
	var sum int64
	foreign := false
	ledgerOf := int64(0)
	reached := false
	for _, op := range w.ledger.accounts[s.account] {
		sequence := op.id >> 32
		if sequence > upTo || op.failed || op.to != s.account || op.from == s.account {
			continue
		}
		if !w.names(op, s) || !op.closedAt.Before(deadline) {
			continue
		}
		if op.asset.Code != s.asset.Code || op.asset.Issuer != s.asset.Issuer {
			foreign = true
			continue
		}
		if reached && sequence != ledgerOf {
			continue // the checkout had already completed
		}
		if sum += int64(op.amount); sum < 0 {
			sum = math.MaxInt64 // beyond what the API can express
		}
		if sum >= int64(s.amount) && !reached {
			reached, ledgerOf = true, sequence
		}
	}
	over := !w.closeTime(upTo).Before(deadline)
	switch {
	case reached && sum > int64(s.amount):
		return verdict{"completed", "overpaid", sum}
	case reached:
		return verdict{"completed", "", sum}
	case over && sum > 0:
		return verdict{"failed", "underpaid", sum}
	case over && foreign:
		return verdict{"failed", "wrong_asset", 0}
	case over:
		return verdict{"expired", "", 0}
	case sum > 0:
		return verdict{"open", "underpaid", sum}
	}
	return verdict{"open", "", 0}
}

// deadline returns a checkout's deadline. Creation and cancellation are not on the ledger, so it
// reads the newest values in the store.
func (w *world) deadline(s *sale) time.Time {
	var made struct {
		ExpiresAt time.Time `json:"expires_at"`
	}
	var cancelled struct{ Deadline time.Time }
	if err := json.Unmarshal(w.memory.Peek("checkout/"+s.id), &made); err != nil {
		w.fail("%s is gone from the store: %v", s.id, err)
	}
	if value := w.memory.Peek("cancel/" + s.id); value != nil && json.Unmarshal(value, &cancelled) == nil && cancelled.Deadline.Before(made.ExpiresAt) {
		return cancelled.Deadline
	}
	return made.ExpiresAt
}

// closeTime returns when a ledger closed.
func (w *world) closeTime(sequence int64) time.Time {
	return w.ledger.closings[sequence-w.ledger.elder]
}

// observation is an answer of the service about a checkout.
type observation struct {
	verdict
	payments map[string]fact // by id
}

// fact is what an answer says about one payment.
type fact struct {
	hash    string
	amount  string
	counted bool
}

// check compares an answer to a question of the time asked with the ledger and with earlier
// answers.
func (w *world) check(s *sale, who string, asked time.Time, o observation) {
	truth := w.oracle(s, w.ledger.sequence)
	w.stats.Observations++
	if s.createdAt.Before(w.resetAt) {
		// The history that contained the checkout's payments is gone, so the only requirement is
		// that final states do not change.
		if s.told.status != "" && s.told.status != "open" && o.status != "open" && o.verdict != s.told {
			w.fail("%s was %v and became %v for %s after a reset", s.id, s.told, o.verdict, who)
		}
		if o.status != "open" && w.memory.Peek("outcome/"+s.id) != nil {
			s.told, s.toldAt = o.verdict, w.now
		}
		return
	}
	switch {
	case s.told.status != "" && s.told.status != "open":
		if o.status == "open" {
			// The store may lag by a minute or may have lost the outcome. A client can then still
			// see the past if Horizon cannot be read or another request reads the account first. An
			// answer may also come late.
			recorded, ok := w.recordedAt[s.id]
			if ok && asked.Sub(later(s.toldAt, recorded)) > 2*time.Minute && w.fault == faultNone {
				w.fail("%s told %s that the checkout is open, %v after it was %s", s.id, who, w.now.Sub(s.toldAt), s.told.status)
			}
		} else if o.verdict != s.told {
			w.fail("%s was %v and became %v for %s", s.id, s.told, o.verdict, who)
		}
	case o.status != "open":
		if o.verdict != truth {
			w.fail("%s is %v for %s; the ledger says %v", s.id, o.verdict, who, truth)
		}
		s.told, s.toldAt = o.verdict, w.now
		w.trace("%s is %v", s.id, o.verdict)
	default:
		if o.received > truth.received {
			w.fail("%s received %d for %s; the ledger says %v", s.id, o.received, who, truth)
		}
		if !w.watched(s) {
			w.fail("%s is open for %s, and no sweep can know of it", s.id, who)
		}
	}
	w.checkPayments(s, who, o)
}

// watched reports whether the store lists a checkout among the open ones, or has its outcome. A
// customer who knows of a checkout may pay without ever asking again, so a sweep must be able to
// find it.
func (w *world) watched(s *sale) bool {
	listed := func(key string) bool { return strings.HasSuffix(key, "/"+s.id) }
	return slices.ContainsFunc(w.memory.Keys("open/"), listed) || w.memory.Peek("outcome/"+s.id) != nil || w.lost["outcome/"+s.id]
}

// checkPayments checks that the same payment always has the same id and the same facts.
func (w *world) checkPayments(s *sale, who string, o observation) {
	for id, fact := range o.payments {
		if known, ok := s.facts[id]; ok && known != fact {
			w.fail("%s: payment %s was %v and became %v for %s", s.id, id, known, fact, who)
		}
		s.facts[id] = fact
	}
	ids := map[string]int{}
	for _, fact := range s.facts {
		ids[fact.hash]++
	}
	truth := w.money(s)
	for hash, n := range ids {
		if n > truth[hash] {
			w.fail("%s: %d payments are reported of transaction %s, which made %d", s.id, n, hash, truth[hash])
		}
	}
}

// names reports whether a payment to the checkout's account is for the checkout: by its memo, or, if
// that names no checkout, by the number in the address.
func (w *world) names(op operation, s *sale) bool {
	if op.memoType == "text" {
		for _, other := range w.people {
			if strings.EqualFold(op.memo, other.memo) {
				return other == s
			}
		}
	}
	return op.muxed != "" && op.muxed == s.muxed
}

// money counts, by transaction, all payments to the checkout's account that name it, in any asset.
// At the end the service must report exactly these.
func (w *world) money(s *sale) map[string]int {
	n := map[string]int{}
	for _, op := range w.ledger.accounts[s.account] {
		if !op.failed && op.to == s.account && op.from != s.account && w.names(op, s) {
			n[op.hash()]++
		}
	}
	return n
}
