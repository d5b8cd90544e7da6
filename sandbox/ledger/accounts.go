package ledger

import (
	"math"

	"github.com/stellar/go/xdr"
)

// startingSequence is the sequence number of an account that is created in a ledger. It is so large
// that transactions of an earlier account with the same address cannot be replayed.
func startingSequence(ledger uint32) int64 { return int64(ledger) << 32 }

func (o *Operation) createAccount(c *changes, source *Account) int32 {
	op := o.Body.MustCreateAccountOp()
	address, amount := op.Destination.Address(), int64(op.StartingBalance)
	switch {
	case c.look(address) != nil:
		return int32(xdr.CreateAccountResultCodeCreateAccountAlreadyExist)
	case amount < 2*BaseReserve:
		return int32(xdr.CreateAccountResultCodeCreateAccountLowReserve)
	case source.Available() < amount:
		return int32(xdr.CreateAccountResultCodeCreateAccountUnderfunded)
	}
	source.Balance -= amount
	c.touch(&Account{Address: address, Balance: amount, Sequence: startingSequence(c.header.Sequence)})
	created := op.Destination.ToMuxedAccount()
	o.effect(Effect{Type: AccountCreated, Account: created, Amount: amount})
	o.effect(Effect{Type: AccountDebited, Account: o.Source, Amount: amount})
	o.effect(Effect{Type: SignerCreated, Account: created, Name: address, Weight: 1})
	return succeeded
}

func (o *Operation) changeTrust(c *changes, source *Account) int32 {
	op := o.Body.MustChangeTrustOp()
	asset, limit := op.Line.ToAsset(), int64(op.Limit)
	name := AssetName(asset)
	line, exists := source.Lines[name]
	changed := Effect{Type: TrustlineUpdated, Account: o.Source, Asset: asset, Limit: limit}
	switch {
	case limit < line.Balance, !exists && limit == 0:
		return int32(xdr.ChangeTrustResultCodeChangeTrustInvalidLimit)
	case exists && limit == 0:
		delete(source.Lines, name)
		changed.Type = TrustlineRemoved
		o.effect(changed)
		return succeeded
	case c.look(asset.GetIssuer()) == nil:
		return int32(xdr.ChangeTrustResultCodeChangeTrustNoIssuer)
	case !exists && source.Balance < source.Reserve()+BaseReserve:
		return int32(xdr.ChangeTrustResultCodeChangeTrustLowReserve)
	}
	if !exists {
		changed.Type = TrustlineCreated
		line = Trustline{Asset: asset}
	}
	line.Limit, line.Modified = limit, c.header.Sequence
	if source.Lines == nil {
		source.Lines = map[string]Trustline{}
	}
	source.Lines[name] = line
	o.effect(changed)
	return succeeded
}

func (o *Operation) mergeAccount(c *changes, source *Account) bool {
	destination := o.Body.MustDestination()
	into := c.account(addressOf(destination))
	code := xdr.AccountMergeResultCodeAccountMergeSuccess
	switch {
	case into == nil:
		code = xdr.AccountMergeResultCodeAccountMergeNoAccount
	case source.Flags&xdr.AccountFlagsAuthImmutableFlag != 0:
		code = xdr.AccountMergeResultCodeAccountMergeImmutableSet
	case len(source.Lines)+len(source.Data) > 0: // signers do no harm
		code = xdr.AccountMergeResultCodeAccountMergeHasSubEntries
	case source.Sponsoring > 0:
		code = xdr.AccountMergeResultCodeAccountMergeIsSponsor
	case source.Sequence >= startingSequence(c.header.Sequence):
		code = xdr.AccountMergeResultCodeAccountMergeSeqnumTooFar
	case into.Balance > math.MaxInt64-source.Balance:
		code = xdr.AccountMergeResultCodeAccountMergeDestFull
	}
	o.Result = result(o.Body.Type, int32(code))
	if code != xdr.AccountMergeResultCodeAccountMergeSuccess {
		return false
	}
	merged := xdr.Int64(source.Balance)
	o.Result.Tr.AccountMergeResult.SourceAccountBalance = &merged
	into.Balance += source.Balance
	c.remove(source.Address)
	o.effect(Effect{Type: AccountDebited, Account: o.Source, Amount: int64(merged)})
	o.effect(Effect{Type: AccountCredited, Account: destination, Amount: int64(merged)})
	o.effect(Effect{Type: AccountRemoved, Account: o.Source})
	return true
}
