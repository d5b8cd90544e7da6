package sim

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"edgecheckout/worker/stellar"
)

// refund is a refund as the API shows it.
type refund struct {
	ID            string
	Amount        stellar.Amount
	AssetCode     string          `json:"asset_code"`
	AssetIssuer   stellar.Address `json:"asset_issuer"`
	Destination   stellar.Address
	Memo          *string
	Status        string
	Transaction   string
	Hash          string `json:"transaction_hash"`
	PaymentID     string `json:"payment_id"`
	refunds, sale string // the transaction that is refunded, and its checkout
}

// payBack lets a merchant pay back a payment that he was told of, in one of the ways in which
// people do, most of them wrong.
func (w *world) payBack(s *sale) {
	ids := slices.Sorted(maps.Keys(s.facts))
	if len(ids) == 0 || s.createdAt.Before(w.resetAt) {
		return
	}
	id := ids[w.rand.IntN(len(ids))]
	fact := s.facts[id]
	received, err := stellar.ParseAmount(fact.amount)
	if err != nil {
		w.fail("%s: payment %s of %q", s.id, id, fact.amount)
		return
	}
	part := received/2 + 1
	soon := func() time.Duration { return time.Duration(w.rand.IntN(25)) * time.Second }
	switch w.rand.IntN(10) {
	case 0, 1:
		w.askBack(s, id, 0, soon())
	case 2: // in parts
		w.askBack(s, id, part, soon())
		w.askBack(s, id, part, soon())
	case 3: // whole, at several edges at once
		for range 3 {
			w.askBack(s, id, 0, soon())
		}
	case 4: // whole and a part; both are signed
		w.askBack(s, id, 0, 0)
		w.askBack(s, id, part, soon())
	case 5: // by hand, and asked for as well
		w.byHand(s, fact.hash, part)
		w.timers = append(w.timers, timer{w.now.Add(soon()), func() { w.askBack(s, id, 0, soon()) }})
	case 6: // asked for, and by hand before it is signed
		w.askBack(s, id, 0, 10*time.Second)
		w.byHand(s, fact.hash, part)
	case 7: // by hand, twice
		w.byHand(s, fact.hash, received)
		w.byHand(s, fact.hash, received)
	case 8: // a long time later
		w.askBack(s, id, part, time.Duration(w.rand.IntN(1500))*time.Second)
	case 9: // a transaction that paid nobody here
		w.byHand(s, fmt.Sprintf("%064x", w.rand.Uint64()), part)
	}
}

// askBack lets a merchant ask for a refund, and after a while sign it, sometimes twice.
func (w *world) askBack(s *sale, payment string, amount stellar.Amount, wait time.Duration) {
	body := fmt.Sprintf(`{"payment_id":%q,"amount":null}`, payment)
	if amount > 0 {
		body = fmt.Sprintf(`{"payment_id":%q,"amount":%q}`, payment, amount)
	}
	if w.chance(20) { // an exchange wants a memo
		body = body[:len(body)-1] + `,"memo":"user 7"}`
	}
	fact, twice, e := s.facts[payment], w.chance(20), w.anyEdge()
	w.repaid++
	w.spawn("refund at "+e.name, 15, func() {
		var r refund
		if w.call(e, "POST", "/refunds", body, http.Header{"X-Api-Key": {s.shop.key}}, &r) != 200 || r.Status != "pending" {
			return // a real merchant would see why
		}
		if s.createdAt.Before(w.resetAt) {
			return // the network was reset meanwhile: what was read of it is gone
		}
		r.refunds, r.sale = fact.hash, s.id
		w.trace("%s is to be refunded by %s: %s", fact.hash[56:], r.ID, r.Amount)
		w.timers = append(w.timers, timer{w.now.Add(wait), func() { w.signBack(s, r) }})
		if twice {
			w.timers = append(w.timers, timer{w.now.Add(wait + 3*time.Second), func() { w.signBack(s, r) }})
		}
	})
}

// signBack submits the transaction of a refund. What the ledger must know of it is read from it: the
// hash of what is signed, the sequence number and the time until which it is valid.
func (w *world) signBack(s *sale, r refund) {
	envelope, err := base64.StdEncoding.DecodeString(r.Transaction)
	if err != nil || len(envelope) < 80 {
		w.fail("refund %s has the transaction %q", r.ID, r.Transaction)
		return
	}
	network := sha256.Sum256([]byte(passphrase))
	signed := sha256.Sum256(append(network[:], envelope[:len(envelope)-4]...))
	op := operation{
		kind: "payment", from: s.account, to: r.Destination, asset: stellar.Asset{Code: r.AssetCode, Issuer: r.AssetIssuer}, amount: r.Amount,
		memoType: "return", memo: base64.StdEncoding.EncodeToString(fromHex(r.refunds)), refunds: r.refunds, signed: hex.EncodeToString(signed[:]),
		sequence: int64(binary.BigEndian.Uint64(envelope[44:52])), maxTime: time.Unix(int64(binary.BigEndian.Uint64(envelope[64:72])), 0),
	}
	if r.Memo != nil {
		op.memoType, op.memo = "text", *r.Memo
	}
	w.ledger.submit(op)
}

