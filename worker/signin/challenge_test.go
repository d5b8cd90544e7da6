package signin_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"

	"edgecheckout/worker/signin"
	"edgecheckout/worker/stellar"
)

const secret = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

var (
	now   = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	here  = signin.Site{Domain: "pay.example.com", Passphrase: "Test SDF Network ; September 2015"}
	sites = []signin.Site{{Domain: "pay.example.com", Passphrase: stellar.PublicPassphrase}, here}
)

func address(k *keypair.Full) stellar.Address { return stellar.Address(k.Address()) }

func issue(t *testing.T, keys signin.Keys, account stellar.Address) string {
	t.Helper()
	c, err := signin.NewChallenge(account, now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return keys.Issue(c, here)
}

// sign signs as a wallet does, by the library that wallets use.
func sign(t *testing.T, envelope, passphrase string, with ...*keypair.Full) string {
	t.Helper()
	parsed, err := txnbuild.TransactionFromXDR(envelope)
	if err != nil {
		t.Fatal(err)
	}
	tx, _ := parsed.Transaction()
	if tx, err = tx.Sign(passphrase, with...); err != nil {
		t.Fatal(err)
	}
	signed, err := tx.Base64()
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestWalletsLibraryAcceptsTheChallenge(t *testing.T) {
	keys, who := signin.NewKeys(secret), keypair.MustRandom()
	for _, domain := range []string{"pay.example.com", "127.0.0.1:8787", strings.Repeat("a", signin.MaxDomain)} {
		c, err := signin.NewChallenge(address(who), time.Now().Round(0), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		site := signin.Site{Domain: domain, Passphrase: here.Passphrase}
		signed := sign(t, keys.Issue(c, site), here.Passphrase, who)
		_, account, _, _, err := txnbuild.ReadChallengeTx(signed, string(keys.Account()), here.Passphrase, domain, []string{domain})
		if err != nil || account != who.Address() {
			t.Fatalf("%s: %s, %v", domain, account, err)
		}
		found, err := txnbuild.VerifyChallengeTxSigners(signed, string(keys.Account()), here.Passphrase, domain, []string{domain}, who.Address())
		if err != nil || len(found) != 1 {
			t.Errorf("%s: %v, %v", domain, found, err)
		}
		if s, err := keys.Open(signed, []signin.Site{site}, time.Now()); err != nil || s.Challenge != c {
			t.Errorf("%s: %+v, %v; want %+v", domain, s.Challenge, err, c)
		}
	}
}

func TestOnlyIssuedChallengesAreOpened(t *testing.T) {
	keys, who := signin.NewKeys(secret), keypair.MustRandom()
	envelope := issue(t, keys, address(who))
	signed := sign(t, envelope, here.Passphrase, who)
	s, err := keys.Open(" "+signed[:70]+"\n"+signed[70:]+"\n", sites, now.Add(signin.ChallengeLifetime))
	if err != nil || s.Account != address(who) || s.Site != 1 {
		t.Fatalf("a good one: %+v, %v", s, err)
	}
	raw, err := base64.StdEncoding.DecodeString(signed)
	if err != nil {
		t.Fatal(err)
	}
	transaction := len(raw) - 4 - 2*(4+4+64)
	for i := range raw {
		changed := bytes.Clone(raw)
		changed[i] ^= 1
		s, err := keys.Open(base64.StdEncoding.EncodeToString(changed), sites, now)
		if i < transaction+4 && err == nil {
			t.Fatalf("byte %d of the transaction was changed: %+v", i, s)
		}
		if err == nil && s.Check([]signin.Signer{{Key: address(who), Weight: 1}}, 1) == nil && i >= transaction+4+4+4+64 {
			t.Fatalf("byte %d of the wallet's signature was changed", i)
		}
	}
	for name, text := range map[string]string{
		"nothing": "", "no base64": "hello!", "short": signed[:100], "long": signed + "AAAA",
		"another deployment's": sign(t, issue(t, signin.NewKeys(strings.Repeat("ab", 32)), address(who)), here.Passphrase, who),
	} {
		if s, err := keys.Open(text, sites, now); !errors.Is(err, signin.ErrChallenge) {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	if _, err := keys.Open(signed, sites[:1], now); !errors.Is(err, signin.ErrChallenge) {
		t.Errorf("of another network: %v", err)
	}
	for _, at := range []time.Time{now.Add(signin.ChallengeLifetime + time.Second), now.Add(-2 * time.Minute)} {
		if _, err := keys.Open(signed, sites, at); !errors.Is(err, signin.ErrExpired) {
			t.Errorf("at %v: %v", at, err)
		}
	}
}

func TestSignersNeedTheMediumThreshold(t *testing.T) {
	keys := signin.NewKeys(secret)
	master, ada, bob, stranger := keypair.MustRandom(), keypair.MustRandom(), keypair.MustRandom(), keypair.MustRandom()
	envelope := issue(t, keys, address(master))
	signers := func(masterWeight, adaWeight, bobWeight int) []signin.Signer {
		return []signin.Signer{{address(master), masterWeight}, {address(ada), adaWeight}, {address(bob), bobWeight}}
	}
	for name, c := range map[string]struct {
		by        []*keypair.Full
		signers   []signin.Signer
		threshold int
		want      error
	}{
		"an ordinary account":                {[]*keypair.Full{master}, signers(1, 0, 0)[:1], 0, nil},
		"nobody":                             {nil, signers(1, 1, 1), 0, signin.ErrUnsigned},
		"one of two, not enough":             {[]*keypair.Full{ada}, signers(0, 1, 1), 2, signin.ErrWeight},
		"two of two":                         {[]*keypair.Full{ada, bob}, signers(0, 1, 1), 2, nil},
		"any signer":                         {[]*keypair.Full{bob}, signers(1, 1, 1), 1, nil},
		"a stranger":                         {[]*keypair.Full{stranger}, signers(1, 1, 1), 0, signin.ErrForeign},
		"a signer and a stranger":            {[]*keypair.Full{master, stranger}, signers(1, 1, 1), 1, signin.ErrForeign},
		"a master key that was put aside":    {[]*keypair.Full{master}, signers(0, 1, 1), 0, signin.ErrForeign},
		"one signature twice counts once":    {[]*keypair.Full{ada, ada}, signers(0, 1, 1), 2, signin.ErrForeign},
		"the service's own signature is not": {nil, []signin.Signer{{keys.Account(), 255}}, 1, signin.ErrUnsigned},
	} {
		s, err := keys.Open(sign(t, envelope, here.Passphrase, c.by...), sites, now)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := s.Check(c.signers, c.threshold); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	keys, who := signin.NewKeys(secret), keypair.MustRandom()
	c, err := signin.NewChallenge(address(who), now, rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(keys.Issue(c, here))
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := keys.Open(text, sites, now); err == nil && s.Challenge != c {
			t.Errorf("opened what was never issued: %+v", s.Challenge)
		}
	})
}

// TestFewSignaturesAreChecked has more signatures than are read, and some that say that they are of
// the service.
func TestFewSignaturesAreChecked(t *testing.T) {
	keys, who := signin.NewKeys(secret), keypair.MustRandom()
	envelope := issue(t, keys, address(who))
	var all []*keypair.Full
	var signers []signin.Signer
	for range signin.MaxSigners + 1 {
		all = append(all, keypair.MustRandom())
		signers = append(signers, signin.Signer{Key: address(all[len(all)-1]), Weight: 1})
	}
	s, err := keys.Open(sign(t, envelope, here.Passphrase, all[:signin.MaxSigners]...), sites, now)
	if err != nil || s.Check(signers, signin.MaxSigners) != nil {
		t.Errorf("as many as may be: %v", err)
	}
	if _, err := keys.Open(sign(t, envelope, here.Passphrase, all...), sites, now); !errors.Is(err, signin.ErrSigners) {
		t.Errorf("one more: %v", err)
	}
	raw, err := base64.StdEncoding.DecodeString(envelope)
	if err != nil {
		t.Fatal(err)
	}
	const size = 4 + 4 + 64
	own := raw[len(raw)-size:]
	fake := bytes.Clone(own)
	fake[len(fake)-40] ^= 1
	for fakes, want := range []error{nil, nil, signin.ErrChallenge} {
		several := bytes.Clone(raw[:len(raw)-size-4])
		several = binary.BigEndian.AppendUint32(several, uint32(fakes+1))
		several = append(append(several, bytes.Repeat(fake, fakes)...), own...)
		if _, err := keys.Open(base64.StdEncoding.EncodeToString(several), sites, now); !errors.Is(err, want) {
			t.Errorf("behind %d that are not the service's: %v, want %v", fakes, err, want)
		}
	}
}
