package ledger

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"testing"
	"time"
)

// Whatever bytes are submitted, the ledger must keep closing and the amount of money stay the same.
func FuzzSubmit(f *testing.F) {
	content, err := os.ReadFile("../../worker/horizon/testdata/payments-all-include-failed.http.json")
	if err != nil {
		f.Fatal(err)
	}
	var recorded struct {
		Body struct {
			Embedded struct {
				Records []struct {
					Transaction struct {
						Envelope string `json:"envelope_xdr"`
					}
				}
			} `json:"_embedded"`
		}
	}
	if err := json.Unmarshal(content, &recorded); err != nil {
		f.Fatal(err)
	}
	seeds := 0
	for _, r := range recorded.Body.Embedded.Records {
		envelope, err := base64.StdEncoding.DecodeString(r.Transaction.Envelope)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(envelope)
		seeds++
	}
	if seeds < 10 {
		f.Fatalf("%d envelopes in the recordings", seeds)
	}
	f.Fuzz(func(t *testing.T, envelope []byte) {
		l := New(Options{Genesis: opened})
		hash, err := l.Submit(base64.StdEncoding.EncodeToString(envelope))
		if err == nil {
			t.Fatalf("a transaction of an unknown account was accepted: %s", hash)
		}
		if h := mustClose(t, l, opened.Add(time.Second)); len(h.Transactions) != 0 {
			t.Fatalf("%d transactions", len(h.Transactions))
		}
		count(t, l, 0)
		// Operations are checked even if their accounts do not exist.
		if e, err := l.decode(base64.StdEncoding.EncodeToString(envelope)); err == nil {
			l.checkOperations(e, newSignatures(e.inner, e.Signatures()))
		}
	})
}
