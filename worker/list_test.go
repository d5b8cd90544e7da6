package worker_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker"
	"edgecheckout/worker/kv/kvtest"
)

// lists are the routes of lists, each with a function that creates an object.
var lists = map[string]func(shop client, i int) reply{
	"/product": func(shop client, i int) reply {
		return shop.post("/product", fmt.Sprintf(`{"name":"Tea %d","asset_code":"XLM","price_amount":2}`, i))
	},
	"/customers": func(shop client, i int) reply {
		return shop.post("/customers", fmt.Sprintf(`{"email":"guest%d@example.com"}`, i))
	},
	// Every other one has an Idempotency-Key, so its id holds only the day of its creation.
	"/checkout": func(shop client, i int) reply {
		if i%2 == 0 {
			shop = shop.with("Idempotency-Key", fmt.Sprint(i))
		}
		return shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM"}`)
	},
}

// listed is a page of a list.
type listed struct {
	ids   []string
	items []json.RawMessage
	more  bool
	next  string // the path in its Link
	rel   string
}

func (c client) list(path string) (l listed) {
	c.t.Helper()
	r := c.ok(c.get(path))
	var page struct {
		Object  string
		Data    []json.RawMessage
		HasMore bool `json:"has_more"`
		URL     string
	}
	if err := json.Unmarshal([]byte(r.body), &page); err != nil {
		c.t.Fatal(err)
	}
	base, _, _ := strings.Cut(path, "?")
	if page.Object != "list" || page.URL != base || page.Data == nil {
		c.t.Errorf("%s: %s", path, r.body)
	}
	l.items, l.more = page.Data, page.HasMore
	for _, item := range page.Data {
		var o struct{ ID string }
		if err := json.Unmarshal(item, &o); err != nil {
			c.t.Fatal(err)
		}
		l.ids = append(l.ids, o.ID)
	}
	if link := r.header.Get("Link"); link != "" {
		if n, err := fmt.Sscanf(strings.NewReplacer("<", "", ">;", "", `"`, "").Replace(link), "%s rel=%s", &l.next, &l.rel); n != 2 {
			c.t.Fatalf("Link: %s: %v", link, err)
		}
	}
	if l.more != (l.next != "") {
		c.t.Errorf("%s: has_more is %v, and it links to %q", path, l.more, l.next)
	}
	return l
}

// reverse returns a list in the opposite order.
func reverse(ids []string) []string {
	ids = slices.Clone(ids)
	slices.Reverse(ids)
	return ids
}

