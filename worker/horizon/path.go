package horizon

import (
	"context"
	"fmt"
	"net/url"
	"strings"

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
// one. An asset that nobody exchanges for it has none.
func (c Client) PathsTo(ctx context.Context, asset stellar.Asset, amount stellar.Amount, sources []stellar.Asset) ([]Path, error) {
	names := make([]string, len(sources))
	for i, source := range sources {
		names[i] = source.String()
		if source.IsNative() {
			names[i] = "native"
		}
	}
	query := url.Values{"destination_amount": {amount.String()}, "source_assets": {strings.Join(names, ",")}, "destination_asset_type": {"native"}}
	if !asset.IsNative() {
		query.Set("destination_asset_type", "credit_alphanum4")
		if len(asset.Code) > 4 {
			query.Set("destination_asset_type", "credit_alphanum12")
		}
		query.Set("destination_asset_code", asset.Code)
		query.Set("destination_asset_issuer", string(asset.Issuer))
	}
	var doc struct {
		Embedded *struct {
			Records []struct {
				Type   string     `json:"source_asset_type"`
				Code   string     `json:"source_asset_code"`
				Issuer string     `json:"source_asset_issuer"`
				Amount string     `json:"source_amount"`
				Path   []movement `json:"path"`
			} `json:"records"`
		} `json:"_embedded"`
	}
	if err := c.get(ctx, "/paths/strict-receive?"+query.Encode(), &doc); err != nil {
		return nil, err
	}
	if doc.Embedded == nil {
		return nil, fmt.Errorf("%w: paths without records", ErrAnswer)
	}
	cheapest := map[stellar.Asset]Path{}
	for _, r := range doc.Embedded.Records {
		send, err := movement{AssetType: r.Type, AssetCode: r.Code, AssetIssuer: r.Issuer}.asset()
		if err != nil {
			return nil, fmt.Errorf("%w: a path: %w", ErrAnswer, err)
		}
		cost, err := stellar.ParseAmount(r.Amount)
		if err != nil || cost == 0 || len(r.Path) > stellar.MaxPath {
			return nil, fmt.Errorf("%w: a path that costs %.40q by %d assets", ErrAnswer, r.Amount, len(r.Path))
		}
		if best, ok := cheapest[send]; ok && best.Cost <= cost {
			continue
		}
		p := Path{Send: send, Cost: cost}
		for _, via := range r.Path {
			asset, err := via.asset()
			if err != nil {
				return nil, fmt.Errorf("%w: a path: %w", ErrAnswer, err)
			}
			p.Via = append(p.Via, asset)
		}
		cheapest[send] = p
	}
	var paths []Path
	for _, source := range sources {
		if p, ok := cheapest[source]; ok {
			paths = append(paths, p)
		}
	}
	return paths, nil
}
