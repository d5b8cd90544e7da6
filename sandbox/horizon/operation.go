package horizon

import (
	"encoding/base64"
	"strconv"

	"edgecheckout/sandbox/ledger"

	"github.com/stellar/go/amount"
	"github.com/stellar/go/xdr"
)

// operation has the fields that operations of all types share.
type operation struct {
	Links struct {
		Self        link `json:"self"`
		Transaction link `json:"transaction"`
		Effects     link `json:"effects"`
		Succeeds    link `json:"succeeds"`
		Precedes    link `json:"precedes"`
	} `json:"_links"`
	ID              string       `json:"id"`
	PagingToken     string       `json:"paging_token"`
	Successful      bool         `json:"transaction_successful"`
	SourceAccount   string       `json:"source_account"`
	SourceMuxed     string       `json:"source_account_muxed,omitempty"`
	SourceMuxedID   string       `json:"source_account_muxed_id,omitempty"`
	Type            string       `json:"type"`
	TypeI           int32        `json:"type_i"`
	CreatedAt       string       `json:"created_at"`
	TransactionHash string       `json:"transaction_hash"`
	Transaction     *transaction `json:"transaction,omitempty"`
}

func (o operation) pagingToken() string { return o.PagingToken }

// asset is an asset as most records name it.
type asset struct {
	Type   string `json:"asset_type"`
	Code   string `json:"asset_code,omitempty"`
	Issuer string `json:"asset_issuer,omitempty"`
}

func renderAsset(a xdr.Asset) (v asset) {
	a.MustExtract(&v.Type, &v.Code, &v.Issuer) // without the padding of the code
	return v
}

type createAccount struct {
	operation
	StartingBalance string `json:"starting_balance"`
	Funder          string `json:"funder"`
	FunderMuxed     string `json:"funder_muxed,omitempty"`
	FunderMuxedID   string `json:"funder_muxed_id,omitempty"`
	Account         string `json:"account"`
}

type payment struct {
	operation
	asset
	From        string `json:"from"`
	FromMuxed   string `json:"from_muxed,omitempty"`
	FromMuxedID string `json:"from_muxed_id,omitempty"`
	To          string `json:"to"`
	ToMuxed     string `json:"to_muxed,omitempty"`
	ToMuxedID   string `json:"to_muxed_id,omitempty"`
	Amount      string `json:"amount"`
}

type pathPayment struct {
	payment
	Path           []asset `json:"path"`
	SourceAmount   string  `json:"source_amount"`
	SourceMax      string  `json:"source_max,omitempty"`
	DestinationMin string  `json:"destination_min,omitempty"`
	SourceType     string  `json:"source_asset_type"`
	SourceCode     string  `json:"source_asset_code,omitempty"`
	SourceIssuer   string  `json:"source_asset_issuer,omitempty"`
}

type accountMerge struct {
	operation
	Account        string `json:"account"`
	AccountMuxed   string `json:"account_muxed,omitempty"`
	AccountMuxedID string `json:"account_muxed_id,omitempty"`
	Into           string `json:"into"`
	IntoMuxed      string `json:"into_muxed,omitempty"`
	IntoMuxedID    string `json:"into_muxed_id,omitempty"`
}

type changeTrust struct {
	operation
	asset
	Limit          string `json:"limit"`
	Trustee        string `json:"trustee"`
	Trustor        string `json:"trustor"`
	TrustorMuxed   string `json:"trustor_muxed,omitempty"`
	TrustorMuxedID string `json:"trustor_muxed_id,omitempty"`
}

type setOptions struct {
	operation
	HomeDomain      string   `json:"home_domain,omitempty"`
	InflationDest   string   `json:"inflation_dest,omitempty"`
	MasterKeyWeight *int     `json:"master_key_weight,omitempty"`
	SignerKey       string   `json:"signer_key,omitempty"`
	SignerWeight    *int     `json:"signer_weight,omitempty"`
	SetFlags        []int    `json:"set_flags,omitempty"`
	SetFlagNames    []string `json:"set_flags_s,omitempty"`
	ClearFlags      []int    `json:"clear_flags,omitempty"`
	ClearFlagNames  []string `json:"clear_flags_s,omitempty"`
	LowThreshold    *int     `json:"low_threshold,omitempty"`
	MedThreshold    *int     `json:"med_threshold,omitempty"`
	HighThreshold   *int     `json:"high_threshold,omitempty"`
}

