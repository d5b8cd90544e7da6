package worker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"edgecheckout/templates/console"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

// Scopes of API keys.
const (
	scopeRead  = "read"
	scopeWrite = "write"
)

func scopeOf(key store.APIKey) string {
	if key.ReadOnly {
		return scopeRead
	}
	return scopeWrite
}

// scope returns whether a key may only read.
func (p *params) scope(name string) (readOnly bool) {
	p.keep(name, scopeWrite)
	scope := p.required(name, 20, ": read or write")
	if p.err == nil && scope != scopeRead && scope != scopeWrite {
		p.fail(invalid(name, "%s must be read or write, not %s.", name, clip(scope)))
	}
	return scope == scopeRead
}

// createKeyByForm is POST /console/keys. The answer shows the secret, this once. A form that is
// sent again makes the same key.
func createKeyByForm(c *call) (answer, error) {
	made, err := decodeAnswer[keyObject](c.act(createOwnKey, map[string]any{"name": c.form.Get("name"), "scope": c.form.Get("scope")}))
	if told, ok := err.(*Error); ok {
		return c.developersScreen(console.Developers{KeyName: c.form.Get("name")}, told)
	}
	if err != nil {
		return answer{}, err
	}
	return c.developersScreen(console.Developers{Secret: made.Secret}, nil)
}

// createOwnKey makes an API key of the owner, for the session's mode.
func createOwnKey(c *call) (answer, error) {
	p := newParams(c.request.Body)
	key := store.APIKey{Merchant: c.Merchant.ID, Mode: c.Mode, CreatedAt: c.began, Name: p.required("name", 60, ": where the key will be used"), ReadOnly: p.scope("scope")}
	if err := p.done(); err != nil {
		return answer{}, err
	}
	idem, err := c.idempotency(func(*store.Idempotency) []store.Key { return nil })
	if err != nil {
		return answer{}, err
	}
	if idem.Key == "" {
		return answer{}, missing("once", "The form is incomplete; open the page again.")
	}
	if key.ID, err = idem.NewID(checkout.KindKey, c.began, c.platform.Entropy); err != nil {
		return answer{}, err
	}
	// The secret is derived from the request and a secret of the deployment, so that a form that is
	// sent twice makes one key, and nobody can compute it from the store alone.
	secret := secretOf(c.config.Vault.Derive("api key", c.Merchant.ID, idem.Key, key.ID), c.Mode)
	if idem.Made() != "" {
		known, err := c.view.APIKey(c.ctx, secret)
		if err != nil {
			return answer{}, err
		}
		if known == nil {
			return answer{}, &Error{Code: CodeIdempotencyKeyReused, Message: "The key that this form has made was revoked; open the page again to make another one."}
		}
		return jsonAnswer(keyView(*known, secret))
	}
	c.view.CreateAPIKey(key, secret)
	c.view.RememberLast(idem, key.ID, c.platform.Now())
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	return jsonAnswer(keyView(key, secret))
}

// revokeKeyByForm is POST /console/keys/{id}/revoke.
func revokeKeyByForm(c *call) (answer, error) {
	id := c.path("id")
	if _, err := checkout.ParseID(checkout.KindKey, id); err != nil {
		return answer{}, notFound("API key", id)
	}
	keys, err := c.store.APIKeys(c.ctx, c.Merchant.ID)
	if err != nil {
		return answer{}, err
	}
	for _, key := range keys {
		if key.ID == id && key.Mode == c.Mode {
			if _, err := c.store.RevokeAPIKey(c.ctx, c.Merchant.ID, id, c.began); err != nil {
				return answer{}, err
			}
			return c.done("/console/developers", "revoked")
		}
	}
	return answer{}, notFound("API key", id)
}

// indented writes JSON for people.
func indented(body []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, body, "", "  ") != nil {
		return string(body)
	}
	return strings.TrimSpace(b.String())
}

// attemptRow says how an attempt to send an event ended.
func attemptRow(a store.Attempt) console.AttemptRow {
	row := console.AttemptRow{At: a.At, Result: a.Error, Answer: strings.Join(strings.Fields(a.Answer), " ")}
	if a.Status != 0 {
		row.Result = fmt.Sprintf("%d in %d ms", a.Status, a.Duration.Milliseconds())
	}
	if runes := []rune(row.Answer); len(runes) > maxShownAnswer {
		row.Answer = string(runes[:maxShownAnswer]) + "…"
	}
	return row
}
