package worker

// getMerchant is GET /merchants/{id}.
func getMerchant(c *call) (answer, error) {
	m, err := c.merchantOfPath()
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(c.merchantView(m))
}
