package worker

type listedKeyObject struct {
	ID        string `json:"id"`
	Object    string `json:"object"`
	Scope     string `json:"scope"`
	Livemode  bool   `json:"livemode"`
	CreatedAt string `json:"created_at"`
}

// listKeys is GET /merchants/{id}/keys: all keys of a merchant, without their secrets.
func listKeys(c *call) (answer, error) {
	id, err := c.merchantID()
	if err != nil {
		return answer{}, err
	}
	keys, err := c.store.APIKeys(c.ctx, id)
	if err != nil {
		return answer{}, err
	}
	items := make([][]byte, len(keys))
	for i, key := range keys {
		if items[i], err = encodeItem(listedKeyObject{key.ID, "api_key", scopeOf(key), key.Mode.IsLive(), timestamp(key.CreatedAt)}); err != nil {
			return answer{}, err
		}
	}
	return written(jsonType, listBody("/merchants/"+id+"/keys", items, false)), nil
}
