// Package watchtest is a small world for tests: a real ledger with a Horizon in front of it, a
// stale store, and a clock that moves only when it is told to.
package watchtest

import (
	"cmp"
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"

	sandbox "edgecheckout/sandbox/horizon"
	"edgecheckout/sandbox/ledger"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/kv/kvtest"
	"edgecheckout/worker/stellar"
)

// LedgerTime is how far apart ledgers close in the world.
const LedgerTime = 5 * time.Second

// World holds a ledger, its Horizon, a store and the time. It is used by one goroutine.
type World struct {
	Ledger *ledger.Ledger
	Store  *kvtest.Memory
	// Fault is asked before every request to Horizon: true answers the request with what it
	// returned.
	Fault func(url string) (horizon.Response, error, bool)
	// Cut is how many bytes of an answer of Horizon can be read, if it is not zero.
	Cut int
	// Requests counts what was asked of Horizon.
	Requests int

	t       testing.TB
	mu      sync.Mutex
	now     time.Time
	handler http.Handler
	issuer  *keypair.Full
}

// New makes a world at noon in which only an issuer exists.
func New(t testing.TB) *World {
	w := &World{t: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	w.Store = kvtest.NewMemory(w.Now)
	w.Reset(0)
	return w
}

// Reset replaces the ledger by a new one, as a test network does now and then. Its genesis lies
// back the given time.
func (w *World) Reset(back time.Duration) {
	w.Ledger = ledger.New(ledger.Options{Genesis: w.now.Add(-back - LedgerTime)})
	w.handler = sandbox.New(w.Ledger, sandbox.Options{})
	w.issuer = keypair.MustRandom()
	w.fund(w.issuer)
}

// Now is the world's time.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Advance lets time pass, with a ledger every LedgerTime.
func (w *World) Advance(d time.Duration) {
	w.t.Helper()
	for end := w.Now().Add(d); ; {
		step := min(LedgerTime, end.Sub(w.now))
		if step <= 0 {
			return
		}
		w.mu.Lock()
		w.now = w.now.Add(step)
		w.mu.Unlock()
		w.close()
	}
}

// Sleep lets time pass without a ledger: the network stands still.
func (w *World) Sleep(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *World) close() {
	w.t.Helper()
	if _, err := w.Ledger.Close(w.now); err != nil {
		w.t.Fatal(err)
	}
}

// USDC is the asset of the world's issuer.
func (w *World) USDC() stellar.Asset {
	return stellar.Asset{Code: "USDC", Issuer: stellar.Address(w.issuer.Address())}
}

// SettleIssuer gives the world's issuer a home domain.
func (w *World) SettleIssuer(domain string) {
	w.t.Helper()
	w.Submit(w.issuer, "", &txnbuild.SetOptions{HomeDomain: &domain})
	w.close()
}

// OtherUSDC has the same code and another issuer, who is made for it.
func (w *World) OtherUSDC(holder *keypair.Full) stellar.Asset {
	w.t.Helper()
	other := keypair.MustRandom()
	w.fund(other)
	asset := stellar.Asset{Code: "USDC", Issuer: stellar.Address(other.Address())}
	w.trust(holder, asset)
	w.close()
	w.Submit(other, "", &txnbuild.Payment{Destination: holder.Address(), Amount: "1000000", Asset: Asset(asset)})
	w.close()
	return asset
}

// Person is an account with 10,000 XLM and a million USDC.
func (w *World) Person() *keypair.Full {
	w.t.Helper()
	keys := w.Merchant()
	w.Submit(w.issuer, "", &txnbuild.Payment{Destination: keys.Address(), Amount: "1000000", Asset: Asset(w.USDC())})
	w.close()
	return keys
}

// Merchant is an account with 10,000 XLM that accepts USDC.
func (w *World) Merchant() *keypair.Full {
	w.t.Helper()
	keys := keypair.MustRandom()
	w.fund(keys)
	w.trust(keys, w.USDC())
	w.close()
	return keys
}

// Trust makes an account accept an asset.
func (w *World) Trust(keys *keypair.Full, asset stellar.Asset) {
	w.t.Helper()
	w.trust(keys, asset)
	w.close()
}

func (w *World) trust(keys *keypair.Full, asset stellar.Asset) {
	w.t.Helper()
	w.Submit(keys, "", &txnbuild.ChangeTrust{Line: txnbuild.ChangeTrustAssetWrapper{Asset: Asset(asset)}})
}

func (w *World) fund(keys *keypair.Full) {
	w.t.Helper()
	if _, err := w.Ledger.Fund(keys.Address()); err != nil {
		w.t.Fatal(err)
	}
	w.close()
}

// Asset writes an asset for transactions.
func Asset(a stellar.Asset) txnbuild.Asset {
	if a.IsNative() {
		return txnbuild.NativeAsset{}
	}
	return txnbuild.CreditAsset{Code: a.Code, Issuer: string(a.Issuer)}
}

// Pay submits a payment; it is in the next ledger.
func (w *World) Pay(from *keypair.Full, to stellar.Address, amount string, asset stellar.Asset, memo string) {
	w.t.Helper()
	w.Submit(from, memo, &txnbuild.Payment{Destination: string(to), Amount: amount, Asset: Asset(asset)})
}

// Submit signs operations and submits them in one transaction.
func (w *World) Submit(from *keypair.Full, memo string, operations ...txnbuild.Operation) {
	w.t.Helper()
	account, ok := w.Ledger.Account(from.Address())
	if !ok {
		w.t.Fatalf("no account %s", from.Address())
	}
	params := txnbuild.TransactionParams{
		SourceAccount:        &txnbuild.SimpleAccount{AccountID: from.Address(), Sequence: account.Sequence},
		IncrementSequenceNum: true,
		BaseFee:              txnbuild.MinBaseFee,
		Preconditions:        txnbuild.Preconditions{TimeBounds: txnbuild.NewInfiniteTimeout()},
		Operations:           operations,
	}
	if memo != "" {
		params.Memo = txnbuild.MemoText(memo)
	}
	tx, err := txnbuild.NewTransaction(params)
	if err != nil {
		w.t.Fatal(err)
	}
	if tx, err = tx.Sign(w.Ledger.Passphrase(), from); err != nil {
		w.t.Fatal(err)
	}
	envelope, err := tx.Base64()
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.Ledger.Submit(envelope); err != nil {
		w.t.Fatal(err)
	}
}

// Get is the world's horizon.Transport.
func (w *World) Get(ctx context.Context, url string, _ time.Duration) (horizon.Response, error) {
	w.mu.Lock()
	w.Requests++
	fault := w.Fault
	w.mu.Unlock()
	if fault != nil {
		if response, err, spoiled := fault(url); spoiled {
			return response, err
		}
	}
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, httptest.NewRequest("GET", url, nil))
	response := horizon.Response{
		Status: recorder.Code, RetryAfter: recorder.Header().Get("Retry-After"),
		Remaining: recorder.Header().Get("X-Ratelimit-Remaining"), Body: recorder.Body.Bytes(),
	}
	if bound := min(cmp.Or(w.Cut, horizon.MaxBodyBytes), horizon.BodyBytes(ctx)); len(response.Body) > bound {
		response.Body, response.Cut = response.Body[:bound], true
	}
	return response, nil
}

