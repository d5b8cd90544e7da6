package worker_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"

	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/watch/watchtest"
)

// till is a merchant whose account's key is known, as that of a wallet is.
type till struct {
	client
	keys *keypair.Full
}

func (s *site) till() till {
	s.t.Helper()
	here, keys := s.edge(), s.Person() // with something to pay back
	m := s.operator(here).post("/merchants", fmt.Sprintf(`{"name":"Corner Shop","account_test":%q}`, keys.Address()))
	key := s.operator(here).post("/merchants/"+m.text("id")+"/keys", `{"livemode":false}`)
	return till{client{s.t, here, map[string][]string{"X-Api-Key": {key.text("secret")}}}, keys}
}

// paid makes a checkout of 50 USDC and pays it with an amount.
func (s *site) paid(shop till, payer *keypair.Full, amount string) (id, payment string) {
	s.t.Helper()
	c := shop.post("/checkout?type=direct", `{"amount":50,"asset_code":"USDC"}`)
	s.Pay(payer, addr(c.text("destination")), amount, s.USDC(), c.text("memo"))
	s.Advance(time.Minute)
	s.sweep(s.edge())
	return c.text("id"), shop.get("/payment?checkout_id=" + c.text("id")).each("id")[0]
}

// submit signs a refund's transaction with the account's key and submits it.
func (s *site) submit(r reply, keys *keypair.Full) error {
	s.t.Helper()
	parsed, err := txnbuild.TransactionFromXDR(r.text("transaction"))
	if err != nil {
		s.t.Fatal(err)
	}
	tx, ok := parsed.Transaction()
	if !ok {
		s.t.Fatal("no plain transaction")
	}
	if tx, err = tx.Sign(s.Ledger.Passphrase(), keys); err != nil {
		s.t.Fatal(err)
	}
	envelope, err := tx.Base64()
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = s.Ledger.Submit(envelope)
	return err
}