func TestListsAreWalkedBothWaysWhileTheyGrow(t *testing.T) {
	for path, create := range lists {
		t.Run(path, func(t *testing.T) {
			s := deploy(t)
			here := s.edge()
			shop, _ := s.merchant(here)
			s.Sleep(2 * time.Minute)
			elsewhere := shop.at(s.edge())
			var want []string // newest first
			n := 0
			add := func(shop client) {
				want = append([]string{create(shop, n).text("id")}, want...)
				n++
				s.Sleep(time.Duration(n%3) * time.Millisecond) // some are created in the same millisecond
			}
			for range 25 {
				add(shop)
			}
			// Within a millisecond, the order is that of the ids.
			want = shop.list(path + "?limit=100").ids
			if len(want) != 25 {
				t.Fatalf("%d of 25 in the list", len(want))
			}

			begin := slices.Clone(want)
			for _, limit := range []int{1, 4, 10, 24, 25} {
				var older []string
				ask := fmt.Sprintf("%s?limit=%d&ending_before=%s", path, limit, begin[0])
				if limit < 25 {
					ask = fmt.Sprintf("%s?limit=%d&starting_after=%s", path, limit, begin[0])
					older = append(older, begin[0])
				}
				for {
					before := s.Store.Counts()
					page := shop.list(ask)
					if lists := s.Store.Counts().Lists - before.Lists; lists > 1 {
						t.Errorf("%s: %d list calls", ask, lists)
					}
					if limit == 25 {
						// Only what was added since then is newer than the newest one at the
						// beginning.
						break
					}
					older = append(older, page.ids...)
					if !page.more {
						break
					}
					if wantNext := fmt.Sprintf("%s?limit=%d&starting_after=%s", path, limit, page.ids[limit-1]); len(page.ids) != limit || page.next != wantNext || page.rel != "next" {
						t.Fatalf("%d objects of %d, then %s %s", len(page.ids), limit, page.rel, page.next)
					}
					add(elsewhere)
					ask = page.next
				}
				if limit < 25 && !slices.Equal(older, begin) {
					t.Errorf("limit %d, older: %s", limit, cmp.Diff(begin, older))
				}
			}

			s.Sleep(2 * time.Minute)
			all := shop.list(path + "?limit=100").ids
			if len(all) != n {
				t.Fatalf("%d of %d in the list", len(all), n)
			}
			for _, limit := range []int{1, 7, 10} {
				last := all[len(all)-1]
				newer := []string{last}
				ask := fmt.Sprintf("%s?limit=%d&ending_before=%s", path, limit, last)
				for {
					page := shop.list(ask)
					newer = append(newer, reverse(page.ids)...)
					if !page.more {
						break
					}
					if len(page.ids) != limit || page.rel != "prev" {
						t.Fatalf("%d objects of %d, then %s", len(page.ids), limit, page.rel)
					}
					ask = page.next
				}
				if !slices.Equal(reverse(newer), all) {
					t.Errorf("limit %d, newer: %s", limit, cmp.Diff(all, reverse(newer)))
				}
			}
		})
	}
}

func TestPageOfAListTakesOneListCallAndOneReadPerItem(t *testing.T) {
	for path, create := range lists {
		t.Run(path, func(t *testing.T) {
			s := deploy(t)
			here := s.edge()
			shop, _ := s.merchant(here)
			var ids []string
			for i := range 30 {
				s.Sleep(time.Millisecond)
				ids = append(ids, create(shop, i).text("id"))
			}
			ids = reverse(ids)
			shop.get("/product/unknown") // caches the key and the merchant
			perItem := 1
			if path == "/checkout" {
				// The facts of a checkout have five keys, which are read in one trip.
				perItem = 5
			}
			for query, items := range map[string]int{
				"?limit=20": 21, "?limit=30": 30, "?limit=20&starting_after=" + ids[4]: 21, "?limit=20&ending_before=" + ids[29]: 21, "?limit=20&ending_before=" + ids[3]: 3,
			} {
				before := s.Store.Counts()
				shop.list(path + query)
				after := s.Store.Counts()
				reads := items * perItem
				if strings.Contains(query, "_") {
					reads++ // of the cursor
				}
				if after.Lists-before.Lists != 1 || after.Reads-before.Reads != reads || after.Writes != before.Writes {
					t.Errorf("%s: %d list calls, %d reads, want 1 and %d", query, after.Lists-before.Lists, after.Reads-before.Reads, reads)
				}
			}
		})
	}
}

