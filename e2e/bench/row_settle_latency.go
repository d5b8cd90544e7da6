package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"edgecheckout/e2e/chromium"
	"edgecheckout/e2e/workerd"
	"edgecheckout/sandbox/wallet"
	"edgecheckout/templates/static"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// How customers pay: so many of them, so many at a time, each at another moment after the page was opened. The moments lie evenly
// between none and more than the page leaves between two asks, so that no phase of its is left out.
const (
	settleCustomers = 24
	settlePatience  = 20 * time.Second
	customersAtOnce = 8
)

func (l latencies) String() string {
	return fmt.Sprintf("p50 %.0f ms, p95 %.0f ms", l.at(0.5), l.at(0.95))
}

// settleLatencies are those of the last round, with the stream and without it.
var settleLatencies struct{ with, without latencies }

var settleLatencyRow = row{
	name: "settle_latency", unit: "ms", aim: "at most 3000", fewer: true, once: true, without: []string{stock, js},
	what: "95th percentile of the time from when Horizon shows a payment (it answers its submission) to when the open page says paid, in " +
		"workerd and Chromium",
	measure: func(ctx context.Context, b *bench, p *peer) (float64, error) {
		var err error
		if settleLatencies.with, err = b.settleLatencies(ctx, p, true); err != nil {
			return 0, err
		}
		if settleLatencies.without, err = b.settleLatencies(ctx, p, false); err != nil {
			return 0, err
		}
		return settleLatencies.with.at(0.95), nil
	},
	note: func(b *bench) string {
		return fmt.Sprintf("With Horizon's stream %s; where the browser cannot reach the stream %s; %d payments each, between 0 and %.0f s after "+
			"the page was opened.", settleLatencies.with, settleLatencies.without, b.customers, b.patience.Seconds())
	},
}

// settleLatencies has customers look at pages and pay, each at a merchant's of their own, for one account is read once in three
// seconds for all.
func (b *bench) settleLatencies(ctx context.Context, p *peer, stream bool) (latencies, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	d, err := p.start(ctx, b.world)
	if err != nil {
		return nil, err
	}
	defer d.Stop()
	pages := httptest.NewServer(withFiles(&url.URL{Scheme: "http", Host: d.Address}))
	defer pages.Close()
	browser, stop, err := chromium.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()

	var mu sync.Mutex
	var all latencies
	var wait sync.WaitGroup
	numbers := make(chan int)
	for range customersAtOnce {
		wait.Go(func() {
			for n := range numbers {
				c := customer{number: n, browser: browser, origin: pages.URL, stream: stream}
				took, err := c.pays(ctx, b, d)
				if err != nil {
					cancel(fmt.Errorf("customer %d: %w", n, err))
					continue
				}
				mu.Lock()
				all = append(all, float64(took.Microseconds())/1000)
				mu.Unlock()
			}
		})
	}
	for n := range b.customers {
		if ctx.Err() == nil {
			numbers <- n
		}
	}
	close(numbers)
	wait.Wait()
	slices.Sort(all)
	return all, context.Cause(ctx)
}

// withFiles serves the files of the pages as Cloudflare does, before the Worker.
func withFiles(worker *url.URL) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", httputil.NewSingleHostReverseProxy(worker))
	for _, file := range static.Files() {
		mux.HandleFunc("GET "+file.Path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", file.ContentType)
			_, _ = w.Write(file.Body)
		})
	}
	return mux
}

type customer struct {
	number  int
	browser context.Context
	origin  string // where the page is
	stream  bool   // whether the browser reaches it
}

// pays opens the page of a new checkout, waits, pays, and returns how long after that the page says so.
func (c customer) pays(ctx context.Context, b *bench, d *workerd.Process) (time.Duration, error) {
	name := fmt.Sprintf("settle %d", c.number)
	ledger := &wallet.Client{Horizon: b.horizon.url, Passphrase: b.horizon.passphrase}
	keys := wallet.MerchantKeys(b.horizon.passphrase, name)
	if err := ledger.EnsureMerchant(ctx, keys); err != nil {
		return 0, err
	}
	if err := ledger.EnsureWallet(ctx, name); err != nil {
		return 0, err
	}
	s, err := b.world.checkout(stellar.Address(keys.Address()), time.Now())
	if err != nil {
		return 0, err
	}
	entry := kv.Entry{Key: store.CheckoutKey(s.ID).String(), Value: store.Encode(&s), ExpiresAt: s.ExpiresAt.Add(store.KeepAfterExpiry)}
	if err := d.Store.Put(ctx, entry); err != nil {
		return 0, err
	}

	tab, stop := chromedp.NewContext(c.browser, chromedp.WithNewBrowserContext())
	defer stop()
	var blocked []*network.BlockPattern
	if !c.stream {
		blocked = append(blocked, &network.BlockPattern{URLPattern: b.horizon.url + "/*", Block: true})
	}
	err = chromedp.Do(tab,
		browserCommand(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
		browserCommand(network.Enable, network.EnableParams{}),
		browserCommand(network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: blocked}),
		chromedp.Navigate(c.origin+"/pay/"+s.ID.String()))
	if err != nil {
		return 0, err
	}
	if _, err := chromedp.Run(tab, chromedp.Evaluate[chromedp.Void](noticePaid)); err != nil {
		return 0, err
	}
	select {
	case <-time.After(b.patience * time.Duration(c.number) / time.Duration(b.customers)):
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	payment := wallet.Payment{Destination: string(s.Account), Amount: int64(s.Amount), Asset: wallet.USDC, Memo: s.Memo}
	if _, err := ledger.Pay(ctx, name, payment); err != nil {
		return 0, err
	}
	shown := time.Now()
	for end := shown.Add(30 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		paid, err := chromedp.Run(tab, chromedp.Evaluate[int64]("window.paidAt ?? 0"))
		if err != nil {
			return 0, err
		}
		if paid != 0 {
			return time.UnixMilli(paid).Sub(shown), nil
		}
	}
	return 0, fmt.Errorf("the page does not say paid\n%s", d.Log)
}

// noticePaid has the page remember when it said "Paid", in milliseconds since 1970.
const noticePaid = `{
	const page = document.querySelector("[data-pay]");
	const notice = () => { if (page.dataset.phase === "paid") window.paidAt ??= Date.now(); };
	new MutationObserver(notice).observe(page, { attributeFilter: ["data-phase"] });
}`

// browserCommand is an action of one command whose result does not matter.
func browserCommand[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, c, params)
		return err
	})
}
