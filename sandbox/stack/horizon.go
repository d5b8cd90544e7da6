package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// checkNetwork checks that a Horizon serves the network of a passphrase, so that nobody pays on
// another network, least of all the public one. A Horizon that does not answer is not an error
// here: the Worker reports it and retries.
func checkNetwork(ctx context.Context, horizon, passphrase string) error {
	reply, err := Client{BaseURL: horizon}.Do(ctx, http.MethodGet, "/", nil)
	if err != nil || reply.Status != http.StatusOK {
		return nil
	}
	var root struct {
		Passphrase string `json:"network_passphrase"`
	}
	if err := json.Unmarshal(reply.Body, &root); err != nil || root.Passphrase == "" {
		return fmt.Errorf("%s is no Horizon: its root names no network_passphrase", horizon)
	}
	if root.Passphrase != passphrase {
		return fmt.Errorf("%s serves the network %q, not %q", horizon, root.Passphrase, passphrase)
	}
	return nil
}
