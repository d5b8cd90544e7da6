package worker

import (
	"fmt"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/event"
	"edgecheckout/worker/store"
)

// createWebhook is POST /webhooks. The secret is in this answer, which a retry under the same
// Idempotency-Key gets again.
func createWebhook(c *call) (answer, error) {
	p := newParams(c.request.Body)
	w := store.Webhook{Merchant: c.Merchant.ID, Mode: c.Mode}
	p.keep("is_disabled", false)
	c.describeWebhook(p, &w)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	idem, err := c.idempotency(func(i *store.Idempotency) []store.Key {
		return store.WebhookKeys(i.Earlier(checkout.KindWebhook)...)
	})
	if err != nil {
		return answer{}, err
	}
	for _, id := range idem.Earlier(checkout.KindWebhook) {
		made, err := c.webhooks().Get(c.ctx, id)
		if err != nil {
			return answer{}, err
		}
		if made == nil {
			continue
		}
		_, secret, err := c.openSecret(id)
		if err != nil {
			return answer{}, err
		}
		return revealed(*made, secret)
	}
	if full, err := c.webhooks().Full(c.ctx); err != nil {
		return answer{}, err
	} else if full {
		return answer{}, &Error{Code: CodeWebhookLimit, Message: fmt.Sprintf("There are %d webhook endpoints, and no more are possible; delete one first.", store.MaxWebhooks)}
	}
	if w.ID, err = idem.NewID(checkout.KindWebhook, c.began, c.platform.Entropy); err != nil {
		return answer{}, err
	}
	secret, err := event.NewSecret(c.platform.Entropy)
	if err != nil {
		return answer{}, err
	}
	if idem.Key != "" {
		secret = c.config.Vault.Derive(w.ID)
	}
	w.CreatedAt, w.UpdatedAt = c.began, c.began
	c.webhooks().Create(w, store.WebhookSecret{Sealed: c.config.Vault.Seal(w.ID, secret)})
	c.view.RememberLast(idem, w.ID, c.platform.Now())
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	c.listeners.keep(store.HasWebhooksKey(w.Merchant, w.Mode), true, c.platform.Now().Add(keyLifetime))
	return revealed(w, secret)
}
