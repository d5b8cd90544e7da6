package horizon

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"edgecheckout/worker/stellar"
)

// Account is what must be known of an account to write a transaction that it can sign and pay.
// Amounts are stroops.
type Account struct {
	Sequence int64     `json:"sequence"` // of its last transaction
	Balances []Balance `json:"balances"`
	// Signers are those whose key is an Ed25519 key, the account's own among them.
	Signers []Signer `json:"signers,omitempty"`
	// MediumThreshold is the weight that signers need together for most things.
	MediumThreshold int `json:"medium_threshold,omitempty"`
	// UsedAt is the ledger of its last transaction, and UsedTime when that closed; zero if it made
	// none since Horizon says so (CAP-0021).
	UsedAt   int64     `json:"used_at,omitempty"`
	UsedTime time.Time `json:"used_time,omitzero"`
	// NeedsMemo says that its owner wants a memo with each payment (SEP-29).
	NeedsMemo bool `json:"needs_memo,omitempty"`
	// HomeDomain is the domain that the account says it belongs to (SEP-1); whoever owns it need not
	// agree.
	HomeDomain string `json:"home_domain,omitempty"`
}

// Signer is a key that may sign for an account, as far as its weight goes.
type Signer struct {
	Key    stellar.Address `json:"key"`
	Weight int             `json:"weight"`
}

// maxSigners is the largest number of signers of an account (Stellar-ledger-entries.x), with its
// own key.
const maxSigners = 21

// memoRequired is the name of the data entry by which an account asks for a memo, and its value in
// base64 is "1" (SEP-29).
const memoRequired, memoRequiredValue = "config.memo_required", "MQ=="

// Balance is what an account can spend of an asset: without what its own offers promise and, of
// XLM, without its reserve.
type Balance struct {
	Asset     stellar.Asset  `json:"asset"`
	Spendable stellar.Amount `json:"spendable"`
	Frozen    bool           `json:"frozen,omitempty"` // the issuer does not let the account pay
}

// Balance returns the account's balance of an asset; false if it has no trustline for it.
func (a Account) Balance(asset stellar.Asset) (Balance, bool) {
	for _, b := range a.Balances {
		if b.Asset == asset {
			return b, true
		}
	}
	return Balance{}, false
}

// baseReserve is what the network keeps back of an account's XLM for each of its entries, the
// account itself counting as two. It is 0.5 XLM since 2019; the validators could change it, and the
// network would then have the last word about a payment.
const baseReserve = stellar.StroopsPerUnit / 2

// Account reads an account; IsNotFound tells the error for one that is not on the ledger.
func (c Client) Account(ctx context.Context, address stellar.Address) (Account, error) {
	response, err := c.Transport.Get(ctx, c.Base+accountPath(address), RequestTimeout)
	return readAccount(Result{response, err}, address)
}

// Stranger reads an account that anybody may have named, like Account. It can have a thousand
// balances; those of XLM and an asset are read, and at most maxOtherBalances others that are not
// empty.
func (c Client) Stranger(ctx context.Context, address stellar.Address, asset stellar.Asset) (Account, error) {
	response, err := c.Transport.Get(ctx, c.Base+accountPath(address), RequestTimeout)
	response.Body = fewBalances(response.Body, asset)
	return readAccount(Result{response, err}, address)
}

func accountPath(address stellar.Address) string { return "/accounts/" + string(address) }

// maxOtherBalances is more than MaxPathSources, since not all of them can be spent.
const maxOtherBalances = 20

var (
	balancesField    = newFieldName("balances")
	balanceField     = newFieldName("balance")
	assetTypeField   = newFieldName("asset_type")
	assetCodeField   = newFieldName("asset_code")
	assetIssuerField = newFieldName("asset_issuer")
)

// fewBalances returns the document of an account without the balances that [Client.Stranger] does
// not read, since parsing one takes a hundred times as long as finding it. A document that is not
// written as Horizon writes it stays as it is.
func fewBalances(document []byte, asset stellar.Asset) []byte {
	_, list := balancesField.find(document, 0)
	if list < 0 || document[list] != '[' {
		return document
	}
	few := slices.Clone(document[:list+1])
	others := 0
	for at := list + 1; ; at++ {
		if at = skipSpace(document, at); at >= len(document) || document[at] != '{' {
			return document
		}
		end := bytes.IndexByte(document[at:], '}') // a balance has no objects, and its strings no braces
		if end < 0 {
			return document
		}
		line := document[at : at+end+1]
		keep := has(line, assetTypeField, "native") || has(line, assetCodeField, asset.Code) && has(line, assetIssuerField, string(asset.Issuer))
		if !keep && others < maxOtherBalances && !has(line, balanceField, "0.0000000") {
			keep = true
			others++
		}
		if keep {
			few = append(append(few, line...), ',')
		}
		if at = skipSpace(document, at+end+1); at >= len(document) || document[at] != ',' {
			return append(bytes.TrimSuffix(few, []byte{','}), document[at:]...)
		}
	}
}

