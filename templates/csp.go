package templates

import (
	"net/url"
	"strings"
)

// ContentSecurityPolicy is the policy of every page of this package. The URLs name where a form of the page may post to
// besides the page's own origin (a browser applies form-action to the redirect that follows as well); only their origins
// go into the policy. With none, or with URLs that have no http origin, no form may post at all.
func ContentSecurityPolicy(formURLs ...string) string {
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
		"connect-src 'self'",
		"form-action " + forms,
		"frame-ancestors 'none'",
		"base-uri 'none'",
	}, "; ")
}

// origin is the scheme, host and port of a URL, or "" if it is none of a web page. A host that could end a policy
// directive is none either.
func origin(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || strings.ContainsAny(u.Host, ";, '\"") {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
