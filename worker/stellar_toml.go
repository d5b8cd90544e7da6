package worker

import (
	"edgecheckout/worker/codec"
	"edgecheckout/worker/stellar"
)

// Organization is the operator of the deployment, for wallets that show it. Empty fields are
// omitted.
type Organization struct {
	Name, URL, SupportEmail string
}

var keepStellarTOML = keep{"max-age=300", "max-age=3600, stale-while-revalidate=86400"}

// getStellarTOML is GET /.well-known/stellar.toml, where wallets look up a domain (SEP-1). It is
// short: the service has no account, and does not sign SEP-7 requests, so those have no
// origin_domain.
func getStellarTOML(c *call) (answer, error) {
	b := []byte(`# A hosted checkout: its customers pay the accounts of its merchants directly. It has no account of its own, so no ACCOUNTS
# are listed here. SIGNING_KEY signs what merchants sign to open the console (SEP-10). Payment requests (SEP-7) are not signed.
`)

	// SEP-1 has room for one network: the public one, if it is served.
	for _, mode := range []stellar.Mode{stellar.Live, stellar.Test} {
		if network, ok := c.config.Networks[mode]; ok {
			b = appendTOML(b, "SIGNING_KEY", string(c.config.SignIn.Account()))
			b = appendTOML(b, "WEB_AUTH_ENDPOINT", c.config.BaseURL+authPath)
			b = appendTOML(b, "NETWORK_PASSPHRASE", network.Passphrase)
			break
		}
	}
	if org := c.config.Organization; org != (Organization{}) {
		b = append(b, "\n[DOCUMENTATION]\n"...)
		b = appendTOML(b, "ORG_NAME", org.Name)
		b = appendTOML(b, "ORG_URL", org.URL)
		b = appendTOML(b, "ORG_SUPPORT_EMAIL", org.SupportEmail)
	}
	// Wallets in browsers read it from any origin.
	a := written("text/plain; charset=utf-8", b).with("Access-Control-Allow-Origin", "*")
	a.keep = keepStellarTOML
	return a, nil
}

// appendTOML writes a line unless the value is empty. A JSON string is a TOML string, except for
// U+007F, which ParseConfig refuses.
func appendTOML(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(append(b, name...), " = "...)
	return append(codec.AppendString(b, value), '\n')
}
