// Package sandbox pays, as a customer with a test wallet would, and says what the clients are to
// talk to.
package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
)

// Service is what a client talks to.
type Service struct {
	URL    string // of the service
	APIKey string // of a merchant
	wallet string // the URL of the sandbox
}

// FromEnvironment reads what the test has started.
func FromEnvironment() Service {
	return Service{URL: os.Getenv("BASE_URL"), APIKey: os.Getenv("API_KEY"), wallet: os.Getenv("SANDBOX_URL")}
}

// Pay sends XLM to a checkout.
func (s Service) Pay(ctx context.Context, destination, memo, amount string) error {
	body, err := json.Marshal(map[string]string{"destination": destination, "memo": memo, "amount": amount})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.wallet+"/sandbox/pay", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(response.Body)
		return fmt.Errorf("paying: %s: %s", response.Status, said)
	}
	return nil
}
