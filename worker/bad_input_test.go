package worker_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"edgecheckout/worker"
	"edgecheckout/worker/watch/watchtest"

	"github.com/getkin/kin-openapi/openapi3"
)

// faults are JSON values that hardly any parameter accepts.
var faults = []string{
	`null`, `true`, `false`, `0`, `-0`, `1`, `-1`, `1.5`, `5e3`, `1E400`, `0.00000001`, `922337203685.4775808`, strings.Repeat("9", 400),
	`""`, `" "`, `"null"`, `"NaN"`, `"-0"`, `"1e3"`, `"Infinity"`, `"0x10"`, `"\u0000"`, `"a\u0000b"`, `"\u007f"`, `"\u202e"`, `"\u200b"`, `"\ufeff"`, `"\u0085"`,
	`"\ud83d\ude00"`, `"\uffff"`, `"a\r\nSet-Cookie: a=b"`, `"../../etc/passwd"`, `"%00"`, `"<script>"`, `"` + strings.Repeat("x", 5000) + `"`,
	`[]`, `[[]]`, `[null]`, `["a","a"]`, `{}`, `{"a":null}`, `{"a":{}}`, `{"":""}`, `{"__proto__":"a"}`, strings.Repeat("[", 7) + strings.Repeat("]", 7),
}

// brokenBodies are invalid bodies, with the code of the error and the parameter that it names.
var brokenBodies = []struct{ name, body, code, param string }{
	{"no body", ``, "body_invalid", "null"},
	{"blank", "  \n", "body_invalid", "null"},
	{"NUL", "\x00", "body_invalid", "null"},
	{"no JSON", `amount=1`, "body_invalid", "null"},
	{"cut off", `{"amount":1`, "body_invalid", "null"},
	{"cut off in a name", `{"amou`, "body_invalid", "null"},
	{"cut off in an escape", `{"a":"\u00`, "body_invalid", "null"},
	{"an array", `[1]`, "body_invalid", "null"},
	{"a string", `"{}"`, "body_invalid", "null"},
	{"null", `null`, "body_invalid", "null"},
	{"two objects", `{}{}`, "body_invalid", "null"},
	{"trailing text", `{} x`, "body_invalid", "null"},
	{"trailing NUL", "{}\x00", "body_invalid", "null"},
	{"a trailing comma", `{"a":1,}`, "body_invalid", "null"},
	{"a comment", `{/**/}`, "body_invalid", "null"},
	{"single quotes", `{'a':1}`, "body_invalid", "null"},
	{"a name without quotes", `{a:1}`, "body_invalid", "null"},
	{"NaN", `{"amount":NaN}`, "body_invalid", "null"},
	{"Infinity", `{"amount":-Infinity}`, "body_invalid", "null"},
	{"a plus sign", `{"amount":+1}`, "body_invalid", "null"},
	{"a leading zero", `{"amount":01}`, "body_invalid", "null"},
	{"no digit before the point", `{"amount":.5}`, "body_invalid", "null"},
	{"no digit behind the point", `{"amount":5.}`, "body_invalid", "null"},
	{"hexadecimal", `{"amount":0x10}`, "body_invalid", "null"},
	{"a byte order mark", "\ufeff{}", "body_invalid", "null"},
	{"UTF-16", "{\x00}\x00", "body_invalid", "null"},
	{"bad UTF-8", "{\"description\":\"\xff\"}", "body_invalid", "null"},
	{"bad UTF-8 in a name", "{\"\xc3\":1}", "body_invalid", "null"},
	{"a surrogate in UTF-8", "{\"name\":\"\xed\xa0\x80\"}", "body_invalid", "null"},
	{"a raw line break in a string", "{\"name\":\"a\nb\"}", "body_invalid", "null"},
	{"half a surrogate pair", `{"description":"\ud800"}`, "body_invalid", "null"},
	{"half a surrogate pair in a name", `{"\udfff":1}`, "body_invalid", "null"},
	{"the other half first", `{"description":"\udc00\ud800"}`, "body_invalid", "null"},
	{"deep", strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20), "body_invalid", "a.a.a.a.a.a.a.a"},
	{"deep lists", `{"a":` + strings.Repeat("[", 30_000) + strings.Repeat("]", 30_000) + "}", "body_invalid", "a"},
	{"given twice", `{"amount":1,"amount":2}`, "parameter_duplicate", "amount"},
	{"given twice inside", `{"metadata":{"a":"1","a":"2"}}`, "parameter_duplicate", "metadata.a"},
	{"given twice by an escape", `{"amount":1,"\u0061mount":2}`, "parameter_duplicate", "amount"},
	{"64 KiB and a byte", `{"x":"` + strings.Repeat("x", 64<<10-7) + `"}`, "body_too_large", "null"},
	{"a megabyte of blanks", strings.Repeat(" ", 1<<20), "body_too_large", "null"},
}

