package horizon

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"edgecheckout/sandbox/ledger"

	"github.com/stellar/go/amount"
	"github.com/stellar/go/xdr"
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
	Weight          *int   `json:"weight,omitempty"`
	PublicKey       string `json:"public_key,omitempty"`
	Key             string `json:"key,omitempty"`

	LowThreshold  *int    `json:"low_threshold,omitempty"`
	MedThreshold  *int    `json:"med_threshold,omitempty"`
	HighThreshold *int    `json:"high_threshold,omitempty"`
	HomeDomain    *string `json:"home_domain,omitempty"`
	AuthRequired  *bool   `json:"auth_required_flag,omitempty"`
	AuthRevokable *bool   `json:"auth_revokable_flag,omitempty"`
	Name          string  `json:"name,omitempty"`
	Value         string  `json:"value,omitempty"` // base64

	Asset         string          `json:"asset,omitempty"` // of a claimable balance
	BalanceID     string          `json:"balance_id,omitempty"`
	Predicate     json.RawMessage `json:"predicate,omitempty"`
	Sponsor       string          `json:"sponsor,omitempty"`
	FormerSponsor string          `json:"former_sponsor,omitempty"`
}

func (e effect) pagingToken() string { return e.PagingToken }

var effectTypes = map[ledger.EffectType]string{
	ledger.AccountCreated:                     "account_created",
	ledger.AccountRemoved:                     "account_removed",
	ledger.AccountCredited:                    "account_credited",
	ledger.AccountDebited:                     "account_debited",
	ledger.AccountThresholdsUpdated:           "account_thresholds_updated",
	ledger.AccountHomeDomainUpdated:           "account_home_domain_updated",
	ledger.AccountFlagsUpdated:                "account_flags_updated",
	ledger.SignerCreated:                      "signer_created",
	ledger.SignerRemoved:                      "signer_removed",
	ledger.SignerUpdated:                      "signer_updated",
	ledger.TrustlineCreated:                   "trustline_created",
	ledger.TrustlineRemoved:                   "trustline_removed",
	ledger.TrustlineUpdated:                   "trustline_updated",
	ledger.DataCreated:                        "data_created",
	ledger.DataRemoved:                        "data_removed",
	ledger.DataUpdated:                        "data_updated",
	ledger.ClaimableBalanceCreated:            "claimable_balance_created",
	ledger.ClaimableBalanceClaimed:            "claimable_balance_claimed",
	ledger.ClaimableBalanceClaimantCreated:    "claimable_balance_claimant_created",
	ledger.ClaimableBalanceSponsorshipCreated: "claimable_balance_sponsorship_created",
	ledger.ClaimableBalanceSponsorshipRemoved: "claimable_balance_sponsorship_removed",
}

// operationEffects returns the effects of an operation. It omits those of trades, since the
// sandbox's market is not an account.
func (s *Server) operationEffects(r *http.Request, q query) ([]record, *problem) {
	o, wrong := s.findOperation(r)
	if wrong != nil {
		return nil, wrong
	}
	return renderEffects(r, ledger.Effects([]*ledger.Operation{o}, q.Page)), nil
}

func (s *Server) transactionEffects(r *http.Request, q query) ([]record, *problem) {
	t, wrong := s.findTransaction(r)
	if wrong != nil {
		return nil, wrong
	}
	return renderEffects(r, ledger.Effects(t.Operations, q.Page)), nil
}

func (s *Server) accountEffects(r *http.Request, q query) ([]record, *problem) {
	address, wrong := parseAccount(r)
	if wrong != nil {
		return nil, wrong
	}
	effects, seen := s.ledger.Effects(address, q.Page)
	if !seen {
		return nil, &notFound
	}
	return renderEffects(r, effects), nil
}

func (s *Server) effects(r *http.Request, q query) ([]record, *problem) {
	effects, _ := s.ledger.Effects("", q.Page)
	return renderEffects(r, effects), nil
}

// accountOffers is empty, since the sandbox's ledger has no offers of accounts.
func (s *Server) accountOffers(r *http.Request, q query) ([]record, *problem) {
	_, wrong := parseAccount(r)
	return nil, wrong
}

func renderEffects(r *http.Request, effects []ledger.EffectOf) []record {
	var records []record
	for _, e := range effects {
		records = append(records, renderEffect(baseOf(r), e.Operation, e.Number, e.Effect))
	}
	return records
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
	case ledger.SignerCreated, ledger.SignerRemoved, ledger.SignerUpdated:
		weight := int(e.Weight)
		v.Weight, v.PublicKey, v.Key = &weight, e.Name, e.Name
	case ledger.AccountThresholdsUpdated:
		op := o.Body.MustSetOptionsOp()
		zero := xdr.Uint32(0) // Horizon shows those that did not change as zero
		v.LowThreshold = optional(cmp.Or(op.LowThreshold, &zero))
		v.MedThreshold = optional(cmp.Or(op.MedThreshold, &zero))
		v.HighThreshold = optional(cmp.Or(op.HighThreshold, &zero))
	case ledger.AccountHomeDomainUpdated:
		v.HomeDomain = &e.Name
	case ledger.AccountFlagsUpdated:
		op := o.Body.MustSetOptionsOp()
		v.AuthRequired = changedFlag(op, xdr.AccountFlagsAuthRequiredFlag)
		v.AuthRevokable = changedFlag(op, xdr.AccountFlagsAuthRevocableFlag)
	case ledger.ClaimableBalanceCreated, ledger.ClaimableBalanceClaimed, ledger.ClaimableBalanceClaimantCreated:
		v.BalanceID, v.Asset, v.Amount = e.Balance.ID, ledger.AssetName(e.Balance.Asset), amount.StringFromInt64(e.Balance.Amount)
		if e.Type == ledger.ClaimableBalanceClaimantCreated {
			v.Predicate = renderPredicate(e.Balance.Claimants[e.Claimant].V0.Predicate)
		}
	case ledger.ClaimableBalanceSponsorshipCreated:
		v.BalanceID, v.Sponsor = e.Balance.ID, e.Balance.Sponsor
	case ledger.ClaimableBalanceSponsorshipRemoved:
		v.BalanceID, v.FormerSponsor = e.Balance.ID, e.Balance.Sponsor
	case ledger.DataCreated, ledger.DataUpdated, ledger.DataRemoved:
		v.Name, v.Value = e.Name, base64.StdEncoding.EncodeToString(e.Value)
	case ledger.TrustlineCreated, ledger.TrustlineRemoved, ledger.TrustlineUpdated:
		v.AssetType, v.AssetCode, v.AssetIssuer = of.Type, of.Code, of.Issuer
		v.Limit = amount.StringFromInt64(e.Limit)
	}
	return v
}

// changedFlag is the new value of a flag, or nil if the operation did not set it.
func changedFlag(op xdr.SetOptionsOp, bit xdr.AccountFlags) *bool {
	for value, flags := range map[bool]*xdr.Uint32{true: op.SetFlags, false: op.ClearFlags} {
		if flags != nil && xdr.AccountFlags(*flags)&bit != 0 {
			return &value
		}
	}
	return nil
}
