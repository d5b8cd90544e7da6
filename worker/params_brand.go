package worker

import (
	"strings"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/event"
)

// brand sets what was sent of a brand; null removes it.
func (p *params) brand(b *checkout.Brand) {
	for _, member := range []struct {
		name  string
		field *string
		parse func(name string) string
	}{
		{"logo_url", &b.LogoURL, p.webURL},
		{"brand_color", &b.Color, p.color},
		{"support_email", &b.SupportEmail, p.email},
		{"website", &b.Website, p.webURL},
		{"home_domain", &b.HomeDomain, p.hostName},
	} {
		if value := member.parse(member.name); p.has(member.name) {
			*member.field = value
		}
	}
}

// webURL returns an https: URL of at most [maxURLChars] characters; "" if it is absent.
func (p *params) webURL(name string) string {
	s := p.text(name, maxURLChars)
	if s != "" && !isHTTPS(s) {
		p.fail(invalid(name, "%s must be an https: URL, such as https://shop.example/.", name))
	}
	return s
}

// color returns a colour as #rrggbb in lower case; "" if it is absent.
func (p *params) color(name string) string {
	s := strings.ToLower(p.text(name, 100))
	if digits, ok := strings.CutPrefix(s, "#"); s != "" && (!ok || len(digits) != 6 || strings.Trim(digits, "0123456789abcdef") != "") {
		p.fail(invalid(name, "%s must be a colour as # and six hexadecimal digits, such as #0a7c66.", name))
	}
	return s
}

// maxHomeDomain is the size limit of an account's home domain on the ledger, in bytes.
const maxHomeDomain = 32

// hostName returns the name of a host in the public DNS, in lower case; "" if it is absent.
func (p *params) hostName(name string) string {
	s := strings.ToLower(p.text(name, 1000))
	if s != "" && (len(s) > maxHomeDomain || !event.IsPublicName(s)) {
		p.fail(invalid(name, "%s must be a public host name of at most %d characters, without https:// and without a path, such as shop.example.", name, maxHomeDomain))
	}
	return s
}
