package stellar_test

import (
	"net/url"
	"strings"
	"testing"

	"edgecheckout/worker/stellar"
)

func TestPaymentRequestCarriesAMessage(t *testing.T) {
	request := stellar.PaymentRequest{Destination: "G1", Amount: 5, Asset: stellar.XLM, Memo: "m", Network: stellar.URINetworkOf("A & B")}
	plain := request.URI()
	if strings.Contains(plain, "msg") {
		t.Errorf("without a message: %s", plain)
	}
	for message, want := range map[string]string{
		"Two teas":                 "&msg=Two%20teas",
		"a+b & c=d? #e%":           "&msg=a%2Bb%20%26%20c%3Dd%3F%20%23e%25",
		"Café \"☕\"":               "&msg=Caf%C3%A9%20%22%E2%98%95%22",
		strings.Repeat("ö", 300):   "&msg=" + strings.Repeat("%C3%B6", 300),
		strings.Repeat("ö", 301):   "&msg=" + strings.Repeat("%C3%B6", 300),
		strings.Repeat("x", 10000): "&msg=" + strings.Repeat("x", 300),
	} {
		request.Message = message
		got := request.URI()
		if got != plain+want {
			t.Errorf("%.20s: %s", message, got)
		}
		if _, err := url.ParseRequestURI(got); err != nil {
			t.Errorf("%.20s: %v", message, err)
		}
	}
}
