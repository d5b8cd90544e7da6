package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"
)

// verdict is what a merchant reads about the money of a checkout.
type verdict struct {
	Status    string
	Exception string
	Received  string
	Payments  []money
}

// money is one payment of a verdict.
type money struct {
	Amount, Asset string
	Reason        string // why it does not count; empty if it does
}

func verdictOf(t *testing.T, c stack.Checkout) verdict {
	t.Helper()
	v := verdict{Status: c.Status, Received: c.AmountReceived.String()}
	if c.Exception != nil {
		v.Exception = *c.Exception
	}
	if completed := c.Status == "completed"; completed != (c.CompletedAt != nil) {
		t.Errorf("a checkout that is %s has completed_at %v", c.Status, c.CompletedAt)
	}
	var last int64
	for _, p := range c.Payments {
		m := money{Amount: p.Amount.String(), Asset: p.AssetCode}
		if p.AssetIssuer != nil && *p.AssetIssuer != wallet.IssuerAddress {
			m.Asset += " of somebody else"
		}
		if p.Reason != nil {
			m.Reason = *p.Reason
		}
		if p.Counted != (m.Reason == "") {
			t.Errorf("payment %s: counted is %t and reason %q", p.ID, p.Counted, m.Reason)
		}
		if p.Ledger < last {
			t.Errorf("payment %s is not in ledger order", p.ID)
		}
		last = p.Ledger
		v.Payments = append(v.Payments, m)
	}
	return v
}

func wantVerdict(t *testing.T, c stack.Checkout, want verdict) {
	t.Helper()
	if diff := cmp.Diff(want, verdictOf(t, c)); diff != "" {
		t.Errorf("the checkout (-want +got):\n%s", diff)
	}
}

func TestDirectCheckoutPaidByASignedEnvelopeIsSettledByTheCron(t *testing.T) {
	s := openShop(t)
	reply, err := s.CreateCheckout(t.Context(), "direct", fields{
		"amount": "12.5", "asset_code": "XLM", "customer_email": "Ada@Example.com", "description": "Order 1042",
		"redirect_url": "https://shop.example/thanks?c={CHECKOUT_ID}", "cancel_url": "https://shop.example/cart",
		"metadata": fields{"order": "1042", "note": "two bags <of> Sidamo & more"},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := reply.Object
	names := s.names(c.Memo, "{memo}")
	golden(t, "checkout/direct-open.json", normalise(indent(reply.Body), names...))

	hash := s.pay(c, "12.5")
	s.cron()
	// The page of such a new checkout does not read the ledger itself: it knows the payment from
	// the cron.
	if html := string(get(t, s.on, pagePath(c)).Body); !strings.Contains(html, `data-status="completed"`) {
		t.Errorf("after the cron the page does not say completed:\n%s", html)
	}
	reply, err = s.Checkout(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	names = append(names, wallet.Keys(s.on.Passphrase, s.customer).Address(), "{customer}", hash, "{transaction}")
	golden(t, "checkout/direct-completed.json", normalise(indent(reply.Body), names...))
}

func TestProductCheckoutIsSettledByPollingItsPage(t *testing.T) {
	s := openShop(t)
	product, err := s.CreateProduct(t.Context(), fields{
		"name": "Sidamo, 250 g", "description": "Washed, light roast", "asset_code": "USDC", "price_amount": 18.75,
		"images": []string{"https://shop.example/sidamo.jpg"}, "metadata": fields{"sku": "SID-250"},
	})
	if err != nil {
		t.Fatal(err)
	}
	names := s.names(wallet.IssuerAddress, "{issuer}")
	golden(t, "product.json", normalise(indent(product.Body), names...))
	reply, err := s.CreateCheckout(t.Context(), "product", fields{"product_id": product.Object.ID, "customer_phone": "+1 (415) 555-0123"})
	if err != nil {
		t.Fatal(err)
	}
	c := reply.Object
	names = append(names, c.Memo, "{memo}")
	golden(t, "checkout/product-open.json", normalise(indent(reply.Body), names...))

	hash := s.pay(c, "18.75")
	standing := s.awaitStanding(c, "completed")
	golden(t, "status/completed.json", indent(standing))
	reply, err = s.Checkout(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	names = append(names, wallet.Keys(s.on.Passphrase, s.customer).Address(), "{customer}", hash, "{transaction}")
	golden(t, "checkout/product-completed.json", normalise(indent(reply.Body), names...))
}

// awaitStanding polls the status call, as the page does, until the checkout has a status.
func (s *shop) awaitStanding(c stack.Checkout, status string) []byte {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(time.Second) {
		reply, err := s.Standing(s.t.Context(), c.ID)
		if err != nil {
			s.t.Fatal(err)
		}
		if reply.Object.Status == status {
			return reply.Body
		}
		if time.Now().After(end) {
			s.t.Fatalf("the page's status is still not %s: %s", status, reply.Body)
		}
	}
}

func TestCheckoutIsSettledWhenTheMerchantAsks(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 3, "asset_code": "XLM"})
	wantVerdict(t, s.read(c.ID), verdict{Status: "open", Received: "0"})
	s.pay(c, "3")
	wantVerdict(t, s.awaitStatus(c.ID, "completed"), verdict{Status: "completed", Received: "3", Payments: []money{{Amount: "3", Asset: "XLM"}}})
}

func TestTwoHalfPaymentsComplete(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": "5.0000001", "asset_code": "XLM"})
	s.pay(c, "2.5")
	half := s.await(c.ID, "half paid", func(c stack.Checkout) bool { return len(c.Payments) == 1 })
	wantVerdict(t, half, verdict{Status: "open", Exception: "underpaid", Received: "2.5", Payments: []money{{Amount: "2.5", Asset: "XLM"}}})
	if !strings.Contains(half.PaymentURI, "&amount=2.5000001&") {
		t.Errorf("the payment URI does not ask for what is due: %s", half.PaymentURI)
	}
	s.pay(c, "2.5000001")
	wantVerdict(t, s.awaitStatus(c.ID, "completed"), verdict{Status: "completed", Received: "5.0000001", Payments: []money{
		{Amount: "2.5", Asset: "XLM"}, {Amount: "2.5000001", Asset: "XLM"},
	}})
}

func TestOverpaymentCompletesAndIsReported(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "USDC"})
	s.pay(c, "5.0000001")
	wantVerdict(t, s.awaitStatus(c.ID, "completed"), verdict{
		Status: "completed", Exception: "overpaid", Received: "5.0000001", Payments: []money{{Amount: "5.0000001", Asset: "USDC"}},
	})
}

