package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"
)

// transactionPath is the path from which a wallet gets the transaction that pays a checkout.
func transactionPath(c stack.Checkout) string { return pagePath(c) + "/transaction" }

func TestWalletSignsTheTransactionOfTheService(t *testing.T) {
	for _, asset := range []string{"XLM", "USDC"} {
		t.Run(asset, func(t *testing.T) { openShop(t).payByTransaction(asset) })
	}
}

// payByTransaction pays a part by hand, and the rest with the transaction that the service builds.
func (s *shop) payByTransaction(asset string) {
	t, keys := s.t, s.customerKeys()
	c := s.charge(fields{"amount": "7.25", "asset_code": asset})
	s.pay(c, "2")
	s.awaitPayments(c.ID, 1)
	reply, err := stack.Client{BaseURL: s.on.BaseURL}.Do(t.Context(), http.MethodPost, transactionPath(c), []byte(encode(fields{"account": keys.Address()})))
	if err != nil || reply.Status != http.StatusOK {
		t.Fatalf("%d %s, %v", reply.Status, reply.Body, err)
	}
	var given struct {
		XDR        string
		Passphrase string `json:"network_passphrase"`
		Hash       string
		Amount     json.Number
		ExpiresAt  time.Time `json:"expires_at"`
	}
	if err := json.Unmarshal(reply.Body, &given); err != nil {
		t.Fatal(err)
	}
	if given.Passphrase != s.on.Passphrase || given.Amount != "5.25" || !given.ExpiresAt.Before(c.ExpiresAt) || c.ExpiresAt.Sub(given.ExpiresAt) > time.Second {
		t.Errorf("given %s for a checkout that expires at %v", reply.Body, c.ExpiresAt)
	}
	if hash := s.submit(given.XDR, keys); hash != given.Hash {
		t.Errorf("the ledger knows it as %s, not as %s", hash, given.Hash)
	}
	done := s.awaitStatus(c.ID, "completed")
	wantVerdict(t, done, verdict{Status: "completed", Received: "7.25", Payments: []money{{Amount: "2", Asset: asset}, {Amount: "5.25", Asset: asset}}})
	if got := done.Payments[1]; got.TransactionHash != given.Hash || got.From != keys.Address() {
		t.Errorf("the payment is %+v", got)
	}
}

// submit signs a given transaction, as a wallet does, and waits until it is on the ledger.
func (s *shop) submit(xdr string, keys *keypair.Full) (hash string) {
	s.t.Helper()
	parsed, err := txnbuild.TransactionFromXDR(xdr)
	if err != nil {
		s.t.Fatal(err)
	}
	tx, ok := parsed.Transaction()
	if !ok {
		s.t.Fatalf("%s is not a plain transaction", xdr)
	}
	if tx, err = tx.Sign(s.on.Passphrase, keys); err != nil {
		s.t.Fatal(err)
	}
	envelope, err := tx.Base64()
	if err != nil {
		s.t.Fatal(err)
	}
	if hash, err = s.wallet().Submit(s.t.Context(), envelope); err != nil {
		s.t.Fatal(err)
	}
	return hash
}