func TestCursorMustNameAnObjectOfTheList(t *testing.T) {
	s := deploy(t)
	here := s.edge("LIVE_HORIZON_URLS", "https://live.example", "LIVE_PASSPHRASE", "Public", "LIVE_ASSETS", "")
	mine, key := s.merchant(here)
	theirs, _ := s.merchant(here)
	live := s.liveKeyOf(here, key)
	ids := map[string]string{}
	for path, create := range lists {
		ids[path] = create(mine, 1).text("id")
	}
	for path, noun := range map[string]string{"/product": "product", "/customers": "customer", "/checkout": "checkout"} {
		for _, param := range []string{"starting_after", "ending_before"} {
			cursors := map[string]client{ids[path]: theirs, "": mine, "x": mine, strings.ToUpper(ids[path]): mine, ids[path] + "0": mine, ids[path][:len(ids[path])-1] + "\x00": mine}
			for other, id := range ids {
				if other != path {
					cursors[id] = mine
				}
			}
			for cursor, who := range cursors {
				for _, shop := range []client{who, live} {
					r := shop.get(path + "?" + param + "=" + url.QueryEscape(cursor))
					if r.status != 400 || r.text("error.code") != "parameter_invalid" || r.text("error.param") != param || !strings.Contains(r.text("error.message"), noun) {
						t.Errorf("%s %s=%s: %d %s", path, param, cursor, r.status, r.body)
					}
				}
			}
			if r := mine.get(path + "?" + param + "=" + ids[path]); r.status != 200 {
				t.Errorf("%s with one's own cursor: %d %s", path, r.status, r.body)
			}
		}
		r := mine.get(path + "?starting_after=" + ids[path] + "&ending_before=" + ids[path])
		if r.status != 400 || r.text("error.param") != "ending_before" {
			t.Errorf("%s, both ways: %d %s", path, r.status, r.body)
		}
	}
	for _, query := range []string{"limit=", "limit=0", "limit=101", "limit=-1", "limit=1.0", "limit=ten", "limit=9999999999999999999999"} {
		if r := mine.get("/checkout?" + query); r.status != 400 || r.text("error.param") != "limit" {
			t.Errorf("%s: %d %s", query, r.status, r.body)
		}
	}
}

// liveKeyOf creates a live key for the merchant of a test key, and a live account.
func (s *site) liveKeyOf(edge http.Handler, test reply) client {
	s.t.Helper()
	for _, key := range s.Store.Keys("merchant-key/") {
		if strings.HasSuffix(key, test.text("id")) {
			merchant := strings.Split(key, "/")[1]
			s.operator(edge).ok(s.operator(edge).do("PUT", "/merchants/"+merchant, fmt.Sprintf(`{"account_live":%q}`, s.Merchant().Address())))
			s.Sleep(2 * time.Minute)
			return client{s.t, edge, http.Header{"X-Api-Key": {s.operator(edge).post("/merchants/"+merchant+"/keys", `{"livemode":true}`).text("secret")}}}
		}
	}
	s.t.Fatal("no such key")
	return client{}
}

func TestListsShowOnlyTheMerchantsObjectsOfTheMode(t *testing.T) {
	s := deploy(t)
	here := s.edge("LIVE_HORIZON_URLS", "https://live.example", "LIVE_PASSPHRASE", "Public")
	mine, key := s.merchant(here)
	theirs, _ := s.merchant(here)
	shops := map[string]client{"mine": mine, "theirs": theirs, "live": s.liveKeyOf(here, key)}
	for path, create := range lists {
		want := map[string][]string{}
		for i := range 4 {
			for name, shop := range shops {
				want[name] = append([]string{create(shop, i).text("id")}, want[name]...)
				s.Sleep(time.Millisecond)
			}
		}
		for name, shop := range shops {
			for query, want := range map[string][]string{
				"": want[name], "?limit=2": want[name][:2], "?starting_after=" + want[name][0]: want[name][1:], "?ending_before=" + want[name][3]: want[name][:3],
			} {
				if got := shop.list(path + query).ids; !slices.Equal(got, want) {
					t.Errorf("%s of %s%s: %s", path, name, query, cmp.Diff(want, got))
				}
			}
		}
	}
	// Nor do filters show others' objects.
	customer := mine.post("/customers", `{"email":"ada@example.com","phone":"+14155550123"}`).text("id")
	sold := mine.post("/checkout?type=direct", fmt.Sprintf(`{"amount":1,"asset_code":"XLM","customer_id":%q}`, customer)).text("id")
	for query, want := range map[string]string{
		"/checkout?customer_id=" + customer: sold, "/customers?email=ada@example.com": customer, "/customers?phone=%2B14155550123": customer,
	} {
		for name, shop := range shops {
			got := shop.list(query).ids
			if name == "mine" && !slices.Equal(got, []string{want}) || name != "mine" && len(got) != 0 {
				t.Errorf("%s of %s: %v", query, name, got)
			}
		}
	}
}

