// Package worker is the checkout service as an ordinary [http.Handler], the sweep that its cron
// runs, and the consumer of its queue. It does not depend on where it runs: see [Platform].
package worker

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
	"edgecheckout/worker/watch"
)

// Service answers the HTTP API and settles checkouts. It is safe for concurrent use.
type Service struct {
	config     Config
	platform   Platform
	store      store.Store
	watcher    *watch.Watcher
	keys       *keyCache
	listeners  memory[bool]
	suspended  memory[bool]
	issuers    memory[store.Issuer]
	opened     memory[checkout.Facts]
	lanes      lanes
	ending     ending
	told       atomic.Bool // whether an event was written since they were last delivered
	allowances allowances
	buying     buying
	router     router
	served     [2]served // test mode and live mode
}

// served is what most requests need of their mode's network.
type served struct {
	network *Network           // nil if the deployment has no network in this mode
	uri     stellar.URINetwork // for the URIs that wallets read
}

// in returns the network of a mode.
func (s *Service) in(mode stellar.Mode) *served {
	if mode == stellar.Live {
		return &s.served[1]
	}
	return &s.served[0]
}

// New creates a service. It does no I/O before the first request.
func New(config Config, platform Platform) *Service {
	s := &Service{config: config, platform: platform, store: store.New(platform.Store), keys: newKeyCache()}
	pools := map[stellar.Mode]*horizon.Pool{}
	for mode, network := range config.Networks {
		pools[mode] = horizon.NewPool(network.Network, platform.Horizon, platform.Recent, platform.Now)
		*s.in(mode) = served{&network, stellar.URINetworkOf(network.Passphrase)}
	}
	s.watcher = &watch.Watcher{
		Store:      s.store,
		Recent:     platform.Recent,
		Horizons:   pools,
		Memos:      config.Memos,
		Now:        platform.Now,
		Sleep:      platform.Sleep,
		Margin:     config.SettleMargin,
		Tell:       s.tellOutcome,
		TellRefund: s.tellRefund,
		Told:       s.deliverNews,
		Limits:     config.Sweep,
		Ended:      s.ended,
		Log:        s.log,
	}
	s.router = newRouter(s.routes())
	return s
}

