package store

import (
	"context"
	"time"

	"edgecheckout/worker/stellar"
)

// Issuer is what was found out about who issues an asset.
type Issuer struct {
	// Domain is the home domain of the issuer's account, whose stellar.toml names the asset; "" if
	// that is not proven.
	Domain string `json:"domain,omitempty"`
	// Currency is the currency that the domain says it pays for the asset, such as "USD"; "" if it
	// says none.
	Currency  string    `json:"currency,omitempty"`
	CheckedAt time.Time `json:"checked_at"`
}

// issuerLifetime is how long a proof is told that could not be repeated.
const issuerLifetime = 7 * 24 * time.Hour

// IssuerKey is the key of an [Issuer]. An asset of one network says nothing about the other one.
func IssuerKey(mode stellar.Mode, asset stellar.Asset) Key {
	return Key{"issuer/" + string(mode) + "/" + asset.String()}
}

// Issuer reads what is known of who issues an asset; the zero value if nothing is.
func (v *View) Issuer(ctx context.Context, mode stellar.Mode, asset stellar.Asset) (Issuer, error) {
	i, _, err := view[Issuer](ctx, v, "an issuer", IssuerKey(mode, asset))
	return i, err
}

// PutIssuer writes what was found out about who issues an asset. Of two who find out at the same
// time, the last one wins.
func (s Store) PutIssuer(ctx context.Context, mode stellar.Mode, asset stellar.Asset, i Issuer) error {
	return s.put(ctx, "an issuer", entry{key: IssuerKey(mode, asset), value: Encode(i), expiresAt: i.CheckedAt.Add(issuerLifetime)})
}
