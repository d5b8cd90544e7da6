package event

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var (
	oldKey = strings.Repeat("0a", 32)
	newKey = strings.Repeat("0b", 32)
)

func vault(t rapid.TB, keys string) Vault {
	t.Helper()
	v, err := NewVault(keys)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSecretsOpenOnlyForTheirEndpointAndWithTheirKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := Secret(rapid.SliceOfN(rapid.Byte(), secretBytes, secretBytes).Draw(t, "secret"))
		before, after := vault(t, oldKey), vault(t, newKey+", "+oldKey)
		sealed := before.Seal("wh_1", secret)
		if bytes.Contains(sealed, secret) || !bytes.Equal(sealed, before.Seal("wh_1", secret)) || bytes.Equal(sealed, before.Seal("wh_2", secret)) {
			t.Fatal("not sealed, or not deterministic, or alike for two endpoints")
		}
		for _, c := range []struct {
			v       Vault
			webhook string
			old, ok bool
		}{{before, "wh_1", false, true}, {after, "wh_1", true, true}, {before, "wh_2", false, false}, {vault(t, newKey), "wh_1", false, false}} {
			got, old, err := c.v.Open(c.webhook, sealed)
			if c.ok && (err != nil || !bytes.Equal(got, secret) || old != c.old) || !c.ok && !errors.Is(err, ErrSealed) {
				t.Fatalf("%s: %x, %v, %v", c.webhook, got, old, err)
			}
		}
		at := rapid.IntRange(0, len(sealed)-1).Draw(t, "at")
		sealed[at] ^= 1
		if _, _, err := before.Open("wh_1", sealed); !errors.Is(err, ErrSealed) {
			t.Fatalf("changed at %d: %v", at, err)
		}
		if _, _, err := before.Open("wh_1", sealed[:at]); !errors.Is(err, ErrSealed) {
			t.Fatalf("cut off at %d: %v", at, err)
		}
	})
}

func TestDerivedSecretsDependOnEveryPartAndTheKey(t *testing.T) {
	v := vault(t, oldKey)
	secret := v.Derive("wh_1", "a", "b")
	for _, other := range []Secret{v.Derive("wh_1"), v.Derive("wh_1", "a"), v.Derive("wh_1", "ab", ""), v.Derive("wh_2", "a", "b"), vault(t, newKey).Derive("wh_1", "a", "b")} {
		if bytes.Equal(secret, other) {
			t.Errorf("%s twice", secret)
		}
	}
	if !bytes.Equal(secret, v.Derive("wh_1", "a", "b")) || len(secret) != secretBytes || !strings.HasPrefix(secret.String(), "whsec_") || len(secret.String()) != 50 {
		t.Errorf("%s is not always the same", secret)
	}
}
