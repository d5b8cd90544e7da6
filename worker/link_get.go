package worker

// getLink is GET /payment_links/{id}.
func getLink(c *call) (answer, error) {
	l, err := c.ownLink()
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(c.linkView(*l))
}