// byHand pays back without the service.
func (w *world) byHand(s *sale, hash string, amount stellar.Amount) {
	w.ledger.submit(operation{kind: "payment", from: s.account, to: payer, asset: s.asset, amount: amount,
		memoType: "return", memo: base64.StdEncoding.EncodeToString(fromHex(hash)), refunds: hash})
}

func fromHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// returned are the payments of an account that pay back a transaction.
func (l *ledger) returned(account stellar.Address, hash string) []operation {
	var all []operation
	for _, op := range l.accounts[account] {
		if op.from == account && op.to != account && op.refunds == hash {
			all = append(all, op)
		}
	}
	return all
}

// holdRefund holds, when the ledger takes a transaction that the service has written, that no more
// was paid back than was received. Refunds by hand may have paid back too much before that, but then
// no transaction could be written.
func (w *world) holdRefund(op operation) {
	var received, returned stellar.Amount
	for _, p := range w.ledger.accounts[op.from] {
		if p.hash() == op.refunds && p.to == op.from && p.from != op.from && p.asset == op.asset {
			received = received.Plus(p.amount)
		}
	}
	for _, r := range w.ledger.returned(op.from, op.refunds) {
		if r.asset == op.asset {
			returned = returned.Plus(r.amount)
		}
	}
	if returned > received {
		w.fail("of transaction %s, which paid %s, a transaction of the service pays back %s in all", op.refunds, received, returned)
	}
}

// audit holds that all refunds of a sale's payments are listed, each once and under one id, and
// returns what its endpoint must have been told.
func (w *world) audit(s *sale) (told []string) {
	payments := map[string][]string{} // by their transaction, which may have made several
	for _, id := range slices.Sorted(maps.Keys(s.facts)) {
		payments[s.facts[id].hash] = append(payments[s.facts[id].hash], id)
	}
	for _, hash := range slices.Sorted(maps.Keys(payments)) {
		want := map[string]int{}
		for _, op := range w.ledger.returned(s.account, hash) {
			want[op.hash()]++
		}
		if len(want) == 0 {
			continue
		}
		for round := range 2 { // what the first one finds is visible to the second one
			for _, id := range payments[hash] {
				var list struct{ Data []refund }
				w.spawn("audit", 0, func() {
					w.call(w.edges[0], "GET", "/refunds?limit=100&payment_id="+id, "", http.Header{"X-Api-Key": {s.shop.key}}, &list)
				})
				w.runDue()
				for _, r := range list.Data {
					if round == 1 && r.Status == "succeeded" {
						want[r.Hash]--
						told = append(told, "refund.succeeded "+r.Hash)
					}
				}
			}
			w.advance(2 * time.Minute)
		}
		for _, refunded := range slices.Sorted(maps.Keys(want)) {
			if n := want[refunded]; n != 0 {
				w.fail("%s: %d refunds by transaction %s are missing", s.id, n, refunded)
			}
		}
	}
	return told
}

// account writes the document of an account as of a ledger. Whoever is no merchant made no
// transaction.
func (w *world) account(address stellar.Address, newest int64) string {
	last := use{sequence: firstSequence}
	for _, u := range w.ledger.uses[address] {
		if u.ledger <= newest {
			last = u
		}
	}
	used := ""
	if last.ledger > 0 {
		used = fmt.Sprintf(`"sequence_ledger":%d,"sequence_time":"%d",`, last.ledger, last.at.Unix())
	}
	line := `{"balance":"900000000000.0000000","selling_liabilities":"0.0000000",%s}`
	return fmt.Sprintf(`{"account_id":%q,"sequence":"%d",%s"subentry_count":2,"balances":[`+line+`,`+line+`,`+line+`]}`,
		address, last.sequence, used, assetFields(usdc), assetFields(fakeUSDC), assetFields(stellar.XLM))
}

// firstSequence is the sequence number of an account that has made no transaction.
const firstSequence = 1000

// use is the use of a sequence number.
type use struct {
	sequence, ledger int64
	at               time.Time
}

// takes reports whether a ledger that closes now takes a transaction of an operation, and uses its
// account's next sequence number.
func (l *ledger) takes(op operation, now time.Time) bool {
	last := int64(firstSequence)
	if n := len(l.uses[op.from]); n > 0 {
		last = l.uses[op.from][n-1].sequence
	}
	if op.sequence != 0 && (op.sequence != last+1 || now.After(op.maxTime)) {
		return false
	}
	l.uses[op.from] = append(l.uses[op.from], use{last + 1, l.sequence, now})
	return true
}