// routes lists everything that the service answers: the route and its query parameters, who may
// call it, who answers, and the handler. JavaScript gets the same list from make generate.
func (s *Service) routes() []route {
	return []route{
		{"POST /checkout?type", forMerchant, fresh, createCheckout},
		{"GET /checkout?limit&starting_after&ending_before&status&customer_id", forMerchant, fresh, listCheckouts},
		{"GET /checkout/{id}", forMerchant, fresh, getCheckout},
		{"PUT /checkout/{id}", forMerchant, fresh, updateCheckout},
		{"DELETE /checkout/{id}", forMerchant, fresh, cancelCheckout},
		{"POST /checkout/{id}/expire", forMerchant, fresh, expireCheckout},

		{"POST /product", forMerchant, fresh, createProduct},
		{"GET /product?limit&starting_after&ending_before", forMerchant, fresh, listProducts},
		{"GET /product/{id}", forMerchant, fresh, getProduct},
		{"PUT /product/{id}", forMerchant, fresh, updateProduct},
		{"DELETE /product/{id}", forMerchant, fresh, archiveProduct},

		{"POST /customers", forMerchant, fresh, createCustomer},
		{"GET /customers?limit&starting_after&ending_before&email&phone", forMerchant, fresh, listCustomers},
		{"GET /customers/{id}", forMerchant, fresh, getCustomer},
		{"PUT /customers/{id}", forMerchant, fresh, updateCustomer},
		{"DELETE /customers/{id}", forMerchant, fresh, deleteCustomer},

		{"GET /payment?checkout_id&customer_id&customer&unmatched&since&limit&starting_after&ending_before", forMerchant, fresh, listPayments},
		{"GET /payment/{id}", forMerchant, fresh, getPayment},

		{"POST /refunds", forMerchant, fresh, createRefund},
		{"GET /refunds?limit&starting_after&ending_before&payment_id", forMerchant, fresh, listRefunds},
		{"GET /refunds/{id}", forMerchant, fresh, getRefund},

		{"POST /payment_links", forMerchant, fresh, createLink},
		{"GET /payment_links?limit&starting_after&ending_before", forMerchant, fresh, listLinks},
		{"GET /payment_links/{id}", forMerchant, fresh, getLink},
		{"PUT /payment_links/{id}", forMerchant, fresh, updateLink},

		{"POST /webhooks", forMerchant, fresh, createWebhook},
		{"GET /webhooks?limit&starting_after&ending_before", forMerchant, fresh, listWebhooks},
		{"GET /webhooks/{id}", forMerchant, fresh, getWebhook},
		{"PUT /webhooks/{id}", forMerchant, fresh, updateWebhook},
		{"DELETE /webhooks/{id}", forMerchant, fresh, deleteWebhook},
		{"POST /webhooks/{id}/rotate", forMerchant, fresh, rotateWebhook},
		{"POST /webhooks/{id}/resend", forMerchant, fresh, resendToWebhook},
		{"GET /webhooks/{id}/deliveries?limit&starting_after&ending_before", forMerchant, fresh, listDeliveries},

		{"GET /events?limit&starting_after&ending_before&type&since", forMerchant, fresh, listEvents},
		{"GET /events/{id}", forMerchant, fresh, getEvent},
		{"POST /events/{id}/resend", forMerchant, fresh, resendEvent},

		{"POST /merchants", forOperator, fresh, createMerchant},
		{"GET /merchants/{id}", forOperator, fresh, getMerchant},
		{"PUT /merchants/{id}", forOperator, fresh, updateMerchant},
		{"POST /merchants/{id}/reconcile", forOperator, fresh, reconcileMerchant},
		{"POST /merchants/{id}/checkouts/{checkout_id}/expire", forOperator, fresh, expireMerchantCheckout},
		{"POST /merchants/{id}/keys", forOperator, fresh, createKey},
		{"GET /merchants/{id}/keys", forOperator, fresh, listKeys},
		{"DELETE /merchants/{id}/keys?created_since", forOperator, fresh, deleteKeys},
		{"DELETE /merchants/{id}/keys/{key_id}", forOperator, fresh, deleteKey},

		{"GET /health/details", forOperator, fresh, getHealthDetails},

		{"GET /console", forOwner, fresh, showHome},
		{"GET /console/checkouts?status&q&from&to&after", forOwner, fresh, showCheckouts},
		{"GET /console/checkouts.csv?status&q&from&to&after", forOwner, fresh, downloadCheckouts},
		{"GET /console/checkouts/{id}?done", forOwner, fresh, showCheckout},
		{"POST /console/checkouts/{id}/cancel", forOwner, fresh, cancelByForm},
		{"GET /console/inbox?seen&done", forOwner, fresh, showInbox},
		{"POST /console/inbox/{id}/seen", forOwner, fresh, markSeen},
		{"POST /console/inbox/{id}/assign", forOwner, fresh, assignPayment},
		{"GET /console/payments/{id}", forOwner, fresh, showPayment},
		{"POST /console/payments/{id}/refund", forOwner, fresh, refundByForm},
		{"GET /console/refunds/{id}?done", forOwner, fresh, showRefund},
		{"POST /console/refunds/{id}/test-wallet", forOwner, fresh, signRefundByTestWallet},
		{"GET /console/links?after&done", forOwner, fresh, showLinks},
		{"POST /console/links", forOwner, fresh, createLinkByForm},
		{"GET /console/links/{id}?done", forOwner, fresh, showLink},
		{"POST /console/links/{id}", forOwner, fresh, changeLinkByForm},
		{"POST /console/links/{id}/close", forOwner, fresh, closeLinkByForm},
		{"POST /console/links/{id}/open", forOwner, fresh, openLinkByForm},
		{"GET /console/products?after&done", forOwner, fresh, showProducts},
		{"POST /console/products", forOwner, fresh, createProductByForm},
		{"GET /console/products/{id}?done", forOwner, fresh, showProduct},
		{"POST /console/products/{id}", forOwner, fresh, changeProductByForm},
		{"POST /console/products/{id}/archive", forOwner, fresh, archiveProductByForm},
		{"POST /console/products/{id}/activate", forOwner, fresh, activateProductByForm},
		{"GET /console/customers?q&after&done", forOwner, fresh, showCustomers},
		{"GET /console/customers/{id}?done", forOwner, fresh, showCustomer},
		{"POST /console/customers/{id}", forOwner, fresh, changeCustomerByForm},
		{"POST /console/customers/{id}/delete", forOwner, fresh, deleteCustomerByForm},
		{"GET /console/developers?after&done", forOwner, fresh, showDevelopers},
		{"POST /console/keys", forOwner, fresh, createKeyByForm},
		{"POST /console/keys/{id}/revoke", forOwner, fresh, revokeKeyByForm},
		{"POST /console/endpoints", forOwner, fresh, createEndpointByForm},
		{"GET /console/endpoints/{id}?after&done", forOwner, fresh, showEndpoint},
		{"POST /console/endpoints/{id}", forOwner, fresh, changeEndpointByForm},
		{"POST /console/endpoints/{id}/enable", forOwner, fresh, enableEndpointByForm},
		{"POST /console/endpoints/{id}/disable", forOwner, fresh, disableEndpointByForm},
		{"POST /console/endpoints/{id}/rotate", forOwner, fresh, rotateEndpointByForm},
		{"POST /console/endpoints/{id}/resend", forOwner, fresh, resendEndpointByForm},
		{"POST /console/endpoints/{id}/delete", forOwner, fresh, deleteEndpointByForm},
		{"GET /console/events/{id}?done", forOwner, fresh, showEvent},
		{"POST /console/events/{id}/resend", forOwner, fresh, resendEventByForm},
		{"GET /console/settings?done", forOwner, fresh, showSettings},
		{"POST /console/settings", forOwner, fresh, changeSettings},
		{"POST /console/settings/transaction", forOwner, fresh, makeTransaction},
		{"GET /console/health", forOwner, fresh, showHealth},
		{"POST /console/sign-out", forOwner, fresh, signOut},
		{"GET /console/sign-in?account&mode", forGuest, fresh, showSignIn},
		{"POST /console/sign-in", forGuest, fresh, signInByForm},
		{"POST /console/sign-in/test-wallet", forGuest, fresh, signInByTestWallet},

		{"GET /auth?account&memo&home_domain&client_domain&livemode", forEverybody, fresh, createChallenge},
		{"POST /auth", forEverybody, fresh, createSession},
		{"GET /pay/{id}?lang", forEverybody, page, getPage},
		{"GET /pay/{id}/check?lang", forEverybody, page, getPageNow},
		{"GET /pay/{id}/receipt?lang", forEverybody, page, getReceipt},
		{"GET /pay/{id}/status", forEverybody, shared, getStatus},
		{"POST /pay/{id}/transaction", forEverybody, fresh, createTransaction},
		{"POST /pay/{id}/quotes", forEverybody, fresh, createQuotes},
		{"GET /buy/{id}?lang", forEverybody, page, getBuyPage},
		{"POST /buy/{id}?lang", forEverybody, page, buy},
		{"GET /buy/{id}/qr.svg", forEverybody, shared, getLinkCode},
		{"POST /pay/{id}/hint", forEverybody, fresh, createHint},
		{"GET /assets/{name}", forEverybody, file, nil},
		{"GET /openapi.json", forEverybody, file, nil},
		{"GET /docs", forEverybody, file, nil},
		{"GET /llms.txt", forEverybody, file, nil},
		{"GET /health", forEverybody, fresh, getHealth},
		{"GET /.well-known/stellar.toml", forEverybody, shared, getStellarTOML},
	}
}

