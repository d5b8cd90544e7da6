package worker

import (
	"bytes"
	"fmt"

	"edgecheckout/worker/event"
	"edgecheckout/worker/store"
)

// rotateWebhook is POST /webhooks/{id}/rotate. It answers with a new secret; the one before signs
// as well for rotationPeriod.
func rotateWebhook(c *call) (answer, error) {
	if len(c.request.Body) > 0 {
		if err := newParams(c.request.Body).done(); err != nil {
			return answer{}, err
		}
	}
	idem, err := c.idempotency(func(*store.Idempotency) []store.Key { return store.WebhookKeys(c.path("id")) })
	if err != nil {
		return answer{}, err
	}
	w, err := c.ownWebhook()
	if err != nil {
		return answer{}, err
	}
	stored, current, err := c.openSecret(w.ID)
	if err != nil {
		return answer{}, err
	}
	secret, err := event.NewSecret(c.platform.Entropy)
	if err != nil {
		return answer{}, err
	}
	if idem.Key != "" {
		secret = c.config.Vault.Derive(w.ID, idem.Request, idem.Key)
		switch {
		case bytes.Equal(secret, current):
			return revealed(*w, secret)
		case idem.Made() != "":
			return answer{}, &Error{CodeIdempotencyKeyReused, "The secret that this Idempotency-Key made has been replaced; take a new Idempotency-Key.", "Idempotency-Key"}
		}
	}
	c.webhooks().Rotate(w.ID, store.WebhookSecret{
		Sealed: c.config.Vault.Seal(w.ID, secret), Previous: stored.Sealed, PreviousUntil: c.began.Add(rotationPeriod),
	})
	c.view.RememberLast(idem, w.ID, c.platform.Now())
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	return revealed(*w, secret)
}

// openSecret reads and decrypts the secret of an endpoint of the caller.
func (c *call) openSecret(id string) (*store.WebhookSecret, event.Secret, error) {
	stored, err := c.webhooks().Secret(c.ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if stored == nil {
		return nil, nil, fmt.Errorf("the secret of %s is not visible here", id)
	}
	secret, _, err := c.config.Vault.Open(id, stored.Sealed)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the secret of %s: %w", id, err)
	}
	return stored, secret, nil
}
