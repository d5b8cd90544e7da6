package stack

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"strings"
)

// TestNetworkPassphrase is that of Stellar's public test network.
const TestNetworkPassphrase = "Test SDF Network ; September 2015"

// Secrets of a deployment.
type Secrets struct {
	AdminToken string `json:"admin_token"` // the operator's; more than one are separated by commas, the newest first
	MemoKeys   string `json:"memo_keys"`   // 64 hexadecimal digits each, separated by commas, the newest first
}

// complete makes what is missing. The error is never one of entropy, which does not fail, but keeps room for a file.
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

// vars are the Worker's settings. A laptop serves test mode only: no live network, so that nothing asks a public
// Horizon.
func (s *Stack) vars(o *Options) map[string]string {
	vars := map[string]string{
		"BASE_URL":          s.BaseURL,
		"TEST_HORIZON_URLS": s.HorizonURL,
		"TEST_PASSPHRASE":   s.Passphrase,
		"LIVE_HORIZON_URLS": "",
	}
	if s.sandbox != nil {
		vars["TEST_NETWORK_NAME"] = "Local sandbox"
		vars["TEST_ASSETS"] = strings.Join(s.sandbox.assets, " ")
		vars["TEST_WALLET_URL"] = s.sandbox.url + "/sandbox/pay" // the form on the payment page posts here
	}
	maps.Copy(vars, o.ExtraVars)
	return vars
}
