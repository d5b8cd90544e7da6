package e2e

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"edgecheckout/sandbox/stack"

	"github.com/google/go-cmp/cmp"
)

// crowd is the number of concurrent requests.
const crowd = 32

// atOnce sends the same request crowd times concurrently and returns all responses.
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

// wantOne requires the same object in all responses. Only its times may differ, because the clocks
// of racing data centres are not coordinated.
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
	// A retry after the payment returns the current state of the checkout.
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

func TestConcurrentRetriesCreateOneCheckout(t *testing.T) {
	s := openShop(t)
	wantOne(t, s.atOnce(direct, with("customer_email", "ada@example.com"), "Idempotency-Key", "order 1042"))
	if n := len(s.list("/customers?limit=100")); n != 1 {
		t.Errorf("%d customers in the list, want 1", n)
	}
}

func TestConcurrentRetriesCreateOneProduct(t *testing.T) {
	s := openShop(t)
	wantOne(t, s.atOnce("/product", `{"name": "Sidamo", "asset_code": "XLM", "price_amount": 5}`, "Idempotency-Key", "sidamo"))
	if n := len(s.list("/product?limit=100")); n != 1 {
		t.Errorf("%d products in the list, want 1", n)
	}
}

func TestConcurrentRetriesByTheOperatorCreateOneMerchantAndOneKey(t *testing.T) {
	s := openShop(t)
	s.Client = s.on.Operator()
	key := []string{"Idempotency-Key", s.id}
	wantOne(t, s.atOnce("/merchants", `{"name": "Northwind Coffee"}`, key...))
	wantOne(t, s.atOnce("/merchants/"+s.id+"/keys", `{"livemode": false}`, key...))
}

func TestConcurrentCheckoutsCreateOneCustomer(t *testing.T) {
	s := openShop(t)
	listed := s.meets(direct, with("customer_email", "Ada@Example.com"))
	golden(t, "customer.json", normalise(indent(listed)))
}

func TestConcurrentRequestsCreateOneCustomerByAnyContact(t *testing.T) {
	for name, request := range map[string][2]string{
		"a checkout's phone": {direct, with("customer_phone", "+1 (415) 555-0123")},
		"an e-mail":          {"/customers", `{"email": "ada@example.com"}`},
		"a phone":            {"/customers", `{"phone": "+14155550123", "name": "Ada"}`},
		"both":               {"/customers", `{"phone": "+14155550123", "email": "ada@example.com"}`},
	} {
		t.Run(name, func(t *testing.T) { openShop(t).meets(request[0], request[1]) })
	}
}

// meets sends concurrent requests that name a new customer, and returns the one that was created.
func (s *shop) meets(path, body string) json.RawMessage {
	s.t.Helper()
	customers := map[string]bool{}
	for _, answer := range s.atOnce(path, body) {
		var object struct {
			ID         string
			CustomerID string `json:"customer_id"`
		}
		if err := json.Unmarshal([]byte(answer), &object); err != nil {
			s.t.Fatal(err)
		}
		if object.CustomerID != "" { // of a checkout
			object.ID = object.CustomerID
		}
		customers[object.ID] = true
	}
	listed := s.list("/customers?limit=100")
	if len(listed) != 1 || len(customers) != 1 || !customers[idOf(s.t, listed[0])] {
		s.t.Fatalf("the crowd met %v, and in the list is %s", slices.Collect(maps.Keys(customers)), listed)
	}
	return listed[0]
}

// A key is for one request. It does not matter which request gets it, but afterwards the others are
// refused, and no object has the content of another request.
func TestOneOfConcurrentRequestsKeepsTheIdempotencyKey(t *testing.T) {
	s := openShop(t)
	body := func(i int) string { return with("amount", i+1) }
	send := func(i int) (status int, c stack.Checkout) {
		reply, err := s.Do(t.Context(), http.MethodPost, direct, []byte(body(i)), "Idempotency-Key", "order 1042")
		if err != nil {
			t.Error(err)
			return 0, c
		}
		if reply.Status == http.StatusOK {
			err = json.Unmarshal(reply.Body, &c)
		}
		if err != nil || reply.Status != http.StatusOK && !strings.Contains(string(reply.Body), `"idempotency_key_reused"`) {
			t.Errorf("%s: %d %s, %v", body(i), reply.Status, reply.Body, err)
		}
		return reply.Status, c
	}
	var wait sync.WaitGroup
	made := make([]stack.Checkout, crowd)
	for i := range made {
		wait.Go(func() { _, made[i] = send(i) })
	}
	wait.Wait()
	var want []string
	for i, c := range made {
		if c.ID == "" {
			continue
		}
		want = append(want, c.ID)
		if read := s.read(c.ID); string(read.Amount) != strconv.Itoa(i+1) || c.Amount != read.Amount {
			t.Errorf("%s made %v, which is read as %v", body(i), c, read)
		}
	}
	owners := 0
	for i := range made {
		if status, again := send(i); status == http.StatusOK {
			owners++
			if again.ID != made[i].ID {
				t.Errorf("%s made %s, and then %s", body(i), made[i].ID, again.ID)
			}
		}
	}
	if owners != 1 {
		t.Errorf("the key belongs to %d requests", owners)
	}
	listed := s.page("/checkout?limit=100").ids
	slices.Sort(listed)
	slices.Sort(want)
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("made (-), listed (+):\n%s", diff)
	}
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
