package worker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestProductIsChangedFieldByField(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	other, third := s.USDC().Issuer, s.Merchant().Address()
	made := shop.post("/product", fmt.Sprintf(`{"name":"Tea","description":"Green <&> black","images":["https://shop.example/tea.png"],"asset_code":"EURC",
		"asset_issuer":%q,"price_amount":"2.5","metadata":{"sku":"t-1"}}`, other))
	path := "/product/" + made.text("id")
	last := made
	for _, c := range []struct{ body, from, to string }{
		{`{}`, `"name":"Tea"`, `"name":"Tea"`},
		{`{"name":"Tea, 100 g"}`, `"name":"Tea"`, `"name":"Tea, 100 g"`},
		{`{"description":null}`, `"description":"Green <&> black"`, `"description":null`},
		{`{"images":null}`, `"images":["https://shop.example/tea.png"]`, `"images":[]`},
		{`{"images":["https://shop.example/a.png","https://shop.example/b.png"]}`, `"images":[]`, `"images":["https://shop.example/a.png","https://shop.example/b.png"]`},
		{`{"price_amount":"0.0000001"}`, `"price_amount":2.5,"price_amount_decimal":"2.5"`, `"price_amount":0.0000001,"price_amount_decimal":"0.0000001"`},
		{`{"price_amount_decimal":"3.5"}`, `"price_amount":0.0000001,"price_amount_decimal":"0.0000001"`, `"price_amount":3.5,"price_amount_decimal":"3.5"`},
		{`{"price_amount_decimal":null}`, `"name"`, `"name"`},
		{`{"metadata":{"a":"b"}}`, `"metadata":{"sku":"t-1"}`, `"metadata":{"a":"b","sku":"t-1"}`}, // merged
		{`{"metadata":{"sku":null,"n":7.50,"on":true}}`, `"metadata":{"a":"b","sku":"t-1"}`, `"metadata":{"a":"b","n":"7.50","on":"true"}`},
		{`{"metadata":null,"description":"Two teas"}`, `"description":null`, `"description":"Two teas"`},
		{`{"asset_code":"EURC"}`, `"name"`, `"name"`}, // unchanged, including the issuer
		{`{"asset_code":"XLM"}`, fmt.Sprintf(`"asset_code":"EURC","asset_issuer":%q`, other), `"asset_code":"XLM","asset_issuer":null`},
		{`{"asset_code":"USDC"}`, `"asset_code":"XLM","asset_issuer":null`, fmt.Sprintf(`"asset_code":"USDC","asset_issuer":%q`, other)},
		{fmt.Sprintf(`{"asset_issuer":%q}`, third), string(other), third},
		{`{"asset_issuer":null}`, third, string(other)}, // the known issuer
		{`{"status":"archived","type":"one_time"}`, `"status":"active"`, `"status":"archived"`},
		{`{"name":"Tea"}`, `"name":"Tea, 100 g"`, `"name":"Tea"`},
		{`{"status":"active"}`, `"status":"archived"`, `"status":"active"`},
	} {
		s.Sleep(time.Second)
		got := shop.ok(shop.do("PUT", path, c.body))
		want := strings.Replace(last.body, c.from, c.to, 1)
		if strings.Contains(c.body, `"metadata":null`) {
			want = strings.Replace(want, `"metadata":{"a":"b","n":"7.50","on":"true"}`, `"metadata":{}`, 1)
		}
		want = strings.Replace(want, `"updated_at":"`+last.text("updated_at"), `"updated_at":"`+s.Now().Format("2006-01-02T15:04:05.000Z"), 1)
		if got.body != want {
			t.Errorf("%s: %swant %s", c.body, got.body, want)
		}
		if read := shop.get(path); read.body != got.body {
			t.Errorf("%s: read as %s", c.body, read.body)
		}
		last = got
	}
	if got := shop.list("/product"); len(got.ids) != 1 || string(got.items[0])+"\n" != last.body {
		t.Errorf("listed as %s", got.items)
	}
}

func TestChangeOfAProductIsCheckedLikeItsCreation(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	made := shop.post("/product", `{"name":"Tea","asset_code":"XLM","price_amount":2}`)
	path := "/product/" + made.text("id")
	for body, want := range map[string]string{
		``: "body_invalid", `[]`: "body_invalid", `null`: "body_invalid",
		`{"name":null}`: "parameter_missing name", `{"name":" "}`: "parameter_missing name", `{"name":1}`: "parameter_invalid name",
		`{"price_amount":null}`: "parameter_missing price_amount", `{"price_amount":0}`: "parameter_invalid price_amount",
		`{"asset_code":null}`: "parameter_missing asset_code", `{"asset_code":"DOGE"}`: "parameter_missing asset_issuer",
		`{"asset_issuer":"GABC"}`: "parameter_invalid asset_issuer", `{"images":["http://shop.example"]}`: "parameter_invalid images[0]",
		`{"status":"deleted"}`: "parameter_invalid status", `{"status":null}`: "parameter_missing status", `{"status":true}`: "parameter_invalid status",
		`{"type":"subscription"}`: "parameter_invalid type", `{"metadata":{"a":[1]}}`: "parameter_invalid metadata.a", `{"metadata":` + many(51) + `}`: "parameter_invalid metadata",
		`{"price_amount":1,"price_amount_decimal":"2"}`: "parameter_invalid price_amount_decimal", `{"price_amount_decimal":2}`: "parameter_invalid price_amount_decimal",
		`{"price_amount_cents":200}`: "parameter_unknown price_amount_cents", `{"currency_code":"XLM"}`: "parameter_unknown currency_code",
		`{"id":"prod_x"}`: "parameter_unknown id", `{"livemode":true}`: "parameter_unknown livemode", `{"name":"a","name":"b"}`: "parameter_duplicate name",
	} {
		r := shop.with("Content-Type", "application/json").do("PUT", path, body)
		if got := strings.TrimSuffix(r.text("error.code")+" "+r.text("error.param"), " null"); r.status != 400 || got != want {
			t.Errorf("%s: %d %s, want %s", body, r.status, r.body, want)
		}
	}
	if got := shop.get(path); got.body != made.body {
		t.Errorf("was %sis  %s", made.body, got.body)
	}
}

func TestActivatedProductIsSoldAgain(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	product := shop.post("/product", `{"name":"Tea","asset_code":"XLM","price_amount":2}`)
	path, body := "/product/"+product.text("id"), fmt.Sprintf(`{"product_id":%q}`, product.text("id"))
	before := shop.post("/checkout?type=product", body)
	shop.ok(shop.do("DELETE", path, ""))
	if r := shop.do("POST", "/checkout?type=product", body); r.status != 400 || r.text("error.code") != "product_archived" {
		t.Errorf("archived: %d %s", r.status, r.body)
	}
	if got := shop.list("/product"); len(got.ids) != 1 || !strings.Contains(string(got.items[0]), `"status":"archived"`) {
		t.Errorf("an archived product is listed as %s", got.items)
	}
	shop.ok(shop.do("PUT", path, `{"status":"active","price_amount":3}`))
	if r := shop.post("/checkout?type=product", body); r.text("amount") != "3" {
		t.Errorf("active again: %s", r.body)
	}
	if r := shop.get("/checkout/" + before.text("id")); r.text("amount") != "2" {
		t.Errorf("the checkout made before: %s", r.body)
	}
}
