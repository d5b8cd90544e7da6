package main

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"edgecheckout/worker/stellar"
)

const (
	defaultPort        = 8787
	defaultSandboxPort = 8000
)

// settings are the variables of `make dev`.
type settings struct {
	Port        int // of the Worker
	SandboxPort int
	// HorizonURL is the Horizon to use instead of the sandbox; empty for the sandbox.
	HorizonURL string
	Passphrase string          // of HorizonURL's network; empty for the test network
	Account    stellar.Address // the merchant's account there
}

// parseSettings parses the variables. The error says what is expected.
func parseSettings(getenv func(string) string) (settings, error) {
	var s settings
	var wrong []error
	port := func(name string, usual int) int {
		text := getenv(name)
		if text == "" {
			return usual
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 65535 {
			wrong = append(wrong, fmt.Errorf("%s is a number from 1 to 65535, not %q", name, text))
		}
		return n
	}
	s.Port = port("PORT", defaultPort)
	s.SandboxPort = port("SANDBOX_PORT", defaultSandboxPort)
	if s.Port == s.SandboxPort {
		wrong = append(wrong, fmt.Errorf("PORT and SANDBOX_PORT are both %d: set one of them to another number", s.Port))
	}

	s.HorizonURL = strings.TrimRight(getenv("HORIZON_URL"), "/")
	s.Passphrase = getenv("NETWORK_PASSPHRASE")
	account := getenv("MERCHANT_ACCOUNT")
	if s.HorizonURL == "" {
		if account != "" || s.Passphrase != "" {
			wrong = append(wrong, errors.New("MERCHANT_ACCOUNT and NETWORK_PASSPHRASE are for a HORIZON_URL, which is not set"))
		}
		return s, errors.Join(wrong...)
	}
	if u, err := url.Parse(s.HorizonURL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		wrong = append(wrong, fmt.Errorf("HORIZON_URL is a URL such as https://horizon-testnet.stellar.org, not %q", s.HorizonURL))
	}
	if s.Passphrase == stellar.PublicPassphrase {
		wrong = append(wrong, errors.New("NETWORK_PASSPHRASE is that of the public network, where money is real: `make dev` is for test networks"))
	}
	var err error
	if s.Account, err = stellar.ParseAddress(account); err != nil {
		wrong = append(wrong, fmt.Errorf("MERCHANT_ACCOUNT is the account (G…) on the network of HORIZON_URL that is to be paid, not %q", account))
	}
	return s, errors.Join(wrong...)
}

// folder is the folder below build/ with the state for this Horizon, since the state depends on the
// ledger.
func (s settings) folder() string {
	if s.HorizonURL == "" {
		return "dev"
	}
	_, host, _ := strings.Cut(s.HorizonURL, "://")
	return "dev-" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '_'
	}, host)
}
