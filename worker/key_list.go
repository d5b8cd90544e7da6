package worker

type listedKeyObject struct {
	ID          string `json:"id"`
	Object      string `json:"object"`
	Scope       string `json:"scope"`
	Livemode    bool   `json:"livemode"`
	Environment string `json:"environment"`
	CreatedAt   string `json:"created_at"`
	UpdatedAt   string `json:"updated_at"`
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
		item := listedKeyObject{
			ID: key.ID, Object: "api_key", Scope: scopeOf(key), Livemode: key.Mode.IsLive(), Environment: environment(key.Mode),
			CreatedAt: timestamp(key.CreatedAt), UpdatedAt: timestamp(key.CreatedAt),
		}
		if items[i], err = encodeItem(item); err != nil {
			return answer{}, err
		}
	}
	return written(jsonType, listBody("/merchants/"+id+"/keys", items, false)), nil
}
