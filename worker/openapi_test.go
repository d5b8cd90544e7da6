package worker_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"edgecheckout/worker"
	"edgecheckout/worker/openapi"
	"edgecheckout/worker/openapi/openapitest"

	"github.com/PuerkitoBio/goquery"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
)

// contract is the description against which all exchanges of these tests are checked: see
// client.do.
var contract = func() *openapitest.Contract {
	c, err := openapitest.Load(300)
	if err != nil {
		panic(err)
	}
	return c
}()

func TestRoutesMatchTheDescription(t *testing.T) {
	described := map[string]worker.Operation{}
	for pattern, op := range contract.Operations() {
		security := contract.Document().Security
		if op.Security != nil {
			security = *op.Security
		}
		scheme := ""
		for _, one := range security {
			for name := range one {
				scheme = name
			}
		}
		described[pattern] = worker.Operation{Pattern: pattern, Scheme: scheme, Function: op.OperationID}
	}
	served := map[string]worker.Operation{}
	for _, route := range worker.Operations() {
		if route.Function == "" {
			route.Function = described[route.Pattern].Function
		}
		served[route.Pattern] = route
	}
	if diff := cmp.Diff(served, described); diff != "" {
		t.Errorf("served (-), described (+):\n%s", diff)
	}
}

func TestErrorCodesMatchTheDescription(t *testing.T) {
	described := map[string]worker.CodeMeaning{}
	for code, kind := range contract.Errors {
		described[code] = worker.CodeMeaning(kind)
	}
	if diff := cmp.Diff(worker.Codes(), described); diff != "" {
		t.Errorf("used (-), described (+):\n%s", diff)
	}
}

var (
	takes = regexp.MustCompile(`it takes ([a-z_, ]+)\.`)
	words = regexp.MustCompile(`[a-z_]+`)
)

// taken parses the known parameters from an error message.
func taken(t *testing.T, r reply) []string {
	t.Helper()
	match := takes.FindStringSubmatch(r.text("error.message"))
	if r.text("error.code") != "parameter_unknown" || match == nil {
		t.Fatalf("no answer that names the parameters: %s", r.body)
	}
	if match[1] == "no parameters" {
		return nil
	}
	return slices.Sorted(slices.Values(words.FindAllString(match[1], -1)))
}

// ask calls an operation with the required credentials, and with ids of existing objects.
func (s *site) ask(t *testing.T, edge http.Handler) func(pattern, query, body string) reply {
	shop, _ := s.merchant(edge)
	merchant := s.operator(edge).post("/merchants", `{"name":"Corner Shop"}`).text("id")
	key := s.operator(edge).post("/merchants/"+merchant+"/keys", `{"livemode":false}`).text("id")
	product := shop.post("/product", `{"name":"Sidamo","asset_code":"XLM","price_amount":5}`).text("id")
	customer := shop.post("/customers", `{"name":"Ada"}`).text("id")
	order := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM"}`).text("id")
	webhook := shop.post("/webhooks", aWebhook).text("id")
	link := shop.post("/payment_links", `{"asset_code":"XLM"}`).text("id")
	shop.post("/customers", `{"name":"Bob"}`)
	_ = edge.(*worker.Service).Sweep(context.Background(), "") // it sends the event, whatever becomes of the ledger
	ids := map[string]string{"webhooks": webhook, "events": shop.list("/events").ids[0], "checkout": order, "pay": order, "product": product, "customers": customer, "merchants": merchant, "payment": "pay_01m82e18c00094z98000802001",
		"refunds": "rf_1ttzbtf446qzxfmwkapxv4jqzq", "payment_links": link, "buy": link}
	everybody := shop.with("Authorization", "Bearer "+adminToken).with("Content-Type", "application/json")
	return func(pattern, query, body string) reply {
		t.Helper()
		method, path, _ := strings.Cut(pattern, " ")
		path = strings.NewReplacer("{id}", ids[strings.Split(path, "/")[1]], "{key_id}", key, "{checkout_id}", order).Replace(path)
		return everybody.do(method, path+query, body)
	}
}

// For an unknown parameter, the error lists the known ones.
func TestFieldsOfBodiesMatchTheDescription(t *testing.T) {
	s := deploy(t)
	ask := s.ask(t, s.edge())
	for _, pattern := range contract.Patterns() {
		op := contract.Operations()[pattern]
		if op.RequestBody == nil {
			continue
		}
		content := op.RequestBody.Value.Content["application/json"]
		bodies := map[string]*openapi3.Schema{"": content.Schema.Value}
		for i, variant := range content.Schema.Value.OneOf {
			delete(bodies, "")
			bodies["?type="+op.Parameters.GetByInAndName("query", "type").Schema.Value.Enum[i].(string)] = variant.Value
		}
		for query, schema := range bodies {
			value := content.Example
			if name := strings.TrimPrefix(query, "?type="); name != "" {
				value = content.Examples[name].Value.Value
			}
			value = maps.Clone(value.(map[string]any))
			value.(map[string]any)["no_such_field"] = 1
			body, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			got, want := taken(t, ask(pattern, query, string(body))), slices.Sorted(maps.Keys(schema.Properties))
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("%s%s: accepted (-), described (+):\n%s", pattern, query, diff)
			}
		}
	}
}

