package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/stellar/go/amount"
	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"

	"edgecheckout/e2e/workerd"
	"edgecheckout/sandbox/horizon"
	"edgecheckout/sandbox/ledger"
	"edgecheckout/sandbox/wallet"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// shop is a merchant with several accounts, one customer for each, and the Horizon of their ledger.
type shop struct {
	vars     map[string]string // settings of the service
	accounts []string
	entries  []kv.Entry // the merchant
	merchant store.Merchant
	memos    checkout.MemoKeys
	payers   []*keypair.Full
	paid     int // payments so far
	ledger   *ledger.Ledger
	begun    time.Time
	faults   horizon.Faults
	distance workerd.Distance
	asked    atomic.Int64 // requests to Horizon
	web      *http.Server
}

// between is the time from one payment's ledger to the next. A sweep reads the last ten to twenty
// minutes again. Because the ledger's time advances, every sweep has the same amount of work and
// needs the same memory.
const between = time.Minute

// startShop creates a shop for that many payments. The ledger has its own time, which begins long
// enough ago for the last payment to close in the past, however fast they come.
func startShop(accounts, payments int) (*shop, error) {
	s := &shop{begun: time.Now().Add(-time.Duration(payments+2) * between)}
	const balance = 1_000_000_0000000 // stroops
	options := ledger.Options{Genesis: s.begun.Add(-time.Minute)}
	for i := range accounts {
		account := wallet.MerchantKeys(ledger.Passphrase, fmt.Sprintf("soak %d", i)).Address()
		payer := wallet.Keys(ledger.Passphrase, fmt.Sprintf("soak %d", i))
		s.accounts, s.payers = append(s.accounts, account), append(s.payers, payer)
		options.Accounts = append(options.Accounts,
			ledger.Account{Address: account, Balance: balance}, ledger.Account{Address: payer.Address(), Balance: balance})
	}
	s.ledger = ledger.New(options)
	if _, err := s.ledger.Close(s.begun); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	spoiled := s.distance.Between(s.faults.Spoil(horizon.New(s.ledger, horizon.Options{})))
	s.web = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		spoiled.ServeHTTP(w, r)
	})}
	go func() { _ = s.web.Serve(listener) }() // until stop
	s.vars = map[string]string{
		"BASE_URL":          "http://pay.example",
		"EXPIRES_IN_MIN":    "300",
		"TEST_NETWORK_NAME": "Local sandbox",
		"TEST_PASSPHRASE":   s.ledger.Passphrase(),
		"TEST_HORIZON_URLS": "http://" + listener.Addr().String(),
		"ADMIN_TOKEN":       random(),
		"MEMO_KEYS":         random(),
	}
	if s.memos, err = checkout.ParseMemoKeys(s.vars["MEMO_KEYS"]); err != nil {
		return nil, err
	}
	id, err := checkout.NewID(checkout.KindMerchant, s.begun, rand.Reader)
	if err != nil {
		return nil, err
	}
	s.merchant = store.Merchant{
		ID: id, Name: "Books", AccountTest: stellar.Address(s.accounts[0]), Salt: []byte(random()), CreatedAt: s.begun, UpdatedAt: s.begun,
	}
	s.entries = []kv.Entry{{Key: store.MerchantKey(id).String(), Value: store.Encode(s.merchant)}}
	return s, nil
}

func (s *shop) stop() { _ = s.web.Close() }

// checkout returns an open checkout for one of the accounts, as old as the ledger.
func (s *shop) checkout(account string) (checkout.Checkout, error) {
	id, err := checkout.NewID(checkout.KindCheckout, s.begun, rand.Reader)
	if err != nil {
		return checkout.Checkout{}, err
	}
	opened := checkout.Checkout{
		Mode:     stellar.Test,
		Merchant: s.merchant.ID, MerchantName: s.merchant.Name, Account: stellar.Address(account),
		Amount: price, Asset: stellar.XLM, RedirectURL: "https://shop.example/thanks", Description: "Three books",
		CreatedAt: s.begun.UTC().Truncate(time.Millisecond),
	}
	opened.ExpiresAt = time.Now().UTC().Truncate(time.Millisecond).Add(24 * time.Hour)
	if opened.ID, err = checkout.ParseCheckoutID(id); err != nil {
		return opened, err
	}
	opened.Memo = s.memos.Seal(opened.ID)
	return opened, nil
}

// pay makes an account's customer pay what a checkout costs, in a ledger of its own.
func (s *shop) pay(account int, memo string) error {
	payer := s.payers[account]
	tx, err := txnbuild.NewTransaction(txnbuild.TransactionParams{
		SourceAccount:        &txnbuild.SimpleAccount{AccountID: payer.Address(), Sequence: int64(s.paid / len(s.payers))},
		IncrementSequenceNum: true,
		BaseFee:              txnbuild.MinBaseFee,
		Memo:                 txnbuild.MemoText(memo),
		Preconditions:        txnbuild.Preconditions{TimeBounds: txnbuild.NewInfiniteTimeout()},
		Operations: []txnbuild.Operation{&txnbuild.Payment{
			Destination: s.accounts[account], Amount: amount.StringFromInt64(price), Asset: txnbuild.NativeAsset{},
		}},
	})
	if err != nil {
		return err
	}
	if tx, err = tx.Sign(s.ledger.Passphrase(), payer); err != nil {
		return err
	}
	envelope, err := tx.Base64()
	if err != nil {
		return err
	}
	if _, err := s.ledger.Submit(envelope); err != nil {
		return err
	}
	s.paid++
	_, err = s.ledger.Close(s.begun.Add(time.Duration(s.paid) * between))
	return err
}

// random returns 32 bytes in hexadecimal.
func random() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
