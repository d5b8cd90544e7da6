package e2e

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stellar/go/keypair"
	"github.com/stellar/go/strkey"
	"github.com/stellar/go/txnbuild"

	"edgecheckout/sandbox/wallet"
)

func usdc() txnbuild.Asset {
	return txnbuild.CreditAsset{Code: "USDC", Issuer: wallet.IssuerAddress}
}

// paidOnce is the verdict on a checkout that was completed by one payment of XLM.
func paidOnce(units string) verdict {
	return verdict{Status: "completed", Received: units, Payments: []money{{Amount: units, Asset: "XLM"}}}
}

func TestPathPaymentCountsWhatArrives(t *testing.T) {
	s := openShop(t)
	received := s.charge(fields{"amount": 6, "asset_code": "XLM"})
	sent := s.charge(fields{"amount": 7, "asset_code": "XLM"})
	// Two USDC convert to six XLM.
	s.pay(received, "6", func(p *wallet.Payment) { p.SendAsset = wallet.USDC })
	s.transact(sent.Memo, []*keypair.Full{s.customerKeys()}, &txnbuild.PathPaymentStrictSend{
		SendAsset: usdc(), SendAmount: "2", Destination: s.account, DestAsset: txnbuild.NativeAsset{}, DestMin: "0.1",
	})
	wantVerdict(t, s.awaitStatus(received.ID, "completed"), paidOnce("6"))
	// Without a shared cache, an account is read again only after its window.
	short := s.read(sent.ID)
	for deadline := time.Now().Add(10 * time.Second); len(short.Payments) == 0 && time.Now().Before(deadline); short = s.read(sent.ID) {
		time.Sleep(500 * time.Millisecond)
	}
	wantVerdict(t, short, verdict{Status: "open", Exception: "underpaid", Received: "6", Payments: []money{{Amount: "6", Asset: "XLM"}}})
}

func TestAccountMergePays(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 20, "asset_code": "XLM"})
	leaving := keypair.MustRandom()
	// The amount covers the fee as well.
	s.transact("", []*keypair.Full{s.customerKeys()}, &txnbuild.CreateAccount{Destination: leaving.Address(), Amount: "20.00001"})
	s.transact(c.Memo, []*keypair.Full{leaving}, &txnbuild.AccountMerge{Destination: s.account})
	wantVerdict(t, s.awaitStatus(c.ID, "completed"), paidOnce("20"))
}

func TestFirstPaymentCreatesTheMerchantsAccount(t *testing.T) {
	t.Parallel()
	s := register(t, service, keypair.MustRandom().Address())
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	s.cron()
	wantVerdict(t, s.read(c.ID), verdict{Status: "open", Received: "0"})
	s.transact(c.Memo, []*keypair.Full{s.customerKeys()}, &txnbuild.CreateAccount{Destination: s.account, Amount: "5"})
	wantVerdict(t, s.awaitStatus(c.ID, "completed"), paidOnce("5"))
}

func TestPaymentWhoseFeeASponsorPaysCounts(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	payer, sponsor := s.customerKeys(), keypair.MustRandom()
	if err := s.wallet().Fund(t.Context(), sponsor.Address()); err != nil {
		t.Fatal(err)
	}
	account, err := s.wallet().Account(t.Context(), payer.Address())
	if err != nil {
		t.Fatal(err)
	}
	hash, err := s.wallet().Submit(t.Context(), feeBump(t, s.on.Passphrase, payer, sponsor, account.Sequence, c.Memo,
		&txnbuild.Payment{Destination: s.account, Asset: txnbuild.NativeAsset{}, Amount: "5"}))
	if err != nil {
		t.Fatal(err)
	}
	done := s.awaitStatus(c.ID, "completed")
	wantVerdict(t, done, paidOnce("5"))
	if p := done.Payments[0]; p.TransactionHash != hash || p.From != payer.Address() {
		t.Errorf("paid by %s in %s, want %s in the outer transaction %s", p.From, p.TransactionHash, payer.Address(), hash)
	}
}

func TestTwoOperationsOfOneTransactionBothCount(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	payer := s.customerKeys()
	s.transact(c.Memo, []*keypair.Full{payer},
		&txnbuild.Payment{Destination: s.account, Asset: txnbuild.NativeAsset{}, Amount: "2"},
		&txnbuild.Payment{Destination: wallet.IssuerAddress, Asset: txnbuild.NativeAsset{}, Amount: "10"},
		&txnbuild.Payment{Destination: s.account, Asset: usdc(), Amount: "1"},
		&txnbuild.Payment{Destination: s.account, Asset: txnbuild.NativeAsset{}, Amount: "3"},
	)
	wantVerdict(t, s.awaitStatus(c.ID, "completed"), verdict{Status: "completed", Received: "5", Payments: []money{
		{Amount: "2", Asset: "XLM"}, {Amount: "1", Asset: "USDC", Reason: "wrong_asset"}, {Amount: "3", Asset: "XLM"},
	}})
}

func TestMuxedDestinationIsTheSameAccount(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	var muxed strkey.MuxedAccount
	if err := muxed.SetAccountID(s.account); err != nil {
		t.Fatal(err)
	}
	muxed.SetID(42)
	address, err := muxed.Address()
	if err != nil {
		t.Fatal(err)
	}
	s.pay(c, "5", func(p *wallet.Payment) { p.Destination = address })
	wantVerdict(t, s.awaitStatus(c.ID, "completed"), paidOnce("5"))
}

func TestMemoInUpperCaseIsTheSameMemo(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	s.pay(c, "5", func(p *wallet.Payment) { p.Memo = strings.ToUpper(p.Memo) })
	wantVerdict(t, s.awaitStatus(c.ID, "completed"), paidOnce("5"))
}

func TestOutgoingPaymentsDoNotCount(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	s.transact(c.Memo, []*keypair.Full{s.keys},
		&txnbuild.Payment{Destination: wallet.IssuerAddress, Asset: txnbuild.NativeAsset{}, Amount: "5"})
	s.cron()
	wantVerdict(t, s.read(c.ID), verdict{Status: "open", Received: "0"})
}

// feeBump wraps a payer's signed transaction in one whose fee a sponsor pays.
func feeBump(t *testing.T, passphrase string, payer, sponsor *keypair.Full, sequence, memo string, operations ...txnbuild.Operation) string {
	t.Helper()
	number, err := strconv.ParseInt(sequence, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	inner, err := txnbuild.NewTransaction(txnbuild.TransactionParams{
		SourceAccount: &txnbuild.SimpleAccount{AccountID: payer.Address(), Sequence: number}, IncrementSequenceNum: true, BaseFee: txnbuild.MinBaseFee, Memo: txnbuild.MemoText(memo),
		Preconditions: txnbuild.Preconditions{TimeBounds: txnbuild.NewTimeout(60)}, Operations: operations,
	})
	if err != nil {
		t.Fatal(err)
	}
	if inner, err = inner.Sign(passphrase, payer); err != nil {
		t.Fatal(err)
	}
	bump, err := txnbuild.NewFeeBumpTransaction(txnbuild.FeeBumpTransactionParams{
		Inner: inner, FeeAccount: sponsor.Address(), BaseFee: 2 * txnbuild.MinBaseFee,
	})
	if err != nil {
		t.Fatal(err)
	}
	if bump, err = bump.Sign(passphrase, sponsor); err != nil {
		t.Fatal(err)
	}
	envelope, err := bump.Base64()
	if err != nil {
		t.Fatal(err)
	}
	return envelope
}
