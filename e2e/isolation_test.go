package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"edgecheckout/sandbox/stack"

	"github.com/google/go-cmp/cmp"
)

// The response for another merchant's object must equal the one for an object that does not exist.
func TestMerchantsDoNotSeeEachOther(t *testing.T) {
	s := openShop(t)
	other := s.neighbour()
	product, err := s.CreateProduct(t.Context(), fields{"name": "Sidamo", "asset_code": "XLM", "price_amount": 5})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := s.CreateCheckout(t.Context(), "direct", fields{"amount": 5, "asset_code": "XLM", "customer_email": "ada@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	c := reply.Object

	for path, unknown := range map[string]string{
		"/checkout/" + c.ID:             "/checkout/" + anID,
		"/product/" + product.Object.ID: "/product/" + aProduct,
		"/customers/" + *c.CustomerID:   "/customers/" + aCustomer,
	} {
		theirs, none := other.ask(path), other.ask(unknown)
		if theirs.Status != http.StatusNotFound {
			t.Errorf("GET %s: %d %s", path, theirs.Status, theirs.Body)
		}
		if diff := cmp.Diff(normalise(string(none.Body)), normalise(string(theirs.Body))); diff != "" {
			t.Errorf("%s can be distinguished from one that does not exist (-unknown +theirs):\n%s", path, diff)
		}
		if mine := s.ask(path); mine.Status != http.StatusOK {
			t.Errorf("GET %s with the owner's key: %d %s", path, mine.Status, mine.Body)
		}
	}
	for _, list := range []string{"/product", "/customers"} {
		want := `{"object":"list","data":[],"has_more":false,"url":"` + list + `"}`
		if got := strings.TrimSpace(string(other.ask(list).Body)); got != want {
			t.Errorf("GET %s with another merchant's key: %s", list, got)
		}
	}
	sold, err := other.Do(t.Context(), http.MethodPost, ofProduct, []byte(encode(fields{"product_id": product.Object.ID})))
	if err != nil || sold.Status != http.StatusBadRequest {
		t.Errorf("selling another merchant's product: %d %s, %v", sold.Status, sold.Body, err)
	}
	charged, err := other.Do(t.Context(), http.MethodPost, direct, []byte(with("customer_id", *c.CustomerID)))
	if err != nil || charged.Status != http.StatusBadRequest {
		t.Errorf("charging another merchant's customer: %d %s, %v", charged.Status, charged.Body, err)
	}
	// The same person is a different customer for another merchant.
	reply, err = other.CreateCheckout(t.Context(), "direct", fields{"amount": 5, "asset_code": "XLM", "customer_email": "ada@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if *reply.Object.CustomerID == *c.CustomerID {
		t.Error("two merchants share a customer")
	}
}

// ask sends a GET request with the shop's key, whatever the response.
func (s *shop) ask(path string) stack.Reply[json.RawMessage] {
	s.t.Helper()
	reply, err := s.Do(s.t.Context(), http.MethodGet, path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply
}

func TestRevokedKeyIsRefused(t *testing.T) {
	s := openShop(t)
	key, err := s.on.Operator().CreateKey(t.Context(), s.id, false)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "key.json", normalise(indent(key.Body)))
	path := "/merchants/" + s.id + "/keys/" + key.Object.ID
	gone, err := s.on.Operator().Do(t.Context(), http.MethodDelete, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "key-deleted.json", normalise(indent(gone.Body)))
	// Instances cache a key for half a minute; this one has not been used yet.
	reply, err := s.on.Merchant(key.Object.Secret).Do(t.Context(), http.MethodGet, "/product", nil)
	if err != nil || reply.Status != http.StatusUnauthorized {
		t.Errorf("with a revoked key: %d %s, %v", reply.Status, reply.Body, err)
	}
	if reply := s.ask("/product"); reply.Status != http.StatusOK {
		t.Errorf("with the merchant's other key: %d %s", reply.Status, reply.Body)
	}
}

func TestMerchantIsCreatedReadAndChanged(t *testing.T) {
	s := openShop(t)
	operator := s.on.Operator()
	merchant, err := operator.Merchant(t.Context(), s.id)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "merchant.json", normalise(indent(merchant.Body), s.names()...))
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	other := s.neighbour()
	changed, err := operator.Do(t.Context(), http.MethodPut, "/merchants/"+s.id, []byte(encode(fields{
		"name": "Southwind Tea", "account_test": other.account, "logo_url": "https://shop.example/logo.png", "brand_color": "#0A7C66",
		"support_email": "help@shop.example", "website": "https://shop.example/", "home_domain": "shop.example",
	})))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "merchant-changed.json", normalise(indent(changed.Body), s.names(other.account, "{other account}")...))
	if got := s.read(c.ID).Destination; got != s.account {
		t.Errorf("a checkout that was made before is paid to %s, want %s still", got, s.account)
	}
	// An instance caches what it has read of a merchant for half a minute.
	s.eventually("new checkouts are paid to the new account", func() bool {
		return s.charge(fields{"amount": 5, "asset_code": "XLM"}).Destination == other.account
	})
}

// eventually waits for at most a minute.
func (s *shop) eventually(what string, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Second) {
		if time.Now().After(end) {
			s.t.Fatalf("not within a minute: %s", what)
		}
	}
}

func TestListsAreNewestFirst(t *testing.T) {
	s := openShop(t)
	var want []string
	for _, name := range []string{"Sidamo", "Harrar", "Limu"} {
		p, err := s.CreateProduct(t.Context(), fields{"name": name, "asset_code": "XLM", "price_amount": 5})
		if err != nil {
			t.Fatal(err)
		}
		want = append([]string{string(bytes.TrimSpace(p.Body))}, want...)
		time.Sleep(5 * time.Millisecond)
	}
	for path, wanted := range map[string]string{
		"/product":         `{"object":"list","data":[` + strings.Join(want, ",") + `],"has_more":false,"url":"/product"}`,
		"/product?limit=2": `{"object":"list","data":[` + strings.Join(want[:2], ",") + `],"has_more":true,"url":"/product"}`,
	} {
		if diff := cmp.Diff(wanted, strings.TrimSpace(string(s.ask(path).Body))); diff != "" {
			t.Errorf("GET %s (-want +got):\n%s", path, diff)
		}
	}
}
