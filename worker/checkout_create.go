package worker

import (
	"slices"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/event"
	"edgecheckout/worker/store"
)

var errAccountMissing = &Error{Code: CodeAccountMissing, Message: "The merchant has no account on the network of this API key; the operator sets account_test or account_live."}

var errMerchantSuspended = &Error{Code: CodeMerchantSuspended, Message: "The operator has suspended this merchant: no checkout can be created. Those that exist are settled as before."}

// createCheckout is POST /checkout?type=product|direct. It never waits for Horizon, and writes at
// most four keys: the checkout, its entries in the merchant's list and in the index of open
// checkouts, and the Idempotency-Key if there is one.
func createCheckout(c *call) (answer, error) {
	kind := c.query.Get("type")
	switch kind {
	case "":
		return answer{}, missing("type", "type is required in the query: /checkout?type=product or /checkout?type=direct.")
	case "product", "direct":
	default:
		return answer{}, invalid("type", "type must be product or direct, not %s.", clip(kind))
	}
	network := c.in(c.Mode).network
	account := c.Merchant.Account(c.Mode)
	if account == "" {
		return answer{}, errAccountMissing
	}

	if c.Merchant.Suspended {
		return answer{}, errMerchantSuspended
	}
	p := newParams(c.request.Body)
	facts := &checkout.Facts{}
	s := &facts.Checkout
	s.Merchant, s.MerchantName, s.Mode, s.Account = c.Merchant.ID, c.Merchant.Name, c.Mode, account
	s.Brand = c.Merchant.Brand
	if kind == "direct" {
		s.Amount = p.amount("amount", " for a direct checkout")
		s.Asset = p.asset(network.Assets, " for a direct checkout")
	} else {
		s.ProductID = p.required("product_id", 1000, " for a product checkout")
	}
	s.CustomerID = p.text("customer_id", 1000)
	email, phone := p.email("customer_email"), p.phone("customer_phone")
	s.Locale = p.locale("locale")
	s.RedirectURL = p.returnURL("redirect_url", c.Mode)
	s.CancelURL = p.returnURL("cancel_url", c.Mode)
	s.Description = p.text("description", 500)
	s.Metadata = p.metadata("metadata", nil)
	lifetime := p.seconds("expires_in", c.config.ExpiresInMin, ExpiresInMax, ExpiresInMax)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	if s.CustomerID != "" && (email != "" || phone != "") {
		return answer{}, invalid("customer_id", "customer_id already names the customer; leave out customer_email and customer_phone.")
	}

	customer := store.Customer{Email: email, Phone: phone}
	idem, err := c.idempotency(func(i *store.Idempotency) []store.Key {
		return slices.Concat(store.NewFactsKeys(i.Earlier(checkout.KindCheckout)...), store.ProductKeys(s.ProductID),
			store.CustomerKeys(s.CustomerID), c.customers().ContactKeys(customer.Contacts()))
	})
	if err != nil {
		return answer{}, err
	}
	for _, id := range idem.Earlier(checkout.KindCheckout) {
		if made, err := c.checkouts().Get(c.ctx, id); err != nil {
			return answer{}, err
		} else if made != nil {
			return c.checkoutAnswer(made, made.Outcome(c.platform.Now()))
		}
	}

	object, err := c.makeCheckout(facts, customer, lifetime, idem)
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(object)
}

// makeCheckout completes a checkout and writes it.
func (c *call) makeCheckout(facts *checkout.Facts, customer store.Customer, lifetime time.Duration, idem *store.Idempotency) (checkoutObject, error) {
	s := &facts.Checkout
	if err := c.fillProduct(s); err != nil {
		return checkoutObject{}, err
	}
	if err := c.fillCustomer(s, customer); err != nil {
		return checkoutObject{}, err
	}
	id, err := idem.NewID(checkout.KindCheckout, c.began, c.platform.Entropy)
	if err != nil {
		return checkoutObject{}, err
	}
	if s.ID, err = checkout.ParseCheckoutID(id); err != nil {
		return checkoutObject{}, err
	}
	s.Memo, s.Muxed = c.config.Memos.Seal(s.ID), c.config.Memos.Mux(s.ID)
	s.CreatedAt = c.began
	s.ExpiresAt = s.CreatedAt.Add(lifetime)
	c.view.Remember(idem, id, c.platform.Now())
	c.checkouts().Create(s)
	object := c.checkoutView(facts, checkout.Outcome{Status: checkout.Open})
	if err := c.tell(func() event.Event { return event.Created(s) }, object, nil); err != nil {
		return checkoutObject{}, err
	}
	if err := c.view.CommitNew(c.ctx, idem); err != nil {
		return checkoutObject{}, err
	}
	c.askForIssuer(s.Asset)
	return object, nil
}

// fillProduct copies the current price and asset of the product.
func (c *call) fillProduct(s *checkout.Checkout) error {
	if s.ProductID == "" {
		return nil
	}
	product, err := c.products().Get(c.ctx, s.ProductID)
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
	if len(product.Images) > 0 {
		s.Picture = product.Images[0]
	}
	return nil
}

func (c *call) fillCustomer(s *checkout.Checkout, given store.Customer) error {
	if s.CustomerID != "" {
		customer, err := c.customers().Get(c.ctx, s.CustomerID)
		if err == nil && customer == nil {
			return invalid("customer_id", "No customer has the id %s.", clip(s.CustomerID))
		}
		return err
	}
	if len(given.Contacts()) == 0 {
		return nil
	}
	known, free, err := c.customers().Find(c.ctx, given.Contacts())
	if err != nil {
		return err
	}
	if known != nil {
		s.CustomerID = known.ID
		return nil
	}
	given.ID, s.CustomerID = free, free
	c.customers().Create(&given, c.began)
	return c.tell(func() event.Event { return customerCreated(given) }, customerView(given), nil)
}
