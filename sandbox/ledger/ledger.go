// Package ledger is a Stellar ledger in memory: accounts, trustlines, real envelopes with real
// signatures and hashes, and the history of everything that was applied. It has no clock and no
// network: its owner calls [Ledger.Close] with the time, so a test that closes ledgers itself is
// deterministic.
package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"sync"
	"time"

	"github.com/stellar/go/keypair"
)

// Passphrase is the network passphrase of the sandbox, unless [Options] have another one.
const Passphrase = "Edge Checkout Sandbox ; November 2026"

const (
	// FirstSequence is the sequence number of the first ledger. It is this large so that ids look
	// like those of a network with a history.
	FirstSequence = 1_200_000
	// BaseFee is the fee of one operation, in stroops.
	BaseFee = 100
	// BaseReserve, in stroops, is the unit of what an account must keep: two of them, and one for
	// each trustline.
	BaseReserve = 5_000_000
	// TotalCoins is all XLM in existence, in stroops.
	TotalCoins = 1_000_000_000_000_000_000
	// Protocol is the protocol version in the headers.
	Protocol = 23
)

// Options of a [Ledger]. The zero value is usable.
type Options struct {
	Passphrase string    // Passphrase if empty
	Genesis    time.Time // close time of the first ledger; 1 November 2026 if zero
	First      uint32    // sequence number of the first ledger; FirstSequence if zero
	Accounts   []Account // exist from the beginning, without a history
	Market     Market    // the rates at which path payments convert
}

// Header is a closed ledger.
type Header struct {
	Sequence     uint32
	ClosedAt     time.Time // whole seconds, UTC
	Hash         string
	PreviousHash string
	Transactions []*Transaction
	FeePool      int64 // stroops
}

// Ledger is safe for concurrent use. What its methods return is never changed afterwards.
type Ledger struct {
	passphrase string
	market     Market
	root       *keypair.Full

	mu        sync.RWMutex
	accounts  map[string]*Account
	claimable map[string]*ClaimableBalance // by id
	feePool   int64
	headers   []Header // ascending; without empty ledgers if read from a journal
	history   history
	queue     queue
	closed    chan struct{} // closed and replaced whenever a ledger closes
	journal   *journal
	resumed   bool // from a journal, and no ledger has closed since
}

// New creates a ledger whose root account holds all XLM that the other accounts do not.
func New(o Options) *Ledger {
	if o.Passphrase == "" {
		o.Passphrase = Passphrase
	}
	if o.First == 0 {
		o.First = FirstSequence
	}
	if o.Genesis.IsZero() {
		o.Genesis = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	}
	l := &Ledger{
		passphrase: o.Passphrase,
		market:     o.Market,
		root:       keypair.Root(o.Passphrase),
		accounts:   map[string]*Account{},
		claimable:  map[string]*ClaimableBalance{},
		history:    newHistory(),
		queue:      newQueue(),
		closed:     make(chan struct{}),
	}
	first := Header{Sequence: o.First, ClosedAt: o.Genesis.UTC().Truncate(time.Second)}
	first.PreviousHash = hex.EncodeToString(make([]byte, sha256.Size))
	first.seal()
	l.headers = append(l.headers, first)
	root := &Account{Address: l.root.Address(), Balance: TotalCoins, Modified: first.Sequence, ModifiedAt: first.ClosedAt}
	for _, a := range o.Accounts {
		root.Balance -= a.Balance
		l.accounts[a.Address] = a.clone()
	}
	l.accounts[root.Address] = root
	return l
}

// Resumed reports whether the ledger comes from a journal and none has closed since. A ledger that
// the journal does not contain may have closed in the same second as [Open]: close the next one in
// a later second.
func (l *Ledger) Resumed() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.resumed
}

// Passphrase is the network passphrase, which is part of every transaction's hash.
func (l *Ledger) Passphrase() string { return l.passphrase }

// Latest is the newest closed ledger.
func (l *Ledger) Latest() Header {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.latest()
}

func (l *Ledger) latest() Header { return l.headers[len(l.headers)-1] }

// Elder is the oldest ledger in the history.
func (l *Ledger) Elder() Header {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.headers[0]
}

// Closed returns a channel that is closed when the next ledger closes. Get it before reading the
// ledger so that you miss nothing in between.
func (l *Ledger) Closed() <-chan struct{} {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.closed
}

// Close applies the pending transactions and closes a ledger at now, or a second after the previous
// one if now is not later than that. It fails only if the journal cannot be written, and then
// changes nothing.
func (l *Ledger) Close(now time.Time) (Header, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := now.UTC().Truncate(time.Second)
	if before := l.latest().ClosedAt; !at.After(before) {
		at = before.Add(time.Second)
	}
	sequence := l.latest().Sequence + 1
	if l.resumed {
		sequence = l.latest().Sequence + uint32(at.Sub(l.latest().ClosedAt)/time.Second)
	}
	h, err := l.close(sequence, at, l.latest().Hash)
	if err == nil {
		l.resumed = false
	}
	return h, err
}

func (l *Ledger) close(sequence uint32, at time.Time, previous string) (Header, error) {
	if sequence > math.MaxInt32 {
		panic("ledger: sequence numbers are used up")
	}
	pending := l.queue.pending
	next := Header{Sequence: sequence, ClosedAt: at, PreviousHash: previous}
	if err := l.journal.append(next, pending); err != nil {
		return Header{}, err
	}
	l.queue.clear()
	for _, p := range pending {
		if t := l.include(p, &next); t != nil {
			next.Transactions = append(next.Transactions, t)
		}
	}
	next.FeePool = l.feePool
	next.seal()
	l.headers = append(l.headers, next)
	for _, t := range next.Transactions {
		l.history.add(t)
	}
	close(l.closed)
	l.closed = make(chan struct{})
	return next, nil
}

// seal sets the hash, which covers the previous ledger's hash and the transactions.
func (h *Header) seal() {
	sum := sha256.New()
	sum.Write([]byte(h.PreviousHash))
	_ = binary.Write(sum, binary.BigEndian, []int64{int64(h.Sequence), h.ClosedAt.Unix()})
	for _, t := range h.Transactions {
		sum.Write([]byte(t.Hash))
		sum.Write([]byte(t.ResultXDR))
	}
	h.Hash = hex.EncodeToString(sum.Sum(nil))
}
