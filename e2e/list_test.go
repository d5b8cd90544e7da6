package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"edgecheckout/sandbox/stack"

	"github.com/google/go-cmp/cmp"
)

// listPage is a page of a list.
type listPage struct {
	ids     []string
	items   []json.RawMessage
	hasMore bool
	next    string // path in its Link
	rel     string
}

var linked = regexp.MustCompile(`^<(.+)>; rel="(next|prev)"$`)

// page requests a page of a list.
func (s *shop) page(path string) listPage {
	s.t.Helper()
	reply := s.ask(path)
	var list struct {
		Data    []json.RawMessage
		HasMore bool `json:"has_more"`
	}
	if err := json.Unmarshal(reply.Body, &list); err != nil || reply.Status != http.StatusOK {
		s.t.Fatalf("GET %s: %d %s, %v", path, reply.Status, reply.Body, err)
	}
	p := listPage{items: list.Data, hasMore: list.HasMore}
	for _, item := range list.Data {
		p.ids = append(p.ids, idOf(s.t, item))
	}
	if link := linked.FindStringSubmatch(reply.Header.Get("Link")); link != nil {
		p.next, p.rel = link[1], link[2]
	}
	if p.hasMore != (p.next != "") {
		s.t.Errorf("GET %s: has_more is %v, Link is %q", path, p.hasMore, reply.Header.Get("Link"))
	}
	return p
}

// walk follows a list from a page on and returns all ids in order; between is called after each
// page.
func (s *shop) walk(path string, between func()) (ids []string) {
	s.t.Helper()
	for path != "" {
		p := s.page(path)
		if p.rel == "prev" || p.next == "" && strings.Contains(path, "ending_before") {
			slices.Reverse(p.ids)
		}
		ids = append(ids, p.ids...)
		if path = p.next; path != "" && between != nil {
			between()
		}
	}
	return ids
}

func idOf(t *testing.T, object []byte) string {
	t.Helper()
	var o struct{ ID string }
	if err := json.Unmarshal(object, &o); err != nil {
		t.Fatal(err)
	}
	return o.ID
}

// send makes a request that must succeed.
func (s *shop) send(method, path, body string, headers ...string) stack.Reply[json.RawMessage] {
	s.t.Helper()
	var text []byte
	if body != "" {
		text = []byte(body)
	}
	reply, err := s.Do(s.t.Context(), method, path, text, headers...)
	if err != nil || reply.Status != http.StatusOK {
		s.t.Fatalf("%s %s %s: %d %s, %v", method, path, body, reply.Status, reply.Body, err)
	}
	return reply
}

func TestListsAreWalkedBothWaysWhileTheyGrow(t *testing.T) {
	for name, make := range map[string]func(i int) (path, body string, headers []string){
		"product": func(i int) (string, string, []string) {
			return "/product", fmt.Sprintf(`{"name": "Coffee %d", "asset_code": "XLM", "price_amount": 5}`, i), nil
		},
		"customers": func(i int) (string, string, []string) {
			return "/customers", fmt.Sprintf(`{"email": "guest-%d@example.com"}`, i), nil
		},
		// An id that was derived for an Idempotency-Key does not hold the time of day.
		"checkout": func(i int) (string, string, []string) {
			return direct, with("amount", 5), []string{"Idempotency-Key", fmt.Sprint("order ", i)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t)
			n := 0
			add := func() {
				path, body, headers := make(n)
				s.send(http.MethodPost, path, body, headers...)
				n++
			}
			for range 27 {
				add()
			}
			path := "/" + name
			all := s.page(path + "?limit=100")
			if len(all.ids) != 27 || len(distinct(all.ids...)) != 27 || all.hasMore {
				t.Fatalf("%d objects, %d of them different, has_more %v", len(all.ids), len(distinct(all.ids...)), all.hasMore)
			}
			if !slices.IsSortedFunc(all.items, newestFirst(t)) {
				t.Error("they are not newest first")
			}
			for _, limit := range []int{4, 10, 26} {
				older := append([]string{all.ids[0]}, s.walk(fmt.Sprintf("%s?limit=%d&starting_after=%s", path, limit, all.ids[0]), add)...)
				if diff := cmp.Diff(all.ids, older); diff != "" {
					t.Errorf("%d at a time, from the newest down (-want +got):\n%s", limit, diff)
				}
			}
			whole := s.page(path + "?limit=100").ids
			if !slices.Equal(whole[n-27:], all.ids) {
				t.Error("what was added moved what was there")
			}
			oldest := whole[n-1]
			for _, limit := range []int{4, 10, 100} {
				newer := append([]string{oldest}, s.walk(fmt.Sprintf("%s?limit=%d&ending_before=%s", path, limit, oldest), nil)...)
				slices.Reverse(newer)
				if diff := cmp.Diff(whole, newer); diff != "" {
					t.Errorf("%d at a time, from the oldest up (-want +got):\n%s", limit, diff)
				}
			}
		})
	}
}