func TestUnderpaymentFailsAfterTheDeadline(t *testing.T) {
	s := openShop(t).withCron()
	c := s.chargeBriefly(fields{"amount": 5, "asset_code": "XLM"})
	s.pay(c, "4.9999999")
	wantVerdict(t, s.awaitStatus(c.ID, "failed"), verdict{
		Status: "failed", Exception: "underpaid", Received: "4.9999999", Payments: []money{{Amount: "4.9999999", Asset: "XLM"}},
	})
}

func TestPaymentInAnotherAssetFailsAfterTheDeadline(t *testing.T) {
	s := openShop(t).withCron()
	c := s.chargeBriefly(fields{"amount": 5, "asset_code": "USDC"})
	s.pay(c, "5", func(p *wallet.Payment) { p.Asset = "native" })
	open := s.await(c.ID, "showing the payment", func(c stack.Checkout) bool { return len(c.Payments) > 0 })
	payments := []money{{Amount: "5", Asset: "XLM", Reason: "wrong_asset"}}
	wantVerdict(t, open, verdict{Status: "open", Received: "0", Payments: payments})
	wantVerdict(t, s.awaitStatus(c.ID, "failed"), verdict{Status: "failed", Exception: "wrong_asset", Received: "0", Payments: payments})
}

func TestTheSameCodeOfAnotherIssuerIsAnotherAsset(t *testing.T) {
	s := openShop(t).withCron()
	forger := keypair.MustRandom()
	if err := s.wallet().Fund(t.Context(), forger.Address()); err != nil {
		t.Fatal(err)
	}
	forged := txnbuild.CreditAsset{Code: "USDC", Issuer: forger.Address()}
	s.transact("", []*keypair.Full{s.keys}, &txnbuild.ChangeTrust{Line: forged.MustToChangeTrustAsset()})
	c := s.chargeBriefly(fields{"amount": 5, "asset_code": "USDC"})
	s.transact(c.Memo, []*keypair.Full{forger}, &txnbuild.Payment{Destination: s.account, Asset: forged, Amount: "5"})
	wantVerdict(t, s.awaitStatus(c.ID, "failed"), verdict{
		Status: "failed", Exception: "wrong_asset", Received: "0",
		Payments: []money{{Amount: "5", Asset: "USDC of somebody else", Reason: "wrong_asset"}},
	})
}

func TestRightMoneyAfterWrongMoneyCompletes(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "USDC"})
	s.pay(c, "5", func(p *wallet.Payment) { p.Asset = wallet.EURC })
	s.pay(c, "5")
	wantVerdict(t, s.awaitStatus(c.ID, "completed"), verdict{Status: "completed", Received: "5", Payments: []money{
		{Amount: "5", Asset: "EURC", Reason: "wrong_asset"}, {Amount: "5", Asset: "USDC"},
	}})
}

func TestPaymentWithoutAMemoCountsForNoCheckout(t *testing.T) {
	s := openShop(t).withCron()
	c := s.chargeBriefly(fields{"amount": 5, "asset_code": "XLM"})
	s.pay(c, "5", func(p *wallet.Payment) { p.Memo = "" })
	s.pay(c, "5", func(p *wallet.Payment) { p.Memo = "order 1042" })
	wantVerdict(t, s.awaitStatus(c.ID, "expired"), verdict{Status: "expired", Received: "0"})
}

