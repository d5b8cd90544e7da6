package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"

	"github.com/stellar/go/amount"
	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"
)

// fields are the fields of a request body.
type fields map[string]any

// shop is a merchant with a test key, an account on the ledger, and a customer with a wallet of
// their own.
type shop struct {
	stack.Client // of the merchant's backend
	on           *stack.Stack
	t            *testing.T
	id           string // mer_…
	account      string // G…
	keys         *keypair.Full
	customer     string // name of the wallet
}

// openShop creates a shop and lets the test run in parallel.
func openShop(t *testing.T) *shop {
	t.Helper()
	t.Parallel()
	return openShopOn(t, service)
}

func openShopOn(t *testing.T, on *stack.Stack) *shop {
	t.Helper()
	account, err := on.OpenAccount(t.Context(), t.Name())
	if err != nil {
		t.Fatal(err)
	}
	s := register(t, on, account)
	s.keys = wallet.MerchantKeys(on.Passphrase, t.Name())
	return s
}

// register creates a merchant with an account, which need not exist yet.
func register(t *testing.T, on *stack.Stack, account string) *shop {
	t.Helper()
	merchant, err := on.Operator().CreateMerchant(t.Context(), fields{"name": "Northwind Coffee", "account_test": account})
	if err != nil {
		t.Fatal(err)
	}
	key, err := on.Operator().CreateKey(t.Context(), merchant.Object.ID, false)
	if err != nil {
		t.Fatal(err)
	}
	return &shop{
		Client: on.Merchant(key.Object.Secret), on: on, t: t,
		id: merchant.Object.ID, account: account, customer: "customer of " + t.Name(),
	}
}

// neighbour is another merchant on the same service, with an account of its own.
func (s *shop) neighbour() *shop {
	s.t.Helper()
	name := s.t.Name() + " next door"
	account, err := s.on.OpenAccount(s.t.Context(), name)
	if err != nil {
		s.t.Fatal(err)
	}
	other := register(s.t, s.on, account)
	other.keys = wallet.MerchantKeys(s.on.Passphrase, name)
	return other
}

// charge creates a direct checkout.
func (s *shop) charge(params fields) stack.Checkout {
	s.t.Helper()
	reply, err := s.CreateCheckout(s.t.Context(), "direct", params)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply.Object
}

// soon is an expires_in, in seconds, that leaves time for a payment, which takes a ledger or two.
const soon = 8

// chargeBriefly creates a direct checkout that expires soon, after creating the customer's wallet.
func (s *shop) chargeBriefly(params fields) stack.Checkout {
	s.t.Helper()
	s.customerKeys()
	params["expires_in"] = soon
	return s.charge(params)
}

// pay pays an amount (units) to a checkout from the customer's wallet; changes modify the payment.
// It returns once the transaction is on the ledger.
func (s *shop) pay(c stack.Checkout, units string, changes ...func(*wallet.Payment)) (hash string) {
	s.t.Helper()
	p := wallet.Payment{Destination: c.Destination, Amount: stroops(units), Memo: c.Memo}
	if c.AssetIssuer != nil {
		p.Asset = c.AssetCode + ":" + *c.AssetIssuer
	}
	for _, change := range changes {
		change(&p)
	}
	hash, err := s.on.Pay(s.t.Context(), s.customer, p)
	if err != nil {
		s.t.Fatal(err)
	}
	return hash
}

func stroops(units string) int64 { return int64(amount.MustParse(units)) }

// wallet is a client of the ledger for transactions that are not plain payments.
func (s *shop) wallet() *wallet.Client {
	return &wallet.Client{Horizon: s.on.HorizonURL, Passphrase: s.on.Passphrase}
}

// customerKeys creates the customer's wallet if necessary and returns its keys.
func (s *shop) customerKeys() *keypair.Full {
	s.t.Helper()
	if err := s.wallet().EnsureWallet(s.t.Context(), s.customer); err != nil {
		s.t.Fatal(err)
	}
	return wallet.Keys(s.on.Passphrase, s.customer)
}

