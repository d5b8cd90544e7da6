package worker

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"edgecheckout/worker/event"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

type webhookObject struct {
	ID          string   `json:"id"`
	Object      string   `json:"object"`
	Name        string   `json:"name"`
	URL         string   `json:"url"`
	Events      []string `json:"events"`
	IsDisabled  bool     `json:"is_disabled"`
	Reason      nullable `json:"disabled_reason"`
	Description nullable `json:"description"`
	Secret      nullable `json:"secret"`
	Livemode    bool     `json:"livemode"`
	Environment string   `json:"environment"`
	CreatedAt   string   `json:"created_at"`
	UpdatedAt   string   `json:"updated_at"`
}

// webhookView shows an endpoint without its secret.
func webhookView(w store.Webhook) webhookObject {
	return webhookObject{
		ID: w.ID, Object: "webhook", Name: w.Name, URL: w.URL, Events: w.Events, IsDisabled: w.Silent(), Reason: nullable(w.State.Reason), Description: nullable(w.Description),
		Livemode: w.Mode.IsLive(), Environment: environment(w.Mode), CreatedAt: timestamp(w.CreatedAt), UpdatedAt: timestamp(w.UpdatedAt),
	}
}

// revealed shows an endpoint with its secret, as the answers to its creation and to a rotation do.
func revealed(w store.Webhook, secret event.Secret) (answer, error) {
	view := webhookView(w)
	view.Secret = nullable(secret.String())
	return jsonAnswer(view)
}

// describeWebhook reads what a merchant says of an endpoint.
func (c *call) describeWebhook(p *params, w *store.Webhook) {
	w.Name = p.required("name", 200, "")
	w.URL = p.required("url", maxURLChars, ": where events are sent")
	if p.err == nil {
		if err := event.CheckURL(w.URL, c.config.BaseURL, c.isLocal()); err != nil {
			p.fail(invalid("url", "url %s.", err))
		}
	}
	w.Events = p.events("events")
	w.Description = p.text("description", 500)
	w.Disabled = p.boolean("is_disabled")
}

// isLocal reports whether the caller's network is a developer's own; see [Service.isLocal].
func (c *call) isLocal() bool { return c.Service.isLocal(c.Mode) }

// isLocal reports whether a network is a developer's own, whose hosts may be on localhost.
func (s *Service) isLocal(mode stellar.Mode) bool {
	return mode == stellar.Test && s.config.TestWallet != ""
}

// events returns a list of types of events, or of "*" alone; it is required.
func (p *params) events(name string) []string {
	m := p.take(name)
	if p.err != nil {
		return nil
	}
	if m == nil {
		p.fail(missing(name, `%s is required: a list of types, or ["*"] for all of them.`, name))
		return nil
	}
	var types []string
	if json.Unmarshal([]byte(m.Value), &types) != nil || len(types) == 0 {
		p.fail(invalid(name, `%s must be a list of types, such as ["checkout.completed"], or ["*"] for all of them.`, name))
		return nil
	}
	for i, t := range types {
		switch param := fmt.Sprintf("%s[%d]", name, i); {
		case t == event.All && len(types) == 1:
		case t == event.All:
			p.fail(invalid(param, `%s is "*", which stands for all types; send it alone.`, param))
		case !slices.Contains(event.Types, event.Type(t)):
			p.fail(invalid(param, "%s must be one of %s, not %s.", param, typeNames(), clip(t)))
		case slices.Contains(types[:i], t):
			p.fail(invalid(param, "%s is given twice; give each type once.", param))
		}
	}
	return types
}

func typeNames() string {
	var names []string
	for _, t := range event.Types {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}

// ownWebhook reads the endpoint of the path.
func (c *call) ownWebhook() (*store.Webhook, error) {
	w, err := c.webhooks().Get(c.ctx, c.path("id"))
	if err == nil && w == nil {
		err = notFound("webhook endpoint", c.path("id"))
	}
	return w, err
}

// rotationPeriod is for how long the secret before the last one still signs.
const rotationPeriod = 24 * time.Hour