func TestMemoOfAnotherCheckoutPaysThatOne(t *testing.T) {
	s := openShop(t)
	mine := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	other := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	s.pay(mine, "5", func(p *wallet.Payment) { p.Memo = other.Memo })
	wantVerdict(t, s.awaitStatus(other.ID, "completed"), verdict{Status: "completed", Received: "5", Payments: []money{{Amount: "5", Asset: "XLM"}}})
	s.cron()
	wantVerdict(t, s.read(mine.ID), verdict{Status: "open", Received: "0"})
}

func TestMemoOfAnotherMerchantsCheckoutCountsForNone(t *testing.T) {
	s := openShop(t)
	other := s.neighbour()
	mine := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	theirs := other.charge(fields{"amount": 5, "asset_code": "XLM"})
	s.pay(mine, "5", func(p *wallet.Payment) { p.Memo = theirs.Memo })
	s.pay(theirs, "5", func(p *wallet.Payment) { p.Memo = mine.Memo })
	s.cron()
	s.cron()
	wantVerdict(t, s.read(mine.ID), verdict{Status: "open", Received: "0"})
	wantVerdict(t, other.read(theirs.ID), verdict{Status: "open", Received: "0"})
}

// awaitMargin waits until a sweep can read past a checkout's deadline and the margin, so that the
// next pass may end it.
func (s *shop) awaitMargin(c stack.Checkout) {
	s.t.Helper()
	s.eventually("a ledger has closed after the margin", func() bool {
		return !s.on.Sandbox().Ledger().Latest().ClosedAt.Before(c.ExpiresAt.Add(2 * time.Second))
	})
}

func TestUnpaidCheckoutExpiresWhenCronAndPageAgree(t *testing.T) {
	s := openShop(t)
	// On a busy machine, three seconds may pass before the answer.
	lasting := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	golden(t, "status/open.json", normaliseSeconds(get(t, s.on, pagePath(lasting)+"/status").Body))
	c := s.charge(fields{"amount": 5, "asset_code": "XLM", "expires_in": 3})
	s.awaitMargin(c)
	s.cron()
	golden(t, "status/expired.json", indent(s.awaitStanding(c, "expired")))
	wantVerdict(t, s.read(c.ID), verdict{Status: "expired", Received: "0"})
}

func TestUnpaidCheckoutExpiresByTheCronAlone(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "XLM", "expires_in": 3})
	s.awaitMargin(c)
	s.cron()
	s.cron()
	if html := string(get(t, s.on, pagePath(c)).Body); !strings.Contains(html, `data-status="expired"`) {
		t.Errorf("after the cron the page does not say expired:\n%s", html)
	}
}

func TestCancelledCheckoutAcceptsPaymentsInTransit(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	reply, err := s.Do(t.Context(), http.MethodPost, "/checkout/"+c.ID+"/expire", []byte("{}"))
	if err != nil || reply.Status != http.StatusOK {
		t.Fatalf("%d %s, %v", reply.Status, reply.Body, err)
	}
	wantVerdict(t, s.read(c.ID), verdict{Status: "open", Received: "0"})
	if html := string(get(t, s.on, pagePath(c)).Body); !strings.Contains(html, "Please do not pay any more.") || strings.Contains(html, c.Memo) {
		t.Errorf("the page still asks for money:\n%s", html)
	}
	s.pay(c, "5")
	wantVerdict(t, s.awaitStatus(c.ID, "completed"), verdict{Status: "completed", Received: "5", Payments: []money{{Amount: "5", Asset: "XLM"}}})
}

func TestLatePaymentLeavesExpiredUnchanged(t *testing.T) {
	s := openShop(t).withCron()
	// An account without an open checkout is not read.
	keeper := s.charge(fields{"amount": 1, "asset_code": "XLM"})
	settled := s.charge(fields{"amount": 5, "asset_code": "XLM", "expires_in": 3})
	unseen := s.charge(fields{"amount": 5, "asset_code": "XLM", "expires_in": 3})
	s.awaitStatus(settled.ID, "expired")
	sleepUntil(t.Context(), unseen.ExpiresAt.Add(time.Second))
	s.pay(settled, "5")
	s.pay(unseen, "5") // nobody has read the checkout since it expired
	want := verdict{Status: "expired", Received: "0", Payments: []money{{Amount: "5", Asset: "XLM", Reason: "late"}}}
	wantVerdict(t, s.awaitPayments(settled.ID, 1), want)
	s.awaitStatus(unseen.ID, "expired")
	wantVerdict(t, s.awaitPayments(unseen.ID, 1), want)
	wantVerdict(t, s.read(keeper.ID), verdict{Status: "open", Received: "0"})
}

func TestSecondPaymentIsADuplicate(t *testing.T) {
	s := openShop(t).withCron()
	s.charge(fields{"amount": 1, "asset_code": "XLM"})
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	s.pay(c, "5")
	s.awaitStatus(c.ID, "completed")
	s.pay(c, "5")
	wantVerdict(t, s.awaitPayments(c.ID, 2), verdict{Status: "completed", Received: "5", Payments: []money{
		{Amount: "5", Asset: "XLM"}, {Amount: "5", Asset: "XLM", Reason: "duplicate"},
	}})
}
