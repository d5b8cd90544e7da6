package worker

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/codec"
	"edgecheckout/worker/stellar"
)

// params parses the members of a body: each is requested once, by name, and returned as its type.
// The first error is kept, and all later values are zero. Members that are never requested are
// unknown.
type params struct {
	members []codec.Member
	asked   []string
	err     *Error
}

func newParams(body []byte) *params {
	members, err := parseObject(body)
	return &params{members: members, asked: make([]string, 0, 16), err: err}
}

// queryParams returns the params of a query, whose values are all strings. The caller has checked
// the names.
func queryParams(query query) *params {
	p := &params{}
	for _, m := range query {
		p.keep(m.Name, m.Value)
	}
	return p
}

func (p *params) fail(err *Error) {
	if p.err == nil {
		p.err = err
	}
}

// done returns the first error, or an error for an unknown member.
func (p *params) done() *Error {
	if p.err != nil {
		return p.err
	}
	var unknown []string
	for i := range p.members {
		if name := p.members[i].Name; !slices.Contains(p.asked, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	for _, name := range unknown {
		if p.misnamed(name) {
			return p.err
		}
	}
	var known []string // some were asked for twice
	for _, name := range p.asked {
		if !slices.Contains(known, name) {
			known = append(known, name)
		}
	}
	return unknownParameter(slices.Min(unknown), "a parameter", known)
}

// take returns a member; nil if it is absent or null.
func (p *params) take(name string) *codec.Member {
	p.asked = append(p.asked, name)
	m := codec.Find(p.members, name)
	if p.err != nil || m == nil || m.Value == "null" {
		return nil
	}
	return m
}

// has reports whether the member was sent, even as null.
func (p *params) has(name string) bool { return codec.Find(p.members, name) != nil }

// given reports whether the member was sent and is not null. If not, it counts as requested.
func (p *params) given(name string) bool {
	if m := codec.Find(p.members, name); m != nil && m.Value != "null" {
		return true
	}
	p.take(name)
	return false
}

// keep sets an absent member to the object's current value, so that an update is parsed and checked
// like a creation.
func (p *params) keep(name string, value any) {
	if p.err != nil || p.has(name) {
		return
	}
	raw, err := json.Marshal(value)
	if err != nil {
		// Only a programming error makes it fail.
		panic(fmt.Sprintf("worker: %T cannot be encoded: %v", value, err))
	}
	p.members = append(p.members, codec.Member{Name: name, Value: string(raw)})
}

// is reports whether a member equals this string.
func (p *params) is(name, want string) bool {
	var s string
	m := codec.Find(p.members, name)
	return m != nil && parseString(m, &s) && s == want
}

// text returns a string of at most max characters without control characters; "" if it is absent.
func (p *params) text(name string, max int) string {
	m := p.take(name)
	if m == nil {
		return ""
	}
	if m.Plain && len(m.Text()) <= max {
		return m.Text()
	}
	var s string
	if !parseString(m, &s) {
		p.fail(invalid(name, "%s must be a string.", name))
		return ""
	}
	if n := utf8.RuneCountInString(s); n > max {
		p.fail(invalid(name, "%s has %d characters; at most %d are allowed.", name, n, max))
		return ""
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		p.fail(invalid(name, "%s contains a control character; leave it out.", name))
		return ""
	}
	return s
}

// displayName returns a name that is shown to customers; "" if it is absent. Invisible characters,
// or those that change the direction of text, could make it look like another name.
func (p *params) displayName(name string, max int) string {
	s := p.text(name, max)
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Cf, r) }) {
		p.fail(invalid(name, "%s contains an invisible character or one that changes the direction of text; leave it out.", name))
	}
	return s
}

// noOverride refuses characters that change the direction of the text around them: with one, a name
// on the page could reverse what stands beside it.
func (p *params) noOverride(name, s string) {
	if strings.ContainsFunc(s, func(r rune) bool { return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 }) {
		p.fail(invalid(name, "%s contains a character that changes the direction of text (U+202A to U+202E, U+2066 to U+2069); leave it out.", name))
	}
}

// parseString parses a member, which is valid JSON, and reports whether it is a string.
func parseString(m *codec.Member, s *string) bool {
	if m.Plain {
		*s = m.Text()
		return true
	}
	return json.Unmarshal([]byte(m.Value), s) == nil
}

// required returns a text that must be present and not blank.
func (p *params) required(name string, max int, why string) string {
	s := p.text(name, max)
	if p.err == nil && strings.TrimSpace(s) == "" {
		p.fail(missing(name, "%s is required%s.", name, why))
	}
	return s
}

