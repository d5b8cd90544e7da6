package worker_test

import (
	"strings"
	"testing"
	"time"
)

func TestCustomerHasAPictureAndWallets(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	first, second := s.Person().Address(), s.Person().Address()
	made := shop.post("/customers", `{"name":"Ada","image":"https://shop.example/ada.png","wallets":["`+first+`"]}`)
	path := "/customers/" + made.text("id")
	since := made.text("created_at")
	s.Sleep(time.Minute)
	wallet := func(address, at string) string {
		return `{"id":"` + address + `","address":"` + address + `","created_at":"` + at + `"}`
	}
	if want := `"image":"https://shop.example/ada.png","wallets":[` + wallet(first, since) + `]`; !strings.Contains(made.body, want) {
		t.Errorf("made %s, want %s", made.body, want)
	}
	if kept := shop.ok(shop.do("PUT", path, `{"name":"Ada L."}`)); !strings.Contains(kept.body, wallet(first, since)) {
		t.Errorf("a change of the name: %s", kept.body)
	}
	// A wallet that is known already is known since then.
	grown := shop.ok(shop.do("PUT", path, `{"wallets":["`+second+`","`+first+`"]}`))
	if want := `"wallets":[` + wallet(second, grown.text("updated_at")) + `,` + wallet(first, since) + `]`; !strings.Contains(grown.body, want) {
		t.Errorf("another wallet: %s, want %s", grown.body, want)
	}
	if gone := shop.ok(shop.do("PUT", path, `{"wallets":null,"image":null}`)); !strings.Contains(gone.body, `"image":null,"wallets":[]`) {
		t.Errorf("without: %s", gone.body)
	}
	for body, param := range map[string]string{
		`{"image":"http://shop.example/ada.png"}`:            "image",
		`{"wallets":["` + first + `","` + first + `"]}`:      "wallets[1]",
		`{"wallets":["GABC"]}`:                               "wallets[0]",
		`{"wallets":"` + first + `"}`:                        "wallets",
		`{"wallets":[` + strings.Repeat(`"",`, 8) + `""]}`:   "wallets",
		`{"wallets":[{"address":"` + first + `"}],"name":1}`: "name",
	} {
		if r := shop.do("PUT", path, body); r.status != 400 || r.text("error.param") != param {
			t.Errorf("%s: %d %s, want an error of %s", body, r.status, r.body, param)
		}
	}
}

func TestNamesOfOtherServicesAreAnsweredWithOurs(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	for body, want := range map[string]struct{ param, says string }{
		`{"amount_cents":500,"currency_code":"USD"}`:                {"amount_cents", "send amount, in units of the asset and not in cents"},
		`{"amount":5,"currency_code":"USD"}`:                        {"currency_code", "send asset_code"},
		`{"amount":5,"asset_code":"USDC","amount_cents":500}`:       {"amount_cents", "send amount"},
		`{"amount":5,"asset_code":"XLM","success_url":"https://x"}`: {"success_url", "send redirect_url"},
	} {
		r := shop.do("POST", "/checkout?type=direct", body)
		if r.status != 400 || r.text("error.code") != "parameter_unknown" || r.text("error.param") != want.param || !strings.Contains(r.text("error.message"), want.says) {
			t.Errorf("%s: %d %s", body, r.status, r.body)
		}
	}
}

func TestAmountsAreTakenAsDecimalStrings(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	const most = `"922337203685.4775807"`
	for _, amounts := range []string{`"amount_decimal":` + most, `"amount":922337203685.4775807,"amount_decimal":` + most} {
		r := shop.post("/checkout?type=direct", `{`+amounts+`,"asset_code":"XLM"}`)
		if !strings.Contains(r.body, `"amount":922337203685.4775807,"amount_decimal":`+most) {
			t.Errorf("%s: %s", amounts, r.body)
		}
	}
	for body, want := range map[string]string{
		`"amount_decimal":5`:                  "parameter_invalid amount_decimal",
		`"amount_decimal":"0"`:                "parameter_invalid amount_decimal",
		`"amount_decimal":"1e3"`:              "parameter_invalid amount_decimal",
		`"amount":5,"amount_decimal":"6"`:     "parameter_invalid amount_decimal",
		`"amount":null,"amount_decimal":null`: "parameter_missing amount",
	} {
		r := shop.do("POST", "/checkout?type=direct", `{`+body+`,"asset_code":"XLM"}`)
		if got := r.text("error.code") + " " + r.text("error.param"); r.status != 400 || got != want {
			t.Errorf("%s: %d %s, want %s", body, r.status, r.body, want)
		}
	}
}