// A single list call does not reach beyond the first thousand objects.
func TestMoreThanAThousandObjectsAreWalkedBothWays(t *testing.T) {
	s := openShop(t)
	const n = 1100
	var wait sync.WaitGroup
	for first := range 5 {
		wait.Go(func() {
			for i := first; i < n; i += 5 {
				body := fmt.Sprintf(`{"name": "Coffee %d", "asset_code": "XLM", "price_amount": 5}`, i)
				if reply, err := s.Do(t.Context(), http.MethodPost, "/product", []byte(body)); err != nil || reply.Status != http.StatusOK {
					t.Errorf("%d %s, %v", reply.Status, reply.Body, err)
					return
				}
			}
		})
	}
	wait.Wait()
	older := s.walk("/product?limit=100", nil)
	if len(older) != n || len(distinct(older...)) != n {
		t.Fatalf("from the newest down there are %d products, %d of them different, want %d", len(older), len(distinct(older...)), n)
	}
	newer := append([]string{older[n-1]}, s.walk("/product?limit=100&ending_before="+older[n-1], nil)...)
	if slices.Reverse(newer); !slices.Equal(newer, older) {
		t.Errorf("from the oldest up: %s", cmp.Diff(older, newer))
	}
	// No bookmark exists for pages of this size.
	for _, at := range []int{1060, 1010, 500} {
		if got, want := s.page(fmt.Sprintf("/product?limit=33&starting_after=%s", older[at])).ids, older[at+1:at+34]; !slices.Equal(got, want) {
			t.Errorf("after %d: %s", at, cmp.Diff(want, got))
		}
	}
}

// newestFirst compares objects by their time of creation.
func newestFirst(t *testing.T) func(a, b json.RawMessage) int {
	return func(a, b json.RawMessage) int {
		var times [2]struct {
			CreatedAt string `json:"created_at"`
		}
		for i, object := range []json.RawMessage{a, b} {
			if err := json.Unmarshal(object, &times[i]); err != nil {
				t.Fatal(err)
			}
		}
		return strings.Compare(times[1].CreatedAt, times[0].CreatedAt)
	}
}

func TestCheckoutsAreListedAsTheyAreRetrieved(t *testing.T) {
	s := openShop(t).withCron()
	paid := s.charge(fields{"amount": 5, "asset_code": "XLM", "customer_email": "ada@example.com", "description": "<Sidamo> & \u2028"})
	unpaid := s.chargeBriefly(fields{"amount": 5, "asset_code": "XLM", "customer_email": "ada@example.com"})
	open := s.charge(fields{"amount": 5, "asset_code": "XLM", "customer_phone": "+14155550123", "metadata": fields{"b": "1", "a": "2"}})
	s.pay(paid, "5")
	s.awaitStatus(paid.ID, "completed")
	s.awaitStatus(unpaid.ID, "expired")
	list := s.page("/checkout")
	if want := []string{open.ID, unpaid.ID, paid.ID}; !slices.Equal(list.ids, want) {
		t.Fatalf("listed %v, want %v", list.ids, want)
	}
	for i, id := range list.ids {
		if diff := cmp.Diff(strings.TrimSpace(string(s.ask("/checkout/"+id).Body)), string(list.items[i])); diff != "" {
			t.Errorf("alone (-) and in the list (+):\n%s", diff)
		}
	}
	for query, want := range map[string][]string{
		"status=open": {open.ID}, "status=completed": {paid.ID}, "status=expired": {unpaid.ID}, "status=failed": nil,
		"customer_id=" + *paid.CustomerID: {unpaid.ID, paid.ID}, "customer_id=" + *open.CustomerID: {open.ID},
		"customer_id=" + *paid.CustomerID + "&status=completed": {paid.ID}, "customer_id=" + *open.CustomerID + "&status=completed": nil,
		"customer_id=" + *paid.CustomerID + "&limit=1&starting_after=" + unpaid.ID: {paid.ID}, "status=open&ending_before=" + unpaid.ID: {open.ID},
	} {
		if got := s.page("/checkout?" + query); !slices.Equal(got.ids, want) || got.hasMore {
			t.Errorf("%s: %v, has_more %v; want %v", query, got.ids, got.hasMore, want)
		}
	}
	if got := s.page("/checkout?limit=1&customer_id=" + *paid.CustomerID); !slices.Equal(got.ids, []string{unpaid.ID}) || !got.hasMore {
		t.Errorf("the newest one of a customer's: %+v", got)
	}
	other := s.neighbour()
	for _, query := range []string{"", "?customer_id=" + *paid.CustomerID, "?status=open"} {
		if got := other.page("/checkout" + query); len(got.ids) != 0 {
			t.Errorf("another merchant's key lists %v by %q", got.ids, query)
		}
	}
}

