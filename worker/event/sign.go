package event

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// Signatures are the headers that prove where a message comes from, in two schemes.
type Signatures struct {
	// StellarTools is X-StellarTools-Signature: HMAC-SHA256 of "t.body", whose key is the text of the
	// secret. Its receivers read the first signature only, so the previous secret stands first.
	StellarTools string
	// Standard is webhook-signature of Standard Webhooks 1.0: HMAC-SHA256 of "id.t.body", whose key is
	// the bytes of the secret.
	Standard string
	// Timestamp is webhook-timestamp, in seconds since 1970.
	Timestamp string
}

// Sign signs a message with the endpoint's secret and, while that is being rotated, the one before;
// previous is nil otherwise.
func Sign(secret, previous Secret, id string, now time.Time, body []byte) Signatures {
	s := Signatures{Timestamp: strconv.FormatInt(now.Unix(), 10)}
	tools := []string{"t=" + s.Timestamp}
	var standard []string
	for _, key := range []Secret{previous, secret} {
		if key != nil {
			tools = append(tools, "v1="+hex.EncodeToString(signature([]byte(key.String()), s.Timestamp, ".", string(body))))
			standard = append([]string{"v1," + base64.StdEncoding.EncodeToString(signature(key, id, ".", s.Timestamp, ".", string(body)))}, standard...)
		}
	}
	s.StellarTools, s.Standard = strings.Join(tools, ","), strings.Join(standard, " ")
	return s
}

func signature(key []byte, parts ...string) []byte {
	m := hmac.New(sha256.New, key)
	for _, part := range parts {
		m.Write([]byte(part))
	}
	return m.Sum(nil)
}
