package worker

import (
	"edgecheckout/worker/checkout"
)

// deleteKey is DELETE /merchants/{id}/keys/{key_id}. The key stops working everywhere within about
// a minute.
func deleteKey(c *call) (answer, error) {
	id, err := c.merchantID()
	if err != nil {
		return answer{}, err
	}
	keyID := c.path("key_id")
	if _, err := checkout.ParseID(checkout.KindKey, keyID); err != nil {
		return answer{}, notFound("API key", keyID)
	}
	found, err := c.store.RevokeAPIKey(c.ctx, id, keyID, c.began)
	if err != nil {
		return answer{}, err
	}
	if !found {
		return answer{}, notFound("API key", keyID)
	}
	return jsonAnswer(deletedObject{keyID, "api_key", true})
}
