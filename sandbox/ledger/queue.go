package ledger

import "slices"

// queue holds the transactions for the next ledger, possibly several of one account in sequence.
type queue struct {
	pending []envelope
	hashes  map[string]bool
	waiting map[string]waiting // by account
	// dropped says why accepted transactions were not included in a ledger.
	dropped map[string]*RejectedError
	order   []string // of dropped, oldest first
}

type waiting struct {
	count int64 // transactions whose source is this account
	fees  int64 // what the account will pay, in stroops
}

// maxDropped bounds the memory for dropped transactions.
const maxDropped = 1000

func newQueue() queue {
	q := queue{dropped: map[string]*RejectedError{}}
	q.clear()
	return q
}

func (q *queue) clear() {
	q.pending, q.hashes, q.waiting = nil, map[string]bool{}, map[string]waiting{}
}

func (q *queue) of(address string) waiting { return q.waiting[address] }

func (q *queue) add(e envelope) {
	q.pending = append(q.pending, e)
	q.hashes[e.key()] = true
	source := q.waiting[e.source()]
	source.count++
	q.waiting[e.source()] = source
	payer := q.waiting[e.payer()]
	payer.fees += e.charge()
	q.waiting[e.payer()] = payer
	q.forget(e.key())
}

func (q *queue) drop(hash string, err *RejectedError) {
	q.dropped[hash] = err
	q.order = append(q.order, hash)
	if len(q.order) > maxDropped {
		delete(q.dropped, q.order[0])
		q.order = q.order[1:]
	}
}

func (q *queue) forget(hash string) {
	if q.dropped[hash] != nil {
		delete(q.dropped, hash)
		q.order = slices.DeleteFunc(q.order, func(h string) bool { return h == hash })
	}
}

// Submit checks an envelope (base64 XDR) as the network does before inclusion, and queues it for
// the next ledger. It returns the transaction's hash, also if it is already queued or applied. The
// error is a [*MalformedError] or a [*RejectedError].
func (l *Ledger) Submit(base64 string) (hash string, err error) {
	e, err := l.decode(base64)
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.submit(e)
}

// Enqueue is like [Ledger.Submit], but as the network does without Horizon's memory: it refuses a
// transaction that is applied, because its sequence number is used, and reports one that is queued.
func (l *Ledger) Enqueue(base64 string) (hash string, queued bool, err error) {
	e, err := l.decode(base64)
	if err != nil {
		return "", false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queue.hashes[e.key()] {
		return e.key(), true, nil
	}
	hash, err = l.enqueue(e)
	return hash, false, err
}

func (l *Ledger) submit(e envelope) (string, error) {
	hash := e.key()
	if l.history.transactions[hash] != nil || l.queue.hashes[hash] {
		return hash, nil
	}
	return l.enqueue(e)
}

func (l *Ledger) enqueue(e envelope) (string, error) {
	hash := e.key()
	latest := l.latest()
	if err := l.check(e, latest.Sequence+1, latest.ClosedAt.Unix()); err != nil {
		return hash, err
	}
	l.queue.add(e)
	return hash, nil
}

// Dropped returns why a transaction that [Ledger.Submit] had accepted is in no ledger; nil if none
// was dropped.
func (l *Ledger) Dropped(hash string) *RejectedError {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.queue.dropped[hash]
}

// Pending is the number of transactions that wait for the next ledger.
func (l *Ledger) Pending() int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.queue.pending)
}
