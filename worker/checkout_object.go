package worker

import (
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/record"
	"edgecheckout/worker/watch"
)

// checkoutObject is the checkout as the API shows it, its fields in the documented order.
type checkoutObject struct {
	ID             string            `json:"id"`
	Object         string            `json:"object"`
	CustomerID     *string           `json:"customer_id"`
	ProductID      *string           `json:"product_id"`
	Amount         checkout.Amount   `json:"amount"`
	AssetCode      string            `json:"asset_code"`
	AssetIssuer    *string           `json:"asset_issuer"`
	Status         checkout.Status   `json:"status"`
	Exception      *string           `json:"exception"`
	AmountReceived checkout.Amount   `json:"amount_received"`
	Payments       []paymentObject   `json:"payments"`
	PaymentURL     string            `json:"payment_url"`
	PaymentURI     string            `json:"payment_uri"`
	Destination    string            `json:"destination"`
	Memo           string            `json:"memo"`
	MemoType       string            `json:"memo_type"`
	RedirectURL    *string           `json:"redirect_url"`
	CancelURL      *string           `json:"cancel_url"`
	Description    *string           `json:"description"`
	Metadata       map[string]string `json:"metadata"`
	Livemode       bool              `json:"livemode"`
	ExpiresAt      string            `json:"expires_at"`
	CreatedAt      string            `json:"created_at"`
	CompletedAt    *string           `json:"completed_at"`
}

// paymentObject is a payment as it stands in its checkout.
type paymentObject struct {
	ID              string          `json:"id"`
	Amount          checkout.Amount `json:"amount"`
	AssetCode       string          `json:"asset_code"`
	AssetIssuer     *string         `json:"asset_issuer"`
	From            *string         `json:"from"`
	TransactionHash string          `json:"transaction_hash"`
	Ledger          int64           `json:"ledger"`
	CreatedAt       string          `json:"created_at"`
	Counted         bool            `json:"counted"`
	Reason          *string         `json:"reason"`
}

// timestamp writes a time as the API does: ISO 8601, UTC, milliseconds.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func metadataOrEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

func (c *call) checkoutObject(standing *watch.Standing, out checkout.Outcome) checkoutObject {
	s := standing.Session
	o := checkoutObject{
		ID:             s.ID.String(),
		Object:         "checkout",
		CustomerID:     optional(s.CustomerID),
		ProductID:      optional(s.ProductID),
		Amount:         s.Amount,
		AssetCode:      s.Asset.Code,
		AssetIssuer:    optional(string(s.Asset.Issuer)),
		Status:         out.Status,
		Exception:      optional(string(out.Exception)),
		AmountReceived: out.Received,
		Payments:       []paymentObject{},
		PaymentURL:     c.payURL(s.ID),
		PaymentURI:     c.paymentURI(s, out),
		Destination:    string(s.Account),
		Memo:           s.Memo,
		MemoType:       "text",
		RedirectURL:    optional(s.RedirectURL),
		CancelURL:      optional(s.CancelURL),
		Description:    optional(s.Description),
		Metadata:       metadataOrEmpty(s.Metadata),
		Livemode:       s.Livemode,
		ExpiresAt:      timestamp(standing.Deadline()),
		CreatedAt:      timestamp(s.CreatedAt),
	}
	if out.Status == checkout.Completed {
		o.CompletedAt = optional(timestamp(out.CompletedAt))
	}
	for _, p := range out.Payments {
		o.Payments = append(o.Payments, paymentObject{
			ID:              p.ID(s.Livemode),
			Amount:          p.Amount,
			AssetCode:       p.Asset.Code,
			AssetIssuer:     optional(string(p.Asset.Issuer)),
			From:            optional(p.From),
			TransactionHash: p.Hash,
			Ledger:          p.Ledger(),
			CreatedAt:       timestamp(p.ClosedAt),
			Counted:         p.Counted(),
			Reason:          optional(string(p.Reason)),
		})
	}
	return o
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
