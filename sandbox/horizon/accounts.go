package horizon

import (
	"net/http"
	"strings"

	"edgecheckout/sandbox/ledger"

	"github.com/stellar/go/strkey"
	"github.com/stellar/go/xdr"
)

const malformedAsset = "Asset must be the string \"native\" or a string of the form \"Code:IssuerAccountID\" for issued assets."

var oneFilter = problem{problems + "invalid_accounts_params", "Invalid Accounts Parameters", http.StatusBadRequest,
	"Exactly one filter is required. Please ensure that you are including a signer, sponsor, asset, or liquidity pool filter.", nil}

func (a accountState) pagingToken() string { return a.PagingToken }

// accounts lists the accounts that a key can sign for, or that trust an asset. No account has a
// sponsor or a share in a pool of the sandbox.
func (s *Server) accounts(r *http.Request) ([]entry, *problem) {
	form, given := r.URL.Query(), 0
	for _, name := range []string{"signer", "sponsor", "asset", "liquidity_pool"} {
		if form.Get(name) != "" {
			given++
		}
	}
	if given != 1 {
		return nil, &oneFilter
	}
	keep := func(*ledger.Account) bool { return false }
	switch signer, asset := form.Get("signer"), form.Get("asset"); {
	case signer != "":
		if _, err := strkey.Version(signer); err != nil {
			return nil, invalidField("signer", malformedAccount)
		}
		keep = func(a *ledger.Account) bool {
			return a.Signers[signer] > 0 || a.Address == signer && a.MasterWeight() > 0
		}
	case asset != "":
		parsed, err := xdr.BuildAssets(asset)
		if err != nil || strings.Contains(asset, ",") || parsed[0].IsNative() {
			return nil, invalidField("asset", malformedAsset)
		}
		keep = func(a *ledger.Account) bool { _, trusts := a.Lines[asset]; return trusts }
	}
	var entries []entry
	for _, a := range s.ledger.Accounts() {
		if keep(a) {
			entries = append(entries, entry{a.Address, renderAccount(baseOf(r), a)})
		}
	}
	return entries, nil
}

func accountPosition(cursor string) (string, bool) {
	return cursor, strkey.IsValidEd25519PublicKey(cursor)
}
