package signin

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"edgecheckout/worker/stellar"
)

// SessionLifetime is how long a session lasts, from the time of its challenge.
const SessionLifetime = 12 * time.Hour

// Session is what somebody may do who has signed in: everything of one merchant in one mode.
type Session struct {
	ID       string
	Account  stellar.Address
	Merchant string
	Mode     stellar.Mode
	Began    time.Time // whole seconds
}

// Ends is when the session is over.
func (s Session) Ends() time.Time { return s.Began.Add(SessionLifetime) }

// Session returns the session that a challenge opens. Its id is derived from the challenge: whoever
// sends that again gets the same session, which ends with it when its owner signs out.
func (k Keys) Session(c Challenge, merchant string, mode stellar.Mode) Session {
	id := base64.RawURLEncoding.EncodeToString(mac(k.derive().ids, string(mode), string(c.Account), c.Nonce)[:16])
	return Session{id, c.Account, merchant, mode, c.Issued}
}

// claims are the claims of a token (RFC 7519), as SEP-10 asks for.
type claims struct {
	Issuer   string          `json:"iss"`
	Subject  stellar.Address `json:"sub"`
	IssuedAt int64           `json:"iat"`
	Expires  int64           `json:"exp"`
	ID       string          `json:"jti"`
	Merchant string          `json:"merchant"`
	Mode     stellar.Mode    `json:"mode"`
}

// header is that of every token: {"alg":"HS256","typ":"JWT"}. No other one is read, so nobody can
// choose how a token is checked.
const header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."

// Token writes a session as a JSON Web Token. The issuer is the service's own URL.
func (k Keys) Token(s Session, issuer string) string {
	body, err := json.Marshal(claims{issuer, s.Account, s.Began.Unix(), s.Ends().Unix(), s.ID, s.Merchant, s.Mode})
	if err != nil {
		panic("signin: " + err.Error()) // a struct of strings and numbers can be encoded
	}
	signed := header + base64.RawURLEncoding.EncodeToString(body)
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac(k.derive().sessions, signed))
}

// Read reads a token; false if it is not one of the issuer's, or is over.
func (k Keys) Read(token, issuer string, now time.Time) (Session, bool) {
	at := strings.LastIndexByte(token, '.')
	body, ok := strings.CutPrefix(token[:max(at, 0)], header)
	if !ok {
		return Session{}, false
	}
	given, err := base64.RawURLEncoding.Strict().DecodeString(token[at+1:])
	if err != nil || !hmac.Equal(given, mac(k.derive().sessions, token[:at])) {
		return Session{}, false
	}
	var c claims
	text, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil || json.Unmarshal(text, &c) != nil || c.Issuer != issuer || now.Unix() >= c.Expires {
		return Session{}, false
	}
	return Session{c.ID, c.Subject, c.Merchant, c.Mode, time.Unix(c.IssuedAt, 0).UTC()}, true
}

// FormToken is what the forms of a session carry. A page of another site cannot know it.
func (k Keys) FormToken(s Session) string {
	return base64.RawURLEncoding.EncodeToString(mac(k.derive().forms, s.ID)[:16])
}

// IsFormToken compares in constant time.
func (k Keys) IsFormToken(s Session, given string) bool {
	return hmac.Equal([]byte(given), []byte(k.FormToken(s)))
}
