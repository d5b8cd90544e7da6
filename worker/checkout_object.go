package worker

import (
	"strconv"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/codec"
	"edgecheckout/worker/record"
	"edgecheckout/worker/watch"
)

// timestamp writes a time as the API does: ISO 8601, UTC, milliseconds.
func timestamp(t time.Time) string { return t.UTC().Format(timestampLayout) }

const timestampLayout = "2006-01-02T15:04:05.000Z"

func metadataOrEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// checkoutAnswer is the checkout as the API shows it, its fields in the documented order. It is written field by field, and not by
// encoding/json, since most requests end here; the tests compare the two.
func (c *call) checkoutAnswer(standing *watch.Standing, out checkout.Outcome) (answer, error) {
	s := standing.Session
	b := make([]byte, 0, 2048)
	b = append(b, `{"id":`...)
	b = s.ID.AppendJSON(b)
	b = append(b, `,"object":"checkout","customer_id":`...)
	b = codec.AppendOptional(b, s.CustomerID)
	b = append(b, `,"product_id":`...)
	b = codec.AppendOptional(b, s.ProductID)
	b = append(b, `,"amount":`...)
	b = s.Amount.AppendJSON(b)
	b = append(b, `,"asset_code":`...)
	b = codec.AppendString(b, s.Asset.Code)
	b = append(b, `,"asset_issuer":`...)
	b = codec.AppendOptional(b, string(s.Asset.Issuer))
	b = append(b, `,"status":`...)
	b = codec.AppendString(b, string(out.Status))
	b = append(b, `,"exception":`...)
	b = codec.AppendOptional(b, string(out.Exception))
	b = append(b, `,"amount_received":`...)
	b = out.Received.AppendJSON(b)
	b = append(b, `,"payments":[`...)
	for i, p := range out.Payments {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendPayment(b, p, s.Livemode)
	}
	b = append(b, `],"payment_url":`...)
	b = codec.AppendString(b, c.payURL(s.ID))
	b = append(b, `,"payment_uri":`...)
	b = codec.AppendString(b, c.paymentURI(s, out))
	b = append(b, `,"destination":`...)
	b = codec.AppendString(b, string(s.Account))
	b = append(b, `,"memo":`...)
	b = codec.AppendString(b, s.Memo)
	b = append(b, `,"memo_type":"text","redirect_url":`...)
	b = codec.AppendOptional(b, s.RedirectURL)
	b = append(b, `,"cancel_url":`...)
	b = codec.AppendOptional(b, s.CancelURL)
	b = append(b, `,"description":`...)
	b = codec.AppendOptional(b, s.Description)
	b = append(b, `,"metadata":`...)
	b = checkout.AppendMetadata(b, s.Metadata)
	b = append(b, `,"livemode":`...)
	b = codec.AppendBool(b, s.Livemode)
	b = append(b, `,"expires_at":`...)
	b = appendTimestamp(b, standing.Deadline())
	b = append(b, `,"created_at":`...)
	b = appendTimestamp(b, s.CreatedAt)
	b = append(b, `,"completed_at":`...)
	if out.Status == checkout.Completed {
		b = appendTimestamp(b, out.CompletedAt)
	} else {
		b = append(b, "null"...)
	}
	return answer{contentType: jsonType, body: append(b, "}\n"...)}, nil
}

// appendPayment writes a payment as it stands in its checkout.
func appendPayment(b []byte, p checkout.Judged, livemode bool) []byte {
	b = append(b, `{"id":`...)
	b = codec.AppendString(b, p.ID(livemode))
	return append(appendPaymentFields(b, p), '}')
}

// appendPaymentFields writes what stands behind a payment's ids.
func appendPaymentFields(b []byte, p checkout.Judged) []byte {
	b = append(b, `,"amount":`...)
	b = p.Amount.AppendJSON(b)
	b = append(b, `,"asset_code":`...)
	b = codec.AppendString(b, p.Asset.Code)
	b = append(b, `,"asset_issuer":`...)
	b = codec.AppendOptional(b, string(p.Asset.Issuer))
	b = append(b, `,"from":`...)
	b = codec.AppendOptional(b, p.From)
	b = append(b, `,"transaction_hash":`...)
	b = codec.AppendString(b, p.Hash)
	b = append(b, `,"ledger":`...)
	b = strconv.AppendInt(b, p.Ledger(), 10)
	b = append(b, `,"created_at":`...)
	b = appendTimestamp(b, p.ClosedAt)
	b = append(b, `,"counted":`...)
	b = codec.AppendBool(b, p.Counted())
	b = append(b, `,"reason":`...)
	return codec.AppendOptional(b, string(p.Reason))
}

func appendTimestamp(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, time.RFC3339) // which has a fast path of its own, and ends in Z
	millis := t.Nanosecond() / int(time.Millisecond)
	b = append(b[:len(b)-1], '.', byte('0'+millis/100), byte('0'+millis/10%10), byte('0'+millis%10))
	return append(b, `Z"`...)
}

// baseURL is the origin under which the caller reached the service, or the configured one.
func (c *call) baseURL() string {
	if c.config.BaseURL != "" {
		return c.config.BaseURL
	}
	u := c.request.URL
	host, scheme := u.Host, u.Scheme
	if host == "" {
		host = c.request.Host
	}
	if scheme == "" {
		scheme = "http"
	}
	return scheme + "://" + host
}

func (c *call) payURL(id checkout.ID) string { return c.baseURL() + "/pay/" + id.String() }

// paymentURI asks a wallet for what is still due, or for the whole amount once nothing is due any more.
func (c *call) paymentURI(s checkout.Session, out checkout.Outcome) string {
	amount := out.Due(s.Amount)
	if amount == 0 {
		amount = s.Amount
	}
	return s.PaymentURI(amount, c.config.Networks[record.ModeOf(s.Livemode)].Passphrase)
}

// standing loads a session; nil if there is none.
func (c *call) standing(id checkout.ID) (*watch.Standing, error) {
	standings, err := c.watcher.Load(c.ctx, id)
	if err != nil {
		return nil, err
	}
	return standings[0], nil
}

// look brings a session's standing up to date from the ledger. That Horizon cannot be read is no reason not to answer.
func (c *call) look(s *watch.Standing) checkout.Outcome {
	out, err := c.watcher.Look(c.ctx, s)
	if err != nil {
		c.log(c.ctx, "look", map[string]any{"checkout": s.Session.ID.String(), "error": err.Error()})
	}
	return out
}