func TestAProductIsChangedArchivedAndSoldAgain(t *testing.T) {
	s := openShop(t)
	made := s.send(http.MethodPost, "/product", `{"name": "Sidamo", "description": "250 g", "asset_code": "XLM", "price_amount": 5, "metadata": {"sku": "S-250"}}`)
	id := idOf(t, made.Body)
	path, sale := "/product/"+id, encode(fields{"product_id": id})
	changed := s.send(http.MethodPut, path, `{"name": "Sidamo, 500 g", "description": null, "asset_code": "USDC", "price_amount": "9.5", "images": ["https://shop.example/sidamo.jpg"]}`)
	golden(t, "product-changed.json", normalise(indent(changed.Body)))
	if read := s.ask(path); string(read.Body) != string(changed.Body) {
		t.Errorf("changed to %sread as    %s", changed.Body, read.Body)
	}
	sold := s.send(http.MethodPost, ofProduct, sale)
	if !strings.Contains(string(sold.Body), `"amount":9.5,"amount_decimal":"9.5","asset_code":"USDC"`) {
		t.Errorf("sold as %s", sold.Body)
	}
	archived := s.send(http.MethodDelete, path, "")
	refused, err := s.Do(t.Context(), http.MethodPost, ofProduct, []byte(sale))
	if err != nil || refused.Status != http.StatusBadRequest || !strings.Contains(string(refused.Body), "product_archived") {
		t.Errorf("%s was sold: %d %s, %v", archived.Body, refused.Status, refused.Body, err)
	}
	if listed := s.page("/product"); !slices.Equal(listed.ids, []string{id}) || !strings.Contains(string(listed.items[0]), `"status":"archived"`) {
		t.Errorf("listed as %s", listed.items)
	}
	s.send(http.MethodPut, path, `{"status": "active"}`)
	s.send(http.MethodPost, ofProduct, sale)
}

func TestACustomerIsFoundChangedAndDeleted(t *testing.T) {
	s := openShop(t)
	ada := idOf(t, s.send(http.MethodPost, "/customers", `{"email": "Ada@Example.com", "phone": "+1 (415) 555-0123", "name": "Ada"}`).Body)
	find := func(query string) string { t.Helper(); return strings.Join(s.page("/customers?"+query).ids, " ") }
	finds := func(when string, want map[string]string) {
		t.Helper()
		for query, id := range want {
			if got := find(query); got != id {
				t.Errorf("%s, %s finds %q, want %q", when, query, got, id)
			}
		}
	}
	finds("when she is new", map[string]string{
		"email=ada@example.com": ada, "email=ADA%40example.com": ada, "phone=%2B14155550123": ada, "phone=+14155550123": ada,
		"email=ada@example.com&phone=%2B14155550123": ada, "email=ada@example.com&phone=%2B14155550199": "", "email=bob@example.com": "",
	})
	changed := s.send(http.MethodPut, "/customers/"+ada, `{"email": "lovelace@example.com", "phone": null, "metadata": {"tier": "gold"}}`)
	golden(t, "customer-changed.json", normalise(indent(changed.Body)))
	finds("when she has moved", map[string]string{"email=ada@example.com": "", "phone=%2B14155550123": "", "email=lovelace@example.com": ada})

	// Her old address can belong to a new customer; her new address is still hers.
	other := s.charge(fields{"amount": 5, "asset_code": "XLM", "customer_email": "ada@example.com"}).CustomerID
	again := s.charge(fields{"amount": 5, "asset_code": "XLM", "customer_email": "lovelace@example.com"})
	if *other == ada || *again.CustomerID != ada {
		t.Errorf("ada@ is %s and lovelace@ is %s; Ada is %s", *other, *again.CustomerID, ada)
	}

	gone := s.send(http.MethodDelete, "/customers/"+ada, "")
	golden(t, "customer-deleted.json", normalise(indent(gone.Body)))
	for method, body := range map[string]string{http.MethodGet: "", http.MethodPut: `{"name": "Ada"}`, http.MethodDelete: ""} {
		if answer, text := (exchange{method: method, path: "/customers/" + ada, body: body}).send(t, s.Client); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s after she was deleted: %d %s", method, answer.StatusCode, text)
		}
	}
	finds("when she is deleted", map[string]string{"email=lovelace@example.com": "", "email=ada@example.com": *other})
	if listed := s.page("/customers"); !slices.Equal(listed.ids, []string{*other}) {
		t.Errorf("listed %v", listed.ids)
	}
	if got := s.page("/checkout?customer_id=" + ada); !slices.Equal(got.ids, []string{again.ID}) {
		t.Errorf("her checkouts: %v, want %s", got.ids, again.ID)
	}
	back := s.charge(fields{"amount": 5, "asset_code": "XLM", "customer_email": "lovelace@example.com"})
	if reply := s.ask("/customers/" + *back.CustomerID); reply.Status != http.StatusOK || strings.Contains(string(reply.Body), "gold") {
		t.Errorf("who comes back is %d %s", reply.Status, reply.Body)
	}
}

