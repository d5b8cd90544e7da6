package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"time"

	"edgecheckout/sandbox/horizon"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

const (
	foreignRounds = 50    // ledgers, in each of which every account of the busy ledger is paid
	foreignBytes  = 5_600 // of a record with its transaction, on the public network
	foreignWarm   = 2     // crons that are not measured: the engine compiles what runs often
	foreignCrons  = 4     // crons that are
)

// foreignState is a network whose payments are all strangers', but for one open checkout that
// waits.
type foreignState struct {
	server  *horizonServer
	world   world
	entries []kv.Entry
	records int
}

var sweepForeignRow = row{
	name: "sweep_foreign", unit: "µs/record", aim: "at most 25 µs", fewer: true, without: []string{js, stock},
	what: fmt.Sprintf("processor time of workerd for a cron that reads the feed of the network, for each record of %d bytes that is not ours; %d crons after the first %d of an instance", foreignBytes, foreignCrons, foreignWarm),
	begin: func(_ context.Context, b *bench) error {
		if b.foreign.server != nil {
			return nil
		}
		return b.prepareForeign(min(b.accounts, 100))
	},
	measure: func(ctx context.Context, b *bench, p *peer) (float64, error) { return b.sweepForeign(ctx, p) },
}

func (b *bench) prepareForeign(accounts int) error {
	l, err := startBusyLedger(accounts)
	if err != nil {
		return err
	}
	l.stop() // its ledger is served here, with records as long as the public network's
	if err := l.pay(foreignRounds, 1, func(account, round int) string { return fmt.Sprintf("invoice %d/%d", account, round) }); err != nil {
		return err
	}
	server := &horizonServer{passphrase: l.passphrase, account: l.account}
	if err := server.serve(long(horizon.New(l.ledger, horizon.Options{})), func(ctx context.Context) error {
		<-ctx.Done()
		return nil
	}); err != nil {
		return err
	}
	w, err := newWorld(server)
	if err != nil {
		return err
	}
	w.vars["SWEEP_ACCOUNTS"], w.vars["SWEEP_PAGES"], w.vars["SWEEP_STAY"] = "0", "1000", "0"
	s, err := w.checkout(stellar.Address(l.accounts[0]), l.begun)
	if err != nil {
		return err
	}
	expiry := s.ExpiresAt.Add(store.KeepAfterExpiry)
	b.foreign = foreignState{server: server, world: w, records: accounts * foreignRounds, entries: append(w.entries,
		kv.Entry{Key: store.CheckoutKey(s.ID).String(), Value: store.Encode(&s), ExpiresAt: expiry},
		kv.Entry{Key: store.OpenKey(&s, s.ExpiresAt).String(), ExpiresAt: expiry})}
	return nil
}

// resultMeta is how the longest field of a transaction begins, on the public network.
var resultMeta = regexp.MustCompile(`"result_meta_xdr":\s*"`)

// long has pages of payments as long as the public network's.
func long(real http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := httptest.NewRecorder()
		real.ServeHTTP(page, r)
		body := page.Body.Bytes()
		if n := bytes.Count(body, []byte(`"transaction_successful"`)); n > 0 {
			missing := max(foreignBytes-len(body)/n, 0)
			body = resultMeta.ReplaceAll(body, fmt.Appendf(nil, `${0}%s`, strings.Repeat("A", missing)))
		}
		w.Header().Set("Content-Type", page.Header().Get("Content-Type"))
		w.WriteHeader(page.Code)
		_, _ = w.Write(body)
	})
}

// sweepForeign runs cron events in a fresh process, each of which reads the same feed.
func (b *bench) sweepForeign(ctx context.Context, p *peer) (float64, error) {
	config := *p
	config.config.Vars = b.foreign.world.vars
	fresh, err := config.start(ctx, b.foreign.world)
	if err != nil {
		return 0, err
	}
	defer fresh.Stop()
	var taken time.Duration
	for n := range foreignWarm + foreignCrons {
		if err := fresh.Store.ClearValues(ctx); err != nil {
			return 0, err
		}
		if err := fresh.Store.Put(ctx, b.foreign.entries...); err != nil {
			return 0, err
		}
		begun, err := fresh.CPUTime()
		if err != nil {
			return 0, err
		}
		if err := fresh.Store.Cron(ctx, "ok"); err != nil {
			return 0, fmt.Errorf("%w\n%s", err, fresh.Log)
		}
		ended, err := fresh.CPUTime()
		if err != nil {
			return 0, err
		}
		if n >= foreignWarm {
			taken += ended - begun
		}
	}
	values, err := fresh.Store.Values(ctx)
	if err != nil {
		return 0, err
	}
	if !strings.Contains(values["cursor/test"], `"feed"`) {
		return 0, fmt.Errorf("the sweep did not read the feed: cursor %q\n%s", values["cursor/test"], fresh.Log)
	}
	return float64(taken.Microseconds()) / float64(foreignCrons*b.foreign.records), nil
}
