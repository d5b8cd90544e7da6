package worker_test

import (
	"strings"
	"testing"
	"time"
)

// The operator adds a new secret in front of the old one and later removes the old one. Data
// centres learn of it at different times.
func TestRotatingSecretsLosesNoOpenCheckout(t *testing.T) {
	const newToken = "the-operators-new-token"
	newMemoKey := strings.Repeat("0123456789fedcc3", 4)
	s := deploy(t)
	memoKey := s.settings()["MEMO_KEYS"]
	before := s.edge()
	during := s.edge("ADMIN_TOKEN", newToken+", "+adminToken, "MEMO_KEYS", newMemoKey+","+memoKey)
	after := s.edge("ADMIN_TOKEN", newToken, "MEMO_KEYS", newMemoKey)

	shop, _ := s.merchant(before)
	made := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	s.Sleep(time.Minute) // until the other data centres see the key
	alsoMade := shop.at(during).post("/checkout?type=direct", `{"amount":6,"asset_code":"USDC"}`)
	s.Advance(time.Minute)

	person := s.Person()
	s.Pay(person, addr(made.text("destination")), "5", s.USDC(), made.text("memo"))
	s.Advance(time.Minute)
	s.Pay(person, addr(alsoMade.text("destination")), "6", s.USDC(), alsoMade.text("memo"))
	s.Advance(time.Minute)
	s.sweep(before) // does not know the new key; another sweep finds what it cannot decrypt
	s.Advance(time.Minute)
	s.sweep(during)
	s.Sleep(time.Minute)
	for _, c := range []reply{made, alsoMade} {
		if r := shop.at(after).get("/checkout/" + c.text("id")); r.text("status") != "completed" || r.text("amount_received") != c.text("amount") {
			t.Errorf("%s", r.body)
		}
	}

	merchant := "/merchants/" + strings.TrimPrefix(s.Store.Keys("merchant/")[0], "merchant/")
	for _, test := range []struct {
		edge   string
		token  string
		status int
	}{
		{"before", adminToken, 200}, {"before", newToken, 401},
		{"during", adminToken, 200}, {"during", newToken, 200},
		{"during", newToken + ", " + adminToken, 401}, {"during", newToken[1:], 401},
		{"after", adminToken, 401}, {"after", newToken, 200},
	} {
		edge := map[string]client{"before": shop.at(before), "during": shop.at(during), "after": shop.at(after)}[test.edge]
		if r := edge.with("Authorization", "Bearer "+test.token).get(merchant); r.status != test.status {
			t.Errorf("%s the rotation, with %q: %d %s, want %d", test.edge, test.token, r.status, r.body, test.status)
		}
	}
}

func TestWithoutATokenTheOperatorIsRefused(t *testing.T) {
	s := deploy(t)
	edge := s.edge("ADMIN_TOKEN", "")
	for _, token := range []string{"", " ", ",", adminToken} {
		if r := s.operator(edge).with("Authorization", "Bearer "+token).get("/merchants/mer_01kay3t4w5x6y7z8a90123456z"); r.status != 401 {
			t.Errorf("with %q: %d %s", token, r.status, r.body)
		}
	}
}
