package worker_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const aWebhook = `{"name":"Orders","url":"https://shop.example/webhooks","events":["checkout.completed"]}`

func TestAWebhookEndpointIsChangedFieldByField(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	made := shop.post("/webhooks", aWebhook)
	if !strings.HasPrefix(made.text("secret"), "whsec_") {
		t.Errorf("created without a secret: %s", made.body)
	}
	last := strings.Replace(made.body, fmt.Sprintf("%q", made.text("secret")), "null", 1)
	path := "/webhooks/" + made.text("id")
	if got := shop.get(path); got.body != last {
		t.Errorf("read as %swant    %s", got.body, last)
	}
	for _, c := range []struct{ body, from, to string }{
		{`{}`, `"name":"Orders"`, `"name":"Orders"`},
		{`{"name":"All"}`, `"name":"Orders"`, `"name":"All"`},
		{`{"url":"https://shop.example:8443/x?y=z"}`, `https://shop.example/webhooks`, `https://shop.example:8443/x?y=z`},
		{`{"events":["*"]}`, `["checkout.completed"]`, `["*"]`},
		{`{"description":"For the till"}`, `"description":null`, `"description":"For the till"`},
		{`{"description":null,"events":["payment.confirmed","payment.unexpected"]}`, `["*"],"is_disabled":false,"description":"For the till"`,
			`["payment.confirmed","payment.unexpected"],"is_disabled":false,"description":null`},
		{`{"is_disabled":true}`, `"is_disabled":false`, `"is_disabled":true`},
		{`{"is_disabled":false}`, `"is_disabled":true`, `"is_disabled":false`},
	} {
		s.Sleep(time.Second)
		before := shop.get(path).text("updated_at")
		got := shop.ok(shop.do("PUT", path, c.body))
		want := strings.Replace(last, c.from, c.to, 1)
		want = strings.Replace(want, `"updated_at":"`+before, `"updated_at":"`+s.Now().Format("2006-01-02T15:04:05.000Z"), 1)
		if got.body != want {
			t.Errorf("%s: %swant %s", c.body, got.body, want)
		}
		last = got.body
	}
	if got := shop.list("/webhooks"); len(got.ids) != 1 || string(got.items[0])+"\n" != last {
		t.Errorf("listed as %s", got.items)
	}
	if r := shop.ok(shop.do("DELETE", path, "")); r.body != fmt.Sprintf(`{"id":%q,"object":"webhook","deleted":true}`+"\n", made.text("id")) {
		t.Errorf("deleted: %s", r.body)
	}
	for method, body := range map[string]string{"GET": "", "PUT": `{}`, "DELETE": ""} {
		if r := shop.do(method, path, body); r.status != 404 {
			t.Errorf("%s after it was deleted: %d %s", method, r.status, r.body)
		}
	}
	for _, key := range s.Store.Keys("") {
		if strings.Contains(key, made.text("id")) {
			t.Errorf("%s is left", key)
		}
	}
}

func TestEventsAndURLsOfAnEndpointAreChecked(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	for body, want := range map[string]string{
		`{"url":"https://shop.example","events":["*"]}`:                                                             "parameter_missing name",
		`{"name":"a","events":["*"]}`:                                                                               "parameter_missing url",
		`{"name":"a","url":"https://shop.example"}`:                                                                 "parameter_missing events",
		`{"name":"a","url":"https://shop.example","events":[]}`:                                                     "parameter_invalid events",
		`{"name":"a","url":"https://shop.example","events":"*"}`:                                                    "parameter_invalid events",
		`{"name":"a","url":"https://shop.example","events":["checkout.completed","*"]}`:                             "parameter_invalid events[1]",
		`{"name":"a","url":"https://shop.example","events":["checkout.paid"]}`:                                      "parameter_invalid events[0]",
		`{"name":"a","url":"https://shop.example","events":["checkout.failed","checkout.failed"]}`:                  "parameter_invalid events[1]",
		`{"name":"a","url":"http://shop.example","events":["*"]}`:                                                   "parameter_invalid url",
		`{"name":"a","url":"https://127.0.0.1","events":["*"]}`:                                                     "parameter_invalid url",
		`{"name":"a","url":"https://pay.example/health","events":["*"]}`:                                            "parameter_invalid url",
		`{"name":"a","url":"https://ada:b@shop.example","events":["*"]}`:                                            "parameter_invalid url",
		`{"name":"a","url":"https://shop.example","events":["*"],"secret":"whsec_a"}`:                               "parameter_unknown secret",
		`{"name":"a","url":"https://shop.example","events":["*"],"is_disabled":"no"}`:                               "parameter_invalid is_disabled",
		`{"name":"a","url":"https://shop.example/` + strings.Repeat("x", 2048) + `","events":["*"]}`:                "parameter_invalid url",
		`{"name":"a","url":"https://shop.example","events":["*"],"description":"` + strings.Repeat("x", 501) + `"}`: "parameter_invalid description",
	} {
		r := shop.with("Content-Type", "application/json").do("POST", "/webhooks", body)
		if got := r.text("error.code") + " " + r.text("error.param"); r.status != 400 || got != want {
			t.Errorf("%.100s: %d %s, want %s", body, r.status, r.body, want)
		}
	}
	if got := shop.list("/webhooks").ids; len(got) != 0 {
		t.Errorf("created: %v", got)
	}
}

