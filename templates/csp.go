package templates

import (
	"net/url"
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
	connections := "'self'"
	if o := origin(streamURL); o != "" {
		connections += " " + o
	}
	forms := "'none'"
	for _, raw := range formURLs {
		if o := origin(raw); o != "" {
			if forms == "'none'" {
				forms = "'self'"
			}
			forms += " " + o
		}
	}
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self'",
		"connect-src " + connections,
		"form-action " + forms,
		"frame-ancestors 'none'",
		"base-uri 'none'",
	}, "; ")
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
