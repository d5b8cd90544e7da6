// Package wallet holds test wallets and pays from them as any wallet would: it reads the account from Horizon,
// builds a transaction, signs it and submits it. Keys derive from the network and a name, so that the same name is
// the same account everywhere, without anything to keep.
//
// Whoever knows the name has the key: nothing here may ever be used on a network where money is worth something.
package wallet

import (
	"crypto/sha256"
	"fmt"

	"github.com/stellar/go/keypair"
	"github.com/stellar/go/xdr"
)

// issuerPhrase is the seed phrase of the issuer: its SHA-256 is the ed25519 seed. It is fixed, and independent of
// the network, so that configuration can name the issuer's address.
const issuerPhrase = "Edge Checkout Sandbox issuer of USDC and EURC"

// IssuerAddress issues USDC and EURC on a sandbox.
const IssuerAddress = "GCZSE34OFCMHY6IVKDPRWW6AVMDCOUAK3VFFTKA4MQSJS2CFWL5FPUQE"

// USDC and EURC as they are written in requests and responses.
const (
	USDC = "USDC:" + IssuerAddress
	EURC = "EURC:" + IssuerAddress
)

// Allowance is what a test wallet holds of USDC and of EURC when it is new, in stroops: 1,000,000.
const Allowance = 1_000_000_0000000

// Keys derives the key pair of a named wallet.
func Keys(passphrase, name string) *keypair.Full {
	return fromPhrase(passphrase + "\nwallet\n" + name)
}

// MerchantKeys derives the key pair of a named merchant account.
func MerchantKeys(passphrase, name string) *keypair.Full {
	return fromPhrase(passphrase + "\nmerchant\n" + name)
}

// IssuerKeys is the key pair behind IssuerAddress.
func IssuerKeys() *keypair.Full { return fromPhrase(issuerPhrase) }

func fromPhrase(phrase string) *keypair.Full {
	full, err := keypair.FromRawSeed(sha256.Sum256([]byte(phrase)))
	if err != nil {
		panic(err) // ed25519 takes every seed of 32 bytes
	}
	return full
}

// ParseAsset reads "native" (or "XLM") and "CODE:ISSUER".
func ParseAsset(s string) (xdr.Asset, error) {
	if s == "" || s == "native" || s == "XLM" {
		return xdr.MustNewNativeAsset(), nil
	}
	assets, err := xdr.BuildAssets(s)
	if err != nil || len(assets) != 1 {
		return xdr.Asset{}, fmt.Errorf("asset is \"native\" or \"CODE:ISSUER\", not %q", s)
	}
	return assets[0], nil
}
