package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/codec"
	"edgecheckout/worker/stellar"
)

// The functions below draw random values for every field, including empty and awkward ones.

var texts = []string{"", "", "plain", "Björn’s & <Söhne>", "line\nline\u2028\t\"\\", "\x01\x7f", "bad \xff bytes", "😀"}

func text() string { return texts[rand.IntN(len(texts))] }

func moment() time.Time {
	return time.Unix(rand.Int64N(4e9), rand.Int64N(1e9)).UTC().Truncate(time.Duration(max(1, rand.IntN(3)*1e6)))
}

func amount() stellar.Amount {
	return stellar.Amount(rand.Int64N(int64(stellar.MaxAmount)) >> rand.IntN(63))
}

func asset() stellar.Asset { return stellar.Asset{Code: text(), Issuer: stellar.Address(text())} }

func payment() checkout.Payment {
	return checkout.Payment{Operation: rand.Int64(), Index: rand.IntN(3), Hash: text(), ClosedAt: moment(), From: text(), Asset: asset(), Amount: amount()}
}

func some[T any](most int, one func() T) (list []T) {
	for range rand.IntN(most + 1) {
		list = append(list, one())
	}
	return list
}

func drawCheckout() checkout.Checkout {
	s := checkout.Checkout{
		Merchant: text(), MerchantName: text(), Mode: stellar.Modes[rand.IntN(2)], CustomerID: text(), ProductID: text(), Amount: amount(),
		Asset: asset(), Account: stellar.Address(text()), Memo: text(), RedirectURL: text(), CancelURL: text(), Description: text(),
		Brand: checkout.Brand{LogoURL: text(), Color: text(), SupportEmail: text(), Website: text(), HomeDomain: text()}, Picture: text(),
		CreatedAt: moment(), ExpiresAt: moment(),
	}
	for i := range s.ID {
		s.ID[i] = byte(rand.IntN(256))
	}
	for range rand.IntN(4) {
		if s.Metadata == nil {
			s.Metadata = checkout.Metadata{}
		}
		s.Metadata[strings.ToValidUTF8(text(), "?")] = text()
	}
	return s
}

func outcome() checkout.Outcome {
	o := checkout.Outcome{Status: checkout.Status(text()), Exception: checkout.Exception(text()), Received: amount()}
	o.Payments = some(3, func() checkout.Judged { return checkout.Judged{Payment: payment(), Reason: checkout.Reason(text())} })
	if rand.IntN(2) == 0 {
		o.CompletedAt = moment()
	}
	return o
}

// standard encodes with encoding/json, without HTML escaping.
func standard(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// agrees compares how a record encodes and decodes itself with what encoding/json does.
func agrees[T any](t *testing.T, v T) {
	t.Helper()
	if _, ok := any(&v).(Writer); !ok {
		t.Fatalf("%T does not encode itself", v)
	}
	written := Encode(&v)
	if diff := cmp.Diff(string(standard(t, v)), string(written)); diff != "" {
		t.Fatalf("%T is encoded differently (-want +got):\n%s", v, diff)
	}
	reads[T](t, written, true)
}

// reads compares the results of [Decode] and encoding/json for data. If all is set, the record must
// decode the data without encoding/json.
func reads[T any](t *testing.T, data []byte, all bool) {
	t.Helper()
	var own, want T
	r := codec.NewReader(string(data))
	any(&own).(Reader).ReadJSON(&r)
	if all && !r.Done() {
		t.Fatalf("%T does not decode %s", own, data)
	}
	wantErr := json.Unmarshal(data, &want)
	if r.Done() {
		if wantErr != nil {
			t.Fatalf("%T reads %q, encoding/json says %v", own, data, wantErr)
		}
		if !reflect.DeepEqual(own, want) {
			t.Fatalf("%T decodes %q differently (-want +got):\n%s", own, data, cmp.Diff(fmt.Sprintf("%#v", want), fmt.Sprintf("%#v", own)))
		}
	}
	got, ok, err := Decode[T](data)
	if (err == nil) != (wantErr == nil) || ok != (wantErr == nil) || err == nil && !reflect.DeepEqual(got, want) {
		t.Fatalf("%T: %q is decoded as %#v, %v, %v; want %#v, %v", own, data, got, ok, err, want, wantErr)
	}
}

func TestRecordsAreWrittenAndReadLikeEncodingJSON(t *testing.T) {
	for range 3000 {
		agrees(t, drawCheckout())
		agrees(t, outcome())
		if list := some(3, payment); list != nil {
			agrees(t, checkout.Payments(list))
		}
	}
}

func FuzzStoredBytesAreNeverReadAsAnotherValue(f *testing.F) {
	for range 20 {
		s := drawCheckout()
		f.Add(Encode(&s))
		f.Add(Encode(outcome()))
		f.Add(Encode(checkout.Payments(some(2, payment))))
	}
	for _, s := range []string{
		``, `null`, `{}`, `[]`, `{"amount":01}`, `{"amount":-1}`, `{"amount":"1"}`, `{"asset":{"code":"A","issuer":"B"},"asset":{"code":"C"}}`,
		`{"ID":"chk_01arz3ndektsv4rrffq69g5fav"}`, `{"memo":"a","memo":"b"}`, `{"payments":[{"op":1,"hash":"a"}],"payments":[{"op":2}]}`,
		`[{"op":1}] `, `{"metadata":{"a":"b"},"metadata":{"c":"d"}}`, `{"metadata":{"a":"b"},"metadata":null}`, `{"created_at":"2026-01-01T00:00:00+01:00"}`,
		`{"status":"open","status":null}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		reads[checkout.Checkout](t, data, false)
		reads[checkout.Outcome](t, data, false)
		reads[checkout.Payments](t, data, false)
	})
}
