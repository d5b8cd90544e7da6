package horizon

import (
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"edgecheckout/sandbox/ledger"

	"github.com/stellar/go/amount"
	"github.com/stellar/go/strkey"
	"github.com/stellar/go/xdr"
)

type balance struct {
	Balance            string `json:"balance"`
	Limit              string `json:"limit,omitempty"`
	BuyingLiabilities  string `json:"buying_liabilities"`
	SellingLiabilities string `json:"selling_liabilities"`
	LastModified       uint32 `json:"last_modified_ledger,omitempty"`
	Authorized         *bool  `json:"is_authorized,omitempty"`
	Maintain           *bool  `json:"is_authorized_to_maintain_liabilities,omitempty"`
	asset
}

type signer struct {
	Weight int    `json:"weight"`
	Key    string `json:"key"`
	Type   string `json:"type"`
}

type accountState struct {
	Links            map[string]link   `json:"_links"`
	ID               string            `json:"id"`
	AccountID        string            `json:"account_id"`
	Sequence         string            `json:"sequence"`
	SubentryCount    int               `json:"subentry_count"`
	InflationDest    string            `json:"inflation_destination,omitempty"`
	HomeDomain       string            `json:"home_domain,omitempty"`
	LastModified     uint32            `json:"last_modified_ledger"`
	LastModifiedTime string            `json:"last_modified_time"`
	Thresholds       map[string]int    `json:"thresholds"`
	Flags            map[string]bool   `json:"flags"`
	Balances         []balance         `json:"balances"`
	Signers          []signer          `json:"signers"`
	Data             map[string]string `json:"data"`
	Sponsoring       int               `json:"num_sponsoring"`
	Sponsored        int               `json:"num_sponsored"`
	PagingToken      string            `json:"paging_token"`
}

func (s *Server) account(w http.ResponseWriter, r *http.Request) {
	s.stateOf(w)
	address, wrong := parseAccount(r)
	if wrong != nil {
		wrong.write(w)
		return
	}
	a, ok := s.ledger.Account(address)
	if !ok {
		notFound.write(w)
		return
	}
	write(w, typeHAL, http.StatusOK, renderAccount(baseOf(r), a))
}

func renderAccount(b base, a *ledger.Account) accountState {
	path := "/accounts/" + a.Address
	v := accountState{
		Links: map[string]link{
			"self": b.to(path),
			"data": b.to(path + "/data/{key}"),
		},
		ID:               a.Address,
		AccountID:        a.Address,
		Sequence:         strconv.FormatInt(a.Sequence, 10),
		SubentryCount:    a.Subentries(),
		InflationDest:    a.InflationDest,
		HomeDomain:       a.HomeDomain,
		LastModified:     a.Modified,
		LastModifiedTime: timestamp(a.ModifiedAt),
		Thresholds: map[string]int{
			"low_threshold": int(a.Low), "med_threshold": int(a.Medium), "high_threshold": int(a.High),
		},
		Flags:       renderFlags(a.Flags),
		Signers:     renderSigners(a),
		Data:        map[string]string{},
		PagingToken: a.Address,
	}
	for _, name := range []string{"transactions", "operations", "payments", "effects", "offers", "trades"} {
		v.Links[name] = b.collection(path + "/" + name)
	}
	for name, value := range a.Data {
		v.Data[name] = base64.StdEncoding.EncodeToString(value)
	}
	yes := true
	for _, name := range slices.Sorted(maps.Keys(a.Lines)) {
		line := a.Lines[name]
		v.Balances = append(v.Balances, balance{
			Balance: amount.StringFromInt64(line.Balance), Limit: amount.StringFromInt64(line.Limit),
			BuyingLiabilities: noLiabilities, SellingLiabilities: noLiabilities,
			LastModified: line.Modified, Authorized: &yes, Maintain: &yes, asset: renderAsset(line.Asset),
		})
	}
	v.Balances = append(v.Balances, balance{
		Balance:           amount.StringFromInt64(a.Balance),
		BuyingLiabilities: noLiabilities, SellingLiabilities: noLiabilities, asset: asset{Type: "native"},
	})
	return v
}

// renderSigners lists the signers in the order of their keys, and the account's own key last if it
// has no weight.
func renderSigners(a *ledger.Account) []signer {
	weights := map[string]int{}
	for key, weight := range a.Signers {
		weights[key] = int(weight)
	}
	if master := a.MasterWeight(); master > 0 {
		weights[a.Address] = int(master)
	}
	var all []signer
	for _, key := range slices.Sorted(maps.Keys(weights)) {
		all = append(all, signer{weights[key], key, signerType(key)})
	}
	if a.MasterWeight() == 0 {
		all = append(all, signer{0, a.Address, signerType(a.Address)})
	}
	return all
}

// signerType is Horizon's name of the kind of a key.
func signerType(key string) string {
	switch version, _ := strkey.Version(key); version {
	case strkey.VersionByteHashTx:
		return "preauth_tx"
	case strkey.VersionByteHashX:
		return "sha256_hash"
	}
	return "ed25519_public_key"
}

func renderFlags(f xdr.AccountFlags) map[string]bool {
	all := map[string]bool{}
	for _, flag := range accountFlags {
		all[flag.name] = f&flag.bit != 0
	}
	return all
}

// accountFlags are Horizon's names of the flags, in the order of their bits.
var accountFlags = []struct {
	name string
	bit  xdr.AccountFlags
}{
	{"auth_required", xdr.AccountFlagsAuthRequiredFlag},
	{"auth_revocable", xdr.AccountFlagsAuthRevocableFlag},
	{"auth_immutable", xdr.AccountFlagsAuthImmutableFlag},
	{"auth_clawback_enabled", xdr.AccountFlagsAuthClawbackEnabledFlag},
}

// accountData answers with one data entry.
func (s *Server) accountData(w http.ResponseWriter, r *http.Request) {
	s.stateOf(w)
	address, wrong := parseAccount(r)
	if wrong != nil {
		wrong.write(w)
		return
	}
	a, ok := s.ledger.Account(address)
	if !ok || a.Data[r.PathValue("key")] == nil {
		notFound.write(w)
		return
	}
	write(w, typeHAL, http.StatusOK, map[string]string{
		"value": base64.StdEncoding.EncodeToString(a.Data[r.PathValue("key")]),
	})
}

const noLiabilities = "0.0000000"
