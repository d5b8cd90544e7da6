package worker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"edgecheckout/worker/event"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
	"edgecheckout/worker/watch"
)

// Who issues an asset is proven in both directions: the account of the issuer names a home domain on
// the ledger, and the stellar.toml of that domain names the asset. It takes two requests to hosts
// that may be slow, so nobody waits for it: a message of the queue asks for it when a checkout or a
// payment link is made, and pages show what is known by then.

const (
	// issuerFresh is for how long a proof is not tried again, and issuerUnproven its failure.
	issuerFresh    = 24 * time.Hour
	issuerUnproven = time.Hour
	// issuerAsked is for how long an instance does not ask again for the same asset, and
	// issuerPause for any asset of one merchant, so that made-up issuers cost few requests.
	issuerAsked = 10 * time.Minute
	issuerPause = 10 * time.Second
	// issuerTimeout is how long the reply of a domain may take.
	issuerTimeout = 5 * time.Second
)

// issuerQuestion is a message of the queue that asks who issues an asset.
type issuerQuestion struct {
	Mode  stellar.Mode  `json:"mode"`
	Asset stellar.Asset `json:"asset"`
}

// askForIssuer has the queue find out who issues an asset, unless that was asked a moment ago.
func (c *call) askForIssuer(asset stellar.Asset) {
	if c.platform.Queue == nil || c.platform.Documents == nil || asset.IsNative() {
		return
	}
	recent := c.platform.Recent
	if recent.Claim("issuers-of/"+c.Merchant.ID, issuerPause) && recent.Claim(store.IssuerKey(c.Mode, asset).String(), issuerAsked) {
		c.platform.Queue.Send(c.ctx, Queued{Body: store.Encode(notice{Issuer: &issuerQuestion{c.Mode, asset}}), Retry: true})
	}
}

// findIssuer finds out who issues an asset, unless that was done lately. If it cannot, what is known
// stays until it expires.
func (s *Service) findIssuer(ctx context.Context, q issuerQuestion) {
	if s.platform.Documents == nil || s.in(q.Mode).network == nil || q.Asset.IsNative() {
		return
	}
	now := s.platform.Now()
	known, err := s.store.View().Issuer(ctx, q.Mode, q.Asset)
	fresh := issuerUnproven
	if known.Domain != "" {
		fresh = issuerFresh
	}
	if err == nil && now.Sub(known.CheckedAt) < fresh {
		return
	}
	found := store.Issuer{CheckedAt: now}
	if err == nil {
		found.Domain, found.Currency, err = s.proveIssuer(ctx, q.Mode, q.Asset)
	}
	if err == nil {
		err = s.store.PutIssuer(ctx, q.Mode, q.Asset, found)
	}
	if err != nil {
		s.log(ctx, "issuer", map[string]any{"asset": q.Asset.String(), "error": err.Error()})
	}
}

// proveIssuer returns the domain that issues an asset, and the currency that it pays for it; "" if
// there is no proof. An error says that it may be asked again.
func (s *Service) proveIssuer(ctx context.Context, mode stellar.Mode, asset stellar.Asset) (domain, currency string, err error) {
	reading := horizon.WithAsker(ctx, horizon.Asker{Account: asset.Issuer, Until: s.platform.Now().Add(horizonPatience)})
	account, err := s.watcher.Stranger(reading, mode, asset.Issuer)
	if errors.Is(err, watch.ErrNoAccount) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	domain = strings.ToLower(account.HomeDomain)
	text, err := s.stellarTOML(ctx, mode, domain)
	if err != nil || text == "" {
		return "", "", err
	}
	c, named, err := stellar.FindCurrency(text, asset)
	if err != nil || !named {
		return "", "", nil
	}
	if c.AnchorType == "fiat" && slices.Contains(currencies, c.Anchor) {
		currency = c.Anchor
	}
	return domain, currency, nil
}

// stellarTOML reads the stellar.toml of a domain; "" if it has none. A redirect is not followed,
// because it could lead anywhere; but a domain that redirects is often only the short form of its
// www name, so that is asked then.
func (s *Service) stellarTOML(ctx context.Context, mode stellar.Mode, domain string) (string, error) {
	for _, host := range []string{domain, "www." + domain} {
		url := s.tomlURL(mode, host)
		if url == "" {
			return "", nil
		}
		response, err := s.platform.Documents.Get(ctx, url, issuerTimeout)
		switch {
		case err != nil:
			return "", fmt.Errorf("reading %s: %w", url, err)
		case response.Status == http.StatusOK:
			return string(response.Body), nil
		case response.Status >= 500 || response.Status == http.StatusTooManyRequests:
			return "", fmt.Errorf("reading %s: status %d", url, response.Status)
		case response.Status < 300 || response.Status >= 400:
			return "", nil
		}
	}
	return "", nil
}

// tomlURL is where a domain has its stellar.toml; "" if it is no domain of the public DNS. On a
// developer's own network, localhost has one.
func (s *Service) tomlURL(mode stellar.Mode, domain string) string {
	const path = "/.well-known/stellar.toml"
	name, port, _ := strings.Cut(domain, ":")
	if s.isLocal(mode) && name == "localhost" && strings.Trim(port, "0123456789") == "" {
		return "http://" + domain + path
	}
	if !event.IsPublicName(domain) || event.CheckURL("https://"+domain+path, s.config.BaseURL, false) != nil {
		return ""
	}
	return "https://" + domain + path
}

// issuerOf returns what is known of who issues an asset. With what is remembered for a while, it
// takes a trip to KV only now and then, and then fetches the merchant for isSuspended as well. If it
// cannot be read, nothing is known.
func (c *call) issuerOf(mode stellar.Mode, asset stellar.Asset, merchant string) store.Issuer {
	if c.platform.Documents == nil || asset.IsNative() {
		return store.Issuer{}
	}
	key, now := store.IssuerKey(mode, asset), c.platform.Now()
	if known, ok := c.issuers.recall(key, now); ok {
		return known
	}
	keys := []store.Key{key}
	if _, ok := c.suspended.recall(store.MerchantKey(merchant), now); !ok {
		keys = append(keys, store.MerchantKey(merchant))
	}
	var known store.Issuer
	err := c.view.Fetch(c.ctx, keys...)
	if err == nil {
		known, err = c.view.Issuer(c.ctx, mode, asset)
	}
	if err != nil {
		c.log(c.ctx, "issuer", map[string]any{"asset": asset.String(), "error": err.Error()})
		return store.Issuer{}
	}
	c.issuers.keep(key, known, now.Add(keyLifetime))
	return known
}
