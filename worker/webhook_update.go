package worker

import "edgecheckout/worker/store"

// updateWebhook is PUT /webhooks/{id}. What is not sent stays, null removes what is optional. The
// secret stays: see rotateWebhook.
func updateWebhook(c *call) (answer, error) {
	w, err := c.ownWebhook()
	if err != nil {
		return answer{}, err
	}
	p := newParams(c.request.Body)
	view := webhookView(*w)
	p.keep("name", view.Name)
	p.keep("url", view.URL)
	p.keep("events", view.Events)
	p.keep("description", view.Description)
	p.keep("is_disabled", view.IsDisabled)
	c.describeWebhook(p, w)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	w.UpdatedAt = c.began
	c.webhooks().Update(*w)
	w.State = store.WebhookState{}
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	return jsonAnswer(webhookView(*w))
}
