package stellar_test

import (
	"encoding/base64"
	"testing"

	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"

	"edgecheckout/worker/stellar"
)

// The library that wallets use must read the same changes from the transactions.
func TestChangesOfAnAccountAreReadByWallets(t *testing.T) {
	source, other := keypair.MustRandom().Address(), keypair.MustRandom().Address()
	for name, c := range map[string]struct {
		operation stellar.Operation
		want      txnbuild.Operation
	}{
		"trustline": {stellar.Trust(stellar.Asset{Code: "USDC", Issuer: stellar.Address(other)}),
			&txnbuild.ChangeTrust{Line: txnbuild.ChangeTrustAssetWrapper{Asset: txnbuild.CreditAsset{Code: "USDC", Issuer: other}}, Limit: txnbuild.MaxTrustlineLimit}},
		"long code": {stellar.Trust(stellar.Asset{Code: "LONGASSET012", Issuer: stellar.Address(other)}),
			&txnbuild.ChangeTrust{Line: txnbuild.ChangeTrustAssetWrapper{Asset: txnbuild.CreditAsset{Code: "LONGASSET012", Issuer: other}}, Limit: txnbuild.MaxTrustlineLimit}},
		"memo":   {stellar.SetData("config.memo_required", "1"), &txnbuild.ManageData{Name: "config.memo_required", Value: []byte("1")}},
		"signer": {stellar.AddSigner(stellar.Address(other), 1), &txnbuild.SetOptions{Signer: &txnbuild.Signer{Address: other, Weight: 1}}},
	} {
		want, err := txnbuild.NewTransaction(txnbuild.TransactionParams{
			SourceAccount: &txnbuild.SimpleAccount{AccountID: source, Sequence: 7}, IncrementSequenceNum: true, BaseFee: stellar.MaxFee,
			Preconditions: txnbuild.Preconditions{TimeBounds: txnbuild.NewTimebounds(0, 1_800_000_000)}, Operations: []txnbuild.Operation{c.want},
		})
		if err != nil {
			t.Fatal(err)
		}
		text, err := want.Base64()
		if err != nil {
			t.Fatal(err)
		}
		got := stellar.AccountChange{Source: stellar.Address(source), Sequence: 8, Fee: stellar.MaxFee, MaxTime: 1_800_000_000, Operation: c.operation}
		if envelope := base64.StdEncoding.EncodeToString(got.Envelope()); envelope != text {
			t.Errorf("%s:\n%s, want\n%s", name, envelope, text)
		}
	}
}
