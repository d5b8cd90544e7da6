package horizon

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"edgecheckout/sandbox/ledger"

	"github.com/stellar/go/xdr"
)

// transaction is Horizon's view of an applied transaction. As in Horizon, the memo comes first.
type transaction struct {
	Memo      *string `json:"memo,omitempty"`
	MemoBytes *string `json:"memo_bytes,omitempty"`
	Links     struct {
		Self        link `json:"self"`
		Account     link `json:"account"`
		Ledger      link `json:"ledger"`
		Operations  link `json:"operations"`
		Effects     link `json:"effects"`
		Precedes    link `json:"precedes"`
		Succeeds    link `json:"succeeds"`
		Transaction link `json:"transaction"`
	} `json:"_links"`
	ID             string   `json:"id"`
	PagingToken    string   `json:"paging_token"`
	Successful     bool     `json:"successful"`
	Hash           string   `json:"hash"`
	Ledger         uint32   `json:"ledger"`
	CreatedAt      string   `json:"created_at"`
	SourceAccount  string   `json:"source_account"`
	AccountMuxed   string   `json:"account_muxed,omitempty"`
	AccountMuxedID string   `json:"account_muxed_id,omitempty"`
	Sequence       string   `json:"source_account_sequence"`
	FeeAccount     string   `json:"fee_account"`
	FeeMuxed       string   `json:"fee_account_muxed,omitempty"`
	FeeMuxedID     string   `json:"fee_account_muxed_id,omitempty"`
	FeeCharged     string   `json:"fee_charged"`
	MaxFee         string   `json:"max_fee"`
	OperationCount int      `json:"operation_count"`
	EnvelopeXDR    string   `json:"envelope_xdr"`
	ResultXDR      string   `json:"result_xdr"`
	ResultMetaXDR  string   `json:"result_meta_xdr"`
	FeeMetaXDR     string   `json:"fee_meta_xdr"`
	MemoType       string   `json:"memo_type"`
	Signatures     []string `json:"signatures"`
	Preconditions  any      `json:"preconditions,omitempty"`
	FeeBump        any      `json:"fee_bump_transaction,omitempty"`
	InnerOfFeeBump any      `json:"inner_transaction,omitempty"`
}

// The sandbox keeps no ledger metadata: what it returns is well-formed but empty.
const emptyFeeMeta = "AAAAAA=="

// emptyResultMetas are indexed by the number of operations, at most 100 in a transaction.
var emptyResultMetas = func() (all [101]string) {
	for operations := range all {
		encoded, err := xdr.MarshalBase64(xdr.TransactionMeta{
			V: 4, V4: &xdr.TransactionMetaV4{Operations: make([]xdr.OperationMetaV2, operations)},
		})
		if err != nil {
			panic("horizon: encode empty metadata: " + err.Error())
		}
		all[operations] = encoded
	}
	return all
}()

func (t *transaction) pagingToken() string { return t.PagingToken }

