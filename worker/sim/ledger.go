package sim

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"edgecheckout/worker/stellar"
)

// ledgerTime is the time between two ledgers.
const ledgerTime = 5 * time.Second

// ledger is the complete history. The oracle reads it directly, the service through Horizon.
type ledger struct {
	sequence int64
	closedAt time.Time
	elder    int64                           // the oldest ledger kept
	closings []time.Time                     // close times of elder and all later ledgers
	accounts map[stellar.Address][]operation // of the shops
	feed     []operation                     // of everybody
	pending  []operation
	counter  int64
	uses     map[stellar.Address][]use // of the shops' sequence numbers
	written  func(operation)           // told of what the service wrote, once it is on the ledger
}

// operation is an entry of an account's history.
type operation struct {
	id       int64
	closedAt time.Time
	kind     string // Horizon's type
	from, to stellar.Address
	asset    stellar.Asset
	amount   stellar.Amount
	memoType string
	memo     string // the bytes that were signed
	muxed    string // the number in the address that was paid
	failed   bool
	transfer bool // for invoke_host_function: "transfer" if true, else "mint"

	refunds string // the transaction that it pays back
	// Of transactions that the service wrote:
	signed   string // the hash
	sequence int64
	maxTime  time.Time
}

func newLedger(sequence int64, now time.Time) *ledger {
	return &ledger{sequence: sequence, closedAt: now, elder: sequence, closings: []time.Time{now}, accounts: map[stellar.Address][]operation{}, uses: map[stellar.Address][]use{}}
}

// submit adds operations of one transaction to the next ledger.
func (l *ledger) submit(operations ...operation) {
	l.counter++
	for i := range operations {
		operations[i].id = l.counter<<12 + int64(i) + 1 // completed when the ledger closes
	}
	l.pending = append(l.pending, operations...)
}

func (l *ledger) close(now time.Time) {
	l.sequence++
	l.closedAt = now
	l.closings = append(l.closings, now)
	transaction, last, taken := int64(0), int64(0), false
	for _, op := range l.pending {
		if op.id>>12 != last {
			transaction, last = transaction+1, op.id>>12
			taken = !slices.Contains(shopAccounts, op.from) || l.takes(op, now)
		}
		if !taken {
			continue
		}
		op.id = l.sequence<<32 + transaction<<12 + op.id&0xfff
		op.closedAt = now
		l.feed = append(l.feed, op)
		for _, shop := range shopAccounts {
			if op.to == shop || op.from == shop && op.kind != "invoke_host_function" {
				l.accounts[shop] = append(l.accounts[shop], op)
			}
		}
		if op.signed != "" && l.written != nil {
			l.written(op)
		}
	}
	l.pending = nil
}

// at returns a history as of a ledger.
func at(sequence int64, history []operation) []operation {
	end, _ := slices.BinarySearchFunc(history, (sequence+1)<<32, func(op operation, id int64) int { return cmp.Compare(op.id, id) })
	return history[:end]
}

// hash returns a transaction hash, which is the same for all operations of a transaction.
func (op operation) hash() string {
	if op.signed != "" {
		return op.signed
	}
	return fmt.Sprintf("%064x", op.id>>12)
}

