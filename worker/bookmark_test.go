package worker_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker/kv/kvtest"
)

// catalog creates n products, one a second, and returns their ids, newest first.
func (c client) catalog(s *site, n int) (ids []string) {
	c.t.Helper()
	for i := range n {
		s.Sleep(time.Second)
		ids = append(ids, c.post("/product", fmt.Sprintf(`{"name":"Tea %d","asset_code":"XLM","price_amount":2}`, i)).text("id"))
	}
	return reverse(ids)
}

// walk reads a list page by page, each from another client, and counts the list calls.
func (s *site) walk(path string, pageOf func(page int) client) (ids []string, calls []int) {
	s.t.Helper()
	for page := 0; path != ""; page++ {
		before := s.Store.Counts().Lists
		p := pageOf(page).list(path)
		calls = append(calls, s.Store.Counts().Lists-before)
		ids, path = append(ids, p.ids...), p.next
	}
	return ids, calls
}

func TestEachPageOfALongListTakesOneListCall(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	want := shop.catalog(s, 2500)
	for _, limit := range []int{1, 7, 100} {
		ids, calls := s.walk(fmt.Sprintf("/product?limit=%d", limit), func(int) client { return shop })
		if !slices.Equal(ids, want) {
			t.Errorf("limit %d: %s", limit, cmp.Diff(want, ids))
		}
		if most := slices.Max(calls); most > 1 {
			t.Errorf("limit %d: %d list calls for one page", limit, most)
		}
	}
}

func TestListContinuesWithoutItsBookmark(t *testing.T) {
	s := deploy(t)
	here, there := s.edge(), s.edge()
	shop, _ := s.merchant(here)
	want := shop.catalog(s, 1300)
	s.Sleep(2 * time.Minute)
	for name, pageOf := range map[string]func(page int) client{
		"in turn from two data centres": func(page int) client {
			if page%2 == 0 {
				return shop.at(here)
			}
			return shop.at(there)
		},
		"two minutes later": func(int) client { s.Sleep(2 * time.Minute); return shop },
		"with a cursor that is no longer good": func(page int) client {
			failed := page == 0
			s.Store.SetFault(func(op, _ string) kvtest.Fault {
				if op == "list" && !failed {
					failed = true
					return kvtest.FaultBefore
				}
				return kvtest.FaultNone
			})
			return shop
		},
	} {
		ids, calls := s.walk("/product?limit=40", pageOf)
		s.Store.SetFault(nil)
		if !slices.Equal(ids, want) {
			t.Errorf("%s: %s", name, cmp.Diff(want, ids))
		}
		if most := slices.Max(calls); most > 12 {
			t.Errorf("%s: %d list calls for one page", name, most)
		}
	}
}

// There is no bookmark here.
func TestListReportsAFailingStore(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	ids := shop.catalog(s, 3)
	s.Store.SetFault(failing("list"))
	for _, path := range []string{"/product", "/product?starting_after=" + ids[0], "/product?ending_before=" + ids[2]} {
		if r := shop.get(path); r.status != 500 || r.text("error.code") != "internal_error" {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
}