// renderTransaction renders t under its own hash, or under its inner hash if that was requested.
func renderTransaction(b base, t *ledger.Transaction, hash string) *transaction {
	e := t.Envelope
	source, sourceMuxed, sourceID := account(e.SourceAccount())
	payer, payerMuxed, payerID := account(t.FeeAccount)
	v := &transaction{
		ID:             hash,
		PagingToken:    strconv.FormatInt(t.ID, 10),
		Successful:     t.Successful,
		Hash:           hash,
		Ledger:         t.Ledger,
		CreatedAt:      timestamp(t.ClosedAt),
		SourceAccount:  source,
		AccountMuxed:   sourceMuxed,
		AccountMuxedID: sourceID,
		Sequence:       strconv.FormatInt(e.SeqNum(), 10),
		FeeAccount:     payer,
		FeeMuxed:       payerMuxed,
		FeeMuxedID:     payerID,
		FeeCharged:     strconv.FormatInt(t.FeeCharged, 10),
		MaxFee:         strconv.FormatInt(t.FeeBid, 10),
		OperationCount: len(t.Operations),
		EnvelopeXDR:    t.EnvelopeXDR,
		ResultXDR:      t.ResultXDR,
		ResultMetaXDR:  emptyResultMetas[len(t.Operations)],
		FeeMetaXDR:     emptyFeeMeta,
		Signatures:     signatures(e.Signatures()),
		Preconditions:  preconditions(e),
	}
	v.MemoType, v.Memo, v.MemoBytes = memo(e.Memo())
	if e.IsFeeBump() {
		outer := signatures(e.FeeBumpSignatures())
		if hash == t.Hash {
			v.Signatures = outer
		}
		v.FeeBump = map[string]any{"hash": t.Hash, "signatures": outer}
		v.InnerOfFeeBump = map[string]any{
			"hash": t.InnerHash, "signatures": signatures(e.Signatures()), "max_fee": fmt.Sprint(e.Fee()),
		}
	}
	self := b.to("/transactions/" + hash)
	v.Links.Self, v.Links.Transaction = self, self
	v.Links.Account = b.to("/accounts/" + source)
	v.Links.Ledger = b.to(fmt.Sprintf("/ledgers/%d", t.Ledger))
	v.Links.Operations = b.collection("/transactions/" + hash + "/operations")
	v.Links.Effects = b.collection("/transactions/" + hash + "/effects")
	v.Links.Precedes = b.to("/transactions?order=asc&cursor=" + v.PagingToken)
	v.Links.Succeeds = b.to("/transactions?order=desc&cursor=" + v.PagingToken)
	return v
}

func memo(m xdr.Memo) (kind string, value, bytes *string) {
	text := ""
	switch m.Type {
	case xdr.MemoTypeMemoText:
		encoded := base64.StdEncoding.EncodeToString([]byte(*m.Text))
		text = strings.ToValidUTF8(*m.Text, "\uFFFD")
		return "text", &text, &encoded
	case xdr.MemoTypeMemoId:
		text = strconv.FormatUint(uint64(*m.Id), 10)
		return "id", &text, nil
	case xdr.MemoTypeMemoHash:
		text = base64.StdEncoding.EncodeToString(m.Hash[:])
		return "hash", &text, nil
	case xdr.MemoTypeMemoReturn:
		text = base64.StdEncoding.EncodeToString(m.RetHash[:])
		return "return", &text, nil
	}
	return "none", nil, nil
}

func preconditions(e xdr.TransactionEnvelope) any {
	all := map[string]any{}
	if t := e.TimeBounds(); t != nil {
		bounds := map[string]string{"min_time": fmt.Sprint(t.MinTime)}
		if t.MaxTime != 0 {
			bounds["max_time"] = fmt.Sprint(t.MaxTime)
		}
		all["timebounds"] = bounds
	}
	if l := e.LedgerBounds(); l != nil {
		bounds := map[string]uint32{"min_ledger": uint32(l.MinLedger)}
		if l.MaxLedger != 0 {
			bounds["max_ledger"] = uint32(l.MaxLedger)
		}
		all["ledgerbounds"] = bounds
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

func signatures(list []xdr.DecoratedSignature) []string {
	encoded := make([]string, 0, len(list))
	for _, s := range list {
		encoded = append(encoded, base64.StdEncoding.EncodeToString(s.Signature))
	}
	return encoded
}

// account splits a possibly muxed account: the G… address, and for a muxed one the M… address and
// the id.
func account(m xdr.MuxedAccount) (address, muxed, id string) {
	of := m.ToAccountId()
	if m.Type == xdr.CryptoKeyTypeKeyTypeMuxedEd25519 {
		return of.Address(), m.Address(), strconv.FormatUint(uint64(m.Med25519.Id), 10)
	}
	return of.Address(), "", ""
}

// isHash reports whether s is a SHA-256 hash in lower-case hex, the only form that Horizon accepts.
func isHash(s string) bool {
	decoded, err := hex.DecodeString(s)
	return err == nil && len(decoded) == 32 && s == strings.ToLower(s)
}
