package horizon

import (
	"fmt"
	"net/http"
	"strconv"

	"edgecheckout/sandbox/ledger"

	"github.com/stellar/go/amount"
)

type rootDocument struct {
	Links              map[string]link `json:"_links"`
	HorizonVersion     string          `json:"horizon_version"`
	CoreVersion        string          `json:"core_version"`
	IngestLatest       uint32          `json:"ingest_latest_ledger"`
	HistoryLatest      uint32          `json:"history_latest_ledger"`
	HistoryLatestTime  string          `json:"history_latest_ledger_closed_at"`
	HistoryElder       uint32          `json:"history_elder_ledger"`
	CoreLatest         uint32          `json:"core_latest_ledger"`
	Passphrase         string          `json:"network_passphrase"`
	Protocol           int             `json:"current_protocol_version"`
	SupportedProtocol  int             `json:"supported_protocol_version"`
	SupportedByTheCore int             `json:"core_supported_protocol_version"`
}

// rootLinks are the paths that the root lists: what Horizon lists and the sandbox serves.
var rootLinks = map[string]string{
	"account":              "/accounts/{account_id}",
	"accounts":             "/accounts{?signer,sponsor,asset,liquidity_pool,cursor,limit,order}",
	"account_transactions": "/accounts/{account_id}/transactions{?cursor,limit,order}",
	"claimable_balances":   "/claimable_balances{?asset,sponsor,claimant,cursor,limit,order}",
	"assets":               "/assets{?asset_code,asset_issuer,cursor,limit,order}",
	"effects":              "/effects{?cursor,limit,order}",
	"fee_stats":            "/fee_stats",
	"friendbot":            "/friendbot{?addr}",
	"ledger":               "/ledgers/{sequence}",
	"ledgers":              "/ledgers{?cursor,limit,order}",
	"operation":            "/operations/{id}",
	"operations":           "/operations{?cursor,limit,order,include_failed}",
	"order_book":           "/order_book{?selling_asset_type,selling_asset_code,selling_asset_issuer,buying_asset_type,buying_asset_code,buying_asset_issuer,limit}",
	"payments":             "/payments{?cursor,limit,order,include_failed}",
	"self":                 "/",
	"strict_receive_paths": "/paths/strict-receive{?source_assets,source_account,destination_account,destination_asset_type,destination_asset_issuer,destination_asset_code,destination_amount}",
	"strict_send_paths":    "/paths/strict-send{?destination_account,destination_assets,source_asset_type,source_asset_issuer,source_asset_code,source_amount}",
	"transaction":          "/transactions/{hash}",
	"transactions":         "/transactions{?cursor,limit,order}",
}

func (s *Server) root(w http.ResponseWriter, r *http.Request) {
	latest := s.ledger.Latest()
	links := map[string]link{}
	for name, path := range rootLinks {
		links[name] = baseOf(r).to(path)
	}
	write(w, typeHAL, http.StatusOK, rootDocument{
		Links:              links,
		HorizonVersion:     "28.0.0-sandbox",
		CoreVersion:        "sandbox",
		IngestLatest:       latest.Sequence,
		HistoryLatest:      latest.Sequence,
		HistoryLatestTime:  timestamp(latest.ClosedAt),
		HistoryElder:       s.ledger.Elder().Sequence,
		CoreLatest:         latest.Sequence,
		Passphrase:         s.ledger.Passphrase(),
		Protocol:           ledger.Protocol,
		SupportedProtocol:  ledger.Protocol,
		SupportedByTheCore: ledger.Protocol,
	})
}

// feeStats reports the base fee for every percentile, because ledgers of the sandbox never fill up.
func (s *Server) feeStats(w http.ResponseWriter, r *http.Request) {
	base := strconv.Itoa(ledger.BaseFee)
	fees := map[string]string{}
	for _, name := range []string{
		"max", "min", "mode", "p10", "p20", "p30", "p40", "p50", "p60", "p70", "p80", "p90", "p95", "p99",
	} {
		fees[name] = base
	}
	write(w, typeHAL, http.StatusOK, map[string]any{
		"last_ledger":           fmt.Sprint(s.ledger.Latest().Sequence),
		"last_ledger_base_fee":  base,
		"ledger_capacity_usage": "0",
		"fee_charged":           fees,
		"max_fee":               fees,
	})
}

