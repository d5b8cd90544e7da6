package sim

import (
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker/stellar"
)

// inFull is the payment that completes a checkout.
func (w *world) inFull(s *sale) operation {
	return operation{kind: "payment", from: payer, to: s.account, asset: s.asset, amount: s.amount, memoType: "text", memo: s.memo, transfer: true}
}

// pay makes a payment of a customer or an attacker that relates to a checkout.
func (w *world) pay(s *sale) {
	w.stats.Payments++
	op := w.inFull(s)
	if s.asset.IsNative() {
		op.kind = []string{"payment", "path_payment_strict_receive", "path_payment_strict_send", "create_account", "account_merge", "invoke_host_function"}[w.rand.IntN(6)]
	} else {
		op.kind = []string{"payment", "path_payment_strict_receive", "path_payment_strict_send", "invoke_host_function"}[w.rand.IntN(4)]
	}
	op.transfer = w.chance(70)
	half := op
	half.amount = s.amount / 2
	switch w.rand.IntN(32) {
	case 0, 1, 2, 3, 4, 5: // correctly
		w.submit(s, "in full", op)
	case 6: // an exchange changes the case
		op.memo = strings.ToUpper(op.memo)
		w.submit(s, "by an exchange", op)
	// ^In two transactions. After the second, a client asks for a new checkout of the same shop and
	// then for this one.
	case 8:
		rest := op
		rest.amount = s.amount - half.amount
		if half.amount == 0 {
			return
		}
		w.submit(s, "the first half", half)
		soon := time.Duration(20+w.rand.IntN(25)) * time.Second
		s.later(w, soon, "the second half", rest)
		w.timers = append(w.timers, timer{w.now.Add(soon + 2*ledgerTime), func() {
			w.sell(s.shop, func(young *sale, e *edge) {
				w.ask(young, e)
				w.timers = append(w.timers, timer{w.now.Add(time.Second), func() { w.ask(s, e) }})
			})
		}})
	case 7: // in two transactions
		rest := op
		rest.amount = s.amount - half.amount
		if half.amount > 0 {
			w.submit(s, "the first half", half)
		}
		within := 1500
		if w.chance(50) {
			within = 120 // no edge may have seen yet what another one wrote of the first half
		}
		s.later(w, time.Duration(w.rand.IntN(within))*time.Second, "the second half", rest)
	case 9: // in two operations of one transaction
		rest := op
		rest.amount = s.amount - half.amount
		if half.amount > 0 {
			half.kind, rest.kind = "payment", "payment"
			w.submit(s, "in two operations", half, rest)
		}
	case 10:
		op.amount = min(s.amount, stellar.MaxAmount-1) + 1
		w.submit(s, "a stroop too much", op)
	case 11:
		if s.amount > 1 {
			op.amount = s.amount - 1
			w.submit(s, "a stroop too little", op)
		}
	case 12: // twice
		w.submit(s, "in full, twice", op)
		s.later(w, time.Duration(w.rand.IntN(60))*time.Second, "again", op)
	case 13:
		op.kind, op.asset = "payment", fakeUSDC
		w.submit(s, "with another issuer's USDC", op)
	case 14:
		op.kind, op.asset = "payment", usdc
		if s.asset == usdc {
			op.asset = stellar.XLM
		}
		w.submit(s, "in another asset", op)
	case 15:
		op.memoType, op.memo = "none", ""
		w.submit(s, "without a memo", op)
	case 16: // Horizon's memo omits the NUL; only memo_bytes shows it
		op.memo += "\x00"
		w.submit(s, "with a NUL behind the memo", op)
	case 17:
		op.memoType = "hash"
		w.submit(s, "with the memo as a hash", op)
	case 18:
		op.failed = true
		w.submit(s, "in a transaction that fails", op)
	case 19: // the merchant's account sends the memo, to the payer and to itself
		op.kind, op.from, op.to = "payment", s.account, payer
		w.submit(s, "out of the merchant's account", op)
		op.to = s.account
		w.submit(s, "from the merchant to himself", op)
	case 20: // right memo, wrong shop
		for op.to == s.account {
			op.to = shopAccounts[w.rand.IntN(len(shopAccounts))]
		}
		w.submit(s, "to the other shop", op)
	case 21, 24, 25: // just before or at the deadline
		s.later(w, s.expiresAt.Sub(w.now)-time.Duration(w.rand.IntN(20))*time.Second, "at the last moment", op)
		for range 3 { // several clients ask after the deadline
			w.timers = append(w.timers, timer{s.expiresAt.Add(time.Duration(w.rand.IntN(15)) * time.Second), func() { w.ask(s, w.anyEdge()) }})
		}
	case 22:
		s.later(w, s.expiresAt.Sub(w.now)+time.Duration(w.rand.IntN(120))*time.Second, "too late", op)
	case 26, 27: // by a smart wallet
		op.memoType, op.memo, op.muxed = "none", "", s.muxed
		w.submit(s, "to its muxed address", w.muxable(op))
	case 28: // the memo of another checkout counts, and not the address
		other := w.people[w.rand.IntN(len(w.people))]
		op.memo, op.muxed = other.memo, s.muxed
		w.submit(s, "to its muxed address, with the memo of "+other.id, w.muxable(op))
	case 29: // one half each way
		rest := op
		rest.amount = s.amount - half.amount
		if half.amount > 0 {
			half.memoType, half.memo, half.muxed = "none", "", s.muxed
			w.submit(s, "the first half to its muxed address", w.muxable(half))
			s.later(w, time.Duration(w.rand.IntN(90))*time.Second, "the second half with its memo", rest)
		}
	case 30: // guessed
		op.memoType, op.memo, op.muxed = "none", "", strconv.FormatUint(w.rand.Uint64(), 10)
		w.submit(s, "to a muxed address that is guessed", w.muxable(op))
	case 31: // right number, wrong shop
		op.memoType, op.memo, op.muxed = "none", "", s.muxed
		for op.to == s.account {
			op.to = shopAccounts[w.rand.IntN(len(shopAccounts))]
		}
		w.submit(s, "by its number at the other shop", w.muxable(op))
	case 23: // dust
		for range w.rand.IntN(20) {
			dust := op
			dust.kind, dust.amount = "payment", 1
			w.submit(s, "dust", dust)
		}
		w.submit(s, "in full, under dust", op)
	}
}

// muxable makes a payment that a muxed address can receive: one that does not yet exist cannot.
func (w *world) muxable(op operation) operation {
	if op.kind == "create_account" {
		op.kind = "payment"
	}
	return op
}

// later schedules a payment after a delay.
func (s *sale) later(w *world, delay time.Duration, what string, op operation) {
	if op.amount > 0 {
		w.timers = append(w.timers, timer{w.now.Add(max(delay, 0)), func() { w.submit(s, what, op) }})
	}
}

func (w *world) submit(s *sale, what string, operations ...operation) {
	w.trace("%s is paid %s: %s %s", s.id, what, operations[0].amount, operations[0].asset.Code)
	w.ledger.submit(operations...)
	if w.chance(20) {
		w.timers = append(w.timers, timer{w.now.Add(time.Duration(w.rand.IntN(20)) * time.Second), func() { w.hint(s, w.anyEdge()) }})
	}
}

type timer struct {
	at time.Time
	do func()
}
