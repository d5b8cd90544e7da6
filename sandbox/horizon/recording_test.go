package horizon

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edgecheckout/sandbox/ledger"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/network"
	"github.com/stellar/go/xdr"
)

// recording is a request to a real Horizon and its response.
type recording struct {
	Request struct{ Method, Path, Body string }
	Status  int
	Headers map[string]string
	Body    map[string]any
}

const recordings = "../../worker/horizon/testdata"

func load(t *testing.T, name string) recording {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(recordings, name+".http.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(content, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// replay describes a ledger to which a recorded envelope can be applied as it originally was: just
// before its ledger, with all accounts funded and trusting its assets, and with the preceding
// sequence number.
type replay struct {
	sequence uint32 // of the ledger that is to contain the envelope
	closedAt time.Time
	envelope string
	without  string                // an account that does not exist
	alter    func(*ledger.Account) // changes an account beforehand
}

func (s replay) build(t *testing.T) *ledger.Ledger {
	t.Helper()
	var envelope xdr.TransactionEnvelope
	if err := xdr.SafeUnmarshalBase64(s.envelope, &envelope); err != nil {
		t.Fatal(err)
	}
	accounts, assets := map[string]bool{}, map[string]xdr.Asset{}
	add := func(m xdr.MuxedAccount) { address, _, _ := account(m); accounts[address] = true }
	trust := func(a xdr.Asset) {
		if !a.IsNative() {
			assets[ledger.AssetName(a)] = a
			accounts[a.GetIssuer()] = true
		}
	}
	add(envelope.SourceAccount())
	if envelope.IsFeeBump() {
		add(envelope.FeeBumpAccount())
	}
	for _, op := range envelope.Operations() {
		switch body := op.Body; body.Type {
		case xdr.OperationTypePayment:
			add(body.PaymentOp.Destination)
			trust(body.PaymentOp.Asset)
		case xdr.OperationTypePathPaymentStrictReceive:
			add(body.PathPaymentStrictReceiveOp.Destination)
			trust(body.PathPaymentStrictReceiveOp.SendAsset)
			trust(body.PathPaymentStrictReceiveOp.DestAsset)
		case xdr.OperationTypePathPaymentStrictSend:
			add(body.PathPaymentStrictSendOp.Destination)
			trust(body.PathPaymentStrictSendOp.SendAsset)
			trust(body.PathPaymentStrictSendOp.DestAsset)
		case xdr.OperationTypeAccountMerge:
			add(*body.Destination)
		}
	}
	source, _, _ := account(envelope.SourceAccount())
	o := ledger.Options{
		Passphrase: network.TestNetworkPassphrase,
		First:      s.sequence - 1,
		Genesis:    s.closedAt.Add(-time.Second),
	}
	for address := range accounts {
		a := ledger.Account{Address: address, Balance: 100_000_0000000}
		if address == source {
			a.Sequence = envelope.SeqNum() - 1
			if envelope.Operations()[0].Body.Type == xdr.OperationTypeAccountMerge {
				a.Balance = 321_5000000
			} else {
				a.Lines = map[string]ledger.Trustline{}
			}
		} else {
			a.Lines = map[string]ledger.Trustline{}
		}
		for name, asset := range assets {
			if a.Lines != nil && asset.GetIssuer() != address {
				a.Lines[name] = ledger.Trustline{Asset: asset, Balance: 100_000_0000000, Limit: 1 << 62}
			}
		}
		if s.alter != nil {
			s.alter(&a)
		}
		if address != s.without {
			o.Accounts = append(o.Accounts, a)
		}
	}
	return ledger.New(o)
}

// perform sends a recorded request to a handler, with the recorded host.
func perform(h http.Handler, r recording) *httptest.ResponseRecorder {
	request := httptest.NewRequest(r.Request.Method, r.Request.Path, strings.NewReader(r.Request.Body))
	request.Host = "horizon-testnet.stellar.org"
	request.Header.Set("X-Forwarded-Proto", "https")
	if r.Request.Method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request)
	return w
}

// same compares an answer with a recording: status, body, and the set of headers. Values at the
// paths in except (keys joined by dots) may differ, but not their types.
func same(t *testing.T, want recording, got *httptest.ResponseRecorder, except ...string) {
	t.Helper()
	if got.Code != want.Status {
		t.Errorf("status %d, recorded %d", got.Code, want.Status)
	}
	for _, name := range []string{"Latest-Ledger", "X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset", "Retry-After"} {
		if _, recorded := want.Headers[name]; recorded != (got.Header().Get(name) != "") {
			t.Errorf("%s: %q, recorded %q", name, got.Header().Get(name), want.Headers[name])
		}
	}
	if got.Header().Get("Content-Type") != want.Headers["Content-Type"] {
		t.Errorf("Content-Type %q, recorded %q", got.Header().Get("Content-Type"), want.Headers["Content-Type"])
	}
	var body map[string]any
	if err := json.Unmarshal(got.Body.Bytes(), &body); err != nil {
		t.Fatalf("%v in %s", err, got.Body)
	}
	if diff := cmp.Diff(mask(want.Body, except, ""), mask(body, except, "")); diff != "" {
		t.Errorf("body (- recorded, + sandbox):\n%s", diff)
	}
}

// mask replaces the values at the given paths by their types. A path does not contain list indexes.
func mask(v any, except []string, path string) any {
	switch v := v.(type) {
	case map[string]any:
		masked := map[string]any{}
		for name, value := range v {
			masked[name] = mask(value, except, strings.TrimPrefix(path+"."+name, "."))
		}
		return masked
	case []any:
		masked := make([]any, len(v))
		for i, value := range v {
			masked[i] = mask(value, except, path)
		}
		return masked
	}
	for _, e := range except {
		if e == path || strings.HasSuffix(path, "."+e) {
			return typeOf(v)
		}
	}
	return v
}

func typeOf(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case float64:
		return "a number"
	case bool:
		return "a boolean"
	}
	return "null"
}

// replayed serves a ledger to which one recorded transaction was applied.
func replayed(t *testing.T, transaction map[string]any) http.Handler {
	t.Helper()
	closedAt, err := time.Parse(time.RFC3339, transaction["created_at"].(string))
	if err != nil {
		t.Fatal(err)
	}
	s := replay{
		sequence: uint32(transaction["ledger"].(float64)),
		closedAt: closedAt,
		envelope: transaction["envelope_xdr"].(string),
	}
	l := s.build(t)
	if _, err := l.Submit(s.envelope); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Close(s.closedAt); err != nil {
		t.Fatal(err)
	}
	return New(l, Options{})
}
