package horizon

import (
	"fmt"
	"net/http"
	"strings"

	"edgecheckout/sandbox/ledger"

	"github.com/stellar/go/amount"
	"github.com/stellar/go/strkey"
	"github.com/stellar/go/xdr"
)

// assetStat is who holds an asset, and how much of it there is.
type assetStat struct {
	Links map[string]link `json:"_links"`
	asset
	PagingToken             string            `json:"paging_token"`
	NumClaimableBalances    int               `json:"num_claimable_balances"`
	NumLiquidityPools       int               `json:"num_liquidity_pools"`
	NumContracts            int               `json:"num_contracts"`
	Accounts                map[string]int    `json:"accounts"`
	ClaimableBalancesAmount string            `json:"claimable_balances_amount"`
	LiquidityPoolsAmount    string            `json:"liquidity_pools_amount"`
	ContractsAmount         string            `json:"contracts_amount"`
	Balances                map[string]string `json:"balances"`
	Flags                   map[string]bool   `json:"flags"`
}

func (a assetStat) pagingToken() string { return a.PagingToken }

// assets lists the issued assets that somebody trusts or can claim.
func (s *Server) assets(r *http.Request) ([]entry, *problem) {
	code, issuer := r.URL.Query().Get("asset_code"), r.URL.Query().Get("asset_issuer")
	if code != "" && !xdr.ValidAssetCode.MatchString(code) {
		return nil, invalidField("asset_code", code+" is not a valid asset code")
	}
	if issuer != "" && !strkey.IsValidEd25519PublicKey(issuer) {
		return nil, invalidField("asset_issuer", issuer+" is not a valid asset issuer")
	}
	var entries []entry
	for _, held := range s.ledger.Assets() {
		v := renderStat(held)
		if (code == "" || v.Code == code) && (issuer == "" || v.Issuer == issuer) {
			entries = append(entries, entry{v.Code + "\x00" + v.Issuer, v})
		}
	}
	return entries, nil
}

func assetPosition(cursor string) (string, bool) {
	parts := strings.Split(cursor, "_")
	if len(parts) < 2 {
		return "", false
	}
	return parts[0] + "\x00" + parts[1], true
}

func renderStat(held ledger.AssetHeld) assetStat {
	a := renderAsset(held.Asset)
	toml := ""
	if held.Issuer.HomeDomain != "" {
		toml = "https://" + held.Issuer.HomeDomain + "/.well-known/stellar.toml"
	}
	none := amount.StringFromInt64(0)
	return assetStat{
		Links: map[string]link{"toml": {Href: toml}}, asset: a,
		PagingToken:          fmt.Sprintf("%s_%s_%s", a.Code, a.Issuer, a.Type),
		NumClaimableBalances: held.Claimable,
		Accounts:             map[string]int{"authorized": held.Lines, "authorized_to_maintain_liabilities": 0, "unauthorized": 0},
		Balances: map[string]string{
			"authorized": amount.StringFromInt64(held.InLines), "authorized_to_maintain_liabilities": none, "unauthorized": none,
		},
		ClaimableBalancesAmount: amount.StringFromInt64(held.InClaimable), LiquidityPoolsAmount: none, ContractsAmount: none,
		Flags: renderFlags(held.Issuer.Flags),
	}
}
