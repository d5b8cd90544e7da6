package worker

type revocationObject struct {
	Object  string   `json:"object"`
	Revoked []string `json:"revoked"`
}

// deleteKeys is DELETE /merchants/{id}/keys: it revokes all keys of a merchant, or those that were
// made since a time. A key that is made at the same moment may not be visible here yet: ask again
// after a minute.
func deleteKeys(c *call) (answer, error) {
	id, err := c.merchantID()
	if err != nil {
		return answer{}, err
	}
	p := queryParams(c.query)
	since := p.optionalTime("created_since")
	if p.err != nil {
		return answer{}, p.err
	}
	revoked, err := c.store.RevokeAPIKeys(c.ctx, id, since, c.began)
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(revocationObject{"revocation", revoked})
}