// input is an operation with one of its bodies.
type input struct {
	pattern, query string
	op             *openapi3.Operation
	fields         openapi3.Schemas
	required       []string
	body           map[string]any // only the required fields, all valid
}

// described lists all operations with all types of bodies, with values that are accepted.
func (s *site) described(edge *worker.Service, shop client, payment string) []input {
	s.t.Helper()
	product := shop.post("/product", `{"name":"Sidamo","asset_code":"XLM","price_amount":5}`).text("id")
	proper := map[string]any{"product_id": product, "account": s.Person().Address(), "payment_id": payment, "since": s.Now().Format("2006-01-02T15:04:05Z"), "name": "Corner Shop"}
	var all []input
	add := func(in input, schema *openapi3.Schema, example map[string]any) {
		in.fields, in.required, in.body = schema.Properties, slices.Clone(schema.Required), map[string]any{}
		for _, name := range []string{"amount", "price_amount"} {
			// A creation needs an amount, as a number or as a decimal string.
			if schema.Properties[name+"_decimal"] != nil && len(schema.Required) > 0 && in.op.OperationID != "createRefund" {
				in.required = append(in.required, name)
			}
		}
		for _, name := range in.required {
			in.body[name] = example[name]
			if value, ok := proper[name]; ok {
				in.body[name] = value
			}
		}
		switch in.op.OperationID {
		case "createCustomer":
			in.body["name"] = "Ada" // a customer needs at least one field
		case "createLink":
			in.body["asset_code"] = "XLM" // or a product
		}
		all = append(all, in)
	}
	for _, pattern := range contract.Patterns() {
		op := contract.Operations()[pattern]
		in := input{pattern: pattern, op: op}
		if op.RequestBody == nil {
			all = append(all, in)
			continue
		}
		content := op.RequestBody.Value.Content["application/json"]
		if len(content.Schema.Value.OneOf) == 0 {
			add(in, content.Schema.Value, content.Example.(map[string]any))
			continue
		}
		for i, variant := range content.Schema.Value.OneOf {
			name := op.Parameters.GetByInAndName("query", "type").Schema.Value.Enum[i].(string)
			in.query = "?type=" + name
			add(in, variant.Value, content.Examples[name].Value.Value.(map[string]any))
		}
	}
	return all
}

// with returns the body with a field set to raw JSON.
func (in input) with(name, raw string) string {
	members := map[string]json.RawMessage{}
	for name, value := range in.body {
		members[name], _ = json.Marshal(value)
	}
	members[name] = json.RawMessage(raw)
	var b strings.Builder
	for i, name := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", name, members[name])
	}
	return "{" + b.String() + "}"
}

func (in input) String() string { return in.pattern + in.query }

// fixture is a service with a merchant, one of everything that a path can name, and all operations.
type fixture struct {
	*site
	everybody client
	ids       map[string]string
	inputs    []input
}