func TestErrorsOfTransactions(t *testing.T) {
	s := openShop(t)
	rich := s.customerKeys().Address()
	var nobody [32]byte
	nobody[31] = 1
	stranger, err := keypair.FromRawSeed(nobody)
	if err != nil {
		t.Fatal(err)
	}
	// An account is read only once in a while, so each of these checkouts has its own.
	open := func(params fields) string { return transactionPath(s.charge(params)) }
	usdc := fields{"amount": 5, "asset_code": "USDC"}
	paid := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	s.pay(paid, "5")
	s.awaitStatus(paid.ID, "completed")
	asks := func(account any) string { return encode(fields{"account": account}) }
	names := s.names(rich, "{customer}")
	transcript(t, "errors/transaction.txt", stack.Client{BaseURL: s.on.BaseURL}, names,
		exchange{about: "no account", path: open(usdc), body: `{}`},
		exchange{about: "an account that is a number", path: open(usdc), body: asks(5)},
		exchange{about: "an account that is none", path: open(usdc), body: asks("GABC")},
		exchange{about: "a muxed account", path: open(usdc), body: asks("MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ")},
		exchange{about: "an amount of one's own", path: open(usdc), body: encode(fields{"account": rich, "amount": 1})},
		exchange{about: "an account that is not on the ledger", path: open(usdc), body: asks(stranger.Address())},
		exchange{about: "the account that is to be paid", path: open(usdc), body: asks(s.account)},
		exchange{about: "an account without the asset", path: open(fields{"amount": 5, "asset_code": "USDC", "asset_issuer": s.account}), body: asks(rich)},
		exchange{about: "an account with too little", path: open(fields{"amount": 1000001, "asset_code": "USDC"}), body: asks(rich)},
		exchange{about: "another asset, for less than it costs", path: open(usdc), body: encode(fields{"account": rich, "send_asset_code": "XLM", "send_max": "0.0000001"})},
		exchange{about: "a checkout that is completed", path: transactionPath(paid), body: asks(rich)},
		exchange{about: "a checkout that does not exist", path: "/pay/" + anID + "/transaction", body: asks(rich)},
		exchange{about: "a transaction is not read", method: "GET", path: "/pay/" + anID + "/transaction"},
	)
}

// payments is a list of payments.
type payments struct {
	Data []struct {
		stack.Payment
		Object     string  `json:"object"`
		CheckoutID *string `json:"checkout_id"`
		Livemode   bool    `json:"livemode"`
	} `json:"data"`
	HasMore bool `json:"has_more"`
}

func (s *shop) payments(query string) (list payments, raw []byte) {
	s.t.Helper()
	reply, err := s.Do(s.t.Context(), http.MethodGet, "/payment?"+query, nil)
	if err != nil || reply.Status != http.StatusOK {
		s.t.Fatalf("%d %s, %v", reply.Status, reply.Body, err)
	}
	if err := json.Unmarshal(reply.Body, &list); err != nil {
		s.t.Fatal(err)
	}
	return list, reply.Body
}

func TestPaymentsOfACheckoutAreListedAndReadByTheirIDs(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "USDC"})
	for _, amount := range []string{"2", "4"} {
		s.pay(c, amount)
	}
	done := s.awaitPayments(c.ID, 2)
	list, raw := s.payments("checkout_id=" + c.ID)
	names := s.names(wallet.IssuerAddress, "{issuer}", wallet.Keys(s.on.Passphrase, s.customer).Address(), "{customer}",
		done.Payments[0].TransactionHash, "{first transaction}", done.Payments[1].TransactionHash, "{second transaction}")
	golden(t, "payments.json", normalise(indent(raw), names...))
	if len(list.Data) != 2 {
		t.Fatalf("%s", raw)
	}
	for i, p := range list.Data {
		if diff := cmp.Diff(done.Payments[1-i], p.Payment); diff != "" {
			t.Errorf("in the list and in the checkout (-checkout +list): %s", diff)
		}
		// A single payment is read from the ledger, not from the list.
		reply, err := s.Do(t.Context(), http.MethodGet, "/payment/"+p.ID, nil)
		if err != nil || !bytes.Contains(raw, bytes.TrimSpace(reply.Body)) {
			t.Errorf("alone it is %d %s, %v", reply.Status, reply.Body, err)
		}
	}
	if newest, _ := s.payments("limit=1&checkout_id=" + c.ID); !newest.HasMore || newest.Data[0].ID != list.Data[0].ID {
		t.Errorf("the newest: %+v", newest)
	}
	if older, _ := s.payments("starting_after=" + list.Data[0].ID + "&checkout_id=" + c.ID); older.HasMore || len(older.Data) != 1 || older.Data[0].ID != list.Data[1].ID {
		t.Errorf("the older: %+v", older)
	}
}

