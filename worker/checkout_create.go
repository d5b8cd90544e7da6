package worker

import (
	"strings"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/store"
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
	network := c.in(c.mode).network
	account := c.merchant.Account(c.mode)
	if account == "" {
		return answer{}, errAccountMissing
	}

	p := newParams(c.body)
	standing := &checkout.Facts{}
	s := &standing.Checkout
	s.Merchant, s.MerchantName, s.Mode, s.Account = c.merchant.ID, c.merchant.Name, c.mode, account
	if kind == "direct" {
		s.Amount = p.amount("amount", " for a direct checkout")
		s.Asset = p.asset(network.Assets, " for a direct checkout")
	} else {
		s.ProductID = p.required("product_id", 1000, " for a product checkout")
	}
	s.CustomerID = p.text("customer_id", 1000)
	email, phone := p.email("customer_email"), p.phone("customer_phone")
	s.RedirectURL = p.returnURL("redirect_url", c.mode)
	s.CancelURL = p.returnURL("cancel_url", c.mode)
	s.Description = p.text("description", 500)
	s.Metadata = p.metadata("metadata")
	lifetime := p.seconds("expires_in", c.config.ExpiresInMin, ExpiresInMax, ExpiresInMax)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	if s.CustomerID != "" && (email != "" || phone != "") {
		return answer{}, invalid("customer_id", "customer_id already names the customer; leave out customer_email and customer_phone.")
	}

	customer := store.Customer{Email: email, Phone: phone}
	idem, err := c.idempotency(func(i idempotency) (keys []string) {
		for _, id := range i.earlier(checkout.KindCheckout) {
			keys = append(keys, standingKeys(id)...)
		}
		if _, err := checkout.ParseID(checkout.KindProduct, s.ProductID); err == nil {
			keys = append(keys, store.ProductKey(s.ProductID))
		}
		if _, err := checkout.ParseID(checkout.KindCustomer, s.CustomerID); err == nil {
			keys = append(keys, store.CustomerKey(s.CustomerID))
		}
		return append(keys, c.holderKeys(addressesOf(customer))...)
	})
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
	var w writes
	if err := c.fillCustomer(s, customer, &w); err != nil {
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
	c.addCheckout(&w, s, idem)
	if err := c.store(w); err != nil {
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
func (c *call) fillProduct(s *checkout.Checkout) error {
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

func (c *call) fillCustomer(s *checkout.Checkout, given store.Customer, w *writes) error {
	if s.CustomerID != "" {
		customer, err := c.customer(s.CustomerID)
		if err == nil && customer == nil {
			return invalid("customer_id", "No customer has the id %s.", clip(s.CustomerID))
		}
		return err
	}
	addresses := addressesOf(given)
	if len(addresses) == 0 {
		return nil
	}
	known, free, err := c.findByAddress(addresses)
	switch {
	case err != nil:
		return err
	case known != nil:
		s.CustomerID = known.ID
	default:
		given.ID = free
		c.addCustomer(w, c.newCustomer(given), true, addresses)
		s.CustomerID = free
	}
	return nil
}

// addCheckout adds what is to be written of a new checkout: itself and what leads to it, so that it is listed and watched.
func (c *call) addCheckout(w *writes, s *checkout.Checkout, idem idempotency) {
	id := s.ID.String()
	expiry := s.ExpiresAt.Add(store.KeepAfterExpiry)
	listed := store.Listed{Created: s.CreatedAt, ID: id, Customer: s.CustomerID}
	w.indexes = append(append(w.indexes, idem.entries(c, id)...),
		kv.Entry{Key: store.ByMerchantKey(s.Merchant, c.mode, checkout.KindCheckout, listed), ExpiresAt: expiry, Derived: true},
		kv.Entry{Key: store.EntryOf(s, s.ExpiresAt).Key(), ExpiresAt: expiry, Derived: true},
	)
	w.records = append(w.records, kv.Entry{Key: store.CheckoutKey(s.ID), Value: store.Written(s), ExpiresAt: expiry, Derived: true})
}

// standingKeys are the keys of a checkout's standing; none for what is no id.
func standingKeys(id string) []string {
	parsed, err := checkout.ParseCheckoutID(id)
	if err != nil {
		return nil
	}
	session, outcome, seen, cancel := store.StandingKeys(parsed)
	return []string{session, outcome, seen, cancel}
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
func (c *call) ownStanding() (*checkout.Facts, error) { return c.standingOf(c.path("id")) }

// standingOf loads a session by its id for its merchant; it is not found for everybody else.
func (c *call) standingOf(text string) (*checkout.Facts, error) {
	id, err := checkout.ParseCheckoutID(text)
	if err != nil {
		return nil, notFound("checkout", text)
	}
	s, err := c.standing(id)
	if err == nil && (s == nil || s.Checkout.Merchant != c.merchant.ID || s.Checkout.Mode != c.mode) {
		err = notFound("checkout", text)
	}
	return s, err
}

// isBlank reports whether a string shows nothing.
func isBlank(s string) bool { return strings.TrimSpace(s) == "" }