func fixtureOf(t testing.TB) fixture {
	s := deploy(t)
	edge := s.edge()
	shop, key := s.merchant(edge)
	merchant := s.operator(edge).post("/merchants", fmt.Sprintf(`{"name":"Corner Shop","account_test":%q}`, s.Merchant().Address())).text("id")
	itsKey := s.operator(edge).post("/merchants/"+merchant+"/keys", `{"livemode":false}`).text("secret")
	itsOrder := shop.with("X-Api-Key", itsKey).post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM"}`).text("id")
	order := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM"}`).text("id")
	payment := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM"}`)
	s.Pay(s.Person(), addr(payment.text("destination")), "5", xlm, payment.text("memo"))
	s.Advance(watchtest.LedgerTime)
	webhook := shop.post("/webhooks", aWebhook).text("id")
	shop.post("/customers", `{"name":"Bob"}`)
	s.sweep(edge)
	paid := shop.get("/payment?checkout_id=" + payment.text("id")).fields["data"].([]any)[0].(map[string]any)["id"].(string)
	refund := shop.post("/refunds", refundOf(paid, "")).text("id")
	link := shop.post("/payment_links", `{"asset_code":"XLM"}`).text("id")
	return fixture{
		site:      s,
		everybody: shop.with("Authorization", "Bearer "+adminToken).with("Content-Type", "application/json"),
		ids: map[string]string{
			"/checkout/": order, "/pay/": order, "/payment/": paid, "/refunds/": refund, "/payment_links/": link, "/buy/": link, "/merchants/": merchant, "key": key.text("id"), "of merchant": itsOrder,
			"/product/":   shop.post("/product", `{"name":"Sidamo","asset_code":"XLM","price_amount":5}`).text("id"),
			"/customers/": shop.post("/customers", `{"name":"Ada"}`).text("id"),
			"/webhooks/":  webhook,
			"/events/":    shop.list("/events").ids[0],
		},
		inputs: s.described(edge, shop, paid),
	}
}

// path returns a path to an existing object, except for the value of one wildcard.
func (s fixture) path(in input, wildcard, value string) string {
	_, path, _ := strings.Cut(in.pattern, " ")
	kind := path[:strings.IndexByte(path[1:], '/')+2]
	return strings.NewReplacer("{"+wildcard+"}", value, "{id}", s.ids[kind], "{name}", "pay.0123456789abcdef.css", "{key_id}", s.ids["key"], "{checkout_id}", s.ids["of merchant"]).Replace(path)
}

func (s fixture) ask(in input, query, body string) reply {
	if strings.HasSuffix(in.pattern, " /refunds") {
		s.Sleep(time.Minute) // a merchant may read only so much of the ledger
	}
	method, _, _ := strings.Cut(in.pattern, " ")
	return s.everybody.do(method, s.path(in, "", "")+query, body)
}

// refuses requires an error that names a parameter, and that nothing was written to the store.
func (s fixture) refuses(about string, send func() reply, status int, code, param string) {
	s.t.Helper()
	before := s.Store.Counts().Writes
	r := send()
	if r.status != status || r.text("error.code") != code || r.text("error.param") != param {
		s.t.Errorf("%s: %d %s; want %d %s for %s", about, r.status, clip(r.body), status, code, param)
	}
	if wrote := s.Store.Counts().Writes - before; wrote != 0 {
		s.t.Errorf("%s: it was refused, and %d keys written", about, wrote)
	}
}

func clip(s string) string { return fmt.Sprintf("%.600s", s) }

// isTooLarge reports whether a body is larger than requests without a key may send.
func isTooLarge(in input, body string) bool {
	return strings.HasPrefix(in.pattern, "POST /pay/{id}/") && len(body) > 1024
}

