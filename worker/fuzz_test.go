package worker_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"edgecheckout/worker"
)

// sane requires a complete answer that is not an internal error; client.do has checked it against
// the contract.
func sane(t *testing.T, r reply) {
	t.Helper()
	if r.status != 200 && (r.status < 400 || r.status >= 500 || r.status == 429) {
		t.Errorf("%d %s", r.status, clip(r.body))
	}
}

// of returns the fixture for one round of a fuzz test.
func (s fixture) of(t *testing.T) fixture {
	site := *s.site
	site.t, s.site, s.everybody.t = t, &site, t
	return s
}

// Arbitrary bytes are sent to every operation with a body. What was created or changed must be read
// back as it was answered.
func FuzzBodies(f *testing.F) {
	s := fixtureOf(f)
	inputs := slices.DeleteFunc(s.inputs, func(in input) bool {
		return in.fields == nil || in.op.OperationID == "createTransaction" || in.op.OperationID == "reconcileMerchant"
	})
	for i, in := range inputs {
		f.Add(uint8(i), []byte(in.with("metadata", `{"a":"b"}`)))
		f.Add(uint8(i), []byte(`{"name":"A","email":"a@b.example","phone":"+4930901820","metadata":null,"status":"archived","images":["https://a.example/"],"price_amount":1e3}`))
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		s, in := s.of(t), inputs[int(which)%len(inputs)]
		r := s.ask(in, in.query, string(body))
		sane(t, r)
		if r.status != 200 || in.op.OperationID == "createKey" {
			return
		}
		_, path, _ := strings.Cut(in.pattern, " ")
		path = strings.Join(strings.Split(path, "/")[:2], "/")
		if again := s.everybody.get(path + "/" + r.text("id")); again.body != r.body {
			t.Errorf("%s answered %sand then reads %s", in, r.body, again.body)
		}
	})
}

// An arbitrary query is sent to every operation without a body.
func FuzzQueries(f *testing.F) {
	s := fixtureOf(f)
	inputs := slices.DeleteFunc(s.inputs, func(in input) bool { return in.op.RequestBody != nil || in.op.Security != nil })
	for i, in := range inputs {
		f.Add(uint8(i), "")
		for _, p := range in.op.Parameters {
			if p.Value.In == "query" {
				f.Add(uint8(i), p.Value.Name+"=5&"+p.Value.Name+"=%ff")
				f.Add(uint8(i), "unmatched=true&"+p.Value.Name+"=2026-11-22T11:00:00Z")
				f.Add(uint8(i), p.Value.Name+"=chk_01m81j18g0h1djbedcgmej9myt;limit=+1")
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, query string) {
		s, in := s.of(t), inputs[int(which)%len(inputs)]
		target := &url.URL{RawQuery: query}
		if in.op.OperationID == "deleteCustomer" || in.op.OperationID == "cancelCheckout" || strings.ContainsAny(query, "# \x7f") || strings.ContainsFunc(query, func(r rune) bool { return r < ' ' }) || target.RequestURI() != "?"+query && query != "" {
			return // such a query cannot be sent, or the object is gone next time
		}
		before := s.Store.Counts().Writes
		r := s.ask(in, "?"+query, "")
		sane(t, r)
		if wrote := s.Store.Counts().Writes - before; wrote > 1 || wrote == 1 && in.op.OperationID != "archiveProduct" {
			t.Errorf("%s?%s wrote %d keys", in, query, wrote)
		}
	})
}

// Arbitrary paths are requested. Without a key they disclose nothing, and with one only what
// exists.
func FuzzPaths(f *testing.F) {
	s := fixtureOf(f)
	for _, in := range s.inputs {
		f.Add(s.path(in, "", ""))
		f.Add(s.path(in, "id", "%00"))
	}
	for _, path := range []string{"/", "//", "/..", "/checkout/%2e%2e/product", "/pay/%zz", "/pay/\u202e", "/assets/../worker.go", "/%2F", "/checkout//expire", "*"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		s := s.of(t)
		target, err := url.Parse("https://pay.example" + path)
		if err != nil || target.Host != "pay.example" || !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "?# \r\n") {
			return
		}
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			for _, as := range []client{s.everybody, {t, s.everybody.handler, http.Header{"Content-Type": {"application/json"}}}} {
				body := ""
				if method == http.MethodPost {
					body = "{}"
				}
				if strings.HasSuffix(target.Path, "/transaction") || strings.HasSuffix(target.Path, "/reconcile") {
					continue // these have a busy ledger to read
				}
				r := as.do(method, path, body)
				sane(t, r)
				if public := strings.HasPrefix(path, "/pay/") || strings.HasPrefix(path, "/buy/") || strings.HasPrefix(path, "/assets/") || slices.Contains([]string{"/health", "/docs", "/openapi.json", "/.well-known/stellar.toml"}, target.Path); r.status == 200 && as.header.Get("X-Api-Key") == "" && !public {
					t.Errorf("%s %s needs no credentials: %s", method, path, clip(r.body))
				}
			}
		}
	})
}