func TestParametersOfQueriesMatchTheDescription(t *testing.T) {
	s := deploy(t)
	ask := s.ask(t, s.edge())
	for _, pattern := range contract.Patterns() {
		var want []string
		for _, p := range contract.Operations()[pattern].Parameters {
			if p.Value.In == "query" {
				want = append(want, p.Value.Name)
			}
		}
		body := ""
		if contract.Operations()[pattern].RequestBody != nil {
			body = "{}"
		}
		if security := contract.Operations()[pattern].Security; security != nil && len(*security) == 0 && pattern != "GET /auth" {
			// Pages ignore unknown parameters: see TestIrrelevantQueriesAreNotCached.
			continue
		}
		r := ask(pattern, "?no_such_parameter=1", body)
		slices.Sort(want)
		if diff := cmp.Diff(taken(t, r), want); diff != "" {
			t.Errorf("%s: accepted (-), described (+):\n%s", pattern, diff)
		}
	}
}

// The page must contain everything in the document.
func TestReferencePageShowsTheWholeDocument(t *testing.T) {
	d, err := goquery.NewDocumentFromReader(strings.NewReader(openapi.Reference))
	if err != nil {
		t.Fatal(err)
	}
	part := func(id string) string {
		t.Helper()
		found := d.Find(`[data-testid="` + id + `"]`)
		if found.Length() != 1 {
			t.Errorf("%d parts %s", found.Length(), id)
		}
		return strings.Join(strings.Fields(found.Text()), " ")
	}
	shows := func(id string, texts ...string) {
		t.Helper()
		shown := part(id)
		for _, text := range texts {
			if want := strings.Join(strings.Fields(strings.ReplaceAll(text, "`", "")), " "); !strings.Contains(shown, want) {
				t.Errorf("%s does not show %q: %s", id, want, shown)
			}
		}
	}
	for pattern, op := range contract.Operations() {
		method, path, _ := strings.Cut(pattern, " ")
		id := op.OperationID
		shows("operation-"+id, method, path, op.Summary, op.Description, "https://pay.example/"+strings.Split(path, "/")[1])
		for _, p := range op.Parameters {
			shows(id+"."+p.Value.Name, p.Value.Name, p.Value.In, p.Value.Description)
		}
		for status, answer := range op.Responses.Map() {
			shows(id+"-answers", status, *answer.Value.Description)
		}
		if op.RequestBody == nil {
			continue
		}
		content := op.RequestBody.Value.Content["application/json"]
		for _, variant := range append(content.Schema.Value.OneOf, content.Schema) {
			name := variant.Ref[strings.LastIndexByte(variant.Ref, '/')+1:]
			for field := range variant.Value.Properties {
				shows(id+"-"+name+"."+field, field)
			}
		}
	}
	bodies := map[string]bool{"Error": true}
	for _, op := range contract.Operations() {
		if op.RequestBody != nil {
			content := op.RequestBody.Value.Content["application/json"]
			for _, variant := range append(content.Schema.Value.OneOf, content.Schema) {
				bodies[variant.Ref[strings.LastIndexByte(variant.Ref, '/')+1:]] = true
			}
		}
	}
	for name, schema := range contract.Document().Components.Schemas {
		if len(schema.Value.Properties) == 0 || bodies[name] {
			continue
		}
		shows("object-"+name, name, schema.Value.Description)
		for field, s := range schema.Value.Properties {
			shows(name+"."+field, field, s.Value.Description)
			if s.Value.Const == nil {
				for _, word := range s.Value.Enum {
					if text, ok := word.(string); ok {
						shows(name+"."+field, text)
					}
				}
			}
		}
	}
	for field, s := range contract.Document().Components.Schemas["Error"].Value.Properties["error"].Value.Properties {
		shows("Error."+field, field, s.Value.Description)
	}
	for code, kind := range contract.Errors {
		shows("error-"+code, code, strconv.Itoa(kind.Status), kind.Type)
	}
	d.Find("a").Each(func(_ int, a *goquery.Selection) {
		if href, _ := a.Attr("href"); strings.HasPrefix(href, "#") && d.Find(`[id="`+href[1:]+`"]`).Length() != 1 {
			t.Errorf("the link %s has no target", href)
		}
	})
}