// A field must either match the description and be accepted, which client.do checks, or be refused
// with an error that names it.
func TestEveryFieldRefusesInvalidValues(t *testing.T) {
	s := fixtureOf(t)
	// A field may make another one necessary, or be the only one of a customer.
	alsoBlamed := map[string][]string{
		"asset_code": {"asset_issuer"}, "name": {"email"}, "merchant": {"transaction"}, "product_id": {"amount", "asset_code"},
		"send_asset_code": {"send_asset_issuer", "send_max"}, "send_asset_issuer": {"send_asset_code"}, "send_max": {"send_asset_code"},
	}
	sent, granted := 0, 0
	for _, in := range s.inputs {
		if in.fields == nil {
			continue
		}
		for name, field := range in.fields {
			for _, fault := range faults {
				before := s.Store.Counts().Writes
				r := s.ask(in, in.query, in.with(name, fault))
				if sent++; r.status == 200 {
					granted++
					if in.op.OperationID == "createWebhook" { // of which there can be sixteen
						s.everybody.ok(s.everybody.do("DELETE", "/webhooks/"+r.text("id"), ""))
					}
					continue
				}
				if isTooLarge(in, in.with(name, fault)) && r.status == 413 && r.text("error.code") == "body_too_large" {
					continue
				}
				blamed := r.text("error.param")
				if known := r.status == 400 && (blamed == name || strings.HasPrefix(blamed, name+".") || strings.HasPrefix(blamed, name+"[") ||
					slices.Contains(alsoBlamed[name], blamed)); !known {
					t.Errorf("%s, %s = %s: %d %s", in, name, clip(fault), r.status, clip(r.body))
				}
				if s.Store.Counts().Writes != before {
					t.Errorf("%s, %s = %s was refused, and something written", in, name, clip(fault))
				}
			}
			about := fmt.Sprintf("%s, %s", in, name)
			s.refuses(about+" twice", func() reply {
				body := in.with(name, `"a"`)
				return s.ask(in, in.query, fmt.Sprintf(`{%q:"b",%s`, name, body[1:]))
			}, 400, "parameter_duplicate", name)
			s.refuses(about+" in upper case", func() reply { return s.ask(in, in.query, in.with(strings.ToUpper(name), `"a"`)) }, 400, "parameter_unknown", strings.ToUpper(name))
			s.refuses(about+" with half a character", func() reply { return s.ask(in, in.query, in.with(name, `"\ud83d"`)) }, 400, "body_invalid", "null")
			if slices.Contains(in.required, name) {
				without := maps.Clone(in.body)
				delete(without, name)
				body, err := json.Marshal(without)
				if err != nil {
					t.Fatal(err)
				}
				for missing, body := range map[string]string{"missing": string(body), "null": in.with(name, "null")} {
					s.refuses(about+" "+missing, func() reply { return s.ask(in, in.query, body) }, 400, "parameter_missing", name)
				}
			}
			if most := field.Value.MaxLength; most != nil {
				s.refuses(about+" too long", func() reply { return s.ask(in, in.query, in.with(name, `"`+strings.Repeat("ö", int(*most)+1)+`"`)) }, 400, "parameter_invalid", name)
			}
		}
	}
	if sent < 2000 || granted < 50 {
		t.Errorf("only %d values were sent, and %d of them accepted", sent, granted)
	}
}

func TestInvalidBodiesAreRefused(t *testing.T) {
	s := fixtureOf(t)
	asked := 0
	for _, in := range s.inputs {
		if in.fields == nil && in.op.RequestBody == nil {
			continue
		}
		for _, broken := range brokenBodies {
			if broken.body == "" && !in.op.RequestBody.Value.Required {
				continue
			}
			status, code, param := 400, broken.code, broken.param
			if code == "body_too_large" || isTooLarge(in, broken.body) {
				status, code, param = 413, "body_too_large", "null"
			}
			s.refuses(in.String()+", "+broken.name, func() reply { return s.ask(in, in.query, broken.body) }, status, code, param)
			asked++
		}
		for _, kind := range []string{" ", "text/plain", "application/jsonx", "json", "application/json, text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
			"text/json", "application/json;charset", "\u202eapplication/json", strings.Repeat("a", 5000)} {
			if in.op.OperationID == "createSession" && strings.HasSuffix(kind, "form-urlencoded") {
				continue // SEP-10 has forms as well
			}
			method, _, _ := strings.Cut(in.pattern, " ")
			typed := s.everybody.with("Content-Type", kind)
			s.refuses(in.String()+", Content-Type "+clip(kind), func() reply { return typed.do(method, s.path(in, "", "")+in.query, in.with("x", "1")) }, 415, "content_type_unsupported", "null")
		}
		for _, kind := range []string{"application/json; charset=utf-8", "Application/JSON", `application/json;charset="UTF-8"`} {
			method, _, _ := strings.Cut(in.pattern, " ")
			typed := s.everybody.with("Content-Type", kind)
			s.refuses(in.String()+", Content-Type "+kind, func() reply { return typed.do(method, s.path(in, "", "")+in.query, in.with("x", "1")) }, 400, "parameter_unknown", "x")
		}
	}
	if asked < 400 {
		t.Errorf("only %d bodies were sent", asked)
	}
}