// has reports whether a field of an object is a string.
func has(object []byte, field *fieldName, value string) bool {
	_, at := field.find(object, 0)
	text, ok := stringAt(object, at)
	return ok && string(text) == value
}

func readAccount(result Result, address stellar.Address) (Account, error) {
	var doc struct {
		ID         stellar.Address   `json:"account_id"`
		Sequence   string            `json:"sequence"`
		UsedAt     int64             `json:"sequence_ledger"`
		UsedTime   string            `json:"sequence_time"` // Unix seconds
		Data       map[string]string `json:"data"`
		HomeDomain string            `json:"home_domain"`
		Entries    int64             `json:"subentry_count"`
		Sponsoring int64             `json:"num_sponsoring"`
		Sponsored  int64             `json:"num_sponsored"`
		Balances   []struct {
			movement
			Balance    string `json:"balance"`
			Selling    string `json:"selling_liabilities"`
			Authorized *bool  `json:"is_authorized"`
		} `json:"balances"`
		Signers []struct {
			Key    string `json:"key"`
			Type   string `json:"type"`
			Weight int    `json:"weight"`
		} `json:"signers"`
		Thresholds struct {
			Medium int `json:"med_threshold"`
		} `json:"thresholds"`
	}
	if err := readDocument(result, accountPath(address), &doc); err != nil {
		return Account{}, err
	}
	sequence, err := strconv.ParseInt(doc.Sequence, 10, 64)
	if err != nil || sequence < 0 || doc.ID != address {
		return Account{}, fmt.Errorf("%w: account %s with sequence %.40q", ErrAnswer, address, doc.Sequence)
	}
	entries := doc.Entries + doc.Sponsoring - doc.Sponsored
	if doc.Entries < 0 || doc.Sponsoring < 0 || doc.Sponsored < 0 || max(doc.Entries, doc.Sponsoring, doc.Sponsored) > 1<<32 {
		return Account{}, fmt.Errorf("%w: account %s with %d entries", ErrAnswer, address, entries)
	}
	account := Account{Sequence: sequence, UsedAt: doc.UsedAt, MediumThreshold: doc.Thresholds.Medium, NeedsMemo: doc.Data[memoRequired] == memoRequiredValue, HomeDomain: doc.HomeDomain}
	if len(doc.Signers) > maxSigners || doc.Thresholds.Medium < 0 || doc.Thresholds.Medium > 255 {
		return Account{}, fmt.Errorf("%w: account %s with %d signers", ErrAnswer, address, len(doc.Signers))
	}
	for _, signer := range doc.Signers {
		if key, err := stellar.ParseAddress(signer.Key); err == nil && signer.Type == "ed25519_public_key" {
			account.Signers = append(account.Signers, Signer{key, signer.Weight})
		}
	}
	if seconds, err := strconv.ParseInt(doc.UsedTime, 10, 64); err == nil && seconds > 0 {
		account.UsedTime = time.Unix(seconds, 0).UTC()
	}
	for _, line := range doc.Balances {
		if line.AssetType == "liquidity_pool_shares" {
			continue // nobody is paid in them
		}
		asset, err1 := line.asset()
		balance, err2 := stellar.ParseAmount(line.Balance)
		selling, err3 := stellar.ParseAmount(line.Selling)
		if err1 != nil || err2 != nil || err3 != nil {
			return Account{}, fmt.Errorf("%w: a balance of account %s", ErrAnswer, address)
		}
		spendable := balance - selling
		if asset.IsNative() {
			spendable -= stellar.Amount((2 + entries) * baseReserve)
		}
		account.Balances = append(account.Balances, Balance{
			Asset: asset, Spendable: max(spendable, 0), Frozen: line.Authorized != nil && !*line.Authorized,
		})
	}
	return account, nil
}
