package horizon

import (
	"math"
	"math/big"
	"net/http"

	"edgecheckout/sandbox/ledger"

	"github.com/stellar/go/amount"
	"github.com/stellar/go/strkey"
	"github.com/stellar/go/xdr"
)

var invalidOrderBook = problem{problems + "invalid_order_book", "Invalid Order Book Parameters", http.StatusBadRequest,
	"The parameters that specify what order book to view are invalid in some way. Please ensure that your type parameters (selling_asset_type and buying_asset_type) are one the following valid values: native, credit_alphanum4, credit_alphanum12.  Also ensure that you have specified selling_asset_code and selling_asset_issuer if selling_asset_type is not 'native', as well as buying_asset_code and buying_asset_issuer if buying_asset_type is not 'native'", nil}

type priceLevel struct {
	PriceR struct {
		N int64 `json:"n"`
		D int64 `json:"d"`
	} `json:"price_r"`
	Price  string `json:"price"`
	Amount string `json:"amount"`
}

// orderBook shows the market as one offer on each side, for any amount.
func (s *Server) orderBook(w http.ResponseWriter, r *http.Request) {
	s.stateOf(w)
	form := r.URL.Query()
	var sides [2]xdr.Asset
	for i, prefix := range []string{"selling_", "buying_"} {
		var wrong *problem
		issuer := form.Get(prefix + "asset_issuer")
		if _, known := xdr.StringToAssetType[form.Get(prefix+"asset_type")]; known && (issuer == "" || strkey.IsValidEd25519PublicKey(issuer)) {
			sides[i], wrong = parseAsset(form, prefix)
		} else {
			wrong = &invalidOrderBook
		}
		if wrong != nil {
			invalidOrderBook.write(w)
			return
		}
	}
	if _, wrong := parseLimit(form.Get("limit")); wrong != nil {
		invalidOrderBook.write(w)
		return
	}
	selling, buying := sides[0], sides[1]
	bids, asks := []priceLevel{}, []priceLevel{}
	if !selling.Equals(buying) {
		// An ask is what a taker gives of the bought asset for one of the sold asset.
		if rate, ok := s.ledger.Quote(buying, selling); ok {
			asks = append(asks, level(ledger.Rate{N: rate.D, D: rate.N}))
		}
		if rate, ok := s.ledger.Quote(selling, buying); ok {
			bids = append(bids, level(rate))
		}
	}
	write(w, typeHAL, http.StatusOK, map[string]any{
		"bids": bids, "asks": asks, "base": renderAsset(selling), "counter": renderAsset(buying),
	})
}

func level(price ledger.Rate) (v priceLevel) {
	exact := big.NewRat(price.N, price.D)
	v.PriceR.N, v.PriceR.D = exact.Num().Int64(), exact.Denom().Int64()
	v.Price, v.Amount = exact.FloatString(7), amount.StringFromInt64(math.MaxInt64)
	return v
}