// A query parameter must either match the description and be accepted, or be refused with an error
// that names it.
func TestEveryQueryParameterRefusesInvalidValues(t *testing.T) {
	s := fixtureOf(t)
	values := []string{"", " ", "0", "-0", "-1", "+5", " 5", "5 ", "1.5", "1e2", "101", "0x10", "99999999999999999999", "NaN", "null", "true", "false", "[]", "{}", "a", "A\x00b", "\x7f",
		"\u202e", "\u200b", "\U0001f600", "\xff", "\xed\xa0\x80", "a\r\nb", "%", "%00", "a;b", "2026-11-22", "2026-13-22T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
		"chk_", "chk_01m81j18g0h1djbedcgmej9myt", "cus_8zzzzzzzzzzzzzzzzzzzzzzzzz", "CHK_01M81J18G0H1DJBEDCGMEJ9MYT", strings.Repeat("x", 5000)}
	asked, person := 0, s.Person()
	for _, in := range s.inputs {
		for _, parameter := range in.op.Parameters {
			name := parameter.Value.Name
			if parameter.Value.In != "query" {
				continue
			}
			if isPage(in) {
				s.redirectsToItself(t, in, name, values)
				continue
			}
			body := ""
			if in.op.RequestBody != nil {
				body = in.with("amount", "5")
			}
			query := func(value string) string {
				values := url.Values{name: {value}}
				if in.op.OperationID == "listPayments" && name != "checkout_id" && name != "unmatched" {
					values.Set("unmatched", "true")
				}
				if in.op.OperationID == "createChallenge" && name != "account" {
					values.Set("account", person.Address())
				}
				return "?" + values.Encode()
			}
			for _, value := range values {
				asked++
				r := s.ask(in, query(value), body)
				switch blamed := ""; r.status {
				case 200:
				case 404: // the parent of a list must exist
					if name != "checkout_id" {
						t.Errorf("%s, %s = %.80q: %s", in, name, value, clip(r.body))
					}
				case 400:
					blamed = r.text("error.param")
					if blamed != name {
						t.Errorf("%s, %s = %.80q: %s", in, name, value, clip(r.body))
					}
				default:
					t.Errorf("%s, %s = %.80q: %d %s", in, name, value, r.status, clip(r.body))
				}
			}
			s.refuses(in.String()+" twice", func() reply { return s.ask(in, query("5")+"&"+name+"=5", body) }, 400, "parameter_duplicate", name)
			s.refuses(in.String()+" unknown", func() reply { return s.ask(in, query("5")+"&"+strings.ToUpper(name)+"=5", body) }, 400, "parameter_unknown", strings.ToUpper(name))
			s.refuses(in.String()+" in brackets", func() reply { return s.ask(in, "?"+name+"[]=5", body) }, 400, "parameter_unknown", name+"[]")
			for _, broken := range []string{"%ff", "%ed%a0%80@example.com", "%c0%80"} {
				s.refuses(in.String()+broken, func() reply { return s.ask(in, "?"+name+"="+broken, body) }, 400, "parameter_invalid", name)
			}
			for _, broken := range []string{"?" + name + "=%zz", "?" + name + "=%", "?%=1", "?a;b=1"} {
				s.refuses(in.String()+broken, func() reply { return s.ask(in, broken, body) }, 400, "parameter_invalid", "null")
			}
		}
	}
	if asked < 500 {
		t.Errorf("only %d queries were sent", asked)
	}
}

// isPage reports whether people look at what an endpoint answers.
func isPage(in input) bool {
	return in.op.OperationID == "getBuyPage" || in.op.OperationID == "buy" || in.op.OperationID == "getPage" || in.op.OperationID == "getPageNow" || in.op.OperationID == "getReceipt"
}

