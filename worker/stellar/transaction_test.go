package stellar_test

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"
	"github.com/stellar/go/xdr"
	"pgregory.net/rapid"

	"edgecheckout/worker/stellar"
)

func drawAddress(t *rapid.T, name string) stellar.Address {
	keys, err := keypair.FromRawSeed([32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	return stellar.Address(keys.Address())
}

func drawAsset(t *rapid.T) (stellar.Asset, txnbuild.Asset) {
	code := rapid.StringMatching(`[A-Za-z0-9]{0,12}`).Draw(t, "code")
	if code == "" {
		return stellar.XLM, txnbuild.NativeAsset{}
	}
	asset := stellar.Asset{Code: code, Issuer: drawAddress(t, "issuer")}
	return asset, txnbuild.CreditAsset{Code: asset.Code, Issuer: string(asset.Issuer)}
}

// The Stellar SDK must write the same transaction.
func TestTransactionEqualsTheSDKs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		asset, theirAsset := drawAsset(t)
		tx := stellar.Transaction{
			Source:      drawAddress(t, "source"),
			Sequence:    rapid.Int64Range(1, math.MaxInt64).Draw(t, "sequence"),
			Fee:         rapid.Uint32Range(txnbuild.MinBaseFee, math.MaxUint32).Draw(t, "fee"),
			MinTime:     rapid.Int64Range(0, 1_000_000_000).Draw(t, "min time"),
			MaxTime:     rapid.Int64Min(1_000_000_000).Draw(t, "max time"),
			Memo:        rapid.StringMatching(`[0-9a-z]{0,28}`).Draw(t, "memo"),
			Destination: drawAddress(t, "destination"),
			Asset:       asset,
			Amount:      stellar.Amount(rapid.Int64Min(1).Draw(t, "amount")),
		}
		var operation txnbuild.Operation = &txnbuild.Payment{Destination: string(tx.Destination), Amount: tx.Amount.String(), Asset: theirAsset}
		if rapid.Bool().Draw(t, "another asset is sent") {
			path := &txnbuild.PathPaymentStrictReceive{Destination: string(tx.Destination), DestAmount: tx.Amount.String(), DestAsset: theirAsset}
			tx.SendMax = stellar.Amount(rapid.Int64Min(1).Draw(t, "send max"))
			path.SendMax = tx.SendMax.String()
			tx.Send, path.SendAsset = drawAsset(t)
			for range rapid.IntRange(0, stellar.MaxPath).Draw(t, "path") {
				ours, theirs := drawAsset(t)
				tx.Path, path.Path = append(tx.Path, ours), append(path.Path, theirs)
			}
			operation = path
		}
		var memo txnbuild.Memo = txnbuild.MemoText(tx.Memo)
		if rapid.Bool().Draw(t, "refund") {
			tx.Returns = [32]byte(rapid.SliceOfN(rapid.ByteMin(1), 32, 32).Draw(t, "returns"))
			memo = txnbuild.MemoReturn(tx.Returns)
		}
		if tx.Creates = tx.SendMax == 0 && asset.IsNative() && rapid.Bool().Draw(t, "creates"); tx.Creates {
			operation = &txnbuild.CreateAccount{Destination: string(tx.Destination), Amount: tx.Amount.String()}
		}
		theirs, err := txnbuild.NewTransaction(txnbuild.TransactionParams{
			SourceAccount: &txnbuild.SimpleAccount{AccountID: string(tx.Source), Sequence: tx.Sequence},
			BaseFee:       int64(tx.Fee),
			Memo:          memo,
			Preconditions: txnbuild.Preconditions{TimeBounds: txnbuild.NewTimebounds(tx.MinTime, tx.MaxTime)},
			Operations:    []txnbuild.Operation{operation},
		})
		if err != nil {
			t.Fatal(err)
		}
		want, err := theirs.Base64()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, base64.StdEncoding.EncodeToString(tx.Envelope())); diff != "" {
			t.Fatal(diff)
		}
		const passphrase = "Test SDF Network ; September 2015"
		hash := tx.Hash(passphrase)
		if theirs, err := theirs.HashHex(passphrase); err != nil || theirs != hex.EncodeToString(hash[:]) {
			t.Fatalf("hash %x; the SDK has %s, %v", hash, theirs, err)
		}
		var envelope xdr.TransactionEnvelope
		if err := xdr.SafeUnmarshal(tx.Envelope(), &envelope); err != nil || len(envelope.Signatures()) != 0 {
			t.Fatalf("%+v, %v", envelope, err)
		}
	})
}
