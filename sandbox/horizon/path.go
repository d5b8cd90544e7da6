package horizon

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"edgecheckout/sandbox/ledger"

	"github.com/stellar/go/amount"
	"github.com/stellar/go/strkey"
	"github.com/stellar/go/xdr"
)

// maxPathAssets is how many assets a request for paths may list.
const maxPathAssets = 15

// foundPath is a way to convert the asset that a path payment sends. It has no paging token, since
// lists of paths have no pages.
type foundPath struct {
	SourceType        string  `json:"source_asset_type"`
	SourceCode        string  `json:"source_asset_code,omitempty"`
	SourceIssuer      string  `json:"source_asset_issuer,omitempty"`
	SourceAmount      string  `json:"source_amount"`
	DestinationType   string  `json:"destination_asset_type"`
	DestinationCode   string  `json:"destination_asset_code,omitempty"`
	DestinationIssuer string  `json:"destination_asset_issuer,omitempty"`
	DestinationAmount string  `json:"destination_amount"`
	Path              []asset `json:"path"`
}

// strictReceivePaths answers what must be sent for a fixed amount to arrive.
func (s *Server) strictReceivePaths(w http.ResponseWriter, r *http.Request) {
	s.stateOf(w)
	form := r.URL.Query()
	take, stroops, wrong := parseFixed(form, "destination_", []string{"source_account", "destination_account"})
	if wrong == nil {
		wrong = oneOf(form, "source_assets", "source_account", "source assets or a source account")
	}
	var send []xdr.Asset
	if wrong == nil {
		send, wrong = parsePathAssets(form, "source_assets")
	}
	if wrong != nil {
		wrong.write(w)
		return
	}
	var held map[string]int64 // by asset; nil if any amount can be sent
	if address := form.Get("source_account"); address != "" {
		send, held = s.held(address)
	}
	var found []ledger.Path
	for _, p := range s.ledger.PathsTo(take, stroops, send) {
		if held == nil || held[ledger.AssetName(p.Send)] >= p.Sent {
			found = append(found, p)
		}
	}
	writePaths(w, found)
}

// strictSendPaths answers what arrives if a fixed amount is sent.
func (s *Server) strictSendPaths(w http.ResponseWriter, r *http.Request) {
	s.stateOf(w)
	form := r.URL.Query()
	send, stroops, wrong := parseFixed(form, "source_", []string{"destination_account"})
	if wrong == nil {
		wrong = oneOf(form, "destination_assets", "destination_account", "destination assets or a destination account")
	}
	var take []xdr.Asset
	if wrong == nil {
		take, wrong = parsePathAssets(form, "destination_assets")
	}
	if wrong != nil {
		wrong.write(w)
		return
	}
	if address := form.Get("destination_account"); address != "" {
		take, _ = s.held(address)
	}
	writePaths(w, s.ledger.PathsFrom(send, stroops, take))
}

// held returns the assets of an account, XLM last, and how much it has of each. It has none if it
// does not exist, which is no error in Horizon.
func (s *Server) held(address string) ([]xdr.Asset, map[string]int64) {
	balances := map[string]int64{}
	a, ok := s.ledger.Account(address)
	if !ok {
		return nil, balances
	}
	var assets []xdr.Asset
	for _, name := range slices.Sorted(maps.Keys(a.Lines)) {
		assets = append(assets, a.Lines[name].Asset)
		balances[name] = a.Lines[name].Balance
	}
	native := xdr.MustNewNativeAsset()
	balances[ledger.AssetName(native)] = a.Balance
	return append(assets, native), balances
}

