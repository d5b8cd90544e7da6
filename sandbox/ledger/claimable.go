package ledger

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/stellar/go/xdr"
)

// ClaimableBalance is an amount (stroops) that waits for one of its claimants (CAP-23). Its sponsor
// keeps a reserve for each of them.
type ClaimableBalance struct {
	ID         string // the hex of its XDR
	Asset      xdr.Asset
	Amount     int64
	Sponsor    string
	Claimants  []xdr.Claimant
	Modified   uint32
	ModifiedAt time.Time
}

// ClaimableBalance returns the balance with an id, or false if there is none.
func (l *Ledger) ClaimableBalance(id string) (*ClaimableBalance, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	b, ok := l.claimable[id]
	return b, ok
}

// ClaimableBalances returns all balances, the oldest first.
func (l *Ledger) ClaimableBalances() []*ClaimableBalance {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.SortedFunc(maps.Values(l.claimable), func(a, b *ClaimableBalance) int {
		return cmp.Or(cmp.Compare(a.Modified, b.Modified), cmp.Compare(a.ID, b.ID))
	})
}

func (c *changes) lookClaimable(id string) *ClaimableBalance {
	if b, ok := c.claimable[id]; ok {
		return b
	}
	return c.ledger.claimable[id]
}

// maxPredicate is how deep conditions can be nested.
const maxPredicate = 4

func validClaimants(claimants []xdr.Claimant) bool {
	seen := map[string]bool{}
	for _, c := range claimants {
		address := c.V0.Destination.Address()
		if seen[address] || !validPredicate(c.V0.Predicate, maxPredicate) {
			return false
		}
		seen[address] = true
	}
	return len(claimants) > 0
}

func validPredicate(p xdr.ClaimPredicate, depth int) bool {
	inner := func(list []xdr.ClaimPredicate) bool {
		return len(list) == 2 && validPredicate(list[0], depth-1) && validPredicate(list[1], depth-1)
	}
	switch {
	case depth == 0:
		return false
	case p.Type == xdr.ClaimPredicateTypeClaimPredicateAnd:
		return inner(*p.AndPredicates)
	case p.Type == xdr.ClaimPredicateTypeClaimPredicateOr:
		return inner(*p.OrPredicates)
	case p.Type == xdr.ClaimPredicateTypeClaimPredicateNot:
		return *p.NotPredicate != nil && validPredicate(**p.NotPredicate, depth-1)
	case p.Type == xdr.ClaimPredicateTypeClaimPredicateBeforeAbsoluteTime:
		return *p.AbsBefore >= 0
	case p.Type == xdr.ClaimPredicateTypeClaimPredicateBeforeRelativeTime:
		return *p.RelBefore >= 0
	}
	return true
}

// absolute replaces times relative to a balance's creation at now (Unix seconds).
func absolute(p xdr.ClaimPredicate, now int64) xdr.ClaimPredicate {
	each := func(list []xdr.ClaimPredicate) *[]xdr.ClaimPredicate {
		made := []xdr.ClaimPredicate{absolute(list[0], now), absolute(list[1], now)}
		return &made
	}
	switch p.Type {
	case xdr.ClaimPredicateTypeClaimPredicateAnd:
		p.AndPredicates = each(*p.AndPredicates)
	case xdr.ClaimPredicateTypeClaimPredicateOr:
		p.OrPredicates = each(*p.OrPredicates)
	case xdr.ClaimPredicateTypeClaimPredicateNot:
		inner := absolute(**p.NotPredicate, now)
		pointer := &inner
		p.NotPredicate = &pointer
	case xdr.ClaimPredicateTypeClaimPredicateBeforeRelativeTime:
		end := *p.RelBefore
		if end > xdr.Int64(math.MaxInt64-now) {
			end = math.MaxInt64
		} else {
			end += xdr.Int64(now)
		}
		p = xdr.ClaimPredicate{Type: xdr.ClaimPredicateTypeClaimPredicateBeforeAbsoluteTime, AbsBefore: &end}
	}
	return p
}

// holds reports whether an absolute condition is met at now (Unix seconds).
func holds(p xdr.ClaimPredicate, now int64) bool {
	switch p.Type {
	case xdr.ClaimPredicateTypeClaimPredicateAnd:
		return holds((*p.AndPredicates)[0], now) && holds((*p.AndPredicates)[1], now)
	case xdr.ClaimPredicateTypeClaimPredicateOr:
		return holds((*p.OrPredicates)[0], now) || holds((*p.OrPredicates)[1], now)
	case xdr.ClaimPredicateTypeClaimPredicateNot:
		return !holds(**p.NotPredicate, now)
	case xdr.ClaimPredicateTypeClaimPredicateBeforeAbsoluteTime:
		return now < int64(*p.AbsBefore)
	}
	return true
}

