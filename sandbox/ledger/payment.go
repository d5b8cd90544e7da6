package ledger

import (
	"math"

	"github.com/stellar/go/xdr"
)

func (o *Operation) pay(c *changes, source *Account) int32 {
	op := o.Body.MustPaymentOp()
	amount := int64(op.Amount)
	// The credit comes first, as on the network, so a payment to oneself succeeds with any balance.
	if code := credit(c, addressOf(op.Destination), op.Asset, amount); code != succeeded {
		return code
	}
	if code := debit(c, source, op.Asset, amount); code != succeeded {
		return code
	}
	o.moved(op.Destination, op.Asset, amount, op.Asset, amount)
	return succeeded
}

func (o *Operation) payStrictReceive(c *changes, source *Account) bool {
	op := o.Body.MustPathPaymentStrictReceiveOp()
	received := int64(op.DestAmount)
	sent, claims, code := int64(0), []xdr.ClaimAtom(nil), credit(c, addressOf(op.Destination), op.DestAsset, received)
	if code == succeeded {
		sent, claims, code = c.buy(route(op.SendAsset, op.Path, op.DestAsset), received)
	}
	if code == succeeded && sent > int64(op.SendMax) {
		code = beyondLimit
	}
	if code == succeeded {
		code = debit(c, source, op.SendAsset, sent)
	}
	o.Result = result(o.Body.Type, code)
	if code != succeeded {
		return false
	}
	o.Result.Tr.PathPaymentStrictReceiveResult.Success = &xdr.PathPaymentStrictReceiveResultSuccess{
		Offers: claims,
		Last:   xdr.SimplePaymentResult{Destination: op.Destination.ToAccountId(), Asset: op.DestAsset, Amount: op.DestAmount},
	}
	o.moved(op.Destination, op.DestAsset, received, op.SendAsset, sent)
	return true
}

func (o *Operation) payStrictSend(c *changes, source *Account) bool {
	op := o.Body.MustPathPaymentStrictSendOp()
	sent := int64(op.SendAmount)
	received, claims, code := int64(0), []xdr.ClaimAtom(nil), debit(c, source, op.SendAsset, sent)
	if c.look(addressOf(op.Destination)) == nil {
		code = noDestination
	}
	if code == succeeded {
		received, claims, code = c.sell(route(op.SendAsset, op.Path, op.DestAsset), sent)
	}
	if code == succeeded && received < int64(op.DestMin) {
		code = beyondLimit
	}
	if code == succeeded {
		code = credit(c, addressOf(op.Destination), op.DestAsset, received)
	}
	o.Result = result(o.Body.Type, code)
	if code != succeeded {
		return false
	}
	o.Result.Tr.PathPaymentStrictSendResult.Success = &xdr.PathPaymentStrictSendResultSuccess{
		Offers: claims,
		Last:   xdr.SimplePaymentResult{Destination: op.Destination.ToAccountId(), Asset: op.DestAsset, Amount: xdr.Int64(received)},
	}
	o.moved(op.Destination, op.DestAsset, received, op.SendAsset, sent)
	return true
}

// moved records the effects of a payment in Horizon's order.
func (o *Operation) moved(to xdr.MuxedAccount, asset xdr.Asset, received int64, sentAsset xdr.Asset, sent int64) {
	o.Sent, o.Received = sent, received
	o.effect(Effect{Type: AccountCredited, Account: to, Asset: asset, Amount: received})
	o.effect(Effect{Type: AccountDebited, Account: o.Source, Asset: sentAsset, Amount: sent})
}

// credit gives an amount (stroops) to an account. An issuer needs no trustline to take back its own
// asset.
func credit(c *changes, address string, asset xdr.Asset, amount int64) int32 {
	a := c.account(address)
	if a == nil {
		return noDestination
	}
	if asset.IsNative() {
		if a.Balance > math.MaxInt64-amount {
			return lineFull
		}
		a.Balance += amount
		return succeeded
	}
	if asset.GetIssuer() == address {
		return succeeded
	}
	line, ok := a.Lines[AssetName(asset)]
	if !ok {
		return noTrust
	}
	if amount > line.Limit-line.Balance {
		return lineFull
	}
	line.Balance += amount
	line.Modified = c.header.Sequence
	a.Lines[AssetName(asset)] = line
	return succeeded
}

// debit takes an amount (stroops) from an account. An issuer creates its own asset as it pays.
func debit(c *changes, a *Account, asset xdr.Asset, amount int64) int32 {
	if asset.IsNative() {
		if a.Available() < amount {
			return underfunded
		}
		a.Balance -= amount
		return succeeded
	}
	if asset.GetIssuer() == a.Address {
		return succeeded
	}
	line, ok := a.Lines[AssetName(asset)]
	if !ok {
		return srcNoTrust
	}
	if line.Balance < amount {
		return underfunded
	}
	line.Balance -= amount
	line.Modified = c.header.Sequence
	a.Lines[AssetName(asset)] = line
	return succeeded
}