// parseFixed parses the asset and the amount (stroops) that are fixed. It checks the addresses
// first, as Horizon does.
func parseFixed(form url.Values, prefix string, addresses []string) (xdr.Asset, int64, *problem) {
	for _, name := range append(addresses, prefix+"asset_issuer") {
		if address := form.Get(name); address != "" && !strkey.IsValidEd25519PublicKey(address) {
			return xdr.Asset{}, 0, invalidField(name, malformedAccount)
		}
	}
	if _, known := xdr.StringToAssetType[form.Get(prefix+"asset_type")]; !known {
		return xdr.Asset{}, 0, invalidField(prefix+"asset_type", "Asset type must be native, credit_alphanum4 or credit_alphanum12")
	}
	stroops, err := amount.ParseInt64(form.Get(prefix + "amount"))
	if err != nil || stroops <= 0 {
		return xdr.Asset{}, 0, invalidField(prefix+"amount", "Amount must be positive")
	}
	fixed, wrong := parseAsset(form, prefix)
	return fixed, stroops, wrong
}

// parseAsset parses the three parameters of an asset, of which the type is known to be valid.
func parseAsset(form url.Values, prefix string) (xdr.Asset, *problem) {
	kind, code, issuer := form.Get(prefix+"asset_type"), form.Get(prefix+"asset_code"), form.Get(prefix+"asset_issuer")
	longest := map[string]int{"credit_alphanum4": 4, "credit_alphanum12": 12}[kind]
	switch {
	case kind == "native" && code != "":
		return xdr.Asset{}, invalidField(prefix+"asset_code", "native asset does not have a code")
	case kind == "native" && issuer != "":
		return xdr.Asset{}, invalidField(prefix+"asset_issuer", "native asset does not have an issuer")
	case kind == "native":
		return xdr.MustNewNativeAsset(), nil
	case !xdr.ValidAssetCode.MatchString(code) || len(code) > longest:
		return xdr.Asset{}, invalidField(prefix+"asset_code", "Asset code must be 1-12 alphanumeric characters")
	case issuer == "":
		return xdr.Asset{}, invalidField(prefix+"asset_issuer", "Missing parameter")
	}
	parsed, err := xdr.BuildAsset(kind, issuer, code)
	if err != nil {
		return xdr.Asset{}, invalidField(prefix+"asset_issuer", malformedAccount)
	}
	return parsed, nil
}

// oneOf refuses requests with both or neither of two parameters.
func oneOf(form url.Values, list, account, names string) *problem {
	if (form.Get(list) != "") != (form.Get(account) != "") {
		return nil
	}
	p := badRequest
	p.Detail = "The request requires either a list of " + names + ". Both fields cannot be present."
	return &p
}

func parsePathAssets(form url.Values, name string) ([]xdr.Asset, *problem) {
	assets, err := xdr.BuildAssets(form.Get(name))
	if err != nil {
		return nil, invalidField(name, err.Error())
	}
	if len(assets) > maxPathAssets {
		return nil, invalidField(name, fmt.Sprintf("list of assets exceeds maximum length of %d", maxPathAssets))
	}
	return assets, nil
}

// writePaths answers with a list without links, because it has no pages.
func writePaths(w http.ResponseWriter, found []ledger.Path) {
	records := []foundPath{}
	for _, p := range found {
		send, take := renderAsset(p.Send), renderAsset(p.Take)
		v := foundPath{
			SourceType: send.Type, SourceCode: send.Code, SourceIssuer: send.Issuer,
			SourceAmount:    amount.StringFromInt64(p.Sent),
			DestinationType: take.Type, DestinationCode: take.Code, DestinationIssuer: take.Issuer,
			DestinationAmount: amount.StringFromInt64(p.Received),
			Path:              []asset{},
		}
		for _, via := range p.Via {
			v.Path = append(v.Path, renderAsset(via))
		}
		records = append(records, v)
	}
	write(w, typeHAL, http.StatusOK, map[string]any{"_embedded": map[string]any{"records": records}})
}

// stateOf says which ledger the state in an answer is from.
func (s *Server) stateOf(w http.ResponseWriter) {
	w.Header().Set("Latest-Ledger", strconv.FormatUint(uint64(s.ledger.Latest().Sequence), 10))
}
