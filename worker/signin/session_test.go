package signin_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/stellar/go/keypair"

	"edgecheckout/worker/signin"
	"edgecheckout/worker/stellar"
)

const issuer = "https://pay.example.com"

func session(t *testing.T, keys signin.Keys, mode stellar.Mode) signin.Session {
	t.Helper()
	c, err := signin.NewChallenge(address(keypair.MustRandom()), now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return keys.Session(c, "mer_1", mode)
}

func TestSessionsLastTwelveHoursAndCannotBeChanged(t *testing.T) {
	keys := signin.NewKeys(secret)
	s := session(t, keys, stellar.Test)
	token := keys.Token(s, issuer)
	for _, at := range []time.Time{now, now.Add(12*time.Hour - time.Second)} {
		if got, ok := keys.Read(token, issuer, at); !ok || got != s {
			t.Errorf("at %v: %+v, %v", at, got, ok)
		}
	}
	if _, ok := keys.Read(token, issuer, now.Add(12*time.Hour)); ok {
		t.Error("read after 12 hours")
	}
	if _, ok := keys.Read(token, "https://other.example.com", now); ok {
		t.Error("read elsewhere")
	}
	if _, ok := signin.NewKeys(strings.Repeat("ab", 32)+","+secret).Read(token, issuer, now); ok {
		t.Error("read after a rotation of the deployment's keys")
	}
	for i := range token {
		for _, other := range "A.-_9z" {
			if changed := token[:i] + string(other) + token[i+1:]; changed != token {
				if got, ok := keys.Read(changed, issuer, now); ok {
					t.Fatalf("character %d was changed: %+v", i, got)
				}
			}
		}
	}
	unsigned := "eyJhbGciOiJub25lIn0." + strings.Split(token, ".")[1] + "."
	for _, forged := range []string{"", ".", "..", unsigned, token[:len(token)-1], token + "A", strings.Split(token, ".")[1]} {
		if _, ok := keys.Read(forged, issuer, now); ok {
			t.Errorf("read %q", forged)
		}
	}
}

func TestEachSessionHasAFormTokenOfItsOwn(t *testing.T) {
	keys := signin.NewKeys(secret)
	one, other := session(t, keys, stellar.Test), session(t, keys, stellar.Test)
	if !keys.IsFormToken(one, keys.FormToken(one)) || keys.IsFormToken(one, keys.FormToken(other)) || keys.IsFormToken(one, "") {
		t.Error("form tokens are mixed up")
	}
	if keys.FormToken(one) == one.ID {
		t.Error("the token is the session's id")
	}
}

func TestOneChallengeOpensOneSessionForEachMode(t *testing.T) {
	keys := signin.NewKeys(secret)
	c, err := signin.NewChallenge(address(keypair.MustRandom()), now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	test := keys.Session(c, "mer_1", stellar.Test)
	if test != keys.Session(c, "mer_1", stellar.Test) {
		t.Error("sent again, it opens another session")
	}
	if test.ID == keys.Session(c, "mer_1", stellar.Live).ID {
		t.Error("sessions of two modes have one id")
	}
}
