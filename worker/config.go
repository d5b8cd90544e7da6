package worker

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/event"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/signin"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/watch"
)

// Config has all settings of a deployment. wrangler.toml describes the variables.
type Config struct {
	// BaseURL is the service's own origin, used in the URLs that it returns. The origin of a
	// request cannot replace it, because Cloudflare's cache serves a response for a path under any
	// host.
	BaseURL  string
	Networks map[stellar.Mode]Network
	// AdminTokens are the operator's tokens, several while they are rotated. Without any, the
	// operator's routes refuse all requests.
	AdminTokens AdminTokens
	Memos       checkout.MemoKeys
	// Vault keeps the secrets of webhook endpoints, with keys that are derived
	// from those of the memos.
	Vault event.Vault
	// SignIn signs challenges and sessions of the console, with keys that are derived from the
	// newest of the memos.
	SignIn signin.Keys
	// SignUp says that an account which no merchant has becomes one by signing in.
	SignUp bool
	// ExpiresInMin is the shortest lifetime that a merchant may request. Production needs 300 s,
	// five times the staleness of the store; tests that wait for an expiry use less.
	ExpiresInMin time.Duration
	// SettleMargin is how far past its deadline the ledger must have been read before a checkout
	// ends unpaid. Production needs 30 s, more than the lag between the machines behind one
	// Horizon; tests use less.
	SettleMargin time.Duration
	// WebhookHour replaces an hour in the schedule of further attempts to deliver an event. Production
	// needs an hour; tests that wait for the attempts use less.
	WebhookHour time.Duration
	// Sweep says how much a run of the cron may read.
	Sweep watch.Limits
	// Crons are the cron triggers whose invocations sweep one mode alone, so that it has limits of
	// the platform for itself.
	Crons map[stellar.Mode]string
	// TestWallet is the URL to which the page's form for test wallets posts. Only a local network
	// has one.
	TestWallet string
	// WalletConnect is the id of the operator's project at WalletConnect, which lets pages use its
	// relay; empty: they do not offer it.
	WalletConnect string
	Organization  Organization
}

// Network is a Stellar network with the deployment's settings for it.
type Network struct {
	horizon.Network
	// Name is shown to the customer; empty on the public network.
	Name string
	// Explorer is where people can look up a transaction, with {hash} for its hash; empty for
	// nowhere.
	Explorer string
	// Assets are those that merchants may request by code alone.
	Assets map[string]stellar.Asset
}

// ExpiresInMax is the maximum and default lifetime of a checkout.
const ExpiresInMax = 24 * time.Hour

