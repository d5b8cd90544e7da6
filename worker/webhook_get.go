package worker

// getWebhook is GET /webhooks/{id}.
func getWebhook(c *call) (answer, error) {
	w, err := c.ownWebhook()
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(webhookView(*w))
}