type manageData struct {
	operation
	Name  string `json:"name"`
	Value string `json:"value"` // base64; empty if the entry is removed
}

type createClaimable struct {
	operation
	Asset     string     `json:"asset"`
	Amount    string     `json:"amount"`
	Claimants []claimant `json:"claimants"`
}

type claimClaimable struct {
	operation
	BalanceID       string `json:"balance_id"`
	Claimant        string `json:"claimant"`
	ClaimantMuxed   string `json:"claimant_muxed,omitempty"`
	ClaimantMuxedID string `json:"claimant_muxed_id,omitempty"`
}

// operationTypes are Horizon's names of the operations that the ledger supports.
var operationTypes = map[xdr.OperationType]string{
	xdr.OperationTypeCreateAccount:            "create_account",
	xdr.OperationTypePayment:                  "payment",
	xdr.OperationTypePathPaymentStrictReceive: "path_payment_strict_receive",
	xdr.OperationTypePathPaymentStrictSend:    "path_payment_strict_send",
	xdr.OperationTypeChangeTrust:              "change_trust",
	xdr.OperationTypeAccountMerge:             "account_merge",
	xdr.OperationTypeSetOptions:               "set_options",
	xdr.OperationTypeManageData:               "manage_data",
	xdr.OperationTypeCreateClaimableBalance:   "create_claimable_balance",
	xdr.OperationTypeClaimClaimableBalance:    "claim_claimable_balance",
}

func renderOperation(b base, o *ledger.Operation, join bool) record {
	t := o.Transaction
	source, muxed, id := account(o.Source)
	v := operation{
		ID:              strconv.FormatInt(o.ID, 10),
		PagingToken:     strconv.FormatInt(o.ID, 10),
		Successful:      t.Successful,
		SourceAccount:   source,
		SourceMuxed:     muxed,
		SourceMuxedID:   id,
		Type:            operationTypes[o.Body.Type],
		TypeI:           int32(o.Body.Type),
		CreatedAt:       timestamp(t.ClosedAt),
		TransactionHash: t.Hash,
	}
	if join {
		v.Transaction = renderTransaction(b, t, t.Hash)
	}
	v.Links.Self = b.to("/operations/" + v.ID)
	v.Links.Transaction = b.to("/transactions/" + t.Hash)
	v.Links.Effects = b.to("/operations/" + v.ID + "/effects")
	v.Links.Succeeds = b.to("/effects?order=desc&cursor=" + v.ID)
	v.Links.Precedes = b.to("/effects?order=asc&cursor=" + v.ID)

	switch o.Body.Type {
	case xdr.OperationTypeCreateAccount:
		op := o.Body.MustCreateAccountOp()
		return createAccount{
			operation: v, StartingBalance: amount.String(op.StartingBalance),
			Funder: source, FunderMuxed: muxed, FunderMuxedID: id, Account: op.Destination.Address(),
		}
	case xdr.OperationTypePayment:
		op := o.Body.MustPaymentOp()
		return renderPayment(v, op.Destination, op.Asset, op.Amount)
	case xdr.OperationTypePathPaymentStrictReceive:
		op := o.Body.MustPathPaymentStrictReceiveOp()
		p := renderPath(renderPayment(v, op.Destination, op.DestAsset, op.DestAmount), op.SendAsset, op.Path, o.Sent)
		p.SourceMax = amount.String(op.SendMax)
		return p
	case xdr.OperationTypePathPaymentStrictSend:
		op := o.Body.MustPathPaymentStrictSendOp()
		p := renderPath(renderPayment(v, op.Destination, op.DestAsset, xdr.Int64(o.Received)), op.SendAsset, op.Path, int64(op.SendAmount))
		p.DestinationMin = amount.String(op.DestMin)
		return p
	case xdr.OperationTypeAccountMerge:
		into, intoMuxed, intoID := account(o.Body.MustDestination())
		return accountMerge{
			operation: v, Account: source, AccountMuxed: muxed, AccountMuxedID: id,
			Into: into, IntoMuxed: intoMuxed, IntoMuxedID: intoID,
		}
	case xdr.OperationTypeChangeTrust:
		op := o.Body.MustChangeTrustOp()
		line := op.Line.ToAsset()
		return changeTrust{
			operation: v, asset: renderAsset(line), Limit: amount.String(op.Limit),
			Trustee: line.GetIssuer(), Trustor: source, TrustorMuxed: muxed, TrustorMuxedID: id,
		}
	case xdr.OperationTypeSetOptions:
		return renderSetOptions(v, o.Body.MustSetOptionsOp())
	case xdr.OperationTypeCreateClaimableBalance:
		op := o.Body.MustCreateClaimableBalanceOp()
		return createClaimable{v, ledger.AssetName(op.Asset), amount.String(op.Amount), renderClaimants(op.Claimants)}
	case xdr.OperationTypeClaimClaimableBalance:
		return claimClaimable{
			operation: v, BalanceID: ledger.BalanceID(o.Body.MustClaimClaimableBalanceOp().BalanceId),
			Claimant: source, ClaimantMuxed: muxed, ClaimantMuxedID: id,
		}
	case xdr.OperationTypeManageData:
		op := o.Body.MustManageDataOp()
		m := manageData{operation: v, Name: string(op.DataName)}
		if op.DataValue != nil {
			m.Value = base64.StdEncoding.EncodeToString(*op.DataValue)
		}
		return m
	}
	return v
}

