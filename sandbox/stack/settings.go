package stack

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"strings"
)

// TestNetworkPassphrase is the passphrase of Stellar's public test network.
const TestNetworkPassphrase = "Test SDF Network ; September 2015"

// Secrets of a deployment.
type Secrets struct {
	// AdminToken is the operator's token, or several separated by commas, newest first.
	AdminToken string `json:"admin_token"`
	// MemoKeys are keys of 64 hexadecimal digits, separated by commas, newest first.
	MemoKeys string `json:"memo_keys"`
}

// complete generates the secrets that are missing.
func (s *Secrets) complete() error {
	for _, field := range []*string{&s.AdminToken, &s.MemoKeys} {
		if *field == "" {
			random := make([]byte, 32)
			if _, err := rand.Read(random); err != nil {
				return err
			}
			*field = hex.EncodeToString(random)
		}
	}
	return nil
}

func (s Secrets) vars() map[string]string {
	return map[string]string{"ADMIN_TOKEN": s.AdminToken, "MEMO_KEYS": s.MemoKeys}
}

// vars are the Worker's settings. They have no live network, so that nothing calls a public
// Horizon.
func (s *Stack) vars(o *Options) map[string]string {
	vars := map[string]string{
		"BASE_URL":          s.BaseURL,
		"TEST_HORIZON_URLS": s.HorizonURL,
		"TEST_PASSPHRASE":   s.Passphrase,
		"LIVE_HORIZON_URLS": "",
		"SWEEP_STAY":        "0", // whoever runs the cron here waits for its end
		"TEST_CRON":         testCron,
		"LIVE_CRON":         liveCron,
	}
	if s.sandbox != nil {
		vars["TEST_NETWORK_NAME"] = "Local sandbox"
		vars["TEST_ASSETS"] = strings.Join(s.sandbox.assets, " ")
		// The form on the payment page posts here.
		vars["TEST_WALLET_URL"] = s.sandbox.url + "/sandbox/pay"
	}
	maps.Copy(vars, o.ExtraVars)
	return vars
}
