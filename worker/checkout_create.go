package worker

import (
	"strings"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/record"
	"edgecheckout/worker/watch"
)

var errAccountMissing = &Error{Code: CodeAccountMissing, Message: "The merchant has no account on the network of this API key; the operator sets account_test or account_live."}

// createCheckout is POST /checkout?type=product|direct. It never waits for Horizon, and writes at most four keys: the
// checkout, its places in the merchant's list and in the list of open sessions, and the Idempotency-Key if one was sent.
func createCheckout(c *call) (answer, error) {
	kind := c.query.Get("type")
	switch kind {
	case "":
		return answer{}, missing("type", "type is required in the query: /checkout?type=product or /checkout?type=direct.")
	case "product", "direct":
	default:
		return answer{}, invalid("type", "type must be product or direct, not %s.", clip(kind))
	}
	network := c.in(c.livemode).network
	account := c.merchant.Account(c.mode())
	if account == "" {
		return answer{}, errAccountMissing
	}

	p := newParams(c.body)
	standing := &watch.Standing{}
	s := &standing.Session
	s.Merchant, s.MerchantName, s.Livemode, s.Account = c.merchant.ID, c.merchant.Name, c.livemode, account
	if kind == "direct" {
		s.Amount = p.amount("amount", " for a direct checkout")
		s.Asset = p.asset(network.Assets, " for a direct checkout")
	} else {
		s.ProductID = p.required("product_id", 1000, " for a product checkout")
	}
	s.CustomerID = p.text("customer_id", 1000)
	email, phone := p.email("customer_email"), p.phone("customer_phone")
	s.RedirectURL = p.returnURL("redirect_url", c.livemode)
	s.CancelURL = p.returnURL("cancel_url", c.livemode)
	s.Description = p.text("description", 500)
	s.Metadata = p.metadata("metadata")
	lifetime := p.seconds("expires_in", c.config.ExpiresInMin, ExpiresInMax, ExpiresInMax)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	if s.CustomerID != "" && (email != "" || phone != "") {
		return answer{}, invalid("customer_id", "customer_id already names the customer; leave out customer_email and customer_phone.")
	}

	idem, err := c.idempotency()
	if err != nil {
		return answer{}, err
	}
	for _, earlier := range idem.earlier(checkout.KindCheckout) {
		a, found, err := c.findCheckout(earlier)
		if err != nil || found {
			return a, err
		}
	}

	if err := c.fillProduct(s); err != nil {
		return answer{}, err
	}
	if err := c.fillCustomer(s, email, phone); err != nil {
		return answer{}, err
	}
	id, err := idem.newID(c, checkout.KindCheckout)
	if err != nil {
		return answer{}, err
	}
	if s.ID, err = checkout.ParseCheckoutID(id); err != nil {
		return answer{}, err
	}
	s.Memo = c.config.Memos.Seal(s.ID)
	s.CreatedAt = c.began
	s.ExpiresAt = s.CreatedAt.Add(lifetime)
	if err := c.storeCheckout(s, idem); err != nil {
		return answer{}, err
	}
	return c.checkoutAnswer(standing, checkout.Outcome{Status: checkout.Open})
}

func (c *call) findCheckout(id string) (a answer, found bool, err error) {
	parsed, err := checkout.ParseCheckoutID(id)
	if err != nil {
		return answer{}, false, err
	}
	s, err := c.standing(parsed)
	if err != nil || s == nil {
		return answer{}, false, err
	}
	a, err = c.checkoutAnswer(s, s.Outcome(c.platform.Now()))
	return a, true, err
}

// fillProduct takes price and asset from the product, as they are now.
func (c *call) fillProduct(s *checkout.Session) error {
	if s.ProductID == "" {
		return nil
	}
	product, err := c.product(s.ProductID)
	if err != nil {
		return err
	}
	if product == nil {
		return invalid("product_id", "No product has the id %s.", clip(s.ProductID))
	}
	if product.Archived {
		return &Error{CodeProductArchived, "The product is archived and cannot be sold any more.", "product_id"}
	}
	s.Amount, s.Asset = product.Price, product.Asset
	if s.Description == "" {
		s.Description = product.Name
	}
	return nil
}

func (c *call) fillCustomer(s *checkout.Session, email, phone string) error {
	if s.CustomerID != "" {
		customer, err := c.customer(s.CustomerID)
		if err == nil && customer == nil {
			return invalid("customer_id", "No customer has the id %s.", clip(s.CustomerID))
		}
		return err
	}
	if email == "" && phone == "" {
		return nil
	}
	customer, err := c.findOrCreateCustomer(record.Customer{Email: email, Phone: phone})
	s.CustomerID = customer.ID
	return err
}

// storeCheckout writes the indexes before the checkout itself. Whoever finds the checkout, such as a retry after this request
// died half way, can rely on it being listed, and so being watched.
func (c *call) storeCheckout(s *checkout.Session, idem idempotency) error {
	id := s.ID.String()
	expiry := s.ExpiresAt.Add(record.KeepAfterExpiry)
	listed := record.Listed{Created: s.CreatedAt, ID: id, Customer: s.CustomerID}
	indexes := append(append(make([]kv.Entry, 0, 3), idem.entries(c, id)...),
		kv.Entry{Key: record.ByMerchantKey(s.Merchant, c.mode(), checkout.KindCheckout, listed), ExpiresAt: expiry, Derived: true},
		kv.Entry{Key: record.EntryOf(s, s.ExpiresAt).Key(), ExpiresAt: expiry, Derived: true},
	)
	checkout := kv.Entry{Key: record.CheckoutKey(s.ID), Value: record.Written(s), ExpiresAt: expiry, Derived: true}
	if err := c.platform.Store.Put(c.ctx, indexes...); err != nil {
		return err
	}
	return c.platform.Store.Put(c.ctx, checkout)
}

// getCheckout is GET /checkout/{id}. While the checkout is open it looks at the ledger.
func getCheckout(c *call) (answer, error) {
	s, err := c.ownStanding()
	if err != nil {
		return answer{}, err
	}
	return c.checkoutAnswer(s, c.look(s))
}

// ownStanding loads the session of the path for its merchant; it is not found for everybody else.
func (c *call) ownStanding() (*watch.Standing, error) { return c.standingOf(c.path("id")) }

// standingOf loads a session by its id for its merchant; it is not found for everybody else.
func (c *call) standingOf(text string) (*watch.Standing, error) {
	id, err := checkout.ParseCheckoutID(text)
	if err != nil {
		return nil, notFound("checkout", text)
	}
	s, err := c.standing(id)
	if err == nil && (s == nil || s.Session.Merchant != c.merchant.ID || s.Session.Livemode != c.livemode) {
		err = notFound("checkout", text)
	}
	return s, err
}

// isBlank reports whether a string shows nothing.
func isBlank(s string) bool { return strings.TrimSpace(s) == "" }