// payBack pays without the service, naming the transaction that is refunded.
func (s *site) payBack(from *keypair.Full, to, amount string, asset stellar.Asset, hash string) {
	s.t.Helper()
	account, _ := s.Ledger.Account(from.Address())
	var returned txnbuild.MemoReturn
	if _, err := fmt.Sscanf(hash, "%x", (*hexBytes)(&returned)); err != nil {
		s.t.Fatal(err)
	}
	tx, err := txnbuild.NewTransaction(txnbuild.TransactionParams{
		SourceAccount: &txnbuild.SimpleAccount{AccountID: from.Address(), Sequence: account.Sequence}, IncrementSequenceNum: true,
		BaseFee: txnbuild.MinBaseFee, Memo: returned, Preconditions: txnbuild.Preconditions{TimeBounds: txnbuild.NewInfiniteTimeout()},
		Operations: []txnbuild.Operation{&txnbuild.Payment{Destination: to, Amount: amount, Asset: watchtest.Asset(asset)}},
	})
	if err == nil {
		tx, err = tx.Sign(s.Ledger.Passphrase(), from)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	envelope, err := tx.Base64()
	if err == nil {
		_, err = s.Ledger.Submit(envelope)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

type hexBytes [32]byte

func (b *hexBytes) Scan(state fmt.ScanState, _ rune) error {
	var slice []byte
	if _, err := fmt.Fscanf(state, "%x", &slice); err != nil {
		return err
	}
	copy(b[:], slice)
	return nil
}

func refundOf(payment, more string) string { return fmt.Sprintf(`{"payment_id":%q%s}`, payment, more) }

func TestRefundSucceedsWhenTheLedgerShowsIt(t *testing.T) {
	s := deploy(t)
	shop, person := s.till(), s.Person()
	id, payment := s.paid(shop, person, "50")
	r := shop.post("/refunds", refundOf(payment, `,"amount":"20","reason":"Damaged","metadata":{"ticket":"7"}`))
	want := map[string]string{
		"object": "refund", "payment_id": payment, "checkout_id": id, "customer_id": "null", "amount": "20", "amount_decimal": "20",
		"asset_code": "USDC", "destination": person.Address(), "memo": "null", "status": "pending", "transaction_hash": "null", "excess": "0",
		"paid_at": "null", "reason": "Damaged", "metadata.ticket": "7", "livemode": "false", "expires_at": "2026-11-24T00:00:00.000Z",
	}
	for field, text := range want {
		if got := r.text(field); got != text {
			t.Errorf("%s is %s, want %s", field, got, text)
		}
	}
	if again := shop.get("/refunds/" + r.text("id")); again.body != r.body {
		t.Errorf("read as %swant    %s", again.body, r.body)
	}
	if err := s.submit(r, shop.keys); err != nil {
		t.Fatal(err)
	}
	s.Advance(watchtest.LedgerTime)
	paid := shop.get("/refunds/" + r.text("id"))
	if paid.text("status") != "succeeded" || paid.text("transaction") != "null" || paid.text("payment_uri") != "null" || len(paid.text("transaction_hash")) != 64 {
		t.Errorf("paid: %s", paid.body)
	}
	c := shop.get("/checkout/" + id)
	if c.text("status") != "completed" || c.text("amount_received") != "50" {
		t.Errorf("the refund changed the checkout: %s", c.body)
	}
	refunds := fmt.Sprintf(`"refunds":[{"id":%q,"payment_id":%q,"amount":20,"amount_decimal":"20","asset_code":"USDC","asset_issuer":%q,`+
		`"transaction_hash":%q,"status":"succeeded","excess":0,"excess_decimal":"0","created_at":%q}]`,
		r.text("id"), payment, s.USDC().Issuer, paid.text("transaction_hash"), paid.text("paid_at"))
	if !strings.Contains(c.body, refunds) {
		t.Errorf("want %s in %s", refunds, c.body)
	}
	for _, path := range []string{"/refunds", "/refunds?payment_id=" + payment} {
		if got := shop.get(path).data(); len(got) != 1 || got[0]["id"] != r.text("id") || got[0]["status"] != "succeeded" {
			t.Errorf("%s: %v", path, got)
		}
	}
}

// The refund is told by the sweep alone, and under one id whoever finds it.
func TestRefundIsToldThoughNobodyLooks(t *testing.T) {
	s := deploy(t)
	shop, person := s.till(), s.Person()
	shop.post("/webhooks", endpoint(hook))
	s.Sleep(2 * time.Minute)
	_, payment := s.paid(shop, person, "50")
	r := shop.post("/refunds", refundOf(payment, ""))
	s.Advance(time.Minute)
	s.sweep(s.edge())
	if err := s.submit(r, shop.keys); err != nil {
		t.Fatal(err)
	}
	s.Advance(time.Minute)
	s.sweep(s.edge())
	s.sweep(s.edge()) // another data centre, at the same time
	told := map[string]int{}
	for _, got := range s.receivers.got {
		if got.event.Type == "refund.succeeded" {
			told[got.event.ID]++
			if !strings.Contains(got.body, r.text("id")) || !strings.Contains(got.body, `"status":"succeeded"`) {
				t.Errorf("told %s", got.body)
			}
		}
	}
	if len(told) != 1 {
		t.Errorf("told as %v", told)
	}
	if left := s.Store.Keys("refunding/"); len(left) != 0 {
		t.Errorf("still watched: %v", left)
	}
}

func TestNoMoreIsPaidBackThanWasReceived(t *testing.T) {
	s := deploy(t)
	shop, person := s.till(), s.Person()
	_, payment := s.paid(shop, person, "50")
	tooLarge := func(body string) {
		t.Helper()
		if r := shop.do("POST", "/refunds", refundOf(payment, body)); r.status != 400 || r.text("error.code") != "refund_too_large" || r.text("error.param") != "amount" {
			t.Errorf("%s: %d %s", body, r.status, r.body)
		}
	}
	tooLarge(`,"amount":"50.0000001"`)
	part := shop.post("/refunds", refundOf(payment, `,"amount":"30"`))
	if err := s.submit(part, shop.keys); err != nil {
		t.Fatal(err)
	}
	s.Advance(watchtest.LedgerTime)
	tooLarge(`,"amount":"20.0000001"`)
	rest := shop.post("/refunds", refundOf(payment, ""))
	if rest.text("amount") != "20" {
		t.Errorf("the rest is %s", rest.body)
	}
	if err := s.submit(rest, shop.keys); err != nil {
		t.Fatal(err)
	}
	s.Advance(watchtest.LedgerTime)
	tooLarge(``)
	tooLarge(`,"amount":"0.0000001"`)
}

// Of refunds that were written for the same state of the account, one can be paid: they have the
// same sequence number. To ask for one twice is to ask for the same one.
func TestRefundsWrittenAtOnceCannotBothBePaid(t *testing.T) {
	s := deploy(t)
	shop, person := s.till(), s.Person()
	_, payment := s.paid(shop, person, "50")
	whole := shop.post("/refunds", refundOf(payment, ""))
	if again := shop.at(s.edge()).post("/refunds", refundOf(payment, `,"amount":50`)); again.text("id") != whole.text("id") || again.text("transaction") != whole.text("transaction") {
		t.Errorf("asked twice: %s and %s", whole.body, again.body)
	}
	part := shop.post("/refunds", refundOf(payment, `,"amount":"40"`))
	if part.text("id") == whole.text("id") {
		t.Error("another amount is another refund")
	}
	if err := s.submit(whole, shop.keys); err != nil {
		t.Fatal(err)
	}
	s.Advance(watchtest.LedgerTime)
	if err := s.submit(whole, shop.keys); err == nil {
		s.Advance(watchtest.LedgerTime)
	}
	if err := s.submit(part, shop.keys); err == nil {
		t.Error("the second transaction was accepted")
	}
	s.Advance(watchtest.LedgerTime)
	if got := shop.get("/refunds/" + part.text("id")); got.text("status") != "pending" {
		t.Errorf("it was not paid: %s", got.body)
	}
	if got := shop.get("/refunds?payment_id=" + payment).each("status"); fmt.Sprint(got) != "[pending succeeded]" && fmt.Sprint(got) != "[succeeded pending]" {
		t.Errorf("%v", got)
	}
}

func TestRefundsByHandAreSeenAndTheirExcessIsShown(t *testing.T) {
	s := deploy(t)
	shop, person := s.till(), s.Person()
	id, payment := s.paid(shop, person, "50")
	hash := shop.get("/payment/" + payment).text("transaction_hash")
	s.payBack(shop.keys, person.Address(), "30", s.USDC(), hash)
	s.Advance(watchtest.LedgerTime)
	if r := shop.do("POST", "/refunds", refundOf(payment, `,"amount":"20.1"`)); r.text("error.code") != "refund_too_large" {
		t.Errorf("a refund by hand is not counted at once: %s", r.body)
	}
	s.payBack(shop.keys, person.Address(), "25", s.USDC(), hash)
	s.payBack(shop.keys, s.Person().Address(), "1", stellar.XLM, hash)
	s.Advance(3 * time.Minute)
	got := shop.get("/refunds?payment_id=" + payment)
	if diff := cmp.Diff([]string{"1", "25", "30"}, got.each("amount")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"1", "5", "0"}, got.each("excess")); diff != "" {
		t.Error(diff)
	}
	if again := shop.at(s.edge()).get("/refunds?payment_id=" + payment); again.body != got.body {
		t.Errorf("another data centre says %swant %s", again.body, got.body)
	}
	if c := shop.get("/checkout/" + id); strings.Count(c.body, `"status":"succeeded"`) != 3 || c.text("status") != "completed" {
		t.Errorf("%s", c.body)
	}
	// A transaction that paid nobody here is no refund.
	s.payBack(shop.keys, person.Address(), "1", s.USDC(), strings.Repeat("7", 64))
	s.Advance(3 * time.Minute)
	if again := shop.get("/refunds?payment_id=" + payment); again.body != got.body {
		t.Errorf("a stranger's transaction: %s", again.body)
	}
}

func TestUnmatchedMoneyIsRefunded(t *testing.T) {
	s := deploy(t)
	shop, person := s.till(), s.Person()
	s.Pay(person, addr(shop.keys.Address()), "7", stellar.XLM, "thanks")
	s.Advance(3 * time.Minute)
	payment := shop.get("/payment?unmatched=true").each("id")[0]
	r := shop.post("/refunds", refundOf(payment, ""))
	if r.text("checkout_id") != "null" || r.text("amount") != "7" || r.text("asset_code") != "XLM" {
		t.Errorf("%s", r.body)
	}
	if err := s.submit(r, shop.keys); err != nil {
		t.Fatal(err)
	}
	s.Advance(time.Minute)
	s.sweep(s.edge())
	if got := shop.get("/refunds/" + r.text("id")); got.text("status") != "succeeded" {
		t.Errorf("%s", got.body)
	}
}

// A memo for an exchange takes the place of MEMO_RETURN.
func TestRefundWithAMemoIsKnownByItsTransaction(t *testing.T) {
	s := deploy(t)
	shop, person, exchange := s.till(), s.Person(), s.Person()
	_, payment := s.paid(shop, person, "50")
	r := shop.post("/refunds", refundOf(payment, fmt.Sprintf(`,"amount":"50","destination":%q,"memo":"user 1234"`, exchange.Address())))
	if r.text("destination") != exchange.Address() || r.text("memo") != "user 1234" {
		t.Errorf("%s", r.body)
	}
	if err := s.submit(r, shop.keys); err != nil {
		t.Fatal(err)
	}
	s.Advance(watchtest.LedgerTime)
	if again := shop.do("POST", "/refunds", refundOf(payment, "")); again.text("error.code") != "refund_too_large" {
		t.Errorf("%s", again.body)
	}
	if got := shop.get("/refunds/" + r.text("id")); got.text("status") != "succeeded" {
		t.Errorf("%s", got.body)
	}
}

func TestRefundSaysWhyTheDestinationCannotBePaid(t *testing.T) {
	s := deploy(t)
	shop, person := s.till(), s.Person()
	_, payment := s.paid(shop, person, "50")
	nobody, bare := keypair.MustRandom().Address(), keypair.MustRandom()
	if _, err := s.Ledger.Fund(bare.Address()); err != nil {
		t.Fatal(err)
	}
	s.Advance(watchtest.LedgerTime)
	for body, want := range map[string]string{
		fmt.Sprintf(`,"destination":%q`, nobody):              "destination_cannot_receive destination",
		fmt.Sprintf(`,"destination":%q`, bare.Address()):      "destination_cannot_receive destination",
		fmt.Sprintf(`,"destination":%q`, shop.keys.Address()): "destination_cannot_receive destination",
		`,"destination":"M123"`:                               "parameter_invalid destination",
		`,"memo":"äöüäöüäöüäöüäöü"`:                           "parameter_invalid memo",
		`,"amount":0`:           "parameter_invalid amount",
		`,"status":"succeeded"`: "parameter_unknown status",
	} {
		if r := shop.do("POST", "/refunds", refundOf(payment, body)); r.status != 400 || r.text("error.code")+" "+r.text("error.param") != want {
			t.Errorf("%s: %d %s", body, r.status, r.body)
		}
	}
	for _, id := range []string{earlier(), "pay_x", strings.Replace(payment, "pay_", "chk_", 1)} {
		if r := shop.do("POST", "/refunds", refundOf(id, "")); r.text("error.code")+" "+r.text("error.param") != "parameter_invalid payment_id" {
			t.Errorf("%s: %s", id, r.body)
		}
	}
	stranger, _ := s.merchant(s.edge())
	if r := stranger.do("POST", "/refunds", refundOf(payment, "")); r.text("error.param") != "payment_id" {
		t.Errorf("another merchant's payment: %s", r.body)
	}
	r := shop.post("/refunds", refundOf(payment, ""))
	if got := stranger.get("/refunds/" + r.text("id")); got.status != 404 {
		t.Errorf("another merchant reads it: %s", got.body)
	}
	if got := stranger.get("/refunds?payment_id=" + payment); got.status != 400 {
		t.Errorf("another merchant lists it: %s", got.body)
	}
}

// The payer's account may be gone: XLM creates it again.
func TestRefundOfXLMCreatesTheAccount(t *testing.T) {
	s := deploy(t)
	shop, person := s.till(), s.Person()
	s.Pay(person, addr(shop.keys.Address()), "7", stellar.XLM, "")
	s.Advance(3 * time.Minute)
	payment := shop.get("/payment?unmatched=true").each("id")[0]
	gone := keypair.MustRandom().Address()
	r := shop.post("/refunds", refundOf(payment, fmt.Sprintf(`,"destination":%q`, gone)))
	if err := s.submit(r, shop.keys); err != nil {
		t.Fatal(err)
	}
	s.Advance(watchtest.LedgerTime)
	if _, ok := s.Ledger.Account(gone); !ok {
		t.Error("there is no account")
	}
	if got := shop.get("/refunds/" + r.text("id")); got.text("status") != "succeeded" {
		t.Errorf("%s", got.body)
	}
	if r := shop.do("POST", "/refunds", refundOf(payment, fmt.Sprintf(`,"amount":"0.5","destination":%q`, keypair.MustRandom().Address()))); r.status != 400 {
		t.Errorf("%s", r.body)
	}
}

func TestRefundWithAnIdempotencyKeyIsMadeOnce(t *testing.T) {
	s := deploy(t)
	shop, person := s.till(), s.Person()
	_, payment := s.paid(shop, person, "50")
	keyed := till{shop.with("Idempotency-Key", "refund 7"), shop.keys}
	r := keyed.post("/refunds", refundOf(payment, `,"amount":"10"`))
	if err := s.submit(r, shop.keys); err != nil {
		t.Fatal(err)
	}
	s.Advance(watchtest.LedgerTime)
	if again := keyed.post("/refunds", refundOf(payment, `,"amount":"10"`)); again.text("id") != r.text("id") {
		t.Errorf("made again: %s", again.body)
	}
	if other := keyed.do("POST", "/refunds", refundOf(payment, `,"amount":"11"`)); other.status != 409 {
		t.Errorf("%d %s", other.status, other.body)
	}
	// What was made is told although the ledger cannot be read.
	s.Fault = func(string) (horizon.Response, error, bool) { return horizon.Response{Status: 503}, nil, true }
	elsewhere := till{keyed.at(s.edge()), keyed.keys}
	if again := elsewhere.do("POST", "/refunds", refundOf(payment, `,"amount":"10"`)); again.text("id") != r.text("id") {
		t.Errorf("without the ledger: %d %s", again.status, again.body)
	}
	if other := elsewhere.do("POST", "/refunds", refundOf(payment, `,"amount":"11"`)); other.status != 409 {
		t.Errorf("without the ledger: %d %s", other.status, other.body)
	}
	if fresh := (till{elsewhere.with("Idempotency-Key", "refund 8"), keyed.keys}).do("POST", "/refunds", refundOf(payment, `,"amount":"10"`)); fresh.status != 503 {
		t.Errorf("without the ledger, for the first time: %d %s", fresh.status, fresh.body)
	}
}

func TestRefundTransactionIsWhatThePaymentURIAsksFor(t *testing.T) {
	s := deploy(t)
	shop, person := s.till(), s.Person()
	_, payment := s.paid(shop, person, "50")
	r := shop.post("/refunds", refundOf(payment, ""))
	if _, err := base64.StdEncoding.DecodeString(r.text("transaction")); err != nil {
		t.Fatal(err)
	}
	escaped := strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(r.text("transaction"))
	want := "web+stellar:tx?xdr=" + escaped + "&pubkey=" + shop.keys.Address() + "&network_passphrase=Edge%20Checkout%20Sandbox%20%3B%20November%202026"
	if got := r.text("payment_uri"); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
