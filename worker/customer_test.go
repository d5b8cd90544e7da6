package worker_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker"
	"edgecheckout/worker/kv/kvtest"
)

// find returns the id of the customer who has a contact, or "".
func (c client) find(query string) string {
	c.t.Helper()
	return strings.Join(c.list("/customers?"+query).ids, " ")
}

// charged returns the customer whom a checkout for a contact charges.
func (c client) charged(param, address string) string {
	c.t.Helper()
	return c.post("/checkout?type=direct", fmt.Sprintf(`{"amount":1,"asset_code":"XLM",%q:%q}`, param, address)).text("customer_id")
}

func TestCustomerIsFoundByEachContact(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	ada := shop.post("/customers", `{"email":"Ada+Shop@Example.com","phone":"+1 (415) 555-0123","name":"Ada"}`)
	bob := shop.post("/customers", `{"phone":"+14155550199"}`).text("id")
	id := ada.text("id")
	for query, want := range map[string]string{
		"email=ada%2Bshop@example.com": id, "email=ADA%2Bshop%40EXAMPLE.com": id, "email=ada+shop@example.com": id, "email=%20ada%2Bshop@example.com%20": id,
		"phone=%2B14155550123": id, "phone=+14155550123": id, "phone=%2B1%20415%20555-0123": id, "phone=+1+415+555+0123": id,
		"phone=%2B14155550199": bob, "phone=%2B14155550100": "", "email=bob@example.com": "", "limit=1&phone=%2B14155550199": bob,
		"email=ada%2Bshop@example.com&phone=%2B14155550123": id, "email=ada%2Bshop@example.com&phone=%2B14155550199": "", "email=bob@example.com&phone=%2B14155550199": "",
	} {
		before := s.Store.Counts()
		got := shop.list("/customers?" + query)
		if lists := s.Store.Counts().Lists - before.Lists; strings.Join(got.ids, " ") != want || got.more || lists != 0 {
			t.Errorf("%s: %v with %d list calls, want %s", query, got.ids, lists, want)
		}
		if want == id && string(got.items[0])+"\n" != ada.body {
			t.Errorf("%s: %s", query, got.items[0])
		}
	}
	for query, param := range map[string]string{
		"email=": "email", "phone=": "phone", "email=ada": "email", "phone=555": "phone", "phone=%00": "phone", "email=" + strings.Repeat("a", 255): "email",
		"email=ada@example.com&phone=": "phone", "email=ada@example.com&limit=0": "limit",
		"email=ada@example.com&starting_after=" + id: "starting_after", "phone=%2B14155550123&ending_before=" + id: "ending_before",
	} {
		if r := shop.get("/customers?" + query); r.status != 400 || r.text("error.code") != "parameter_invalid" || r.text("error.param") != param {
			t.Errorf("%s: %d %s", query, r.status, r.body)
		}
	}
}

func TestCustomerIsChangedFieldByField(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	last := shop.post("/customers", `{"email":"ada@example.com","phone":"+14155550123","name":"Ada","metadata":{"tier":"gold"}}`)
	path := "/customers/" + last.text("id")
	for _, c := range []struct{ body, from, to string }{
		{`{}`, `"name"`, `"name"`},
		{`{"name":"Ada L."}`, `"name":"Ada"`, `"name":"Ada L."`},
		{`{"email":"Countess@Example.com"}`, `"ada@example.com"`, `"countess@example.com"`},
		{`{"email":null}`, `"email":"countess@example.com"`, `"email":null`},
		{`{"phone":"+49 30 1234567"}`, `+14155550123`, `+49301234567`},
		{`{"metadata":{"tier":"silver"}}`, `gold`, `silver`},
		{`{"metadata":null}`, `{"tier":"silver"}`, `{}`},
		{`{"phone":null}`, `"phone":"+49301234567"`, `"phone":null`},
		{`{"name":null,"email":"ada@example.com"}`, `"email":null,"name":"Ada L."`, `"email":"ada@example.com","name":null`},
	} {
		s.Sleep(time.Second)
		got := shop.ok(shop.do("PUT", path, c.body))
		want := strings.Replace(last.body, c.from, c.to, 1)
		want = strings.Replace(want, `"updated_at":"`+last.text("updated_at"), `"updated_at":"`+s.Now().Format("2006-01-02T15:04:05.000Z"), 1)
		if got.body != want {
			t.Errorf("%s: %swant %s", c.body, got.body, want)
		}
		if read := shop.get(path); read.body != got.body {
			t.Errorf("%s: read as %s", c.body, read.body)
		}
		last = got
	}
	for body, want := range map[string]string{
		`{"email":null}`: "parameter_missing email", `{"email":"ada"}`: "parameter_invalid email", `{"phone":"030"}`: "parameter_invalid phone",
		`{"name":1}`: "parameter_invalid name", `{"metadata":[]}`: "parameter_invalid metadata", `{"id":"cus_x"}`: "parameter_unknown id", `{"name":`: "body_invalid",
	} {
		r := shop.do("PUT", path, body)
		if got := strings.TrimSuffix(r.text("error.code")+" "+r.text("error.param"), " null"); r.status != 400 || got != want {
			t.Errorf("%s: %d %s, want %s", body, r.status, r.body, want)
		}
	}
	if got := shop.list("/customers"); len(got.ids) != 1 || string(got.items[0])+"\n" != last.body {
		t.Errorf("listed as %s", got.items)
	}
}