// json writes the operation as a record of a payments page with joined transactions.
func (op operation) json(b *strings.Builder) {
	fmt.Fprintf(b, `{"id":"%d","paging_token":"%d","transaction_successful":%t,"type":%q,"created_at":%q,"transaction_hash":%q,"transaction":{`,
		op.id, op.id, !op.failed, op.kind, op.closedAt.UTC().Format(time.RFC3339), op.hash())
	switch op.memoType {
	case "none":
		b.WriteString(`"memo_type":"none"}`)
	case "text":
		// Horizon replaces invalid UTF-8 and drops NULs.
		shown := strings.ReplaceAll(strings.ToValidUTF8(op.memo, "\ufffd"), "\x00", "")
		fmt.Fprintf(b, `"memo":%q,"memo_bytes":%q,"memo_type":"text"}`, shown, base64.StdEncoding.EncodeToString([]byte(op.memo)))
	default:
		fmt.Fprintf(b, `"memo":%q,"memo_type":%q}`, op.memo, op.memoType)
	}
	switch op.kind {
	case "create_account":
		fmt.Fprintf(b, `,"funder":%q,"account":%q,"starting_balance":%q}`, op.from, op.to, decimal(op.amount))
	case "account_merge":
		fmt.Fprintf(b, `,"account":%q,"into":%q`, op.from, op.to)
		if op.muxed != "" {
			fmt.Fprintf(b, `,"into_muxed_id":%q`, op.muxed)
		}
		b.WriteByte('}')
	case "invoke_host_function":
		change := "mint"
		if op.transfer {
			change = "transfer"
		}
		// The call also transfers a fee to another account, so that it has several balance changes.
		fmt.Fprintf(b, `,"asset_balance_changes":[{%s,"type":"transfer","from":%q,"to":%q,"amount":"0.5000000"},{%s,"type":%q,"from":%q,"to":%q,"amount":%q`,
			assetFields(op.asset), op.from, issuerOne, assetFields(op.asset), change, op.from, op.to, decimal(op.amount))
		if op.muxed != "" {
			fmt.Fprintf(b, `,"destination_muxed_id":%q`, op.muxed)
		}
		b.WriteString(`}]}`)
	default:
		fmt.Fprintf(b, `,%s,"from":%q,"to":%q,"amount":%q`, assetFields(op.asset), op.from, op.to, decimal(op.amount))
		if op.muxed != "" {
			fmt.Fprintf(b, `,"to_muxed_id":%q`, op.muxed)
		}
		if op.kind != "payment" {
			fmt.Fprintf(b, `,"source_amount":%q,"source_asset_type":"native"`, decimal(op.amount*3))
		}
		b.WriteByte('}')
	}
}

func decimal(a stellar.Amount) string {
	return fmt.Sprintf("%d.%07d", int64(a)/stellar.StroopsPerUnit, int64(a)%stellar.StroopsPerUnit)
}

func assetFields(a stellar.Asset) string {
	if a.IsNative() {
		return `"asset_type":"native"`
	}
	kind := "credit_alphanum4"
	if len(a.Code) > 4 {
		kind = "credit_alphanum12"
	}
	return fmt.Sprintf(`"asset_type":%q,"asset_code":%q,"asset_issuer":%q`, kind, a.Code, a.Issuer)
}

// Accounts of the simulation. Their addresses are valid, because the service does not know that it
// is simulated.
const (
	payer     stellar.Address = "GDOFF23JTFX32SR6SUEQCT32WUPFNW5YTW52OY7BROVXMYGKJLQZQW7U"
	issuerOne stellar.Address = "GAQZGXGFMV2RA3DWZVIJA74Q4YWWOAHHJ6FPS65HB2ROEJ6S2AGBY5HC"
	issuerTwo stellar.Address = "GARQ2GD6CCSMYH7RUQFKXUDVVQDEVMIX6VNRKFBC7POQ2MRLP4N53LDV"
	stranger  stellar.Address = "GCFMUTZWO5HYFJT4KB6LTSLGPFEC4LGHM7ZNHBICE2KVPJLGWCJPWC2Q"
)

var shopAccounts = []stellar.Address{
	"GDQOEL7GJBQ5F7URQ4IYCZK3EQCKSIOQOM7TBAYLX6KNFKHWCCAH4AC6",
	"GCPFYJ2GXNZ2IOQ76OAZPLFSUME6Y3ZCTZBB3SOP636KPX533QYPJDS2",
	"GBVNOM2F3GQTATPDHEX7ZV5LJODCH7BGDBCL6BZKMCXOYQH7LD4K23JS",
	"GBZ6HIYNWGYVDPYEBFNMFFLMJBXVYXTUC4ICQCVTTT6ZTFJSHLVIOSKI",
}

var (
	usdc     = stellar.Asset{Code: "USDC", Issuer: issuerOne}
	fakeUSDC = stellar.Asset{Code: "USDC", Issuer: issuerTwo}
)
