package templates

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

// StrictTransportSecurity is the HSTS policy of every page and file: for a year, browsers request
// them over https only.
const StrictTransportSecurity = "max-age=31536000"

// ContentSecurityPolicy is the policy of every page in this package. The page's script may connect
// to the page's own origin and to that of streamURL, if it is not empty. The page's forms may post
// to that origin and to those of formURLs, to which they may also redirect (browsers apply
// form-action to redirects); without formURLs, no form may post. Only origins appear in the policy;
// URLs without an http or https origin are ignored.
func ContentSecurityPolicy(streamURL string, formURLs ...string) string {
	return Brand{}.ContentSecurityPolicy(streamURL, formURLs...)
}

// relay carries the messages between a page and a wallet on a phone.
const relay = "wss://relay.walletconnect.org"

// ContentSecurityPolicy is the policy of the payment page. Where it offers WalletConnect, it may
// connect to its relay.
func (c *Checkout) ContentSecurityPolicy(streamURL string, formURLs ...string) string {
	policy := c.Brand.ContentSecurityPolicy(streamURL, formURLs...)
	if c.WalletConnect.Project == "" || c.streamURL() == "" {
		return policy
	}
	return strings.Replace(policy, "; form-action", " "+relay+"; form-action", 1)
}

// ContentSecurityPolicy is the policy of a page with this brand. It may load images from the origins
// of the brand's own, and has one style element, whose content it names by its hash.
func (b Brand) ContentSecurityPolicy(streamURL string, formURLs ...string) string {
	forms := "'none'"
	for _, raw := range formURLs {
		if o := origin(raw); o != "" {
			if forms == "'none'" {
				forms = "'self'"
			}
			forms += " " + o
		}
	}
	styles := "'self'"
	if style := b.style(); style != "" {
		sum := sha256.Sum256([]byte(style))
		styles += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src " + styles,
		"img-src " + sources(b.LogoURL, b.PictureURL),
		"connect-src " + sources(streamURL),
		"form-action " + forms,
		"frame-ancestors 'none'",
		"base-uri 'none'",
	}, "; ")
}

// sources are the page's own origin and those of some URLs.
func sources(urls ...string) string {
	all := "'self'"
	for _, raw := range urls {
		if o := origin(raw); o != "" && !slices.Contains(strings.Fields(all), o) {
			all += " " + o
		}
	}
	return all
}

// origin returns the scheme, host and port of a web URL, or "" for any other URL. It rejects hosts
// that could end a policy directive or contain a wildcard.
func origin(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || strings.ContainsAny(u.Host, ";, '\"*") {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
