package ledger

import (
	"slices"

	"github.com/stellar/go/xdr"
)

// EffectType is the kind of a change to an account, with Horizon's number.
type EffectType int

const (
	AccountCreated                     EffectType = 0
	AccountRemoved                     EffectType = 1
	AccountCredited                    EffectType = 2
	AccountDebited                     EffectType = 3
	AccountThresholdsUpdated           EffectType = 4
	AccountHomeDomainUpdated           EffectType = 5
	AccountFlagsUpdated                EffectType = 6
	SignerCreated                      EffectType = 10
	SignerRemoved                      EffectType = 11
	SignerUpdated                      EffectType = 12
	TrustlineCreated                   EffectType = 20
	TrustlineRemoved                   EffectType = 21
	TrustlineUpdated                   EffectType = 22
	DataCreated                        EffectType = 40
	DataRemoved                        EffectType = 41
	DataUpdated                        EffectType = 42
	ClaimableBalanceCreated            EffectType = 50
	ClaimableBalanceClaimantCreated    EffectType = 51
	ClaimableBalanceClaimed            EffectType = 52
	ClaimableBalanceSponsorshipCreated EffectType = 69
	ClaimableBalanceSponsorshipRemoved EffectType = 71
)

// Effect is the change that an operation made to one account. Amounts are stroops.
type Effect struct {
	Type     EffectType
	Account  xdr.MuxedAccount
	Asset    xdr.Asset // zero is XLM
	Amount   int64     // for accounts created, credited and debited
	Limit    int64     // for trustlines
	Name     string    // a signer's key, a data entry's name, or the home domain
	Weight   byte      // of a signer
	Value    []byte    // of a data entry
	Balance  *ClaimableBalance
	Claimant int // the index of one of the balance's
}

func (o *Operation) effect(e Effect) { o.Effects = append(o.Effects, e) }

// history indexes what was applied. Every list is in ascending order of ids.
type history struct {
	transactions map[string]*Transaction // by hash and by inner hash
	operations   map[int64]*Operation
	everything   list
	accounts     map[string]*list
}

type list struct {
	transactions []*Transaction
	operations   []*Operation
	payments     []*Operation
	effects      []EffectOf
}

// EffectOf is an effect with its operation and its number there, from 1.
type EffectOf struct {
	Effect
	Operation *Operation
	Number    int
}

func newHistory() history {
	return history{
		transactions: map[string]*Transaction{},
		operations:   map[int64]*Operation{},
		accounts:     map[string]*list{},
	}
}

func (h *history) of(address string) *list {
	l := h.accounts[address]
	if l == nil {
		l = &list{}
		h.accounts[address] = l
	}
	return l
}

func (h *history) add(t *Transaction) {
	h.transactions[t.Hash] = t
	if t.InnerHash != "" {
		h.transactions[t.InnerHash] = t
	}
	h.everything.transactions = append(h.everything.transactions, t)
	concerned := []string{addressOf(t.Envelope.SourceAccount()), addressOf(t.FeeAccount)}
	for _, o := range t.Operations {
		h.operations[o.ID] = o
		h.everything.addOperation(o)
		for i, e := range o.Effects {
			of := EffectOf{e, o, i + 1}
			h.everything.effects = append(h.everything.effects, of)
			concerned := h.of(addressOf(e.Account))
			concerned.effects = append(concerned.effects, of)
		}
		participants := o.participants()
		for _, address := range participants {
			h.of(address).addOperation(o)
		}
		concerned = append(concerned, participants...)
	}
	for _, address := range distinct(concerned) {
		l := h.of(address)
		l.transactions = append(l.transactions, t)
	}
}

func (l *list) addOperation(o *Operation) {
	l.operations = append(l.operations, o)
	if o.IsPayment() {
		l.payments = append(l.payments, o)
	}
}

// IsPayment reports whether Horizon lists the operation as a payment.
func (o *Operation) IsPayment() bool {
	switch o.Body.Type {
	case xdr.OperationTypeCreateAccount, xdr.OperationTypePayment, xdr.OperationTypePathPaymentStrictReceive,
		xdr.OperationTypePathPaymentStrictSend, xdr.OperationTypeAccountMerge:
		return true
	}
	return false
}

// participants are the accounts whose history contains the operation, whether or not it succeeded.
func (o *Operation) participants() []string {
	all := []string{addressOf(o.Source)}
	switch o.Body.Type {
	case xdr.OperationTypeCreateAccount:
		all = append(all, o.Body.CreateAccountOp.Destination.Address())
	case xdr.OperationTypePayment:
		all = append(all, addressOf(o.Body.PaymentOp.Destination))
	case xdr.OperationTypePathPaymentStrictReceive:
		all = append(all, addressOf(o.Body.PathPaymentStrictReceiveOp.Destination))
	case xdr.OperationTypePathPaymentStrictSend:
		all = append(all, addressOf(o.Body.PathPaymentStrictSendOp.Destination))
	case xdr.OperationTypeAccountMerge:
		all = append(all, addressOf(*o.Body.Destination))
	case xdr.OperationTypeCreateClaimableBalance:
		for _, c := range o.Body.CreateClaimableBalanceOp.Claimants {
			all = append(all, c.V0.Destination.Address())
		}
	}
	return distinct(all)
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