// ParseConfig parses the settings from variables and secrets by name. An error names each invalid
// setting and says what is expected; it never contains a secret.
func ParseConfig(getenv func(name string) string) (Config, error) {
	var wrong []error
	fail := func(name, want string) { wrong = append(wrong, fmt.Errorf("setting %s: %s", name, want)) }

	c := Config{
		BaseURL:       strings.TrimSuffix(getenv("BASE_URL"), "/"),
		Networks:      map[stellar.Mode]Network{},
		Crons:         map[stellar.Mode]string{},
		ExpiresInMin:  300 * time.Second,
		SettleMargin:  30 * time.Second,
		WebhookHour:   time.Hour,
		Sweep:         watch.Limits{Accounts: 8, Pages: 28},
		TestWallet:    getenv("TEST_WALLET_URL"),
		WalletConnect: getenv("WALLETCONNECT_PROJECT_ID"),
	}
	if !isOrigin(c.BaseURL) {
		fail("BASE_URL", "want the origin under which customers find the service, such as https://pay.example.com")
	}
	if c.TestWallet != "" && !isHTTP(c.TestWallet) {
		fail("TEST_WALLET_URL", "want an http(s) URL, or nothing")
	}
	if id := c.WalletConnect; id != "" && (len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "") {
		fail("WALLETCONNECT_PROJECT_ID", "want 32 hexadecimal digits, or nothing")
	}
	var err error
	if c.AdminTokens, err = ParseAdminTokens(getenv("ADMIN_TOKEN")); err != nil {
		fail("ADMIN_TOKEN", "want at least 16 characters, or several such tokens, separated by commas: openssl rand -hex 32")
	}
	c.Organization = Organization{Name: getenv("ORG_NAME"), URL: getenv("ORG_URL"), SupportEmail: getenv("ORG_SUPPORT_EMAIL")}
	if !isLine(c.Organization.Name) {
		fail("ORG_NAME", "want one line of text, or nothing")
	}
	if c.Organization.URL != "" && !(isHTTPS(c.Organization.URL) && isLine(c.Organization.URL)) {
		fail("ORG_URL", "want an https URL, or nothing")
	}
	if email := c.Organization.SupportEmail; email != "" && !(strings.Contains(email, "@") && isLine(email)) {
		fail("ORG_SUPPORT_EMAIL", "want an e-mail address, or nothing")
	}
	if c.Memos, err = checkout.ParseMemoKeys(getenv("MEMO_KEYS")); err != nil {
		fail("MEMO_KEYS", "want random keys of 64 hexadecimal digits, separated by commas, the newest first: openssl rand -hex 32")
	} else if c.Vault, err = event.NewVault(strings.ToLower(getenv("MEMO_KEYS"))); err != nil {
		fail("MEMO_KEYS", "no keys could be derived")
	}
	c.SignIn = signin.NewKeys(strings.ToLower(getenv("MEMO_KEYS")))
	switch getenv("SIGNUP") {
	case "", "closed":
	case "open":
		c.SignUp = true
	default:
		fail("SIGNUP", `want "open" or "closed"`)
	}
	if text := getenv("EXPIRES_IN_MIN"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil || seconds < 1 || seconds > int(ExpiresInMax/time.Second) {
			fail("EXPIRES_IN_MIN", "want seconds, 1 to 86400")
		}
		c.ExpiresInMin = time.Duration(seconds) * time.Second
	}
	if text := getenv("SETTLE_MARGIN"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil || seconds < 0 || seconds > 300 {
			fail("SETTLE_MARGIN", "want seconds, 0 to 300")
		}
		c.SettleMargin = time.Duration(seconds) * time.Second
	}
	if text := getenv("WEBHOOK_HOUR"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil || seconds < 1 || seconds > 3600 {
			fail("WEBHOOK_HOUR", "want seconds, 1 to 3600")
		}
		c.WebhookHour = time.Duration(seconds) * time.Second
	}
	if text := getenv("SWEEP_ACCOUNTS"); text != "" {
		accounts, err := strconv.Atoi(text)
		if err != nil || accounts < 0 || accounts > 16 {
			fail("SWEEP_ACCOUNTS", "want a number, 0 to 16")
		}
		c.Sweep.Accounts = accounts
	}
	if text := getenv("SWEEP_PAGES"); text != "" {
		pages, err := strconv.Atoi(text)
		if err != nil || pages < 1 || pages > 1000 {
			fail("SWEEP_PAGES", "want a number, 1 to 1000")
		}
		c.Sweep.Pages = pages
	}
	if text := getenv("SWEEP_STAY"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil || seconds < 0 || seconds > 120 {
			fail("SWEEP_STAY", "want seconds, 0 to 120")
		}
		c.Sweep.Stay = time.Duration(seconds) * time.Second
	}
	for _, mode := range stellar.Modes {
		prefix := strings.ToUpper(string(mode)) + "_"
		c.Crons[mode] = getenv(prefix + "CRON")
		n := Network{Name: getenv(prefix + "NETWORK_NAME"), Assets: map[string]stellar.Asset{"XLM": stellar.XLM}}
		n.Passphrase = getenv(prefix + "PASSPHRASE")
		if n.Explorer = getenv(prefix + "EXPLORER_URL"); n.Explorer != "" && !(isHTTP(n.Explorer) && strings.Contains(n.Explorer, "{hash}")) {
			fail(prefix+"EXPLORER_URL", "want an http(s) URL with {hash} in place of a transaction's hash, or nothing")
		}
		for _, base := range strings.Fields(getenv(prefix + "HORIZON_URLS")) {
			if !isHTTP(base) {
				fail(prefix+"HORIZON_URLS", "want http(s) URLs, separated by blanks")
			}
			n.Horizons = append(n.Horizons, strings.TrimSuffix(base, "/"))
		}
		for _, word := range strings.Fields(getenv(prefix + "ASSETS")) {
			code, issuer, _ := strings.Cut(word, ":")
			address, err := stellar.ParseAddress(issuer)
			if err != nil || stellar.CheckAssetCode(code) != nil {
				fail(prefix+"ASSETS", "want CODE:ISSUER words, separated by blanks")
				continue
			}
			n.Assets[code] = stellar.Asset{Code: code, Issuer: address}
		}
		if len(n.Horizons) == 0 {
			continue // a mode without a network is not served
		}
		if n.Passphrase == "" || !isLine(n.Passphrase) {
			fail(prefix+"PASSPHRASE", "want the network's passphrase")
		}
		c.Networks[mode] = n
	}
	return c, errors.Join(wrong...)
}

// isLine reports whether a string is valid text without control characters.
func isLine(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) }

func isHTTP(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return isHTTP(s) && err == nil && u.Path == "" && u.RawQuery == "" && u.Fragment == ""
}
