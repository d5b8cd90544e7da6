package horizon

import (
	"fmt"
	"net/http"

	"edgecheckout/sandbox/ledger"

	"github.com/stellar/go/amount"
)

type effect struct {
	Links struct {
		Operation link `json:"operation"`
		Succeeds  link `json:"succeeds"`
		Precedes  link `json:"precedes"`
	} `json:"_links"`
	ID             string `json:"id"`
	PagingToken    string `json:"paging_token"`
	Account        string `json:"account"`
	AccountMuxed   string `json:"account_muxed,omitempty"`
	AccountMuxedID string `json:"account_muxed_id,omitempty"`
	Type           string `json:"type"`
	TypeI          int    `json:"type_i"`
	CreatedAt      string `json:"created_at"`

	StartingBalance string `json:"starting_balance,omitempty"`
	AssetType       string `json:"asset_type,omitempty"`
	AssetCode       string `json:"asset_code,omitempty"`
	AssetIssuer     string `json:"asset_issuer,omitempty"`
	Amount          string `json:"amount,omitempty"`
	Limit           string `json:"limit,omitempty"`
	Weight          int    `json:"weight,omitempty"`
	PublicKey       string `json:"public_key,omitempty"`
	Key             string `json:"key,omitempty"`
}

func (e effect) pagingToken() string { return e.PagingToken }

var effectTypes = map[ledger.EffectType]string{
	ledger.AccountCreated:   "account_created",
	ledger.AccountRemoved:   "account_removed",
	ledger.AccountCredited:  "account_credited",
	ledger.AccountDebited:   "account_debited",
	ledger.SignerCreated:    "signer_created",
	ledger.TrustlineCreated: "trustline_created",
	ledger.TrustlineRemoved: "trustline_removed",
	ledger.TrustlineUpdated: "trustline_updated",
}

// operationEffects returns all effects of an operation; there are too few to need pages. It omits
// the effects of trades, since the sandbox's market is not an account.
func (s *Server) operationEffects(r *http.Request, q query) ([]record, *problem) {
	o, wrong := s.findOperation(r)
	if wrong != nil {
		return nil, wrong
	}
	var records []record
	if q.cursor == "" {
		for i, e := range o.Effects {
			records = append(records, renderEffect(baseOf(r), o, i+1, e))
		}
	}
	return records, nil
}

func renderEffect(b base, o *ledger.Operation, number int, e ledger.Effect) effect {
	v := effect{
		ID:          fmt.Sprintf("%019d-%010d", o.ID, number),
		PagingToken: fmt.Sprintf("%d-%d", o.ID, number),
		Type:        effectTypes[e.Type],
		TypeI:       int(e.Type),
		CreatedAt:   timestamp(o.Transaction.ClosedAt),
	}
	v.Account, v.AccountMuxed, v.AccountMuxedID = account(e.Account)
	v.Links.Operation = b.to(fmt.Sprintf("/operations/%d", o.ID))
	v.Links.Succeeds = b.to("/effects?order=desc&cursor=" + v.PagingToken)
	v.Links.Precedes = b.to("/effects?order=asc&cursor=" + v.PagingToken)

	of := renderAsset(e.Asset)
	switch e.Type {
	case ledger.AccountCreated:
		v.StartingBalance = amount.StringFromInt64(e.Amount)
	case ledger.AccountCredited, ledger.AccountDebited:
		v.AssetType, v.AssetCode, v.AssetIssuer = of.Type, of.Code, of.Issuer
		v.Amount = amount.StringFromInt64(e.Amount)
	case ledger.SignerCreated:
		v.Weight, v.PublicKey, v.Key = 1, v.Account, v.Account
	case ledger.TrustlineCreated, ledger.TrustlineRemoved, ledger.TrustlineUpdated:
		v.AssetType, v.AssetCode, v.AssetIssuer = of.Type, of.Code, of.Issuer
		v.Limit = amount.StringFromInt64(e.Limit)
	}
	return v
}
