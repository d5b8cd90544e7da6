package horizon

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"edgecheckout/sandbox/ledger"

	"github.com/stellar/go/amount"
	"github.com/stellar/go/strkey"
	"github.com/stellar/go/xdr"
)

type claimant struct {
	Destination string          `json:"destination"`
	Predicate   json.RawMessage `json:"predicate"`
}

type claimableBalance struct {
	Links            map[string]link `json:"_links"`
	ID               string          `json:"id"`
	Asset            string          `json:"asset"`
	Amount           string          `json:"amount"`
	Sponsor          string          `json:"sponsor"`
	LastModified     uint32          `json:"last_modified_ledger"`
	LastModifiedTime string          `json:"last_modified_time"`
	Claimants        []claimant      `json:"claimants"`
	Flags            map[string]bool `json:"flags"`
	PagingToken      string          `json:"paging_token"`
}

func (c claimableBalance) pagingToken() string { return c.PagingToken }

func renderClaimants(list []xdr.Claimant) []claimant {
	all := make([]claimant, 0, len(list))
	for _, c := range list {
		all = append(all, claimant{c.V0.Destination.Address(), renderPredicate(c.V0.Predicate)})
	}
	return all
}

func renderPredicate(p xdr.ClaimPredicate) json.RawMessage {
	encoded, err := json.Marshal(p)
	if err != nil {
		panic("horizon: encode a condition that the ledger accepted: " + err.Error())
	}
	return encoded
}

func renderClaimable(b base, c *ledger.ClaimableBalance) claimableBalance {
	path := "/claimable_balances/" + c.ID
	return claimableBalance{
		Links: map[string]link{
			"self":         b.to(path),
			"transactions": b.collection(path + "/transactions"),
			"operations":   b.collection(path + "/operations"),
		},
		ID: c.ID, Asset: ledger.AssetName(c.Asset), Amount: amount.StringFromInt64(c.Amount), Sponsor: c.Sponsor,
		LastModified: c.Modified, LastModifiedTime: timestamp(c.ModifiedAt), Claimants: renderClaimants(c.Claimants),
		Flags:       map[string]bool{"clawback_enabled": false},
		PagingToken: fmt.Sprintf("%d-%s", c.Modified, c.ID),
	}
}

// claimableBalances lists the balances of an asset, a sponsor and a claimant, as far as those are
// given.
func (s *Server) claimableBalances(r *http.Request) ([]entry, *problem) {
	form := r.URL.Query()
	for _, name := range []string{"sponsor", "claimant"} {
		if address := form.Get(name); address != "" && !strkey.IsValidEd25519PublicKey(address) {
			return nil, invalidField(name, malformedAccount)
		}
	}
	asset := form.Get("asset")
	if _, err := xdr.BuildAssets(asset); err != nil || strings.Contains(asset, ",") {
		return nil, invalidField("asset", malformedAsset)
	}
	var entries []entry
	for _, c := range s.ledger.ClaimableBalances() {
		v := renderClaimable(baseOf(r), c)
		of := form.Get("claimant") == ""
		for _, one := range v.Claimants {
			of = of || one.Destination == form.Get("claimant")
		}
		if of && (asset == "" || v.Asset == asset) && (form.Get("sponsor") == "" || v.Sponsor == form.Get("sponsor")) {
			entries = append(entries, entry{claimableKey(c.Modified, c.ID), v})
		}
	}
	return entries, nil
}

func claimableKey(modified uint32, id string) string { return fmt.Sprintf("%010d-%s", modified, id) }

func claimablePosition(cursor string) (string, bool) {
	modified, id, found := strings.Cut(cursor, "-")
	sequence, err := strconv.ParseUint(modified, 10, 32)
	return claimableKey(uint32(sequence), id), found && err == nil
}

var claimableID = regexp.MustCompile(`^00000000[0-9a-f]{64}$`)

func (s *Server) claimableBalance(w http.ResponseWriter, r *http.Request) {
	s.stateOf(w)
	id := r.PathValue("id")
	if !claimableID.MatchString(id) {
		invalidField("id", id+" does not validate as claimableBalanceID").write(w)
		return
	}
	c, ok := s.ledger.ClaimableBalance(id)
	if !ok {
		notFound.write(w)
		return
	}
	write(w, typeHAL, http.StatusOK, renderClaimable(baseOf(r), c))
}
