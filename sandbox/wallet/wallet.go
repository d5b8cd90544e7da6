// Package wallet has test wallets, which pay as any wallet would: they read the account from
// Horizon, build a transaction, sign it and submit it. Keys are derived from the network and a
// name, so the same name is the same account everywhere and nothing must be stored.
//
// Anyone who knows the name has the key: never use these wallets on a network where money has
// value.
package wallet

import (
	"crypto/sha256"
	"fmt"

	"github.com/stellar/go/keypair"
	"github.com/stellar/go/xdr"
)

// issuerPhrase is the seed phrase of the issuer: its SHA-256 is the ed25519 seed. It does not
// depend on the network, so that configuration files can contain the issuer's address.
const issuerPhrase = "Edge Checkout Sandbox issuer of USDC and EURC"

// IssuerAddress is the issuer of USDC and EURC on a sandbox.
const IssuerAddress = "GCZSE34OFCMHY6IVKDPRWW6AVMDCOUAK3VFFTKA4MQSJS2CFWL5FPUQE"

// USDC and EURC as requests and responses have them.
const (
	USDC = "USDC:" + IssuerAddress
	EURC = "EURC:" + IssuerAddress
)

// Allowance is a new test wallet's balance of USDC and of EURC, in stroops: 1,000,000 units.
const Allowance = 1_000_000_0000000

// Keys derives the key pair of a named wallet.
func Keys(passphrase, name string) *keypair.Full {
	return fromPhrase(passphrase + "\nwallet\n" + name)
}

// MerchantKeys derives the key pair of a named merchant account.
func MerchantKeys(passphrase, name string) *keypair.Full {
	return fromPhrase(passphrase + "\nmerchant\n" + name)
}

// IssuerKeys is the key pair of [IssuerAddress].
func IssuerKeys() *keypair.Full { return fromPhrase(issuerPhrase) }

func fromPhrase(phrase string) *keypair.Full {
	full, err := keypair.FromRawSeed(sha256.Sum256([]byte(phrase)))
	if err != nil {
		panic(err) // ed25519 accepts every seed of 32 bytes
	}
	return full
}

// ParseAsset parses "native" (or "XLM") and "CODE:ISSUER".
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
