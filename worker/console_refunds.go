package worker

import (
	"cmp"
	"errors"
	"slices"
	"sort"
	"time"

	"edgecheckout/templates/console"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

func paymentURL(id string) string { return "/console/payments/" + id }
func refundURL(id string) string  { return "/console/refunds/" + id }

// showPayment is GET /console/payments/{id}: one payment, read from the ledger, and the form that
// pays it back.
func showPayment(c *call) (answer, error) { return c.paymentScreen(nil, nil) }

func (c *call) paymentScreen(typed *console.RefundForm, refused *Error) (answer, error) {
	p, of, account, err := c.refundedPayment(c.path("id"))
	var told *Error
	if errors.As(err, &told) && told.Param == paramPayment {
		return answer{}, notFound("payment", c.path("id"))
	}
	if err != nil {
		return answer{}, err
	}
	returned, err := c.store.Returned(c.ctx, c.Mode, account, p.Hash)
	if err != nil {
		return answer{}, err
	}
	judged, excess := checkout.Judged{Payment: p, Reason: checkout.ReasonUnmatched}, p.Amount
	id := ""
	if of != nil {
		id = of.Checkout.ID.String()
		out := of.Outcome(c.platform.Now())
		judged.Reason = ""
		for _, seen := range out.Payments {
			if seen.Operation == p.Operation && seen.Index == p.Index {
				judged = seen
			}
		}
		if excess = 0; !judged.Counted() {
			excess = p.Amount
		} else if last, over := overpaid(of, out); last != nil && last.Operation == p.Operation && last.Index == p.Index {
			excess = over
		}
	}
	left := p.Amount
	if len(returned.Payments) > 0 {
		left = min(returned.Left(p.Asset), p.Amount)
	}
	excess = max(excess-(p.Amount-left), 0)
	s := console.Payment{PaymentRow: c.paymentRow(judged, id), Left: moneyOf(left, p.Asset).String(), Account: string(account)}
	suggested := left
	if excess > 0 && excess < left {
		s.Excess, suggested = moneyOf(excess, p.Asset).String(), excess
	}
	if s.Form.Amount = suggested.String(); typed != nil {
		s.Form = *typed
	}
	refunds, err := c.refundsOf(p.ClosedAt, p.ID(c.Mode))
	if err != nil {
		return answer{}, err
	}
	for _, r := range refunds {
		s.Refunds = append(s.Refunds, c.refundRow(*r))
	}
	return c.refusable(c.frame(placeOf(id)), s, refused)
}

// placeOf is where a payment or a refund is in the navigation: with its checkout, if it has one.
func placeOf(checkoutID string) string {
	if checkoutID == "" {
		return "inbox"
	}
	return "checkouts"
}

// overpaid returns the payment by which a checkout was overpaid, which is the last one that counts,
// and by how much; nil if it was not.
func overpaid(f *checkout.Facts, out checkout.Outcome) (last *checkout.Judged, by stellar.Amount) {
	if out.Exception != checkout.Overpaid {
		return nil, 0
	}
	for i, p := range out.Payments {
		if p.Counted() {
			last = &out.Payments[i]
		}
	}
	return last, out.Received - f.Checkout.Amount
}

// refundsOf reads the refunds of payments, none of which was made before since, oldest first. Of very
// many refunds it misses those that were made long ago.
func (c *call) refundsOf(since time.Time, payments ...string) ([]*store.Refund, error) {
	s := c.view.Scan(c.Owner, checkout.KindRefund, "", false, since, maxLeafExamined)
	var entries []store.Listed
	for range maxLeafExamined {
		e, ok, err := s.Next(c.ctx)
		if err != nil {
			return nil, err
		}
		if !ok || e.Created.Before(since) {
			break
		}
		if slices.Contains(payments, e.Customer) { // a refund's entry has its payment there
			entries = append(entries, e)
		}
	}
	if len(entries) == 0 {
		return nil, nil
	}
	refunds, err := c.refunds().Listed(c.ctx, entries)
	refunds = slices.DeleteFunc(refunds, func(r *store.Refund) bool { return r == nil })
	sort.Slice(refunds, func(i, j int) bool {
		a, b := refunds[i], refunds[j]
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID)) < 0
	})
	return refunds, err
}