// redirectsToItself checks that a page with a value that it does not know leads to the page without
// it: people should not see an error because of a link that somebody has damaged.
func (s *fixture) redirectsToItself(t *testing.T, in input, name string, values []string) {
	t.Helper()
	queries := []string{"?" + name + "=%ff", "?" + name + "=%zz", "?" + name + "=es&" + name + "=es", "?%=1", "?a;b=1", "?" + name + "[]=5"}
	for _, value := range values {
		queries = append(queries, "?"+url.Values{name: {value}}.Encode())
	}
	want := 200
	if strings.HasPrefix(in.pattern, "POST ") {
		want = 400 // the page asks for the amount
	}
	for _, query := range queries {
		r := s.ask(in, query, "")
		for range 3 {
			if r.status != 302 {
				break
			}
			_, query, _ := strings.Cut(r.header.Get("Location"), "?")
			r = s.ask(in, strings.TrimSuffix("?"+query, "?"), "")
		}
		if r.status != want {
			t.Errorf("%s%s leads to %d %s", in, query, r.status, clip(r.body))
		}
	}
}

// A path must name an existing object or be not found.
func TestEveryPathRefusesInvalidValues(t *testing.T) {
	s := fixtureOf(t)
	values := []string{"%00", "%20", "%0d%0aSet-Cookie:%20a=b", "%E2%80%AE", "%F0%9F%98%80", "%ff", "%ed%a0%80", "..%2f..%2fetc", "%2e%2e", "null", "0", "-1", "undefined", "chk_", "%7Bid%7D", "*",
		"a%2Fb", "%2F", "chk_01m81j18g0h1djbedcgmej9myt%2Fexpire", strings.Repeat("x", 5000)}
	asked := 0
	for _, in := range s.inputs {
		for _, parameter := range in.op.Parameters {
			if parameter.Value.In != "path" {
				continue
			}
			method, _, _ := strings.Cut(in.pattern, " ")
			name, body := parameter.Value.Name, ""
			if in.op.RequestBody != nil {
				body = in.with("x", "1")
				body = strings.NewReplacer(`,"x":1`, "", `"x":1`, "").Replace(body)
			}
			right := s.path(in, "", "")
			wrong := s.path(in, name, "!")
			at := strings.IndexByte(wrong, '!')
			id := right[at : len(right)-(len(wrong)-at-1)]
			other := []string{strings.ToUpper(id), id + "0", id[:len(id)-1], id + "%00", id + "%20", "%20" + id, id + "%2F", id + ".", "xxx_" + id[strings.IndexByte(id, '_')+1:]}
			for _, value := range append(values, other...) {
				asked++
				before := s.Store.Counts().Writes
				path := strings.Replace(wrong, "!", value, 1)
				r := s.everybody.do(method, path, body)
				json := strings.HasPrefix(r.header.Get("Content-Type"), "application/json")
				if r.status != 404 || json && r.text("error.code") != "not_found" {
					t.Errorf("%s %s: %d %s", method, clip(path), r.status, clip(r.body))
				}
				if json == (isPage(in) && plain.MatchString(value)) {
					t.Errorf("%s %s: %s", method, clip(path), r.header.Get("Content-Type"))
				}
				if s.Store.Counts().Writes != before {
					t.Errorf("%s %s: something was written", method, clip(path))
				}
			}
		}
	}
	for _, path := range []string{"/", "//", "/checkout/", "//checkout", "/checkout//expire", "/./product", "/x/../product", "/Product", "/product%20", "/%70roduct%00", "/merchants", "/pay", "/pay/", "/docs/",
		"/.well-known/", "/assets/", "/openapi.json/x", "/cdn-cgi/x"} {
		if r := s.everybody.do("GET", path, ""); r.status != 404 && r.status != 405 || r.text("error.code") == "null" {
			t.Errorf("GET %s: %d %s", path, r.status, clip(r.body))
		}
		asked++
	}
	if asked < 400 {
		t.Errorf("only %d paths were asked for", asked)
	}
}

