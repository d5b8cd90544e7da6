package wallet

import (
	"strings"
	"testing"

	"edgecheckout/sandbox/ledger"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/txnbuild"
)

func TestIssuerAddressIsThatOfItsSeedPhrase(t *testing.T) {
	if got := IssuerKeys().Address(); got != IssuerAddress {
		t.Errorf("the seed phrase gives %s", got)
	}
}

func TestKeysDependOnNameRoleAndNetwork(t *testing.T) {
	seen := map[string]string{}
	for name, address := range map[string]string{
		"alice":                 Keys(ledger.Passphrase, "alice").Address(),
		"bob":                   Keys(ledger.Passphrase, "bob").Address(),
		"alice elsewhere":       Keys("another", "alice").Address(),
		"alice, the merchant":   MerchantKeys(ledger.Passphrase, "alice").Address(),
		"the issuer of dollars": IssuerAddress,
	} {
		if other, taken := seen[address]; taken {
			t.Errorf("%s is %s", name, other)
		}
		seen[address] = name
	}
	first, second := Keys(ledger.Passphrase, "alice").Address(), Keys(ledger.Passphrase, "alice").Address()
	if first != second {
		t.Errorf("alice is %s, and then %s", first, second)
	}
}

func TestMemosAreParsed(t *testing.T) {
	hex := strings.Repeat("a1", 32)
	hash := [32]byte{}
	for i := range hash {
		hash[i] = 0xa1
	}
	for _, c := range []struct {
		kind, memo string
		want       txnbuild.Memo
	}{
		{"", "", nil},
		{"text", "", nil},
		{"", "hello", txnbuild.MemoText("hello")},
		{"text", "12", txnbuild.MemoText("12")},
		{"id", "18446744073709551615", txnbuild.MemoID(1<<64 - 1)},
		{"hash", hex, txnbuild.MemoHash(hash)},
		{"return", "oaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaE=", txnbuild.MemoReturn(hash)},
	} {
		got, err := Payment{Memo: c.memo, MemoType: c.kind}.memo()
		if err != nil {
			t.Errorf("%s %q: %v", c.kind, c.memo, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s %q (- want, + got):\n%s", c.kind, c.memo, diff)
		}
	}
	for _, p := range []Payment{
		{Memo: strings.Repeat("m", 29)}, {Memo: "x", MemoType: "id"}, {Memo: "18446744073709551616", MemoType: "id"},
		{Memo: "ab", MemoType: "hash"}, {Memo: "x", MemoType: "note"},
	} {
		if memo, err := p.memo(); err == nil {
			t.Errorf("%+v became %v", p, memo)
		}
	}
}

func TestInvalidPaymentsAreRefusedBeforeAnyRequest(t *testing.T) {
	for _, p := range []Payment{
		{Destination: "GABC", Amount: 1},
		{Destination: IssuerAddress, Amount: 0},
		{Destination: IssuerAddress, Amount: 1, Asset: "USDC"},
		{Destination: IssuerAddress, Amount: 1, SendAsset: "USDC:GABC"},
	} {
		if operation, err := p.operation(); err == nil {
			t.Errorf("%+v became %+v", p, operation)
		}
	}
}
