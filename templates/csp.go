package templates

import (
	"net/url"
	"strings"
)

// StrictTransportSecurity is the policy of every page and file that browsers must ask for over https for a year.
const StrictTransportSecurity = "max-age=31536000"

// ContentSecurityPolicy is the policy of every page of this package. The stream's URL, if there is one, is what the page's
// script may read besides the page's own origin. The other URLs name where a form of the page may post to besides that
// origin (a browser applies form-action to the redirect that follows as well); with none no form may post at all. Only
// origins go into the policy, and URLs that have no http origin count for nothing.
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

// origin is the scheme, host and port of a URL, or "" if it is none of a web page. A host that could end a policy
// directive, or stands for many in one, is none either.
func origin(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || strings.ContainsAny(u.Host, ";, '\"*") {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
