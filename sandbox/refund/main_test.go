package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"edgecheckout/sandbox/stack"

	"github.com/google/go-cmp/cmp"
)

func TestLastPaymentOfACheckoutIsPaidBack(t *testing.T) {
	var asked []string
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var sent map[string]string
		_ = json.NewDecoder(r.Body).Decode(&sent)
		asked = append(asked, r.Method+" "+r.URL.String()+" "+sent["payment_id"]+sent["amount"]+sent["transaction"]+sent["merchant"])
		answers := map[string]string{
			"GET /payment":       `{"data":[{"id":"pay_2"},{"id":"pay_1"}]}`,
			"POST /refunds":      `{"id":"rf_1","amount_decimal":"5","asset_code":"XLM","destination":"G","status":"pending","transaction":"AAAA","warnings":[]}`,
			"POST /sandbox/sign": `{"hash":"h"}`,
			"GET /refunds/rf_1":  `{"id":"rf_1","status":"succeeded"}`,
		}
		_, _ = w.Write([]byte(answers[r.Method+" "+r.URL.Path]))
	}))
	defer service.Close()
	dev := stack.Dev{BaseURL: service.URL, HorizonURL: service.URL, APIKey: "sk_test_"}
	vars := map[string]string{"CHECKOUT": "chk_1", "AMOUNT": "5"}
	if err := payBack(t.Context(), dev, func(name string) string { return vars[name] }); err != nil {
		t.Fatal(err)
	}
	want := []string{"GET /payment?checkout_id=chk_1 ", "POST /refunds pay_25", "POST /sandbox/sign AAAAdemo", "GET /refunds/rf_1 "}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}

func TestRefundOfNothingSaysWhatToGive(t *testing.T) {
	err := payBack(t.Context(), stack.Dev{}, func(string) string { return "" })
	if err == nil || !strings.Contains(err.Error(), "PAYMENT=pay_…") {
		t.Errorf("%v", err)
	}
}