// amount returns a positive amount; it is required, as a number or decimal string under its name,
// or as a decimal string under name_decimal, or equally as both.
func (p *params) amount(name, why string) stellar.Amount {
	m, decimal := p.take(name), p.take(name+decimalSuffix)
	if p.err != nil {
		return 0
	}
	if m == nil && decimal == nil {
		if !p.misnamed(name + "_cents") {
			p.fail(missing(name, "%s is required%s.", name, why))
		}
		return 0
	}
	if decimal != nil && decimal.Value[0] != '"' {
		p.fail(invalid(name+decimalSuffix, "%s%s must be a decimal string, such as \"0.0000001\".", name, decimalSuffix))
		return 0
	}
	if decimal == nil {
		return p.positive(name, m)
	}
	exact := p.positive(name+decimalSuffix, decimal)
	if m != nil && p.err == nil && p.positive(name, m) != exact && p.err == nil {
		p.fail(invalid(name+decimalSuffix, "%s and %s%s are two different amounts; send one of them.", name, name, decimalSuffix))
	}
	return exact
}

// decimalSuffix is added to the name of an amount for the same as a decimal string.
const decimalSuffix = "_decimal"

// positive parses the value of an amount.
func (p *params) positive(name string, m *codec.Member) stellar.Amount {
	text := m.Value
	if text[0] == '"' && !parseString(m, &text) || text == "" || !('0' <= text[0] && text[0] <= '9') {
		p.fail(invalid(name, "%s must be a number above 0, or the same as a decimal string, such as 50 or \"0.0000001\".", name))
		return 0
	}
	if strings.IndexByte(text, 'e') >= 0 || strings.IndexByte(text, 'E') >= 0 {
		p.fail(invalid(name, "%s must be written without an exponent, such as 0.0000001.", name))
		return 0
	}
	amount, err := stellar.ParseAmount(text)
	if err != nil {
		p.fail(invalid(name, "%s must have at most 7 decimals and be at most 922337203685.4775807.", name))
		return 0
	}
	if amount == 0 {
		p.fail(invalid(name, "%s must be more than 0; the smallest amount is 0.0000001.", name))
	}
	return amount
}

// optionalAmount returns a positive amount; 0 if it is absent.
func (p *params) optionalAmount(name string) stellar.Amount {
	if !p.given(name) && !p.given(name+decimalSuffix) {
		return 0
	}
	return p.amount(name, "")
}

// maxMemoBytes is the size limit of a MEMO_TEXT.
const maxMemoBytes = 28

// memo returns a text that fits a transaction's memo; "" if it is absent.
func (p *params) memo(name string) string {
	s := p.text(name, maxMemoBytes)
	if len(s) > maxMemoBytes {
		p.fail(invalid(name, "%s has %d bytes; a transaction's memo has room for %d.", name, len(s), maxMemoBytes))
	}
	return s
}

// asset returns the asset of asset_code and asset_issuer. The code is required; the issuer may be
// omitted for known assets.
func (p *params) asset(known map[string]stellar.Asset, why string) stellar.Asset {
	if p.misnamed("currency_code") {
		return stellar.Asset{}
	}
	return p.prefixedAsset("", known, why)
}

// prefixedAsset is asset for members whose names begin with a prefix.
func (p *params) prefixedAsset(prefix string, known map[string]stellar.Asset, why string) stellar.Asset {
	codeName, issuerName := prefix+"asset_code", prefix+"asset_issuer"
	code := p.required(codeName, 1000, why)
	issuer := p.text(issuerName, 1000)
	if p.err != nil {
		return stellar.Asset{}
	}
	if err := stellar.CheckAssetCode(code); err != nil {
		p.fail(invalid(codeName, "%s must be 1 to 12 letters (a-z, A-Z) and digits, such as XLM or USDC.", codeName))
		return stellar.Asset{}
	}
	if issuer == "" {
		asset, ok := known[code]
		if !ok {
			p.fail(missing(issuerName, "%s is required for %s; it may be left out for %s.", issuerName, code,
				strings.Join(slices.Sorted(maps.Keys(known)), ", ")))
		}
		return asset
	}
	address, err := stellar.ParseAddress(issuer)
	if err != nil {
		p.fail(invalid(issuerName, "%s must be a Stellar account (G and 55 more characters, with a valid checksum).", issuerName))
	}
	return stellar.Asset{Code: code, Issuer: address}
}

// seconds returns a whole number of seconds from min to max; usual if it is absent.
func (p *params) seconds(name string, min, max, usual time.Duration) time.Duration {
	m := p.take(name)
	if m == nil {
		return usual
	}
	n, err := strconv.Atoi(m.Value)
	if err != nil || n < int(min/time.Second) || n > int(max/time.Second) {
		p.fail(invalid(name, "%s must be a whole number of seconds from %d to %d.", name, min/time.Second, max/time.Second))
		return usual
	}
	return time.Duration(n) * time.Second
}

