package ledger

import (
	"cmp"
	"slices"

	"github.com/stellar/go/xdr"
)

// Path is a way for a path payment to convert what its source sends, and what that yields at the
// moment. Amounts are stroops.
type Path struct {
	Send     xdr.Asset
	Sent     int64
	Via      []xdr.Asset // between the two
	Take     xdr.Asset
	Received int64
}

// PathsTo returns the ways to give amount (stroops) of an asset to a destination, from any of the
// assets in send. They are in Horizon's order: by the asset sent, the cheapest way first.
func (l *Ledger) PathsTo(take xdr.Asset, amount int64, send []xdr.Asset) []Path {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var found []Path
	for _, give := range distinctAssets(send) {
		found = append(found, l.paths(give, take,
			func(c *changes, steps []xdr.Asset) (sent, received int64, code int32) {
				sent, _, code = c.buy(steps, amount)
				return sent, amount, code
			},
			func(p, direct Path) bool { return p.Sent < direct.Sent })...)
	}
	slices.SortStableFunc(found, func(a, b Path) int {
		return cmp.Or(cmp.Compare(sortKey(a.Send), sortKey(b.Send)), cmp.Compare(a.Sent, b.Sent))
	})
	return found
}

// PathsFrom returns what amount (stroops) of an asset yields in each of the assets in take: by the
// asset received, the most first.
func (l *Ledger) PathsFrom(send xdr.Asset, amount int64, take []xdr.Asset) []Path {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var found []Path
	for _, got := range distinctAssets(take) {
		found = append(found, l.paths(send, got,
			func(c *changes, steps []xdr.Asset) (sent, received int64, code int32) {
				received, _, code = c.sell(steps, amount)
				return amount, received, code
			},
			func(p, direct Path) bool { return p.Received > direct.Received })...)
	}
	slices.SortStableFunc(found, func(a, b Path) int {
		return cmp.Or(cmp.Compare(sortKey(a.Take), sortKey(b.Take)), cmp.Compare(b.Received, a.Received))
	})
	return found
}

// paths returns the direct way between two assets, and those through one other asset that are
// better. The latter only at quoted rates: a pair that nobody has quoted converts one to one, which
// would undercut every quote.
func (l *Ledger) paths(
	send, take xdr.Asset,
	convert func(*changes, []xdr.Asset) (sent, received int64, code int32),
	better func(p, direct Path) bool,
) []Path {
	c := l.begin(nil)
	if !c.issued(send) || !c.issued(take) {
		return nil
	}
	var found []Path
	try := func(via ...xdr.Asset) {
		p := Path{Send: send, Via: via, Take: take}
		var code int32
		if p.Sent, p.Received, code = convert(c, route(send, via, take)); code != succeeded {
			return
		}
		if len(found) == 0 || better(p, found[0]) {
			found = append(found, p)
		}
	}
	try()
	for _, via := range l.market.between(send, take) {
		try(via)
	}
	return found
}

// between returns the assets to which the first asset is quoted, and which are quoted to the second.
func (m Market) between(send, take xdr.Asset) []xdr.Asset {
	var all []xdr.Asset
	for pair := range m {
		if _, onwards := m[Pair{pair.Take, AssetName(take)}]; !onwards || pair.Give != AssetName(send) || send.Equals(take) {
			continue
		}
		if via, err := xdr.BuildAssets(pair.Take); err == nil {
			all = append(all, via...)
		}
	}
	slices.SortFunc(all, func(a, b xdr.Asset) int { return cmp.Compare(sortKey(a), sortKey(b)) })
	return all
}

func distinctAssets(list []xdr.Asset) []xdr.Asset {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(list), func(a xdr.Asset) bool {
		name := AssetName(a)
		known := seen[name]
		seen[name] = true
		return known
	})
}

// sortKey is the form of an asset by which Horizon sorts: type/code/issuer.
func sortKey(a xdr.Asset) string { return a.String() }
