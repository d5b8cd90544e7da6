package horizon

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"edgecheckout/sandbox/ledger"

	"github.com/stellar/go/amount"
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
		SubentryCount:    len(a.Lines),
		LastModified:     a.Modified,
		LastModifiedTime: timestamp(a.ModifiedAt),
		Thresholds:       map[string]int{"low_threshold": 0, "med_threshold": 0, "high_threshold": 0},
		Flags: map[string]bool{
			"auth_required": false, "auth_revocable": false, "auth_immutable": false, "auth_clawback_enabled": false,
		},
		Signers:     []signer{{1, a.Address, "ed25519_public_key"}},
		Data:        map[string]string{},
		PagingToken: a.Address,
	}
	for _, name := range []string{"transactions", "operations", "payments", "effects", "offers", "trades"} {
		v.Links[name] = b.collection(path + "/" + name)
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

const noLiabilities = "0.0000000"