func TestErrorsOfLists(t *testing.T) {
	s := openShop(t)
	theirs := s.neighbour().charge(fields{"amount": 5, "asset_code": "XLM"}).ID
	get := func(about, path string) exchange { return exchange{about: about, method: http.MethodGet, path: path} }
	transcript(t, "errors/lists.txt", s.Client, s.names(),
		get("a page after a checkout that does not exist", "/checkout?starting_after="+anID),
		get("a page after another merchant's checkout", "/checkout?starting_after="+theirs),
		get("a page before what is no id", "/product?ending_before=1"),
		get("a page after nothing", "/customers?starting_after="),
		get("a page after an id of another kind", "/customers?starting_after="+aProduct),
		get("a page between two", "/product?starting_after="+aProduct+"&ending_before="+aProduct),
		get("checkouts of a status that there is not", "/checkout?status=paid"),
		get("checkouts of what is no customer", "/checkout?customer_id=ada@example.com"),
		get("a customer by no address", "/customers?email="),
		get("a customer by what is no address", "/customers?email=ada"),
		get("a customer by a number without its country", "/customers?phone=0171+1234567"),
		get("a customer by an address, and a page of them", "/customers?email=ada@example.com&starting_after="+aCustomer),
	)
}

func TestErrorsOfChanges(t *testing.T) {
	s := openShop(t)
	product := "/product/" + idOf(t, s.send(http.MethodPost, "/product", `{"name": "Sidamo", "asset_code": "XLM", "price_amount": 5}`).Body)
	ada := idOf(t, s.send(http.MethodPost, "/customers", `{"email": "ada@example.com"}`).Body)
	bob := "/customers/" + idOf(t, s.send(http.MethodPost, "/customers", `{"name": "Bob"}`).Body)
	s.send(http.MethodDelete, product, "")
	put := func(about, path, body string) exchange {
		return exchange{about: about, method: http.MethodPut, path: path, body: body}
	}
	transcript(t, "errors/changes.txt", s.Client, s.names(ada, "{ada}"),
		put("a product that does not exist", "/product/"+aProduct, `{}`),
		put("a product without its name", product, `{"name": null}`),
		put("a product at no price", product, `{"price_amount": 0}`),
		put("a product in an asset that is not known", product, `{"asset_code": "GOLD"}`),
		put("a product of a status that there is not", product, `{"status": "sold out"}`),
		put("a product with another id", product, `{"id": "`+aProduct+`"}`),
		exchange{about: "a product that is archived", path: ofProduct, body: encode(fields{"product_id": strings.TrimPrefix(product, "/product/")})},
		put("a customer that does not exist", "/customers/"+aCustomer, `{}`),
		put("a customer of whom nothing would be known", bob, `{"name": null}`),
		put("a customer with an address that is none", bob, `{"email": "bob@"}`),
		put("a customer with another's address", bob, `{"email": "Ada@example.com"}`),
		exchange{about: "a customer who does not exist is not deleted", method: http.MethodDelete, path: "/customers/" + aCustomer},
	)
}