// An order is sent twice, and then another one, under the same key.
func FuzzIdempotencyKeys(f *testing.F) {
	s := fixtureOf(f)
	for _, key := range []string{"order-1042", "", " ", "a, b", strings.Repeat("k", 255), strings.Repeat("k", 256), "\xff", "\u202e", "operator", "../..", "\x00"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		s := s.of(t)
		shop := s.everybody.with("Idempotency-Key", key)
		order := func(amount string) reply {
			return shop.do("POST", "/checkout?type=direct", `{"asset_code":"XLM","amount":`+amount+`}`)
		}
		first, second, other := order("1"), order("1"), order("2")
		if n := utf8.RuneCountInString(key); n < 1 || n > 255 {
			if first.status != 400 || first.text("error.param") != "Idempotency-Key" {
				t.Errorf("%q: %d %s", key, first.status, first.body)
			}
			return
		}
		if first.status != 200 || first.body != second.body || other.status != 409 {
			t.Errorf("%q: %d %s, then %d %s, and for something else %d %s", key, first.status, first.body, second.status, second.body, other.status, other.body)
		}
	})
}

// Only the right key or token may be accepted.
func FuzzKeysAndTokens(f *testing.F) {
	s := fixtureOf(f)
	key := s.everybody.header.Get("X-Api-Key")
	for _, text := range []string{key, strings.ToUpper(key), key + " ", "Bearer " + adminToken, "bearer " + adminToken, "Bearer " + adminToken + "\x00", "sk_live_" + key[8:], "", strings.Repeat("0", 72)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := s.of(t)
		holder := client{t, s.everybody.handler, http.Header{"X-Api-Key": {text}, "Authorization": {text}}}
		if r := holder.get("/product"); (r.status == 200) != (text == key) || r.status != 200 && r.status != 401 {
			t.Errorf("%q: %d %s", text, r.status, clip(r.body))
		}
		if r := holder.get("/merchants/" + s.ids["/merchants/"]); (r.status == 200) != (text == "Bearer "+adminToken) || r.status != 200 && r.status != 401 {
			t.Errorf("%q: %d %s", text, r.status, clip(r.body))
		}
	})
}

// With any settings, a deployment starts or says what is wrong, without disclosing a secret.
func FuzzSettings(f *testing.F) {
	for _, text := range []string{"", "https://pay.example", "https://pay.example/", "http://a@b", "300", "-1", "1e9", "a\nb", "USDC:G", "https://horizon.example https://horizon2.example", strings.Repeat("0123456789fedc5a", 4), strings.Repeat("t", 16) + ",", "\x00"} {
		for i := range len(settingNames) {
			f.Add(uint8(i), text)
		}
	}
	s := deploy(f)
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		name, settings := settingNames[int(which)%len(settingNames)], s.settings()
		settings[name] = text
		config, err := worker.ParseConfig(func(name string) string { return settings[name] })
		if err != nil {
			if len(text) > 12 && strings.Contains(err.Error(), text) && (name == "ADMIN_TOKEN" || name == "MEMO_KEYS") || strings.Contains(err.Error(), adminToken) {
				t.Errorf("the error discloses a secret: %v", err)
			}
			return
		}
		service := worker.New(config, s.platform())
		anybody := client{t, service, http.Header{}}
		for _, path := range []string{"/.well-known/stellar.toml", "/pay/x"} {
			sane(t, anybody.get(path))
		}
		for line := range strings.SplitSeq(anybody.get("/.well-known/stellar.toml").body, "\n") {
			if !tomlLine.MatchString(line) {
				t.Errorf("a setting breaks out of its line: %q", line)
			}
		}
	})
}

var tomlLine = regexp.MustCompile(`^(|# [ -~]*|\[DOCUMENTATION\]|[A-Z_]+ = "([^"\\\x00-\x1f\x7f]|\\["\\bfnrt]|\\u[0-9a-f]{4})*")$`)

var settingNames = []string{"BASE_URL", "ADMIN_TOKEN", "MEMO_KEYS", "EXPIRES_IN_MIN", "SETTLE_MARGIN", "WEBHOOK_HOUR", "SWEEP_ACCOUNTS", "SWEEP_PAGES", "SWEEP_STAY", "TEST_WALLET_URL", "WALLETCONNECT_PROJECT_ID", "TEST_EXPLORER_URL", "LIVE_EXPLORER_URL", "ORG_NAME", "ORG_URL", "ORG_SUPPORT_EMAIL",
	"TEST_NETWORK_NAME", "TEST_PASSPHRASE", "TEST_HORIZON_URLS", "TEST_ASSETS", "LIVE_NETWORK_NAME", "LIVE_PASSPHRASE", "LIVE_HORIZON_URLS", "LIVE_ASSETS"}