func TestMoneyWithoutAUsableMemoIsListed(t *testing.T) {
	s := openShop(t)
	s.customerKeys()
	began := time.Now().Add(-2 * time.Second)
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	s.pay(c, "1", func(p *wallet.Payment) { p.Memo = "" })
	s.pay(c, "2", func(p *wallet.Payment) { p.Memo = "order 1042" })
	s.pay(c, "3", func(p *wallet.Payment) { p.Memo, p.MemoType = "1042", "id" })
	s.pay(c, "5")
	list, raw := s.payments("unmatched=true&limit=3&since=" + began.UTC().Format(time.RFC3339))
	var got []string
	for _, p := range list.Data {
		if p.CheckoutID != nil || p.Counted || p.Reason == nil || *p.Reason != "unmatched" || p.Object != "payment" || p.Livemode {
			t.Errorf("%+v", p)
		}
		got = append(got, p.Amount.String()+" "+p.AssetCode)
	}
	if diff := cmp.Diff([]string{"3 XLM", "2 XLM", "1 XLM"}, got); diff != "" || list.HasMore {
		t.Fatalf("%s %s", raw, diff)
	}
	reply, err := s.Do(t.Context(), http.MethodGet, "/payment/"+list.Data[1].ID, nil)
	if err != nil || !bytes.Contains(raw, bytes.TrimSpace(reply.Body)) {
		t.Errorf("alone it is %d %s, %v", reply.Status, reply.Body, err)
	}
	// Without since, the list goes back a day, to the payment that created the account.
	if all, raw := s.payments("unmatched=true"); len(all.Data) != 4 {
		t.Errorf("%s", raw)
	}
}

func TestErrorsOfPayments(t *testing.T) {
	s := openShop(t)
	other := s.neighbour()
	theirs := other.charge(fields{"amount": 5, "asset_code": "XLM"})
	other.pay(theirs, "5")
	paid := other.awaitStatus(theirs.ID, "completed").Payments[0].ID
	mine := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	of := "/payment?checkout_id=" + mine.ID
	transcript(t, "errors/payment.txt", s.Client, s.names(),
		exchange{about: "payments of no customer", method: "GET", path: "/payment?customer_id=ada"},
		exchange{about: "two lists at once", method: "GET", path: of + "&unmatched=true"},
		exchange{about: "a checkout's payments since a time", method: "GET", path: of + "&since=2026-11-22T12:00:00Z"},
		exchange{about: "payments of a checkout that does not exist", method: "GET", path: "/payment?checkout_id=" + anID},
		exchange{about: "payments of somebody else's checkout", method: "GET", path: "/payment?checkout_id=" + theirs.ID},
		exchange{about: "an unknown parameter in the query", method: "GET", path: of + "&status=late"},
		exchange{about: "too long a list", method: "GET", path: of + "&limit=101"},
		exchange{about: "after what is no payment", method: "GET", path: of + "&starting_after=" + mine.ID},
		exchange{about: "before what is no payment", method: "GET", path: of + "&ending_before="},
		exchange{about: "matched payments of all checkouts", method: "GET", path: "/payment?unmatched=false"},
		exchange{about: "since a time in words", method: "GET", path: "/payment?unmatched=true&since=yesterday"},
		exchange{about: "since a time too long ago", method: "GET", path: "/payment?unmatched=true&since=2020-01-01T00:00:00Z"},
		exchange{about: "since a time to come", method: "GET", path: "/payment?unmatched=true&since=2100-01-01T00:00:00Z"},
		exchange{about: "a payment that does not exist", method: "GET", path: "/payment/" + aPayment},
		exchange{about: "an id that is none", method: "GET", path: "/payment/" + mine.ID},
		exchange{about: "a payment to somebody else", method: "GET", path: "/payment/" + paid},
		exchange{about: "a payment is not made here", path: "/payment", body: `{"amount": 5}`},
	)
}

// aPayment is the id of a payment that does not exist.
const aPayment = "pay_01kay3t4w5000000000000002a"