func TestObjectsWithTwoEntriesAreListedOnce(t *testing.T) {
	for path, create := range lists {
		t.Run(path, func(t *testing.T) {
			s := deploy(t)
			first := s.edge()
			shop, _ := s.merchant(first)
			s.Sleep(2 * time.Minute)
			edges := []*worker.Service{first, s.edge(), s.edge(), s.edge()}
			want := []string{create(shop, 1).text("id")}
			s.Store.SetFault(failing("put"))
			// None of them sees the others' writes, since all have just cached that nothing exists.
			for _, edge := range edges {
				broken := shop.at(edge).with("Idempotency-Key", "once")
				broken.t = muted{t}
				attempt(func() { create(broken, 3) })
			}
			s.Store.SetFault(nil)
			for i, edge := range edges {
				s.Sleep(5 * time.Millisecond)
				id := create(shop.at(edge).with("Idempotency-Key", "once"), 3).text("id")
				if i == 0 {
					want = append([]string{id}, want...)
				} else if id != want[0] {
					t.Fatalf("the edges do not agree: %s, %s", id, want[0])
				}
			}
			if n := len(s.Store.Keys("by-merchant/")); n < 3 {
				t.Fatalf("the object is not listed twice: %q", s.Store.Keys("by-merchant/"))
			}
			s.Sleep(2 * time.Minute)
			for _, edge := range edges {
				if got := shop.at(edge).list(path).ids; !slices.Equal(got, want) {
					t.Errorf("%v, want %v", got, want)
				}
				page := shop.at(edge).list(path + "?limit=1")
				if !slices.Equal(page.ids, want[:1]) || !page.more {
					t.Errorf("the first page: %+v", page)
				}
				if page = shop.at(edge).list(page.next); !slices.Equal(page.ids, want[1:]) || page.more {
					t.Errorf("the last page: %+v", page)
				}
				if page = shop.at(edge).list(path + "?limit=1&ending_before=" + want[1]); !slices.Equal(page.ids, want[:1]) || page.more {
					t.Errorf("back again: %+v", page)
				}
			}
		})
	}
}

func TestFailedCreateLeavesNoUnlistedObject(t *testing.T) {
	for path, create := range lists {
		t.Run(path, func(t *testing.T) {
			s := deploy(t)
			shop, _ := s.merchant(s.edge())
			kept := create(shop, 1).text("id")
			records := map[string]string{"/product": "product/", "/customers": "customer/", "/checkout": "checkout/"}[path]
			for _, dies := range []kvtest.Fault{kvtest.FaultBefore, kvtest.FaultAfter} {
				for _, prefix := range []string{records, "by-merchant/"} {
					s.Sleep(time.Second)
					s.Store.SetFault(func(op, key string) kvtest.Fault {
						if op == "put" && strings.HasPrefix(key, prefix) {
							return dies
						}
						return kvtest.FaultNone
					})
					broken := shop.with("Idempotency-Key", fmt.Sprint(prefix, dies))
					broken.t = muted{t}
					attempt(func() { create(broken, 3) })
					s.Store.SetFault(nil)
				}
			}
			page := shop.list(path)
			var made []string
			for _, key := range s.Store.Keys(records) {
				made = append(made, strings.TrimPrefix(key, records))
			}
			got := slices.Sorted(slices.Values(page.ids))
			if !slices.Equal(got, made) || !slices.Contains(got, kept) || page.more {
				t.Errorf("listed %v, made %v", got, made)
			}
		})
	}
}

// muted is a test that gives up where it would fail.
type muted struct{ testing.TB }

type givenUp struct{}

func (muted) Fatalf(string, ...any) { panic(givenUp{}) }

// attempt runs what may fail, with a muted test.
func attempt(do func()) {
	defer func() {
		if r := recover(); r != nil && r != any(givenUp{}) {
			panic(r)
		}
	}()
	do()
}

