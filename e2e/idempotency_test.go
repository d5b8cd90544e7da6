package e2e

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// crowd is how many send the same at once.
const crowd = 32

// atOnce sends the same request crowd times at once and returns all answers.
func (s *shop) atOnce(path, body string, headers ...string) []string {
	s.t.Helper()
	answers := make([]string, crowd)
	var wait sync.WaitGroup
	for i := range answers {
		wait.Go(func() {
			reply, err := s.Do(s.t.Context(), http.MethodPost, path, []byte(body), headers...)
			if err != nil || reply.Status != http.StatusOK {
				s.t.Errorf("%d %s, %v", reply.Status, reply.Body, err)
			}
			answers[i] = string(reply.Body)
		})
	}
	wait.Wait()
	return answers
}

// wantOne wants the same object in all answers. Only its times may differ, by what the clocks of racing edges do: nobody
// coordinates them.
func wantOne(t *testing.T, answers []string) {
	t.Helper()
	times := regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"`)
	for i, answer := range answers {
		answers[i] = times.ReplaceAllString(answer, `"{time}"`)
	}
	if different := distinct(answers...); len(different) != 1 {
		t.Errorf("%d different answers to one request sent %d times at once:\n%s", len(different), crowd, strings.Join(different, "\n"))
	}
}

func TestARetryReturnsTheSameCheckout(t *testing.T) {
	s := openShop(t)
	params := fields{"amount": 5, "asset_code": "XLM", "metadata": fields{"order": "1042"}}
	first, err := s.CreateCheckout(t.Context(), "direct", params, "Idempotency-Key", "order 1042")
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.CreateCheckout(t.Context(), "direct", params, "Idempotency-Key", "order 1042")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(first.Body), string(again.Body)); diff != "" {
		t.Errorf("the retry (-first +again):\n%s", diff)
	}
	other, err := s.CreateCheckout(t.Context(), "direct", params, "Idempotency-Key", "order 1043")
	if err != nil {
		t.Fatal(err)
	}
	unkeyed, err := s.CreateCheckout(t.Context(), "direct", params)
	if err != nil {
		t.Fatal(err)
	}
	if ids := distinct(first.Object.ID, other.Object.ID, unkeyed.Object.ID); len(ids) != 3 {
		t.Errorf("three different requests made the checkouts %q", ids)
	}
	neighbour := s.neighbour()
	theirs, err := neighbour.CreateCheckout(t.Context(), "direct", params, "Idempotency-Key", "order 1042")
	if err != nil {
		t.Fatal(err)
	}
	if theirs.Object.ID == first.Object.ID {
		t.Error("two merchants share an Idempotency-Key")
	}
	// A retry after the payment returns the checkout as it is by now.
	s.pay(first.Object, "5")
	s.awaitStatus(first.Object.ID, "completed")
	paid, err := s.CreateCheckout(t.Context(), "direct", params, "Idempotency-Key", "order 1042")
	if err != nil {
		t.Fatal(err)
	}
	if paid.Object.ID != first.Object.ID || paid.Object.Status != "completed" {
		t.Errorf("the retry returned %s %s, want %s completed", paid.Object.ID, paid.Object.Status, first.Object.ID)
	}
}

func TestACrowdOfRetriesMakesOneCheckout(t *testing.T) {
	s := openShop(t)
	wantOne(t, s.atOnce(direct, with("customer_email", "ada@example.com"), "Idempotency-Key", "order 1042"))
	if n := len(s.list("/customers?limit=100")); n != 1 {
		t.Errorf("%d customers in the list, want 1", n)
	}
}

func TestACrowdOfRetriesMakesOneProduct(t *testing.T) {
	s := openShop(t)
	wantOne(t, s.atOnce("/product", `{"name": "Sidamo", "asset_code": "XLM", "price_amount": 5}`, "Idempotency-Key", "sidamo"))
	if n := len(s.list("/product?limit=100")); n != 1 {
		t.Errorf("%d products in the list, want 1", n)
	}
}

func TestACrowdOfTheOperatorsRetriesMakesOneMerchantAndOneKey(t *testing.T) {
	s := openShop(t)
	s.Client = s.on.Operator()
	key := []string{"Idempotency-Key", s.id}
	wantOne(t, s.atOnce("/merchants", `{"name": "Northwind Coffee"}`, key...))
	wantOne(t, s.atOnce("/merchants/"+s.id+"/keys", `{"livemode": false}`, key...))
}

func TestACrowdOfCheckoutsMeetsOneNewCustomer(t *testing.T) {
	s := openShop(t)
	customers := map[string]bool{}
	for _, answer := range s.atOnce(direct, with("customer_email", "Ada@Example.com")) {
		var c struct {
			CustomerID string `json:"customer_id"`
		}
		if err := json.Unmarshal([]byte(answer), &c); err != nil {
			t.Fatal(err)
		}
		customers[c.CustomerID] = true
	}
	if len(customers) != 1 {
		t.Errorf("%d customers with one e-mail address", len(customers))
	}
	listed := s.list("/customers?limit=100")
	if len(listed) != 1 {
		t.Fatalf("%d customers in the list, want 1", len(listed))
	}
	golden(t, "customer.json", normalise(indent(listed[0])))
}

func (s *shop) list(path string) []json.RawMessage {
	s.t.Helper()
	var list struct{ Data []json.RawMessage }
	if err := json.Unmarshal(s.ask(path).Body, &list); err != nil {
		s.t.Fatal(err)
	}
	return list.Data
}

func distinct(all ...string) []string {
	var different []string
	seen := map[string]bool{}
	for _, s := range all {
		if !seen[s] {
			seen[s] = true
			different = append(different, s)
		}
	}
	return different
}