// Limits of metadata.
const (
	metadataKeys       = 50
	metadataKeyChars   = 40
	metadataValueChars = 500
)

// metadata merges an object of strings into what is there, which must not be modified. A number or
// a boolean is taken as the string that it is written as. Null in the place of a value removes its
// key, in the place of the object all of them.
func (p *params) metadata(name string, before checkout.Metadata) checkout.Metadata {
	m := p.take(name)
	if m == nil && !p.has(name) {
		return before
	}
	if m == nil {
		return nil
	}
	members, ok := codec.PlainObject(m.Value)
	if !ok {
		var object map[string]json.RawMessage
		if json.Unmarshal([]byte(m.Value), &object) != nil {
			p.fail(invalid(name, "%s must be an object whose values are strings, numbers or booleans.", name))
			return nil
		}
		members = codec.Members(object)
	}
	metadata := make(checkout.Metadata, len(before)+len(members))
	maps.Copy(metadata, before)
	var fault *Error
	first := "" // of the keys at fault, so that the message is deterministic
	for i := range members {
		key := members[i].Name
		if members[i].Value == "null" {
			delete(metadata, key)
			continue
		}
		value, err := metadataValue(name, &members[i])
		if err != nil && (fault == nil || key < first) {
			first, fault = key, err
		}
		metadata[key] = value
	}
	if fault != nil {
		p.fail(fault)
		return nil
	}
	if len(metadata) > metadataKeys {
		p.fail(invalid(name, "%s has %d keys; at most %d are allowed.", name, len(metadata), metadataKeys))
		return nil
	}
	return metadata
}

func metadataValue(name string, m *codec.Member) (value string, err *Error) {
	param := func() string { return name + "." + m.Name }
	switch {
	case m.Name == "" || utf8.RuneCountInString(m.Name) > metadataKeyChars:
		return "", invalid(name, "The key %s in %s must have 1 to %d characters.", clip(m.Name), name, metadataKeyChars)
	case m.Value[0] == '{' || m.Value[0] == '[':
		return "", invalid(param(), "%s must be a string, a number or a boolean; write what is nested as a string of JSON.", param())
	case m.Value[0] != '"':
		value = m.Value
	case !parseString(m, &value):
		return "", invalid(param(), "%s must be a string, a number or a boolean.", param())
	}
	switch {
	case utf8.RuneCountInString(value) > metadataValueChars:
		return "", invalid(param(), "%s has more than %d characters.", param(), metadataValueChars)
	}
	return value, nil
}

const maxURLChars = 2048

// returnURL returns the URL of a redirect: https, or http://localhost in test mode; "" if it is
// absent.
func (p *params) returnURL(name string, mode stellar.Mode) string {
	s := p.text(name, maxURLChars)
	if s == "" {
		return ""
	}
	if isPlainHTTPS(s) {
		return s
	}
	u, ok := parseURL(strings.ReplaceAll(s, checkout.IDPlaceholder, "chk_"))
	switch {
	case !ok:
		p.fail(invalid(name, "%s is not a valid URL.", name))
	case strings.HasPrefix(s, "https://") && u.Hostname() != "" || mode == stellar.Test && strings.HasPrefix(s, "http://") && u.Hostname() == "localhost":
		if u.User != nil {
			p.fail(invalid(name, "%s must not contain a user name or password.", name))
		}
		if strings.Contains(s[:strings.Index(s, "//")+2+len(u.Host)], "{") {
			p.fail(invalid(name, "%s may contain %s only after its host.", name, checkout.IDPlaceholder))
		}
	default:
		want := "an https: URL"
		if mode == stellar.Test {
			want += ", or http://localhost,"
		}
		p.fail(invalid(name, "%s must be %s with a host.", name, want))
	}
	return s
}

// parseURL parses a URL that browsers follow exactly as it is written: without spaces, backslashes
// and invisible characters, and with a valid host and port.
func parseURL(s string) (*url.URL, bool) {
	if strings.ContainsFunc(s, func(r rune) bool { return r == ' ' || r == '\\' || !strconv.IsPrint(r) }) {
		return nil, false
	}
	u, err := url.Parse(s)
	if err != nil || strings.ContainsAny(u.Host, `<>"'()*+,;=!$&%`) {
		return nil, false
	}
	if u.Port() != "" {
		_, err = strconv.ParseUint(u.Port(), 10, 16)
	}
	return u, err == nil
}

