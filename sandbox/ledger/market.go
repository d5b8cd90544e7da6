package ledger

import (
	"crypto/sha256"
	"math"
	"math/bits"

	"github.com/stellar/go/keypair"
	"github.com/stellar/go/xdr"
)

// Pair is the asset that a path payment gives and the one that it takes, as [AssetName] writes
// them.
type Pair struct{ Give, Take string }

// Rate says that N/D units are taken for each unit given. A rate that is not positive means that
// there is no market.
type Rate struct{ N, D int64 }

// Market quotes pairs at fixed rates for any amount. Unlisted pairs convert one to one; an asset
// whose issuer does not exist has no market. It creates what it gives and destroys what it takes,
// XLM included.
type Market map[Pair]Rate

// maker is the seller in results. The market needs no account.
var maker = func() xdr.AccountId {
	full, err := keypair.FromRawSeed(sha256.Sum256([]byte("sandbox market maker")))
	if err != nil {
		panic(err) // ed25519 accepts every seed of 32 bytes
	}
	return xdr.MustAddress(full.Address())
}()

// route is the assets on the way of a path payment, without conversions of an asset to itself.
func route(send xdr.Asset, path []xdr.Asset, dest xdr.Asset) []xdr.Asset {
	steps := []xdr.Asset{send}
	for _, a := range append(append([]xdr.Asset{}, path...), dest) {
		if !a.Equals(steps[len(steps)-1]) {
			steps = append(steps, a)
		}
	}
	return steps
}

// issued reports whether an asset is XLM or has an issuer.
func (c *changes) issued(a xdr.Asset) bool { return a.IsNative() || c.look(a.GetIssuer()) != nil }

func (c *changes) rate(give, take xdr.Asset) (Rate, bool) {
	if !c.issued(give) || !c.issued(take) {
		return Rate{}, false
	}
	rate, quoted := c.ledger.market[Pair{AssetName(give), AssetName(take)}]
	if !quoted {
		rate = Rate{1, 1}
	}
	return rate, rate.N > 0 && rate.D > 0
}

// buy returns what must be given at the start of the route for amount (stroops) at its end, rounded
// up, so that the market never loses.
func (c *changes) buy(steps []xdr.Asset, amount int64) (int64, []xdr.ClaimAtom, int32) {
	claims := make([]xdr.ClaimAtom, len(steps)-1)
	for i := len(steps) - 1; i > 0; i-- {
		rate, ok := c.rate(steps[i-1], steps[i])
		if !ok {
			return 0, nil, tooFewOffers
		}
		given, ok := mulDiv(amount, rate.D, rate.N, true)
		if !ok {
			return 0, nil, tooFewOffers
		}
		claims[i-1] = claim(steps[i-1], given, steps[i], amount)
		amount = given
	}
	return amount, claims, succeeded
}

// sell returns what amount (stroops) given at the start of the route yields at its end, rounded
// down.
func (c *changes) sell(steps []xdr.Asset, amount int64) (int64, []xdr.ClaimAtom, int32) {
	claims := make([]xdr.ClaimAtom, len(steps)-1)
	for i := 1; i < len(steps); i++ {
		rate, ok := c.rate(steps[i-1], steps[i])
		if !ok {
			return 0, nil, tooFewOffers
		}
		taken, ok := mulDiv(amount, rate.N, rate.D, false)
		if !ok || taken == 0 {
			return 0, nil, tooFewOffers
		}
		claims[i-1] = claim(steps[i-1], amount, steps[i], taken)
		amount = taken
	}
	return amount, claims, succeeded
}

func claim(give xdr.Asset, given int64, take xdr.Asset, taken int64) xdr.ClaimAtom {
	return xdr.ClaimAtom{Type: xdr.ClaimAtomTypeClaimAtomTypeOrderBook, OrderBook: &xdr.ClaimOfferAtom{
		SellerId: maker, OfferId: 1,
		AssetSold: take, AmountSold: xdr.Int64(taken),
		AssetBought: give, AmountBought: xdr.Int64(given),
	}}
}

// mulDiv is a*n/d for positive numbers, or false if the result does not fit an int64.
func mulDiv(a, n, d int64, up bool) (int64, bool) {
	hi, lo := bits.Mul64(uint64(a), uint64(n))
	if hi >= uint64(d) {
		return 0, false
	}
	q, rest := bits.Div64(hi, lo, uint64(d))
	if up && rest > 0 {
		q++
	}
	if q > math.MaxInt64 {
		return 0, false
	}
	return int64(q), true
}
