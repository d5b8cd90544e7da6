package watch

import (
	"bytes"
	"strconv"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/codec"
)

// encode writes a look for decodeLook, which every status call needs: a line of JSON without the
// payments, and a line for each payment.
func (l look) encode() []byte {
	w := codec.NewWriter(1024 + len(l.payments))
	l.WriteJSON(w)
	w.Raw("\n")
	return append(w.Bytes(), l.payments...)
}

// decodeLook reads what encode wrote. Anything else, such as what another version of this program
// remembered, is as good as nothing.
func decodeLook(value []byte) (l look, ok bool) {
	head, payments, ok := bytes.Cut(value, []byte("\n"))
	if !ok || len(payments) > 0 && payments[len(payments)-1] != '\n' {
		return look{}, false
	}
	r := codec.NewReader(string(head))
	l.ReadJSON(&r)
	if !r.Done() {
		return look{}, false
	}
	l.payments = payments
	return l, true
}

// lookedAt are the payments of a look, in the order in which they were read, each a line of JSON. A
// status parses only those that are for its checkout, since there can be maxLooked.
type lookedAt []byte

// lines calls yield with each line, until it returns false.
func (p lookedAt) lines(yield func(line []byte) bool) {
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		if end < 0 || !yield(p[:end]) {
			return
		}
		p = p[end+1:]
	}
}

func (p lookedAt) count() int { return bytes.Count(p, []byte("\n")) }

// ledgerOf returns the ledger of a payment's line.
func ledgerOf(line []byte) int64 {
	digits := bytes.TrimPrefix(line, []byte(`{"op":`))
	digits, _, _ = bytes.Cut(digits, []byte(","))
	operation, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		return 0
	}
	return operation >> 32
}

func decodeFound(line []byte) (f found, ok bool) {
	r := codec.NewReader(string(line))
	f.ReadJSON(&r)
	return f, r.Done()
}

// after returns the payments in ledgers after one.
func (p lookedAt) after(ledger int64) lookedAt {
	var kept lookedAt
	for line := range p.lines {
		if ledgerOf(line) > ledger {
			kept = append(append(kept, line...), '\n')
		}
	}
	return kept
}

// with returns these payments and others.
func (p lookedAt) with(others []found) lookedAt {
	w := codec.NewWriter(256 * len(others))
	for _, f := range others {
		f.WriteJSON(w)
		w.Raw("\n")
	}
	return append(p[:len(p):len(p)], w.Bytes()...)
}

// all parses all payments.
func (p lookedAt) all() (all []found) {
	for line := range p.lines {
		if f, ok := decodeFound(line); ok {
			all = append(all, f)
		}
	}
	return all
}

// of returns the payments for a checkout in ledgers after one and up to another; ok is false if they
// are too many. It needs no record that leads from a muxed id to the checkout, which may not be
// visible here yet.
func (p lookedAt) of(c *checkout.Checkout, after, through int64) (payments []checkout.Payment, ok bool) {
	id, muxed := []byte(c.ID.String()), []byte(c.Muxed)
	for line := range p.lines {
		if !bytes.Contains(line, id) && (len(muxed) == 0 || !bytes.Contains(line, muxed)) {
			continue
		}
		if ledger := ledgerOf(line); ledger <= after || ledger > through {
			continue
		}
		if f, ok := decodeFound(line); ok && f.names(c) {
			payments = append(payments, f.Payment)
		}
		if len(payments) > maxLookedOwn {
			return nil, false
		}
	}
	return payments, true
}