// isPlainHTTPS reports whether a URL is https:, a host name of letters, digits, dots and hyphens,
// and a path of characters that need no further checks, as nearly all are. That saves parsing them.
// It may report false for any other valid URL.
func isPlainHTTPS(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	end := strings.IndexByte(rest, '/')
	if !ok || end <= 0 {
		return false
	}
	for i := range len(rest) {
		switch c := rest[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.':
		case i >= end && strings.IndexByte("/?=&_{}", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// email returns an e-mail address in lower case, so that equal ones compare equal; "" if it is
// absent.
func (p *params) email(name string) string {
	s := strings.ToLower(strings.TrimSpace(p.text(name, 254)))
	if s == "" {
		return ""
	}
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(local) > 64 || !strings.Contains(domain, ".") || strings.Contains("."+domain+".", "..") || strings.Contains(domain, "@") ||
		strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) || strings.ContainsRune(` ,;:<>()[]"\`, r) }) {
		p.fail(invalid(name, "%s must be an e-mail address such as ada@example.com.", name))
		return ""
	}
	return s
}

// phone returns a number as E.164: + and 7 to 15 digits, the first not 0. Spaces, dots, hyphens and
// parentheses are removed.
func (p *params) phone(name string) string {
	s := p.text(name, 40)
	if s == "" {
		return ""
	}
	number := strings.NewReplacer(" ", "", ".", "", "-", "", "(", "", ")", "").Replace(s)
	digits, ok := strings.CutPrefix(number, "+")
	if !ok || len(digits) < 7 || len(digits) > 15 || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		p.fail(invalid(name, "%s must be a phone number with its country code, such as +14155550123.", name))
		return ""
	}
	return number
}

// boolean returns true or false; it is required.
func (p *params) boolean(name string) bool {
	m := p.take(name)
	switch {
	case p.err != nil:
	case m == nil:
		p.fail(missing(name, "%s is required: true or false.", name))
	case m.Value != "true" && m.Value != "false":
		p.fail(invalid(name, "%s must be true or false.", name))
	}
	return m != nil && m.Value == "true"
}

// isBlank reports whether a string shows nothing.
func isBlank(s string) bool { return strings.TrimSpace(s) == "" }

const maxImages = 8

// images returns a list of https: URLs; nil if it is absent.
func (p *params) images(name string) []string {
	m := p.take(name)
	if m == nil {
		return nil
	}
	var urls []*string
	if json.Unmarshal([]byte(m.Value), &urls) != nil || len(urls) > maxImages {
		p.fail(invalid(name, "%s must be a list of at most %d https: URLs.", name, maxImages))
		return nil
	}
	var images []string
	for i, s := range urls {
		if s == nil || utf8.RuneCountInString(*s) > maxURLChars || !isHTTPS(*s) {
			p.fail(invalid(fmt.Sprintf("%s[%d]", name, i), "%s[%d] must be an https: URL of at most %d characters.", name, i, maxURLChars))
			return nil
		}
		images = append(images, *s)
	}
	return images
}

func isHTTPS(s string) bool {
	u, ok := parseURL(s)
	return ok && strings.HasPrefix(s, "https://") && u.Hostname() != "" && u.User == nil
}

// account returns a G… account; "" if it is absent.
func (p *params) account(name string) stellar.Address {
	s := p.text(name, 1000)
	if s == "" {
		return ""
	}
	address, err := stellar.ParseAddress(s)
	if err != nil {
		p.fail(invalid(name, "%s must be a Stellar account (G and 55 more characters, with a valid checksum).", name))
	}
	return address
}

// optionalTime returns a time in ISO 8601; the zero time if it is absent.
func (p *params) optionalTime(name string) time.Time {
	if !p.has(name) {
		return time.Time{}
	}
	return p.time(name)
}

// time returns a time in ISO 8601; it is required.
func (p *params) time(name string) time.Time {
	m := p.take(name)
	if p.err != nil {
		return time.Time{}
	}
	if m == nil {
		p.fail(missing(name, "%s is required: a time such as 2026-11-22T12:00:00Z.", name))
		return time.Time{}
	}
	var text string
	t, err := time.Time{}, json.Unmarshal([]byte(m.Value), &text)
	if err == nil {
		t, err = time.Parse(time.RFC3339, text)
	}
	if err != nil {
		p.fail(invalid(name, "%s must be a time such as 2026-11-22T12:00:00Z.", name))
	}
	return t
}

// payer returns the account of a wallet; it is required.
func (p *params) payer(name string) stellar.Address {
	text := p.required(name, 1000, ": the wallet's account (G…)")
	if p.err != nil {
		return ""
	}
	if strings.HasPrefix(text, "M") {
		p.fail(invalid(name, "%s must be the account (G…) itself, not a muxed address of it (M…): the number in it says nothing about who pays.", name))
	}
	address, err := stellar.ParseAddress(text)
	if err != nil {
		p.fail(invalid(name, "%s must be a Stellar account (G and 55 more characters, with a valid checksum).", name))
	}
	return address
}
