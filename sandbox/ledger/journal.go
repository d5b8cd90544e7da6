package ledger

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// heartbeat is how many empty ledgers may close before one of them is written to the journal. A
// reopened ledger continues as if one had closed every second since the newest in the journal. As
// long as the clock was right, no more had closed, so no client holds a cursor from beyond it.
// Sequence numbers never grow faster than seconds, on which clients rely to find the ledger before
// a moment.
const heartbeat = 64

// journal is an append-only file with one line of JSON for the network and one for each ledger that
// is not empty. Envelopes are enough: applied again in the same ledgers, they give the same ledger.
type journal struct {
	file *os.File
	last uint32 // the newest ledger in the file
}

type opening struct {
	Passphrase string `json:"passphrase"`
	Genesis    int64  `json:"genesis"` // Unix seconds
}

type entry struct {
	Sequence uint32 `json:"sequence"`
	ClosedAt int64  `json:"closed_at"` // Unix seconds
	// PreviousHash replaces the empty ledgers before, so that this one gets the same hash again.
	PreviousHash string   `json:"previous_hash"`
	Envelopes    []string `json:"envelopes,omitempty"`
}

// Open continues the ledger in a journal, or creates one if the file does not exist. What it
// applies from then on is appended to the file. The Genesis of the journal takes precedence; all
// other options must be as they were. Close a ledger before serving it: clients may have seen empty
// ledgers later than the journal's newest.
func Open(path string, o Options) (*Ledger, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the ledger's journal: %w", err)
	}
	l, err := (*Ledger)(nil), lock(file)
	if err == nil {
		l, err = replay(file, o)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("read the ledger's journal %s: %w", path, err)
	}
	return l, nil
}

func replay(file *os.File, o Options) (*Ledger, error) {
	content, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	// A process that was killed while writing leaves an incomplete line, of which no client has
	// been told.
	content = content[:bytes.LastIndexByte(content, '\n')+1]
	if err := file.Truncate(int64(len(content))); err != nil {
		return nil, err
	}
	if _, err := file.Seek(int64(len(content)), io.SeekStart); err != nil {
		return nil, err
	}

	l := New(o)
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, len(content)+1)
	if lines.Scan() {
		var first opening
		if err := json.Unmarshal(lines.Bytes(), &first); err != nil {
			return nil, fmt.Errorf("line 1: %w", err)
		}
		if first.Passphrase != l.passphrase {
			return nil, fmt.Errorf("it belongs to the network %q, not to %q", first.Passphrase, l.passphrase)
		}
		o.Genesis = time.Unix(first.Genesis, 0)
		l = New(o)
		l.resumed = true
	} else if err := writeLine(file, opening{l.passphrase, l.latest().ClosedAt.Unix()}); err != nil {
		return nil, err
	}
	for number := 2; lines.Scan(); number++ {
		if err := l.replay(lines.Bytes()); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	l.journal = &journal{file: file, last: l.latest().Sequence}
	return l, nil
}

func (l *Ledger) replay(line []byte) error {
	var e entry
	if err := json.Unmarshal(line, &e); err != nil {
		return err
	}
	at, before := time.Unix(e.ClosedAt, 0).UTC(), l.latest()
	if e.Sequence <= before.Sequence || !at.After(before.ClosedAt) {
		return errors.New("ledgers are out of order")
	}
	for _, base64 := range e.Envelopes {
		decoded, err := l.decode(base64)
		if err != nil {
			return err
		}
		l.queue.add(decoded)
	}
	_, err := l.close(e.Sequence, at, e.PreviousHash)
	return err
}

func (j *journal) append(h Header, pending []envelope) error {
	if j == nil || (len(pending) == 0 && h.Sequence < j.last+heartbeat) {
		return nil
	}
	e := entry{Sequence: h.Sequence, ClosedAt: h.ClosedAt.Unix(), PreviousHash: h.PreviousHash}
	for _, p := range pending {
		e.Envelopes = append(e.Envelopes, p.base64)
	}
	if err := writeLine(j.file, e); err != nil {
		return fmt.Errorf("write the ledger's journal: %w", err)
	}
	j.last = h.Sequence
	return nil
}

func writeLine(w io.Writer, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// Release closes the journal, if there is one. The ledger can still be read, but not closed.
func (l *Ledger) Release() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.journal == nil {
		return nil
	}
	return l.journal.file.Close()
}
