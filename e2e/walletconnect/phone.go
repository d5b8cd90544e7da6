package walletconnect

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Wallet is what a phone does, and whom it asks.
type Wallet struct {
	Root  string // of the repository
	Name  string
	Chain string // the network that it is set to, such as stellar:testnet
	// Answer answers what the wallet needs of its owner: the method "account", or "sign" with a
	// transaction's envelope. It declines with the words of an error.
	Answer func(method, xdr string) (string, error)
}

// Phone is a phone with a wallet: a process that runs the package of WalletConnect.
type Phone struct {
	process *exec.Cmd
	in      io.WriteCloser
	answer  func(method, xdr string) (string, error)
	mu      sync.Mutex
	changed *sync.Cond
	events  []Event
	gone    bool
}

// Event is what has happened to a phone: "ready", "proposal", "request", "ended" or "unpaired".
type Event struct {
	Name   string          `json:"event"`
	Params json.RawMessage `json:"params"`
}

// Phone switches a phone on, which looks for wallets' messages at this relay. It runs until the
// context ends.
func (r *Relay) Phone(ctx context.Context, w Wallet) (*Phone, error) {
	here := filepath.Join(w.Root, "e2e", "walletconnect")
	node, err := filepath.Abs(filepath.Join(w.Root, "node_modules", ".bin", "node"))
	if err != nil {
		return nil, err
	}
	p := &Phone{answer: w.Answer}
	p.changed = sync.NewCond(&p.mu)
	url := "wss://" + r.Listener.Addr().String()
	p.process = exec.CommandContext(ctx, node, "phone.mjs", url, Project, w.Chain, w.Name)
	p.process.Dir, p.process.Stderr = here, os.Stderr
	// The relay has no certificate that anyone vouches for.
	p.process.Env = append(os.Environ(), "NODE_TLS_REJECT_UNAUTHORIZED=0", "NODE_NO_WARNINGS=1")
	if p.in, err = p.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.process.Start(); err != nil {
		return nil, fmt.Errorf("start the phone: %w", err)
	}
	go p.listen(out)
	_, err = p.Await("ready")
	return p, err
}

// Scan is what its owner does with a code on a page.
func (p *Phone) Scan(uri string) error { return p.tell(map[string]any{"uri": uri}) }

// Leave ends what it has with pages.
func (p *Phone) Leave() error { return p.tell(map[string]any{"leave": true}) }

// Await returns what happened to the phone once that has, within 20 seconds.
func (p *Phone) Await(name string) (Event, error) {
	late := time.AfterFunc(20*time.Second, p.changed.Broadcast)
	defer late.Stop()
	until := time.Now().Add(20 * time.Second)
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if i := slices.IndexFunc(p.events, func(e Event) bool { return e.Name == name }); i >= 0 {
			return p.events[i], nil
		}
		if p.gone || !time.Now().Before(until) {
			var said []string
			for _, e := range p.events {
				said = append(said, e.Name)
			}
			return Event{}, fmt.Errorf("the phone did not say %s, only %v", name, said)
		}
		p.changed.Wait()
	}
}

// listen hears what the phone says and asks for.
func (p *Phone) listen(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var said struct {
			Event
			ID     int    `json:"id"`
			Method string `json:"method"`
			XDR    string `json:"xdr"`
		}
		if err := json.Unmarshal(lines.Bytes(), &said); err != nil {
			fmt.Fprintf(os.Stderr, "the phone says %s\n", lines.Bytes())
			continue
		}
		if said.Method == "" {
			p.mu.Lock()
			p.events = append(p.events, said.Event)
			p.changed.Broadcast()
			p.mu.Unlock()
			continue
		}
		answer := map[string]any{"id": said.ID}
		if result, err := p.answer(said.Method, said.XDR); err != nil {
			answer["error"] = err.Error()
		} else {
			answer["result"] = result
		}
		if err := p.tell(answer); err != nil {
			break
		}
	}
	p.mu.Lock()
	p.gone = true
	p.changed.Broadcast()
	p.mu.Unlock()
	_ = p.process.Wait() // it is ended by its context
}

func (p *Phone) tell(line map[string]any) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err = p.in.Write(append(text, '\n'))
	return err
}