// ended queues the events of checkouts that have changed for good, and purges their pages and
// statuses from Cloudflare's cache.
func (s *Service) ended(ctx context.Context, ids []checkout.ID) {
	s.enqueueEvents(ctx, s.ending.take(ids))
	for some := range slices.Chunk(ids, MaxPurge) {
		tags := make([]string, len(some))
		for i, id := range some {
			tags[i] = id.String()
		}
		s.platform.Cache.Purge(ctx, tags...)
	}
}

// sweptBy returns the modes that the invocations of a cron trigger sweep: those whose setting names
// it. An invocation of any other one, or by hand, sweeps all.
func (s *Service) sweptBy(cron string) []stellar.Mode {
	var modes []stellar.Mode
	for _, mode := range stellar.Modes {
		if s.config.Crons[mode] == cron && cron != "" {
			modes = append(modes, mode)
		}
	}
	if len(modes) == 0 {
		return stellar.Modes
	}
	return modes
}

// Sweep is run by the cron triggers every minute; cron is the expression of the one that fired. It
// may run twice, late, or concurrently with itself. The error is for the log: what was not done is
// done by a later sweep.
func (s *Service) Sweep(ctx context.Context, cron string) error {
	if id, err := checkout.NewID(checkout.KindRequest, s.platform.Now(), s.platform.Entropy); err == nil {
		ctx = context.WithValue(ctx, requestIDKey{}, &id)
	}
	modes := s.sweptBy(cron)
	var unrefunded, undelivered error
	if modes[0] == stellar.Modes[0] { // one of the invocations does it, and not that of live mode
		unrefunded, undelivered = s.sweepWaiting(ctx)
	}
	report, err := s.watcher.Sweep(ctx, modes...)
	fields := map[string]any{"modes": modes, "open": report.Open, "accounts": report.Accounts, "pages": report.Pages, "records": report.Records,
		"payments": report.Payments, "terminal": report.Terminal, "failed": report.Failed}
	if err != nil {
		fields["error"] = err.Error()
	}
	s.log(ctx, "sweep", fields)
	return errors.Join(err, unrefunded, undelivered)
}

// sweepWaiting sends what is to be sent and looks for refunds that were paid, if there may be any.
func (s *Service) sweepWaiting(ctx context.Context) (refunds, events error) {
	anyEvents, anyRefunds, err := s.store.Waiting(ctx)
	if err != nil {
		return nil, err
	}
	if anyEvents {
		events = s.deliver(ctx)
	}
	if anyRefunds {
		if refunds = s.watcher.SweepRefunds(ctx); refunds != nil {
			s.log(ctx, "refunds", map[string]any{"error": refunds.Error()})
		}
		s.deliverNews(ctx)
	}
	return refunds, events
}

// requestIDKey is the context key of the id of a request or sweep.
type requestIDKey struct{}

// log writes one JSON line with the id of the request or sweep. Fields must contain no secrets and
// nothing about a customer.
func (s *Service) log(ctx context.Context, event string, fields map[string]any) {
	line := map[string]any{"time": s.platform.Now().UTC().Format(time.RFC3339Nano), "event": event}
	if id, ok := ctx.Value(requestIDKey{}).(*string); ok {
		line["request_id"] = *id
	}
	for name, value := range fields {
		line[name] = value
	}
	text, err := json.Marshal(line)
	if err != nil {
		text = []byte(`{"event":"log_failed"}`)
	}
	_, _ = s.platform.Log.Write(append(text, '\n'))
}