func renderSetOptions(v operation, op xdr.SetOptionsOp) setOptions {
	s := setOptions{
		operation:       v,
		MasterKeyWeight: optional(op.MasterWeight), LowThreshold: optional(op.LowThreshold),
		MedThreshold: optional(op.MedThreshold), HighThreshold: optional(op.HighThreshold),
	}
	if op.HomeDomain != nil {
		s.HomeDomain = string(*op.HomeDomain)
	}
	if op.InflationDest != nil {
		s.InflationDest = op.InflationDest.Address()
	}
	if op.Signer != nil {
		s.SignerKey, s.SignerWeight = op.Signer.Key.Address(), optional(&op.Signer.Weight)
	}
	for _, flag := range accountFlags {
		if op.SetFlags != nil && xdr.AccountFlags(*op.SetFlags)&flag.bit != 0 {
			s.SetFlags, s.SetFlagNames = append(s.SetFlags, int(flag.bit)), append(s.SetFlagNames, flag.name)
		}
		if op.ClearFlags != nil && xdr.AccountFlags(*op.ClearFlags)&flag.bit != 0 {
			s.ClearFlags, s.ClearFlagNames = append(s.ClearFlags, int(flag.bit)), append(s.ClearFlagNames, flag.name)
		}
	}
	return s
}

func optional(n *xdr.Uint32) *int {
	if n == nil {
		return nil
	}
	v := int(*n)
	return &v
}

func renderPayment(v operation, to xdr.MuxedAccount, a xdr.Asset, received xdr.Int64) payment {
	address, muxed, id := account(to)
	return payment{
		operation: v, asset: renderAsset(a),
		From: v.SourceAccount, FromMuxed: v.SourceMuxed, FromMuxedID: v.SourceMuxedID,
		To: address, ToMuxed: muxed, ToMuxedID: id, Amount: amount.String(received),
	}
}

func renderPath(p payment, send xdr.Asset, path []xdr.Asset, sent int64) pathPayment {
	source := renderAsset(send)
	v := pathPayment{
		payment: p, Path: []asset{}, SourceAmount: amount.StringFromInt64(sent),
		SourceType: source.Type, SourceCode: source.Code, SourceIssuer: source.Issuer,
	}
	for _, a := range path {
		v.Path = append(v.Path, renderAsset(a))
	}
	return v
}
