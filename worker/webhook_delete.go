package worker

// deleteWebhook is DELETE /webhooks/{id}. The endpoint is told of nothing any more, at once here
// and within a minute everywhere.
func deleteWebhook(c *call) (answer, error) {
	w, err := c.ownWebhook()
	if err != nil {
		return answer{}, err
	}
	if err := c.webhooks().Delete(c.ctx, *w); err != nil {
		return answer{}, err
	}
	return jsonAnswer(deletedObject{w.ID, "webhook", true})
}
