package walletconnect

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"
)

// A stand-in that admitted anyone would not show that the page presents what the relay wants.
func TestRelayAdmitsOnlyWhoeverHasSigned(t *testing.T) {
	now := time.Unix(1_796_000_000, 0)
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	did := "did:key:z" + base58(append([]byte{0xed, 0x01}, public...))
	token := func(claims string) string {
		signed := encoded(`{"alg":"EdDSA","typ":"JWT"}`) + "." + encoded(claims)
		return signed + "." + encoded(string(ed25519.Sign(private, []byte(signed))))
	}
	claims := func(from, to string, until time.Time) string {
		return fmt.Sprintf(`{"iss":%q,"aud":%q,"exp":%d}`, from, to, until.Unix())
	}
	good := token(claims(did, "wss://"+Host, now.Add(time.Hour)))
	if id, err := identity(good, now); err != nil || id != did {
		t.Errorf("a good token is of %q (%v), want %q", id, err, did)
	}
	parts := strings.Split(good, ".")
	for name, bad := range map[string]string{
		"nothing":             "",
		"without a signature": parts[0] + "." + parts[1] + ".",
		"changed":             parts[0] + "." + encoded(claims(did, "wss://other.example", now.Add(time.Hour))) + "." + parts[2],
		"of no key":           token(claims("did:key:zabc", "wss://"+Host, now.Add(time.Hour))),
		"for nobody":          token(claims(did, "", now.Add(time.Hour))),
		"expired":             token(claims(did, "wss://"+Host, now)),
	} {
		if id, err := identity(bad, now); err == nil {
			t.Errorf("a token that is %s is of %q", name, id)
		}
	}
}

func encoded(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func base58(b []byte) string {
	number, digit, text := new(big.Int).SetBytes(b), new(big.Int), ""
	for number.Sign() > 0 {
		number.DivMod(number, big.NewInt(58), digit)
		text = alphabet[digit.Int64():digit.Int64()+1] + text
	}
	return text
}