func TestContactBelongsToOneCustomer(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	ada := shop.post("/customers", `{"email":"ada@example.com","phone":"+14155550123"}`).text("id")
	bob := shop.post("/customers", `{"name":"Bob"}`).text("id")
	for param, body := range map[string]string{"email": `{"email":"ada@example.com"}`, "phone": `{"phone":"+14155550123","email":"bob@example.com"}`} {
		r := shop.do("PUT", "/customers/"+bob, body)
		if r.status != 409 || r.text("error.code") != "address_taken" || r.text("error.param") != param || !strings.Contains(r.text("error.message"), ada) {
			t.Errorf("%s: %d %s", body, r.status, r.body)
		}
	}
	if got := shop.find("email=bob@example.com"); got != "" {
		t.Errorf("a change that was refused gave %s an address", got)
	}
	shop.ok(shop.do("PUT", "/customers/"+bob, `{"email":"bob@example.com"}`))
	// A customer may keep their own contacts.
	shop.ok(shop.do("PUT", "/customers/"+ada, `{"email":"ada@example.com","phone":"+14155550123"}`))
	for query, want := range map[string]string{"email=ada@example.com": ada, "phone=%2B14155550123": ada, "email=bob@example.com": bob} {
		if got := shop.find(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	if got := shop.charged("customer_email", "bob@example.com"); got != bob {
		t.Errorf("a checkout for Bob's new address charges %s", got)
	}
}

// Contacts are given up and taken in every order; then their holders are checked.
func TestContactsMoveBetweenCustomers(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	s.Sleep(2 * time.Minute)
	there := shop.at(s.edge())
	put := func(id, body string) { t.Helper(); shop.ok(shop.do("PUT", "/customers/"+id, body)) }
	wants := func(when string, want map[string]string) {
		t.Helper()
		s.Sleep(2 * time.Minute)
		got := map[string]string{}
		for query := range want {
			got[query] = shop.find(query)
			if elsewhere := there.find(query); elsewhere != got[query] {
				t.Errorf("%s: %s finds %s here and %s there", when, query, got[query], elsewhere)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	ada := shop.charged("customer_email", "a@example.com")
	put(ada, `{"email":"b@example.com"}`)
	wants("a moved to b", map[string]string{"email=a@example.com": "", "email=b@example.com": ada})

	// The id that was derived from a belongs to b.
	second := shop.charged("customer_email", "a@example.com")
	if second == ada || second == "null" {
		t.Fatalf("a new customer with the id %s", second)
	}
	wants("a is somebody else's", map[string]string{"email=a@example.com": second, "email=b@example.com": ada})
	if again := there.charged("customer_email", "a@example.com"); again != second {
		t.Errorf("elsewhere a is %s, not %s", again, second)
	}
	if r := shop.do("PUT", "/customers/"+ada, `{"email":"a@example.com"}`); r.status != 409 {
		t.Errorf("b was given a, which belongs to another customer: %d %s", r.status, r.body)
	}

	put(second, `{"email":"c@example.com","phone":"+14155550123"}`)
	wants("a is free again", map[string]string{"email=a@example.com": "", "email=c@example.com": second, "phone=%2B14155550123": second})
	third := shop.charged("customer_email", "a@example.com")
	if third == ada || third == second {
		t.Fatalf("a new customer with the id %s", third)
	}
	// The first customer is deleted. Their id was derived from a, which the third customer has by
	// now.
	shop.ok(shop.do("DELETE", "/customers/"+ada, ""))
	wants("the first one is gone", map[string]string{"email=a@example.com": third, "email=b@example.com": "", "email=c@example.com": second})
	if again := shop.charged("customer_email", "a@example.com"); again != third {
		t.Errorf("a is %s, not %s", again, third)
	}
	shop.ok(shop.do("DELETE", "/customers/"+third, ""))
	wants("and the third one", map[string]string{"email=a@example.com": "", "email=c@example.com": second})
	put(second, `{"email":"a@example.com","phone":null}`)
	wants("the second one takes a back", map[string]string{"email=a@example.com": second, "email=c@example.com": "", "phone=%2B14155550123": ""})
	fourth := shop.charged("customer_phone", "+14155550123")
	put(fourth, `{"email":"c@example.com"}`)
	wants("and the fourth one the rest", map[string]string{"email=a@example.com": second, "email=c@example.com": fourth, "phone=%2B14155550123": fourth})
	if got := slices.Sorted(slices.Values(shop.list("/customers").ids)); !slices.Equal(got, slices.Sorted(slices.Values([]string{second, fourth}))) {
		t.Errorf("listed: %v", got)
	}
}

func TestDeletedCustomerIsNotFound(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	s.Sleep(2 * time.Minute)
	there := shop.at(s.edge())
	made := shop.post("/customers", `{"email":"ada@example.com","phone":"+14155550123","name":"Ada Lovelace","metadata":{"tier":"gold"}}`)
	id := made.text("id")
	sold := shop.post("/checkout?type=direct", fmt.Sprintf(`{"amount":1,"asset_code":"XLM","customer_id":%q}`, id)).text("id")
	s.Sleep(2 * time.Minute)
	there.get("/customers/" + id) // its store caches the customer for a while
	if r := shop.do("DELETE", "/customers/"+id, ""); r.body != fmt.Sprintf(`{"id":%q,"object":"customer","deleted":true}`+"\n", id) {
		t.Fatalf("%d %s", r.status, r.body)
	}
	for _, at := range []struct {
		name string
		wait time.Duration
		edge client
	}{{"here, at once", 0, shop}, {"there, a minute later", 61 * time.Second, there}} {
		name, edge := at.name, at.edge
		s.Sleep(at.wait)
		for method, body := range map[string]string{"GET": "", "PUT": `{"name":"Bob"}`, "DELETE": ""} {
			if r := edge.do(method, "/customers/"+id, body); r.status != 404 || r.text("error.code") != "not_found" {
				t.Errorf("%s: %s: %d %s", name, method, r.status, r.body)
			}
		}
		if got := edge.list("/customers"); len(got.ids) != 0 || got.more {
			t.Errorf("%s: listed %v", name, got.ids)
		}
		for _, query := range []string{"email=ada@example.com", "phone=%2B14155550123"} {
			if got := edge.find(query); got != "" {
				t.Errorf("%s: %s finds %s", name, query, got)
			}
		}
		if r := edge.do("POST", "/checkout?type=direct", fmt.Sprintf(`{"amount":1,"asset_code":"XLM","customer_id":%q}`, id)); r.status != 400 || r.text("error.param") != "customer_id" {
			t.Errorf("%s: charging: %d %s", name, r.status, r.body)
		}
		if r := edge.get("/checkout/" + sold); r.text("customer_id") != id {
			t.Errorf("%s: a checkout that was made before: %s", name, r.body)
		}
		if got := edge.list("/checkout?customer_id=" + id); !slices.Equal(got.ids, []string{sold}) {
			t.Errorf("%s: the customer's checkouts: %v", name, got.ids)
		}
	}
	for _, key := range s.Store.Keys("") {
		for _, private := range []string{"ada@example.com", "4155550123", "Lovelace", "gold"} {
			if strings.Contains(string(s.Store.Peek(key)), private) {
				t.Errorf("%s still contains %s", key, private)
			}
		}
	}

	// A customer who comes back starts with an empty record.
	back := shop.charged("customer_email", "ada@example.com")
	got := shop.get("/customers/" + back)
	want := strings.NewReplacer(`"name":"Ada Lovelace","phone":"+14155550123"`, `"name":null,"phone":null`, `"metadata":{"tier":"gold"}`, `"metadata":{}`,
		made.text("created_at"), s.Now().Format("2006-01-02T15:04:05.000Z"), id, back).Replace(made.body)
	if got.body != want {
		t.Errorf("got  %swant %s", got.body, want)
	}
	if got := shop.list("/customers"); !slices.Equal(got.ids, []string{back}) {
		t.Errorf("listed %v", got.ids)
	}
	if got := shop.find("phone=%2B14155550123"); got != "" {
		t.Errorf("the deleted customer's other address finds %s", got)
	}
}

// Data centres that do not see each other's writes must agree within a minute.
func TestDataCentresAgreeOnACustomerDeletedElsewhere(t *testing.T) {
	s := deploy(t)
	first := s.edge()
	shop, _ := s.merchant(first)
	s.Sleep(2 * time.Minute)
	edges := []*worker.Service{first, s.edge(), s.edge(), s.edge()}
	shop.at(edges[1]).find("email=ada@example.com") // this one has cached that there is no customer
	id := shop.charged("customer_email", "ada@example.com")
	s.Sleep(time.Second)
	shop.at(edges[2]).get("/customers/" + id) // and this one that there is one
	s.Sleep(time.Second)
	shop.ok(shop.do("DELETE", "/customers/"+id, ""))
	s.Sleep(time.Second)
	for i := range 2 {
		for _, edge := range edges {
			s.Sleep(time.Second)
			if got := shop.at(edge).charged("customer_email", "ada@example.com"); got != id {
				t.Errorf("round %d: %s, want the derived %s", i, got, id)
			}
		}
	}
	s.Sleep(61 * time.Second)
	var bodies []string
	for _, edge := range edges {
		bodies = append(bodies, shop.at(edge).get("/customers/"+id).body)
		if got := shop.at(edge).list("/customers?limit=1"); !slices.Equal(got.ids, []string{id}) || got.more {
			t.Errorf("listed %+v", got)
		}
	}
	if len(slices.Compact(bodies)) != 1 {
		t.Errorf("the edges do not agree: %s", bodies)
	}
	var u struct{ Email string }
	if err := json.Unmarshal([]byte(bodies[0]), &u); err != nil || u.Email != "ada@example.com" {
		t.Errorf("%s: %v", bodies[0], err)
	}
}

func TestFailedDeletionCanBeRepeated(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	id := shop.post("/customers", `{"email":"ada@example.com"}`).text("id")
	s.Store.SetFault(func(op, key string) kvtest.Fault {
		if op == "put" && strings.HasPrefix(key, "by-merchant/") {
			return kvtest.FaultBefore
		}
		return kvtest.FaultNone
	})
	if r := shop.do("DELETE", "/customers/"+id, ""); r.status != 500 {
		t.Errorf("%d %s", r.status, r.body)
	}
	s.Store.SetFault(nil)
	if r := shop.get("/customers/" + id); r.status != 404 {
		t.Errorf("read: %d %s", r.status, r.body)
	}
	if got := shop.list("/customers"); len(got.ids) != 0 || got.more {
		t.Errorf("listed: %+v", got)
	}
}

// Customers are deleted page by page.
func TestListContinuesAfterDeletedCustomers(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	for i := range 12 {
		s.Sleep(time.Millisecond)
		shop.post("/customers", fmt.Sprintf(`{"email":"guest%d@example.com"}`, i))
	}
	deleted := 0
	for path := "/customers?limit=5"; path != ""; {
		page := shop.list(path)
		for _, id := range page.ids {
			shop.ok(shop.do("DELETE", "/customers/"+id, ""))
			deleted++
		}
		path = page.next
	}
	if left := shop.list("/customers").ids; deleted != 12 || len(left) != 0 {
		t.Errorf("%d deleted, %v left", deleted, left)
	}
	s.Sleep(time.Minute)
	if keys := s.Store.Keys("by-merchant/"); len(keys) != 0 {
		t.Errorf("still listed: %v", keys)
	}
	s.Sleep(25 * time.Hour)
	if keys := s.Store.Keys("customer/"); len(keys) != 0 {
		t.Errorf("never expire: %v", keys)
	}
}

func TestOtherMerchantsCannotChangeOrDelete(t *testing.T) {
	s := deploy(t)
	here := s.edge("LIVE_HORIZON_URLS", "https://live.example", "LIVE_PASSPHRASE", "Public")
	mine, key := s.merchant(here)
	theirs, _ := s.merchant(here)
	live := s.liveKeyOf(here, key)
	for path, body := range map[string]string{
		"/product/" + mine.post("/product", `{"name":"Tea","asset_code":"XLM","price_amount":2}`).text("id"): `{"name":"Coffee"}`,
		"/customers/" + mine.post("/customers", `{"email":"ada@example.com"}`).text("id"):                    `{"name":"Eve"}`,
	} {
		before := mine.get(path)
		for _, who := range []client{theirs, live} {
			for method, body := range map[string]string{"GET": "", "PUT": body, "DELETE": ""} {
				if r := who.do(method, path, body); r.status != 404 || r.text("error.code") != "not_found" {
					t.Errorf("%s %s: %d %s", method, path, r.status, r.body)
				}
			}
		}
		if after := mine.get(path); after.body != before.body {
			t.Errorf("was %sis  %s", before.body, after.body)
		}
	}
	// For another merchant, the same contact belongs to a different customer.
	other := theirs.post("/customers", `{"email":"eve@example.com"}`).text("id")
	if r := theirs.do("PUT", "/customers/"+other, `{"email":"ada@example.com"}`); r.status != 200 {
		t.Errorf("%d %s", r.status, r.body)
	}
}