// transact applies operations of the account of the first key, signed with all keys.
func (s *shop) transact(memo string, keys []*keypair.Full, operations ...txnbuild.Operation) (hash string) {
	s.t.Helper()
	var text txnbuild.Memo
	if memo != "" {
		text = txnbuild.MemoText(memo)
	}
	hash, err := s.wallet().Transact(s.t.Context(), keys[0].Address(), text, keys, operations...)
	if err != nil {
		s.t.Fatal(err)
	}
	return hash
}

// cron runs the Worker's scheduled handler.
func (s *shop) cron() {
	s.t.Helper()
	if err := cronOf(s.on).run(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// read retrieves a checkout.
func (s *shop) read(id string) stack.Checkout {
	s.t.Helper()
	reply, err := s.Checkout(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply.Object
}

// await reads a checkout until it fits.
func (s *shop) await(id, what string, fits func(stack.Checkout) bool) stack.Checkout {
	s.t.Helper()
	for end := time.Now().Add(40 * time.Second); ; time.Sleep(500 * time.Millisecond) {
		c := s.read(id)
		if fits(c) {
			return c
		}
		if time.Now().After(end) {
			text, err := json.MarshalIndent(c, "", "  ")
			s.t.Fatalf("the checkout is still not %s: %s (%v)", what, text, err)
		}
	}
}

// awaitStatus reads a checkout until it has a status.
func (s *shop) awaitStatus(id, status string) stack.Checkout {
	s.t.Helper()
	return s.await(id, status, func(c stack.Checkout) bool { return c.Status == status })
}

// awaitPayments reads a checkout until it lists n payments.
func (s *shop) awaitPayments(id string, n int) stack.Checkout {
	s.t.Helper()
	return s.await(id, "showing the payments", func(c stack.Checkout) bool { return len(c.Payments) >= n })
}

// withCron runs the cron every other second until the test ends, as it runs every minute on
// Cloudflare. Only checkouts that end unpaid (two passes) and payments after the end (one pass)
// need it.
func (s *shop) withCron() *shop {
	c := cronOf(s.on)
	failed := make(chan error, 1)
	c.join(failed)
	s.t.Cleanup(func() {
		c.leave(failed)
		select {
		case err := <-failed:
			s.t.Error(err)
		default:
		}
	})
	return s
}

// cron runs the cron of a service, one run at a time, for all tests that need it.
type cron struct {
	on      *stack.Stack
	running sync.Mutex

	mu sync.Mutex
	// The users need it every other second; each is sent the first failure.
	users   map[chan error]bool
	ticking bool
}

var crons sync.Map // by service

func cronOf(on *stack.Stack) *cron {
	c, _ := crons.LoadOrStore(on, &cron{on: on, users: map[chan error]bool{}})
	return c.(*cron)
}

func (c *cron) run(ctx context.Context) error {
	c.running.Lock()
	defer c.running.Unlock()
	return c.on.Cron(ctx)
}

func (c *cron) join(failed chan error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.users[failed] = true
	if !c.ticking {
		c.ticking = true
		go c.tick()
	}
}

func (c *cron) leave(failed chan error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.users, failed)
}

// tick runs the cron until it has no more users.
func (c *cron) tick() {
	for {
		err := c.run(context.Background())
		c.mu.Lock()
		if err != nil {
			for failed := range c.users {
				select {
				case failed <- err:
				default:
				}
			}
		}
		c.ticking = len(c.users) > 0
		goOn := c.ticking
		c.mu.Unlock()
		if !goOn {
			return
		}
		time.Sleep(2 * time.Second)
	}
}

// get sends a GET request without a key.
func get(t *testing.T, on *stack.Stack, path string) stack.Reply[json.RawMessage] {
	t.Helper()
	reply, err := on.Merchant("").Do(t.Context(), http.MethodGet, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// pagePath is the path of a checkout's page.
func pagePath(c stack.Checkout) string { return "/pay/" + c.ID }

// sleepUntil waits until a time by this machine's clock, which all parts share.
func sleepUntil(ctx context.Context, at time.Time) {
	select {
	case <-time.After(time.Until(at)):
	case <-ctx.Done():
	}
}
