package e2e

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"edgecheckout/sandbox/stack"

	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"
)

// transactionPath is where a wallet asks for the transaction that pays a checkout.
func transactionPath(c stack.Checkout) string { return pagePath(c) + "/transaction" }

func TestAWalletSignsTheTransactionThatItIsGiven(t *testing.T) {
	for _, asset := range []string{"XLM", "USDC"} {
		t.Run(asset, func(t *testing.T) { openShop(t).payByTransaction(asset) })
	}
}

// payByTransaction pays a part by hand, and the rest by the transaction that the service writes.
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

// submit signs what somebody else wrote, as a wallet does, and has it on the ledger.
func (s *shop) submit(xdr string, keys *keypair.Full) (hash string) {
	s.t.Helper()
	parsed, err := txnbuild.TransactionFromXDR(xdr)
	if err != nil {
		s.t.Fatal(err)
	}
	tx, ok := parsed.Transaction()
	if !ok {
		s.t.Fatalf("%s is no plain transaction", xdr)
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
	// A checkout has one account read in a while, so each of these has its own.
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
		exchange{about: "a checkout that is completed", path: transactionPath(paid), body: asks(rich)},
		exchange{about: "a checkout that does not exist", path: "/pay/" + anID + "/transaction", body: asks(rich)},
		exchange{about: "a transaction is not read", method: "GET", path: "/pay/" + anID + "/transaction"},
	)
}