func TestSecretsAreShownOnceAndStoredEncrypted(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	first := shop.post("/webhooks", aWebhook)
	path := "/webhooks/" + first.text("id")
	s.Sleep(time.Second)
	second := shop.post(path+"/rotate", "")
	if first.text("secret") == second.text("secret") || first.text("id") != second.text("id") {
		t.Errorf("rotated: %s", second.body)
	}
	for _, secret := range []string{first.text("secret"), second.text("secret")} {
		for _, key := range s.Store.Keys("") {
			if strings.Contains(string(s.Store.Peek(key)), strings.TrimPrefix(secret, "whsec_")) {
				t.Errorf("%s has a secret in the clear", key)
			}
		}
		for _, shown := range []string{shop.get(path).body, shop.get("/webhooks").body, shop.ok(shop.do("PUT", path, `{}`)).body} {
			if strings.Contains(shown, secret) {
				t.Errorf("shown again: %s", shown)
			}
		}
	}
}

func TestRetriesCreateAndRotateOnce(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	s.Sleep(2 * time.Minute)
	once := shop.with("Idempotency-Key", "once")
	made := once.post("/webhooks", aWebhook)
	elsewhere := once.at(s.edge()).post("/webhooks", aWebhook)
	if elsewhere.text("secret") != made.text("secret") || elsewhere.text("id") != made.text("id") {
		t.Errorf("at once: %s and %s", made.body, elsewhere.body)
	}
	s.Sleep(2 * time.Minute)
	if later := once.post("/webhooks", aWebhook); later.text("secret") != made.text("secret") {
		t.Errorf("later: %s", later.body)
	}
	if got := shop.list("/webhooks").ids; !slices.Equal(got, []string{made.text("id")}) {
		t.Errorf("listed: %v", got)
	}
	path := "/webhooks/" + made.text("id") + "/rotate"
	rotation := shop.with("Idempotency-Key", "rotation")
	rotated := rotation.post(path, "").text("secret")
	s.Sleep(2 * time.Minute)
	if again := rotation.post(path, "").text("secret"); again != rotated || again == made.text("secret") {
		t.Errorf("rotated to %s, and by the same request to %s", rotated, again)
	}
	shop.post(path, "")
	s.Sleep(2 * time.Minute)
	if r := rotation.do("POST", path, ""); r.status != 409 || r.text("error.code") != "idempotency_key_reused" {
		t.Errorf("a replaced secret comes back: %d %s", r.status, r.body)
	}
}

func TestThereAreSixteenEndpointsAtMost(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	for i := range 16 {
		s.Sleep(time.Millisecond)
		shop.post("/webhooks", strings.Replace(aWebhook, "/webhooks", fmt.Sprintf("/webhooks/%d", i), 1))
	}
	r := shop.with("Content-Type", "application/json").do("POST", "/webhooks", aWebhook)
	if r.status != 409 || r.text("error.code") != "webhook_limit" {
		t.Errorf("the seventeenth: %d %s", r.status, r.body)
	}
	last := shop.list("/webhooks?limit=100").ids
	shop.ok(shop.do("DELETE", "/webhooks/"+last[3], ""))
	shop.post("/webhooks", aWebhook)
}

func TestEndpointsOfOthersDoNotExist(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	mine, _ := s.merchant(edge)
	theirs, _ := s.merchant(edge)
	path := "/webhooks/" + mine.post("/webhooks", aWebhook).text("id")
	for method, body := range map[string]string{"GET": "", "PUT": `{}`, "DELETE": ""} {
		if r := theirs.do(method, path, body); r.status != 404 {
			t.Errorf("%s: %d %s", method, r.status, r.body)
		}
	}
	if r := theirs.do("POST", path+"/rotate", ""); r.status != 404 {
		t.Errorf("rotate: %d %s", r.status, r.body)
	}
}