func (c *call) refundRow(r store.Refund) console.RefundRow {
	row := console.RefundRow{ID: r.ID, Money: moneyOf(r.Amount, r.Asset), To: r.Destination, At: r.CreatedAt, Pending: r.Paid == nil}
	if r.Paid != nil {
		row.At, row.Href = r.Paid.ClosedAt, c.ledgerURL(r.Paid.Hash)
	}
	return row
}

// refundByForm is POST /console/payments/{id}/refund.
func refundByForm(c *call) (answer, error) {
	typed := console.RefundForm{
		Amount: c.form.Get("amount"), Destination: c.form.Get("destination"), Memo: c.form.Get("memo"), Reason: c.form.Get("reason"),
	}
	made, err := decodeAnswer[struct {
		ID string `json:"id"`
	}](c.act(createRefund, map[string]any{
		"payment_id": c.path("id"), "amount": orNull(typed.Amount), "destination": orNull(typed.Destination), "memo": orNull(typed.Memo), "reason": orNull(typed.Reason),
	}))
	return c.changed(err, func(told *Error) (answer, error) { return c.paymentScreen(&typed, told) }, refundURL(made.ID), refundMade)
}

// refundMade is the notice of a refund that was just made, so that nothing of it can be on the
// ledger.
const refundMade = "unsigned"

// showRefund is GET /console/refunds/{id}. While the refund is pending, it reads the ledger.
func showRefund(c *call) (answer, error) {
	r, err := c.ownRefund()
	if err == nil && r.Paid == nil && c.query.Get("done") != refundMade {
		r, err = c.lookForRefund(r)
	}
	if err != nil {
		return answer{}, err
	}
	return c.refundScreen(*r, nil)
}

func (c *call) refundScreen(r store.Refund, refused *Error) (answer, error) {
	o := c.refundView(r)
	s := console.Refund{RefundRow: c.refundRow(r), Payment: r.Payment, Checkout: r.Checkout, Memo: r.Memo, Reason: r.Reason}
	if r.Paid != nil && r.Paid.Excess > 0 {
		s.Excess = moneyOf(r.Paid.Excess, r.Asset).String()
	}
	f := c.frame(placeOf(r.Checkout))
	if s.Pending && c.platform.Now().Before(r.ValidUntil) {
		f = c.signingFrame(f.Screen)
		for _, w := range o.Warnings {
			s.Warnings = append(s.Warnings, w.Message)
		}
		s.Transaction = &console.Transaction{
			XDR: string(o.Transaction), URI: string(o.PaymentURI), Passphrase: c.in(c.Mode).network.Passphrase, Account: string(r.Account), Until: r.ValidUntil,
		}
		if c.isLocal() {
			s.TestWallet = testMerchant
		}
	}
	return c.refusable(f, s, refused)
}

// signRefundByTestWallet is POST /console/refunds/{id}/test-wallet: on a local network, a wallet of
// the sandbox signs the transaction and submits it.
func signRefundByTestWallet(c *call) (answer, error) {
	r, err := c.ownRefund()
	if err != nil {
		return answer{}, err
	}
	if !c.isLocal() {
		return answer{}, notFound("test wallet", c.form.Get("wallet"))
	}
	var signed struct{ Hash string }
	body := map[string]string{"merchant": c.form.Get("wallet"), "transaction": string(c.refundView(*r).Transaction)}
	if err := c.askTestWallet("/sign", body, &signed); err != nil {
		return c.refundScreen(*r, err)
	}
	if _, err = c.lookForRefund(r); err != nil {
		return answer{}, err
	}
	return c.done(refundURL(r.ID), "signed")
}