type ledgerDocument struct {
	Links                 map[string]link `json:"_links"`
	ID                    string          `json:"id"`
	PagingToken           string          `json:"paging_token"`
	Hash                  string          `json:"hash"`
	PreviousHash          string          `json:"prev_hash"`
	Sequence              uint32          `json:"sequence"`
	Successful            int             `json:"successful_transaction_count"`
	Failed                int             `json:"failed_transaction_count"`
	Operations            int             `json:"operation_count"`
	OperationsInSet       int             `json:"tx_set_operation_count"`
	ClosedAt              string          `json:"closed_at"`
	TotalCoins            string          `json:"total_coins"`
	FeePool               string          `json:"fee_pool"`
	BaseFee               int             `json:"base_fee_in_stroops"`
	BaseReserve           int             `json:"base_reserve_in_stroops"`
	MaxTransactionSetSize int             `json:"max_tx_set_size"`
	Protocol              int             `json:"protocol_version"`
	HeaderXDR             string          `json:"header_xdr"`
}

func (l ledgerDocument) pagingToken() string { return l.PagingToken }

func (s *Server) headers(r *http.Request, q query) ([]record, *problem) {
	var records []record
	for _, h := range s.ledger.Headers(q.Page) {
		records = append(records, renderHeader(baseOf(r), h))
	}
	return records, nil
}

func (s *Server) header(w http.ResponseWriter, r *http.Request) {
	h, wrong := s.findHeader(r)
	if wrong != nil {
		wrong.write(w)
		return
	}
	write(w, typeHAL, http.StatusOK, renderHeader(baseOf(r), h))
}

func (s *Server) findHeader(r *http.Request) (ledger.Header, *problem) {
	sequence, err := strconv.ParseUint(r.PathValue("sequence"), 10, 31)
	if err != nil || sequence == 0 {
		return ledger.Header{}, invalidField("ledger_id", "Ledger ID must be an integer higher than 0")
	}
	if uint32(sequence) < s.ledger.Elder().Sequence {
		return ledger.Header{}, &beforeHistory
	}
	h, ok := s.ledger.Header(uint32(sequence))
	if !ok {
		return ledger.Header{}, &notFound
	}
	return h, nil
}

func (s *Server) headerTransactions(r *http.Request, q query) ([]record, *problem) {
	h, wrong := s.findHeader(r)
	return renderTransactions(r, h.Select(q.Page)), wrong
}

func (s *Server) headerOperations(r *http.Request, q query) ([]record, *problem) {
	h, wrong := s.findHeader(r)
	return renderOperations(r, q, h.Operations(q.Page, false)), wrong
}

func (s *Server) headerPayments(r *http.Request, q query) ([]record, *problem) {
	h, wrong := s.findHeader(r)
	return renderOperations(r, q, h.Operations(q.Page, true)), wrong
}

func (s *Server) headerEffects(r *http.Request, q query) ([]record, *problem) {
	h, wrong := s.findHeader(r)
	var all []*ledger.Operation
	for _, t := range h.Transactions {
		all = append(all, t.Operations...)
	}
	return renderEffects(r, ledger.Effects(all, q.Page)), wrong
}

func renderHeader(b base, h ledger.Header) ledgerDocument {
	path := fmt.Sprintf("/ledgers/%d", h.Sequence)
	v := ledgerDocument{
		Links: map[string]link{"self": b.to(path)},
		ID:    h.Hash, PagingToken: strconv.FormatInt(h.ID(), 10),
		Hash: h.Hash, PreviousHash: h.PreviousHash, Sequence: h.Sequence,
		ClosedAt:   timestamp(h.ClosedAt),
		TotalCoins: amount.StringFromInt64(ledger.TotalCoins), FeePool: amount.StringFromInt64(h.FeePool),
		BaseFee: ledger.BaseFee, BaseReserve: ledger.BaseReserve,
		MaxTransactionSetSize: 1000, Protocol: ledger.Protocol,
	}
	for _, name := range []string{"transactions", "operations", "payments", "effects"} {
		v.Links[name] = b.collection(path + "/" + name)
	}
	for _, t := range h.Transactions {
		v.OperationsInSet += len(t.Operations)
		if t.Successful {
			v.Successful++
			v.Operations += len(t.Operations)
		} else {
			v.Failed++
		}
	}
	return v
}
