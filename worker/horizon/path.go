package horizon

import (
	"context"
	"fmt"
	"slices"

	"edgecheckout/worker/stellar"
)

// MaxPathSources is how many assets Horizon looks for paths from in one request.
const MaxPathSources = 15

// Path is a way to pay in another asset, and what it would have cost in the ledger that Horizon saw
// last.
type Path struct {
	Send stellar.Asset   `json:"send"`
	Cost stellar.Amount  `json:"cost"`
	Via  []stellar.Asset `json:"via,omitempty"` // between the two assets
}

// PathsTo returns the cheapest way from each of up to MaxPathSources assets to an amount of another
// one, in no particular order. An asset that nobody exchanges for it has none.
func (c Client) PathsTo(ctx context.Context, asset stellar.Asset, amount stellar.Amount, sources []stellar.Asset) ([]Path, error) {
	// Codes and addresses are letters and digits: nothing has to be escaped.
	query := "/paths/strict-receive?destination_amount=" + amount.String() + "&destination_asset_type="
	switch {
	case asset.IsNative():
		query += "native"
	case len(asset.Code) <= 4:
		query += "credit_alphanum4&destination_asset_code=" + asset.Code + "&destination_asset_issuer=" + string(asset.Issuer)
	default:
		query += "credit_alphanum12&destination_asset_code=" + asset.Code + "&destination_asset_issuer=" + string(asset.Issuer)
	}
	for i, source := range sources {
		query += []string{",", "&source_assets="}[max(1-i, 0)]
		if source.IsNative() {
			query += "native"
		} else {
			query += source.String()
		}
	}
	var doc struct {
		Embedded *struct {
			Records []pathRecord `json:"records"`
		} `json:"_embedded"`
	}
	if err := c.get(ctx, query, &doc); err != nil {
		return nil, err
	}
	if doc.Embedded == nil {
		return nil, fmt.Errorf("%w: paths without records", ErrAnswer)
	}
	var paths []Path
	for _, r := range doc.Embedded.Records {
		p, err := r.path()
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(paths, func(other Path) bool { return other.Send == p.Send })
		switch {
		case i < 0:
			paths = append(paths, p)
		case p.Cost < paths[i].Cost:
			paths[i] = p
		}
	}
	return paths, nil
}

// pathRecord is Horizon's record of a path.
type pathRecord struct {
	Type   string     `json:"source_asset_type"`
	Code   string     `json:"source_asset_code"`
	Issuer string     `json:"source_asset_issuer"`
	Amount string     `json:"source_amount"`
	Path   []movement `json:"path"`
}

func (r pathRecord) path() (Path, error) {
	send, err := movement{AssetType: r.Type, AssetCode: r.Code, AssetIssuer: r.Issuer}.asset()
	if err != nil {
		return Path{}, fmt.Errorf("%w: a path: %w", ErrAnswer, err)
	}
	cost, err := stellar.ParseAmount(r.Amount)
	if err != nil || cost == 0 || len(r.Path) > stellar.MaxPath {
		return Path{}, fmt.Errorf("%w: a path that costs %.40q by %d assets", ErrAnswer, r.Amount, len(r.Path))
	}
	p := Path{Send: send, Cost: cost}
	for _, via := range r.Path {
		asset, err := via.asset()
		if err != nil {
			return Path{}, fmt.Errorf("%w: a path: %w", ErrAnswer, err)
		}
		p.Via = append(p.Via, asset)
	}
	return p, nil
}