// plain matches what may replace a wildcard in a path.
var plain = regexp.MustCompile(`^[A-Za-z0-9_.~-]+$`)

func TestEveryPathListsItsMethods(t *testing.T) {
	s := fixtureOf(t)
	methods := map[string][]string{}
	for _, in := range s.inputs {
		method, path, _ := strings.Cut(in.pattern, " ")
		methods[path] = append(methods[path], method)
		if method == "GET" {
			methods[path] = append(methods[path], "HEAD")
		}
	}
	for _, in := range s.inputs {
		_, path, _ := strings.Cut(in.pattern, " ")
		right := slices.Compact(slices.Sorted(slices.Values(methods[path])))
		want := strings.Join(right, ", ")
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"} {
			if slices.Contains(right, method) {
				continue
			}
			r := s.everybody.do(method, s.path(in, "", ""), "")
			if r.status != 405 || r.header.Get("Allow") != want || r.text("error.code") != "method_not_allowed" {
				t.Errorf("%s %s: %d, Allow %q, want %q", method, path, r.status, r.header.Get("Allow"), want)
			}
		}
	}
}

func TestEveryHeaderRefusesInvalidValues(t *testing.T) {
	s := fixtureOf(t)
	key := s.everybody.header.Get("X-Api-Key")
	keys := map[string]string{
		"": "api_key_missing", " ": "api_key_invalid", "null": "api_key_invalid", "sk_test_": "api_key_invalid", key[:len(key)-1]: "api_key_invalid", key + "0": "api_key_invalid",
		strings.ToUpper(key): "api_key_invalid", "sk_live_" + strings.TrimPrefix(key, "sk_test_"): "api_key_invalid", strings.TrimPrefix(key, "sk_test_"): "api_key_invalid",
		"Bearer " + key: "api_key_invalid", key + ", " + key: "api_key_invalid", " " + key: "api_key_invalid", key + "\x00": "api_key_invalid", "\u202e" + key: "api_key_invalid",
		strings.Repeat("k", 10_000): "api_key_invalid", adminToken: "api_key_invalid",
	}
	bearers := map[string]string{
		"": "admin_token_missing", "Bearer": "admin_token_missing", "Bearer ": "admin_token_missing", adminToken: "admin_token_missing", "Basic " + adminToken: "admin_token_missing",
		"Bearer  " + adminToken: "admin_token_invalid", "Bearer " + adminToken + " ": "admin_token_invalid", "Bearer " + adminToken[1:]: "admin_token_invalid",
		"Bearer " + strings.ToUpper(adminToken): "admin_token_invalid", "Bearer " + key: "admin_token_invalid", "Bearer null": "admin_token_invalid",
		"Bearer " + adminToken + "," + adminToken: "admin_token_invalid", "Bearer " + strings.Repeat("t", 10_000): "admin_token_invalid",
	}
	for _, in := range s.inputs {
		method, _, _ := strings.Cut(in.pattern, " ")
		body := ""
		if in.op.RequestBody != nil {
			body = in.with("x", "1")
		}
		wrong, header := keys, "X-Api-Key"
		if security := in.op.Security; security != nil && len(*security) == 0 {
			continue
		} else if security != nil {
			wrong, header = bearers, "Authorization"
		}
		for value, code := range wrong {
			s.refuses(fmt.Sprintf("%s with %.40q", in, value), func() reply { return s.everybody.with(header, value).do(method, s.path(in, "", "")+in.query, body) }, 401, code, "null")
		}
		if in.op.Parameters.GetByInAndName("header", "Idempotency-Key") == nil {
			continue
		}
		body = strings.NewReplacer(`,"x":1`, "", `"x":1,`, "", `"x":1`, "").Replace(body)
		for _, value := range []string{"", strings.Repeat("k", 256), strings.Repeat("\U0001f600", 256)} {
			s.refuses(fmt.Sprintf("%s under the key %.40q", in, value), func() reply {
				return s.everybody.with("Idempotency-Key", value).do(method, s.path(in, "", "")+in.query, body)
			}, 400, "parameter_invalid", "Idempotency-Key")
		}
	}
}
