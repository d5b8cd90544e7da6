package store

import (
	"context"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// PaymentLink is an address at which anybody can make a checkout of a merchant. Only the merchant
// edits it, so it has one writer at a time.
type PaymentLink struct {
	ID       string       `json:"id"`
	Merchant string       `json:"merchant"`
	Mode     stellar.Mode `json:"mode"`
	// A link is of a product, or of an asset and an amount, which is 0 if the customer says how
	// much.
	Product     string            `json:"product,omitempty"`
	Asset       stellar.Asset     `json:"asset,omitzero"`
	Amount      stellar.Amount    `json:"amount,omitempty"`
	Description string            `json:"description,omitempty"`
	RedirectURL string            `json:"redirect_url,omitempty"`
	Metadata    checkout.Metadata `json:"metadata,omitempty"`
	Active      bool              `json:"active"`
	CreatedAt   time.Time         `json:"created_at"`
	UpdatedAt   time.Time         `json:"updated_at"`
}

func linkKey(id string) Key { return Key{"link/" + id} }

// LinkKeys returns the keys of payment links; none for a malformed id.
func LinkKeys(ids ...string) []Key { return keysOf(checkout.KindLink, linkKey, ids) }

// PaymentLink reads a payment link for anybody; nil if there is none with that id, or it is not
// visible here yet.
func (v *View) PaymentLink(ctx context.Context, id string) (*PaymentLink, error) {
	if _, err := checkout.ParseID(checkout.KindLink, id); err != nil {
		return nil, nil
	}
	link, ok, err := view[PaymentLink](ctx, v, "a payment link", linkKey(id))
	if err != nil || !ok {
		return nil, err
	}
	return &link, nil
}

// PaymentLinks are the payment links of an owner.
type PaymentLinks struct {
	view  *View
	owner Owner
}

// PaymentLinks returns the payment links of an owner.
func (v *View) PaymentLinks(o Owner) PaymentLinks { return PaymentLinks{v, o} }

// Get reads a payment link; nil if the owner has none with that id.
func (ls PaymentLinks) Get(ctx context.Context, id string) (*PaymentLink, error) {
	link, err := ls.view.PaymentLink(ctx, id)
	if err != nil || link == nil || !ls.owner.owns(link.Merchant, link.Mode) {
		return nil, err
	}
	return link, nil
}

// Create adds a new payment link and its entry in the list, which is written first.
func (ls PaymentLinks) Create(l PaymentLink) {
	ls.view.list(ls.owner, checkout.KindLink, Listed{Created: l.CreatedAt, ID: l.ID}, time.Time{})
	ls.view.records = append(ls.view.records, entry{key: linkKey(l.ID), value: Encode(l), derived: true})
}

// Update adds a changed payment link.
func (ls PaymentLinks) Update(l PaymentLink) {
	ls.view.records = append(ls.view.records, entry{key: linkKey(l.ID), value: Encode(l)})
}

// Listed reads the payment links of list entries; nil for one that is not visible here yet or was
// created at another time than the entry says.
func (ls PaymentLinks) Listed(ctx context.Context, entries []Listed) ([]*PaymentLink, error) {
	return listed(ctx, ls.view, "payment links", entries, linkKey, func(e Listed, l *PaymentLink) bool {
		return ls.owner.owns(l.Merchant, l.Mode) && l.CreatedAt.Equal(e.Created)
	})
}
