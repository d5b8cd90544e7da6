package worker_test

import (
	"strings"
	"testing"
)

// TestBadBodies sends every shape of bad input that a body can have, and expects the parameter to be named.
func TestBadBodies(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	long := func(n int) string { return strings.Repeat("x", n) }
	cases := []struct{ name, body, code, param string }{
		{"no body", ``, "body_invalid", "null"},
		{"blank", "  \n", "body_invalid", "null"},
		{"no JSON", `amount=1`, "body_invalid", "null"},
		{"cut off", `{"amount":1`, "body_invalid", "null"},
		{"an array", `[1]`, "body_invalid", "null"},
		{"null", `null`, "body_invalid", "null"},
		{"two objects", `{}{}`, "body_invalid", "null"},
		{"trailing text", `{} x`, "body_invalid", "null"},
		{"a comment", `{/**/}`, "body_invalid", "null"},
		{"bad UTF-8", "{\"description\":\"\xff\"}", "body_invalid", "null"},
		{"half a surrogate pair", `{"description":"\ud800"}`, "body_invalid", "null"},
		{"the other half first", `{"description":"\udc00\ud800"}`, "body_invalid", "null"},
		{"deep", strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20), "body_invalid", "a.a.a.a.a.a.a.a"},
		{"given twice", `{"amount":1,"amount":2}`, "parameter_duplicate", "amount"},
		{"given twice inside", `{"metadata":{"a":"1","a":"2"}}`, "parameter_duplicate", "metadata.a"},
		{"given twice by an escape", `{"amount":1,"\u0061mount":2}`, "parameter_duplicate", "amount"},
		{"unknown", `{"amount":1,"asset_code":"XLM","currency":"usd"}`, "parameter_unknown", "currency"},
		{"case matters", `{"Amount":1,"asset_code":"XLM"}`, "parameter_missing", "amount"},
		{"amount missing", `{"asset_code":"XLM"}`, "parameter_missing", "amount"},
		{"amount null", `{"amount":null,"asset_code":"XLM"}`, "parameter_missing", "amount"},
		{"amount zero", `{"amount":0,"asset_code":"XLM"}`, "parameter_invalid", "amount"},
		{"amount minus zero", `{"amount":-0,"asset_code":"XLM"}`, "parameter_invalid", "amount"},
		{"amount negative", `{"amount":-1,"asset_code":"XLM"}`, "parameter_invalid", "amount"},
		{"amount with exponent", `{"amount":1e3,"asset_code":"XLM"}`, "parameter_invalid", "amount"},
		{"amount string with exponent", `{"amount":"1E3","asset_code":"XLM"}`, "parameter_invalid", "amount"},
		{"amount of eight decimals", `{"amount":0.00000001,"asset_code":"XLM"}`, "parameter_invalid", "amount"},
		{"amount too large", `{"amount":922337203685.4775808,"asset_code":"XLM"}`, "parameter_invalid", "amount"},
		{"amount huge", `{"amount":` + strings.Repeat("9", 500) + `,"asset_code":"XLM"}`, "parameter_invalid", "amount"},
		{"amount NaN", `{"amount":"NaN","asset_code":"XLM"}`, "parameter_invalid", "amount"},
		{"amount true", `{"amount":true,"asset_code":"XLM"}`, "parameter_invalid", "amount"},
		{"amount a list", `{"amount":[1],"asset_code":"XLM"}`, "parameter_invalid", "amount"},
		{"amount empty", `{"amount":"","asset_code":"XLM"}`, "parameter_invalid", "amount"},
		{"amount with blanks", `{"amount":" 1","asset_code":"XLM"}`, "parameter_invalid", "amount"},
		{"code missing", `{"amount":1}`, "parameter_missing", "asset_code"},
		{"code empty", `{"amount":1,"asset_code":""}`, "parameter_missing", "asset_code"},
		{"code too long", `{"amount":1,"asset_code":"ABCDEFGHIJKLM"}`, "parameter_invalid", "asset_code"},
		{"code of other letters", `{"amount":1,"asset_code":"ÜSD"}`, "parameter_invalid", "asset_code"},
		{"code a number", `{"amount":1,"asset_code":1}`, "parameter_invalid", "asset_code"},
		{"issuer needed", `{"amount":1,"asset_code":"DOGE"}`, "parameter_missing", "asset_issuer"},
		{"issuer no account", `{"amount":1,"asset_code":"USDC","asset_issuer":"GABC"}`, "parameter_invalid", "asset_issuer"},
		{"http redirect", `{"amount":1,"asset_code":"XLM","redirect_url":"http://shop.example"}`, "parameter_invalid", "redirect_url"},
		{"script redirect", `{"amount":1,"asset_code":"XLM","redirect_url":"javascript:alert(1)"}`, "parameter_invalid", "redirect_url"},
		{"data redirect", `{"amount":1,"asset_code":"XLM","cancel_url":"data:text/html,x"}`, "parameter_invalid", "cancel_url"},
		{"redirect without a host", `{"amount":1,"asset_code":"XLM","redirect_url":"https:///x"}`, "parameter_invalid", "redirect_url"},
		{"redirect with a password", `{"amount":1,"asset_code":"XLM","redirect_url":"https://a:b@shop.example"}`, "parameter_invalid", "redirect_url"},
		{"redirect with a header in it", `{"amount":1,"asset_code":"XLM","redirect_url":"https://shop.example/\r\nSet-Cookie: a=b"}`, "parameter_invalid", "redirect_url"},
		{"redirect with a backslash", `{"amount":1,"asset_code":"XLM","redirect_url":"https://shop.example\\@evil.example"}`, "parameter_invalid", "redirect_url"},
		{"redirect whose host is the id", `{"amount":1,"asset_code":"XLM","redirect_url":"https://{CHECKOUT_ID}.example/"}`, "parameter_invalid", "redirect_url"},
		{"redirect too long", `{"amount":1,"asset_code":"XLM","redirect_url":"https://shop.example/` + long(2048) + `"}`, "parameter_invalid", "redirect_url"},
		{"description too long", `{"amount":1,"asset_code":"XLM","description":"` + long(501) + `"}`, "parameter_invalid", "description"},
		{"description with NUL", `{"amount":1,"asset_code":"XLM","description":"a\u0000b"}`, "parameter_invalid", "description"},
		{"metadata a list", `{"amount":1,"asset_code":"XLM","metadata":["a"]}`, "parameter_invalid", "metadata"},
		{"metadata value a number", `{"amount":1,"asset_code":"XLM","metadata":{"a":1}}`, "parameter_invalid", "metadata.a"},
		{"metadata value null", `{"amount":1,"asset_code":"XLM","metadata":{"a":null}}`, "parameter_invalid", "metadata.a"},
		{"metadata key too long", `{"amount":1,"asset_code":"XLM","metadata":{"` + long(41) + `":"1"}}`, "parameter_invalid", "metadata"},
		{"metadata value too long", `{"amount":1,"asset_code":"XLM","metadata":{"a":"` + long(501) + `"}}`, "parameter_invalid", "metadata.a"},
		{"expires too soon", `{"amount":1,"asset_code":"XLM","expires_in":299}`, "parameter_invalid", "expires_in"},
		{"expires too late", `{"amount":1,"asset_code":"XLM","expires_in":86401}`, "parameter_invalid", "expires_in"},
		{"expires a fraction", `{"amount":1,"asset_code":"XLM","expires_in":300.5}`, "parameter_invalid", "expires_in"},
		{"expires a string", `{"amount":1,"asset_code":"XLM","expires_in":"300"}`, "parameter_invalid", "expires_in"},
		{"e-mail without a domain", `{"amount":1,"asset_code":"XLM","customer_email":"ada"}`, "parameter_invalid", "customer_email"},
		{"e-mail with a header in it", `{"amount":1,"asset_code":"XLM","customer_email":"a@b.example, c@d.example"}`, "parameter_invalid", "customer_email"},
		{"phone without its country", `{"amount":1,"asset_code":"XLM","customer_phone":"0301234567"}`, "parameter_invalid", "customer_phone"},
		{"customer unknown", `{"amount":1,"asset_code":"XLM","customer_id":"cus_x"}`, "parameter_invalid", "customer_id"},
		{"customer named twice", `{"amount":1,"asset_code":"XLM","customer_id":"cus_x","customer_email":"a@b.example"}`, "parameter_invalid", "customer_id"},
		{"product in a direct checkout", `{"amount":1,"asset_code":"XLM","product_id":"prod_x"}`, "parameter_unknown", "product_id"},
	}
	for _, c := range cases {
		r := shop.with("Content-Type", "application/json").do("POST", "/checkout?type=direct", c.body)
		if r.status != 400 || r.text("error.code") != c.code || r.text("error.param") != c.param || r.text("error.type") != "invalid_request_error" {
			t.Errorf("%s: %d %s; want %s for %s", c.name, r.status, r.body, c.code, c.param)
		}
	}
	if writes := s.Store.Keys("checkout/"); len(writes) != 0 {
		t.Errorf("bad input made %v", writes)
	}
}

func TestGoodBodiesAtTheirBounds(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	for name, body := range map[string]string{
		"the smallest amount":   `{"amount":0.0000001,"asset_code":"XLM"}`,
		"the largest amount":    `{"amount":"922337203685.4775807","asset_code":"XLM"}`,
		"an unknown asset":      `{"amount":1,"asset_code":"ABCDEFGHIJKL","asset_issuer":"` + string(s.USDC().Issuer) + `"}`,
		"any Unicode":           `{"amount":1,"asset_code":"XLM","description":"\u202etea \ud83c\udf75 \\ud800"}`,
		"localhost in test":     `{"amount":1,"asset_code":"XLM","redirect_url":"http://localhost:3000/{CHECKOUT_ID}"}`,
		"null where optional":   `{"amount":1,"asset_code":"XLM","asset_issuer":null,"metadata":null,"redirect_url":null,"expires_in":null,"customer_id":null}`,
		"metadata kept exactly": `{"amount":1,"asset_code":"XLM","metadata":{" ":"","\u0000":"\u0000","é":"\ud83d\ude00"}}`,
	} {
		if r := shop.do("POST", "/checkout?type=direct", body); r.status != 200 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
}