// GetAll implements horizon.Transport.
func (w *World) GetAll(ctx context.Context, urls []string, timeout time.Duration) []horizon.Result {
	return horizon.InTurn(urls, func(url string) (horizon.Response, error) { return w.Get(ctx, url, timeout) })
}

// Rest implements horizon.Transport.
func (*World) Rest(context.Context) {}

// Recent is a short memory by the world's clock, one for each data centre.
type Recent struct {
	now    func() time.Time
	mu     sync.Mutex
	values map[string]kept
	claims map[string]time.Time
}

type kept struct {
	value []byte
	until time.Time
}

// NewRecent makes an empty memory.
func NewRecent(now func() time.Time) *Recent {
	return &Recent{now: now, values: map[string]kept{}, claims: map[string]time.Time{}}
}

// Recall implements worker.Recent.
func (r *Recent) Recall(_ context.Context, key string) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k, ok := r.values[key]; ok && r.now().Before(k.until) {
		return k.value
	}
	return nil
}

// Keep implements worker.Recent.
func (r *Recent) Keep(_ context.Context, key string, value []byte, ttl time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.values[key] = kept{value, r.now().Add(ttl)}
}

// Claim implements worker.Recent.
func (r *Recent) Claim(key string, window time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now().Before(r.claims[key]) {
		return false
	}
	r.claims[key] = r.now().Add(window)
	return true
}