func TestCheckoutsAreListedAsTheyAreRetrieved(t *testing.T) {
	s := deploy(t)
	here, cron := s.edge(), s.edge()
	shop, _ := s.merchant(here)
	person := s.Person()
	product := shop.post("/product", `{"name":"Tea","asset_code":"XLM","price_amount":2}`)
	s.Advance(time.Hour)
	make := func(body string) reply {
		s.Sleep(time.Millisecond)
		return shop.post("/checkout?type=direct", body)
	}
	open := make(`{"amount":"0.0000001","asset_code":"XLM","description":"<b>&\u2028","metadata":{"b":"1","a":"<"}}`)
	part := make(`{"amount":5,"asset_code":"USDC","customer_email":"ada@example.com"}`)
	paid := make(`{"amount":5,"asset_code":"USDC","redirect_url":"https://shop.example/?a=1&b=2"}`)
	unpaid := make(`{"amount":5,"asset_code":"USDC","expires_in":300}`)
	failed := make(`{"amount":5,"asset_code":"USDC","expires_in":300,"customer_email":"ada@example.com"}`)
	cancelled := make(`{"amount":5,"asset_code":"USDC"}`)
	sold := shop.post("/checkout?type=product", fmt.Sprintf(`{"product_id":%q}`, product.text("id")))
	for c, amount := range map[*reply]string{&part: "2", &paid: "5", &failed: "3"} {
		s.Pay(person, addr(c.text("destination")), amount, s.USDC(), c.text("memo"))
		s.Advance(5 * time.Second)
	}
	shop.post("/checkout/"+cancelled.text("id")+"/expire", `{}`)
	for range 10 {
		s.Advance(time.Minute)
		s.sweep(cron)
	}
	byStatus := map[string][]string{}
	asked := s.Requests
	page := shop.list("/checkout")
	if s.Requests != asked {
		t.Error("a list waits for Horizon")
	}
	for i, id := range page.ids {
		alone := shop.get("/checkout/" + id)
		if got := string(page.items[i]) + "\n"; got != alone.body {
			t.Errorf("in the list %salone       %s", got, alone.body)
		}
		byStatus[alone.text("status")] = append(byStatus[alone.text("status")], id)
	}
	want := map[string][]string{
		"open":      {sold.text("id"), part.text("id"), open.text("id")},
		"completed": {paid.text("id")},
		"expired":   {cancelled.text("id"), unpaid.text("id")},
		"failed":    {failed.text("id")},
	}
	if diff := cmp.Diff(want, byStatus); diff != "" {
		t.Fatal(diff)
	}
	ada := part.text("customer_id")
	for status, ids := range want {
		for limit := 1; limit <= len(ids); limit++ {
			path := fmt.Sprintf("/checkout?limit=%d&status=%s", limit, status)
			if got := shop.list(path); !slices.Equal(got.ids, ids[:limit]) || got.more != (limit < len(ids)) {
				t.Errorf("%s: %+v, want %v", path, got, ids[:limit])
			}
			path = fmt.Sprintf("/checkout?limit=%d&status=%s&ending_before=%s", limit, status, open.text("id"))
			newer := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == open.text("id") })
			if got := shop.list(path); !slices.Equal(got.ids, newer[max(0, len(newer)-limit):]) || got.more != (limit < len(newer)) {
				t.Errorf("%s: %+v, want the end of %v", path, got, newer)
			}
		}
	}
	for query, ids := range map[string][]string{
		"customer_id=" + ada: {failed.text("id"), part.text("id")}, "customer_id=" + ada + "&status=failed": {failed.text("id")},
		"customer_id=" + ada + "&status=completed":                   nil,
		"customer_id=" + ada + "&starting_after=" + sold.text("id"):  {failed.text("id"), part.text("id")},
		"customer_id=" + ada + "&limit=1":                            {failed.text("id")},
		"customer_id=cus_00000000000000000000000000":                 nil,
		"customer_id=" + ada + "&ending_before=" + failed.text("id"): nil,
	} {
		if got := shop.list("/checkout?" + query); !slices.Equal(got.ids, ids) || got.more != strings.Contains(query, "limit") {
			t.Errorf("%s: %+v, want %v", query, got, ids)
		}
	}
	for query, param := range map[string]string{
		"status=paid": "status", "status=": "status", "status=OPEN": "status", "customer_id=": "customer_id", "customer_id=ada": "customer_id",
		"customer_id=" + part.text("id"): "customer_id",
	} {
		if r := shop.get("/checkout?" + query); r.status != 400 || r.text("error.code") != "parameter_invalid" || r.text("error.param") != param {
			t.Errorf("%s: %d %s", query, r.status, r.body)
		}
	}
}