// balanceID is derived from the operation (CAP-23).
func (o *Operation) balanceID() xdr.ClaimableBalanceId {
	e := o.Transaction.Envelope
	source := e.SourceAccount().ToAccountId()
	preimage := xdr.HashIdPreimage{Type: xdr.EnvelopeTypeEnvelopeTypeOpId, OperationId: &xdr.HashIdPreimageOperationId{
		SourceAccount: source, SeqNum: xdr.SequenceNumber(e.SeqNum()), OpNum: xdr.Uint32(o.index),
	}}
	encoded, err := preimage.MarshalBinary()
	if err != nil {
		panic("ledger: encode the id of a claimable balance: " + err.Error()) // it has no part that can be invalid
	}
	hash := xdr.Hash(sha256.Sum256(encoded))
	return xdr.ClaimableBalanceId{Type: xdr.ClaimableBalanceIdTypeClaimableBalanceIdTypeV0, V0: &hash}
}

// BalanceID is Horizon's form of an id.
func BalanceID(id xdr.ClaimableBalanceId) string { return "00000000" + hex.EncodeToString(id.V0[:]) }

func (o *Operation) createClaimableBalance(c *changes, source *Account) bool {
	op := o.Body.MustCreateClaimableBalanceOp()
	code := xdr.CreateClaimableBalanceResultCodeCreateClaimableBalanceSuccess
	if source.Balance < source.Reserve()+int64(len(op.Claimants))*BaseReserve {
		code = xdr.CreateClaimableBalanceResultCodeCreateClaimableBalanceLowReserve
	} else {
		source.Sponsoring += len(op.Claimants)
		switch debit(c, source, op.Asset, int64(op.Amount)) {
		case srcNoTrust:
			code = xdr.CreateClaimableBalanceResultCodeCreateClaimableBalanceNoTrust
		case underfunded:
			code = xdr.CreateClaimableBalanceResultCodeCreateClaimableBalanceUnderfunded
		}
	}
	o.Result = result(o.Body.Type, int32(code))
	if code != xdr.CreateClaimableBalanceResultCodeCreateClaimableBalanceSuccess {
		return false
	}
	id := o.balanceID()
	o.Result.Tr.CreateClaimableBalanceResult.BalanceId = &id
	b := &ClaimableBalance{
		ID: BalanceID(id), Asset: op.Asset, Amount: int64(op.Amount), Sponsor: source.Address,
		Modified: c.header.Sequence, ModifiedAt: c.header.ClosedAt,
	}
	for _, claimant := range op.Claimants {
		claimant.V0 = &xdr.ClaimantV0{
			Destination: claimant.V0.Destination, Predicate: absolute(claimant.V0.Predicate, c.header.ClosedAt.Unix()),
		}
		b.Claimants = append(b.Claimants, claimant)
	}
	c.claimable[b.ID] = b
	o.effect(Effect{Type: ClaimableBalanceCreated, Account: o.Source, Balance: b})
	for i, claimant := range b.Claimants {
		o.effect(Effect{
			Type: ClaimableBalanceClaimantCreated, Account: claimant.V0.Destination.ToMuxedAccount(), Balance: b, Claimant: i,
		})
	}
	o.effect(Effect{Type: AccountDebited, Account: o.Source, Asset: b.Asset, Amount: b.Amount})
	o.effect(Effect{Type: ClaimableBalanceSponsorshipCreated, Account: o.Source, Balance: b})
	return true
}

func (o *Operation) claim(c *changes, source *Account) int32 {
	b := c.lookClaimable(BalanceID(o.Body.MustClaimClaimableBalanceOp().BalanceId))
	if b == nil {
		return int32(xdr.ClaimClaimableBalanceResultCodeClaimClaimableBalanceDoesNotExist)
	}
	if !slices.ContainsFunc(b.Claimants, func(claimant xdr.Claimant) bool {
		return claimant.V0.Destination.Address() == source.Address && holds(claimant.V0.Predicate, c.header.ClosedAt.Unix())
	}) {
		return int32(xdr.ClaimClaimableBalanceResultCodeClaimClaimableBalanceCannotClaim)
	}
	switch credit(c, source.Address, b.Asset, b.Amount) {
	case lineFull:
		return int32(xdr.ClaimClaimableBalanceResultCodeClaimClaimableBalanceLineFull)
	case noTrust:
		return int32(xdr.ClaimClaimableBalanceResultCodeClaimClaimableBalanceNoTrust)
	}
	c.account(b.Sponsor).Sponsoring -= len(b.Claimants) // it cannot merge before
	c.claimable[b.ID] = nil
	sponsor := xdr.MustMuxedAddress(b.Sponsor)
	o.effect(Effect{Type: ClaimableBalanceClaimed, Account: o.Source, Balance: b})
	o.effect(Effect{Type: AccountCredited, Account: o.Source, Asset: b.Asset, Amount: b.Amount})
	o.effect(Effect{Type: ClaimableBalanceSponsorshipRemoved, Account: sponsor, Balance: b})
	return succeeded
}
