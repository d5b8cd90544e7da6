package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"edgecheckout/sandbox/horizon"
	"edgecheckout/sandbox/wallet"
)

// heldHorizon returns the same full page of payments for each of its accounts. It can hold those
// pages back shortly before their end.
type heldHorizon struct {
	horizonServer
	accounts []string // accounts that the peers ask for
	begun    time.Time
	waiting  atomic.Int64 // pages being held back

	mu   sync.Mutex
	gate chan struct{} // closed while pages are let through
	size int           // bytes of a page
}

func startHeldHorizon() (*heldHorizon, error) {
	l, err := startBusyLedger(1)
	if err != nil {
		return nil, err
	}
	l.stop() // only its ledger is needed
	if err := l.pay(200, 1, func(_, round int) string { return fmt.Sprintf("invoice %d", round) }); err != nil {
		return nil, err
	}
	h := &heldHorizon{begun: l.begun, gate: make(chan struct{})}
	close(h.gate)
	for i := range memoryRequests + 1 {
		h.accounts = append(h.accounts, wallet.MerchantKeys(l.passphrase, fmt.Sprintf("held %d", i)).Address())
	}
	h.passphrase, h.account = l.passphrase, h.accounts[0]
	real := horizon.New(l.ledger, horizon.Options{})
	return h, h.serve(h.instead(l.account, real), func(ctx context.Context) error {
		<-ctx.Done()
		return nil
	})
}

// fullPage is the size in bytes of a full page on the public network. The sandbox's pages are
// smaller, so their payments are padded with a field that no peer reads.
const fullPage = 1_100_000

var meta = regexp.MustCompile(`"transaction_successful"`)

var paymentsOf = regexp.MustCompile(`^/accounts/(G[A-Z2-7]{55})/payments$`)

// instead serves the payments of the account of for every account.
func (h *heldHorizon) instead(of string, real http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		match := paymentsOf.FindStringSubmatch(r.URL.Path)
		if match == nil {
			real.ServeHTTP(w, r)
			return
		}
		account := match[1]
		r.URL.Path = strings.Replace(r.URL.Path, account, of, 1)
		page := httptest.NewRecorder()
		real.ServeHTTP(page, r)
		body := bytes.ReplaceAll(page.Body.Bytes(), []byte(of), []byte(account))
		w.Header().Set("Content-Type", page.Header().Get("Content-Type"))
		w.WriteHeader(page.Code)
		if missing := fullPage - len(body); len(body) > fullPage/10 {
			body = meta.ReplaceAll(body, fmt.Appendf(nil, `"result_meta_xdr":"%s",$0`, strings.Repeat("A", missing/200)))
		}
		const end = 1024
		// A full page. The next one is empty and not held back.
		if len(body) > 100*end {
			h.mu.Lock()
			gate := h.gate
			h.size = len(body)
			h.mu.Unlock()
			h.waiting.Add(1)
			_, _ = w.Write(body[:len(body)-end])
			_ = http.NewResponseController(w).Flush()
			<-gate
			body = body[len(body)-end:]
		}
		_, _ = w.Write(body)
	})
}

// hold makes pages wait until release.
func (h *heldHorizon) hold() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiting.Store(0)
	h.gate = make(chan struct{})
}

func (h *heldHorizon) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-h.gate:
	default:
		close(h.gate)
	}
}

// megabytes returns the size of a page that was held.
func (h *heldHorizon) megabytes() float64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return float64(h.size) / 1e6
}