// The one paid checkout of the shop is behind more unpaid ones than a page examines.
func TestRareStatusIsFoundByFollowingTheList(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	person := s.Person()
	s.Advance(time.Minute)
	paid := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC","customer_email":"ada@example.com"}`)
	s.Pay(person, addr(paid.text("destination")), "5", s.USDC(), paid.text("memo"))
	s.Advance(time.Minute)
	s.sweep(here)
	for range 1300 {
		s.Sleep(time.Millisecond)
		shop.post("/checkout?type=direct", `{"amount":1,"asset_code":"XLM"}`)
	}
	newest := shop.list("/checkout?limit=1").ids[0]
	for query, most := range map[string]int{"status=completed": 4, "customer_id=" + paid.text("customer_id"): 2, "status=completed&ending_before=" + paid.text("id"): 4} {
		path, pages := "/checkout?"+query, 0
		var got []string
		for path != "" {
			before := s.Store.Counts()
			page := shop.list(path)
			after := s.Store.Counts()
			if pages++; pages > most {
				t.Fatalf("%s: not found on %d pages", query, most)
			}
			mostLists := 1
			if strings.Contains(query, "ending_before") {
				mostLists = 12 // upwards from the oldest of 1,301 checkouts
			}
			if reads, lists := after.Reads-before.Reads, after.Lists-before.Lists; reads > 900 || lists > mostLists {
				t.Errorf("%s: %d reads and %d list calls for one page", path, reads, lists)
			}
			got = append(got, page.ids...)
			path = page.next
		}
		want := []string{paid.text("id")}
		if strings.Contains(query, "ending_before") {
			want = nil // no newer one was paid
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	if got := shop.list("/checkout?status=open&limit=100"); len(got.ids) != 100 || !got.more || got.ids[0] != newest {
		t.Errorf("open ones: %d, more %v", len(got.ids), got.more)
	}
}

// A single list call from the beginning does not reach these pages.
func TestDeepPageIsFound(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	ids := shop.catalog(s, 2500)
	for _, at := range []int{2499, 2400, 1500, 1001, 999, 50, 1, 0} {
		newer, older := ids[max(0, at-50):at], ids[at+1:min(at+51, len(ids))]
		page := shop.list("/product?limit=50&ending_before=" + ids[at])
		if !slices.Equal(page.ids, newer) || page.more != (at > 50) {
			t.Errorf("before %d: %v %s", at, page.more, cmp.Diff(newer, page.ids))
		}
		page = shop.list("/product?limit=50&starting_after=" + ids[at])
		if !slices.Equal(page.ids, older) || page.more != (at+51 < len(ids)) {
			t.Errorf("after %d: %v %s", at, page.more, cmp.Diff(older, page.ids))
		}
	}
}

func TestListOmitsObjectsThatAreNotVisibleYet(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	s.Sleep(2 * time.Minute)
	there := shop.at(s.edge())
	old := shop.post("/customers", `{"email":"old@example.com"}`).text("id")
	// This data centre caches that there is none.
	if r := there.get("/customers?email=new@example.com"); r.status != 200 {
		t.Fatal(r.body)
	}
	s.Sleep(time.Millisecond)
	created := shop.post("/customers", `{"email":"new@example.com"}`).text("id")
	if r := there.get("/customers/" + created); r.status != 404 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if got := there.list("/customers"); !slices.Equal(got.ids, []string{old}) || got.more {
		t.Errorf("while the record cannot be seen: %+v", got)
	}
	s.Sleep(2 * time.Minute)
	if got := there.list("/customers?limit=1"); !slices.Equal(got.ids, []string{created}) || !got.more {
		t.Errorf("later: %+v", got)
	}
}
