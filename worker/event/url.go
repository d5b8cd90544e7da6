package event

import (
	"errors"
	"net/url"
	"strings"
)

// What is wrong with the URL of an endpoint.
var (
	ErrURL      = errors.New("is not a valid URL")
	ErrScheme   = errors.New("must begin with https://")
	ErrUserinfo = errors.New("must not contain a user name or password")
	ErrFragment = errors.New("must not have a fragment (#…)")
	ErrPort     = errors.New("must use port 443 or 8443")
	ErrHost     = errors.New("must have a public host name, such as shop.example; not an IP address, and no name of a private network")
	ErrOwnHost  = errors.New("must not be on the host of this service")
)

// privateNames end the names of hosts that are not public: RFC 6761, RFC 6762, RFC 7686, RFC 8375,
// and those that routers and companies use.
var privateNames = []string{
	"localhost", "local", "internal", "intranet", "private", "corp", "home", "lan", "localdomain", "onion", "arpa", "test", "invalid", "alt",
}

// CheckURL reports why events cannot be sent to a URL, as one of the errors above. own is the
// origin of this service. If local is set, http://localhost is accepted as well.
func CheckURL(s, own string, local bool) error {
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }) {
		return ErrURL
	}
	u, err := url.Parse(s)
	if err != nil {
		return ErrURL
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	switch {
	case u.User != nil:
		return ErrUserinfo
	case strings.Contains(s, "#"):
		return ErrFragment
	case local && u.Scheme == "http" && host == "localhost":
		return nil
	case u.Scheme != "https" || u.Opaque != "":
		return ErrScheme
	case !IsPublicName(host):
		return ErrHost
	case strings.HasSuffix(u.Host, ":") || u.Port() != "" && u.Port() != "443" && u.Port() != "8443":
		return ErrPort
	}
	if ours, err := url.Parse(own); err == nil && strings.EqualFold(ours.Hostname(), host) {
		return ErrOwnHost
	}
	return nil
}

// IsPublicName reports whether a host in lower case is a name of the public DNS. No IP address is,
// in any notation: the last label of a name has letters only, or is an internationalized one.
func IsPublicName(host string) bool {
	if len(host) > 253 || !strings.Contains(host, ".") {
		return false
	}
	last := ""
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
		last = label
	}
	if len(last) < 2 || strings.Trim(last, "abcdefghijklmnopqrstuvwxyz") != "" && !strings.HasPrefix(last, "xn--") {
		return false
	}
	for _, name := range privateNames {
		if last == name {
			return false
		}
	}
	return true
}
