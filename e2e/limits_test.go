package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"edgecheckout/sandbox/stack"

	"github.com/google/go-cmp/cmp"
)

// pause is the Retry-After, in seconds, of a response to too many requests.
const pause = "10"

// from makes a request come from an address. On Cloudflare clients cannot choose this header.
func from(address string) []string { return []string{"CF-Connecting-IP", address} }

// exhaust sends requests until one is refused with 429, and returns that response.
func exhaust(t *testing.T, ask func(i int) stack.Reply[json.RawMessage]) stack.Reply[json.RawMessage] {
	t.Helper()
	for i, end := 0, time.Now().Add(time.Minute); time.Now().Before(end); i++ {
		if reply := ask(i); reply.Status == http.StatusTooManyRequests {
			return reply
		}
	}
	t.Fatal("no request was refused")
	return stack.Reply[json.RawMessage]{}
}

// wantLimited compares the whole response to too many requests.
func wantLimited(t *testing.T, r stack.Reply[json.RawMessage], message string) {
	t.Helper()
	id := r.Header.Get("Request-Id")
	if !requestID.MatchString(id) {
		t.Errorf("Request-Id is %q", id)
	}
	want := fmt.Sprintf(`{"error":{"type":"rate_limit_error","code":"rate_limited","message":%q,"param":null,"request_id":%q}}`, message, id)
	if diff := cmp.Diff(want, string(r.Body)); diff != "" {
		t.Errorf("the refusal (-want +got):\n%s", diff)
	}
	wantHeaders(t, r, map[string]string{
		"Retry-After": pause, "Cache-Control": "private, no-store", "Content-Type": "application/json; charset=utf-8", "X-Content-Type-Options": "nosniff",
	})
}

func wantHeaders(t *testing.T, r stack.Reply[json.RawMessage], want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for name := range want {
		got[name] = r.Header.Get(name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestCallersThatExceedALimitAreRefused(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	o.Limits = map[string]int{"KEY_LIMIT": 6, "ADDRESS_LIMIT": 12, "COSTLY_LIMIT": 6}
	on := ownService(t, o)
	s := openShopOn(t, on)
	other := s.neighbour()
	anybody := stack.Client{BaseURL: on.BaseURL}
	ask := func(t *testing.T, client stack.Client, method, path, body string, headers ...string) stack.Reply[json.RawMessage] {
		t.Helper()
		var content []byte
		if body != "" {
			content = []byte(body)
		}
		reply, err := client.Do(t.Context(), method, path, content, headers...)
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
	allowed := func(t *testing.T, who string, reply stack.Reply[json.RawMessage]) {
		t.Helper()
		if reply.Status == http.StatusTooManyRequests {
			t.Errorf("%s is sent away too: %s", who, reply.Body)
		}
	}

	t.Run("an API key, wherever it asks from", func(t *testing.T) {
		for _, shop := range []*shop{s, other} {
			shop.charge(fields{"amount": 5, "asset_code": "XLM"}) // the key is cached from now on
		}
		refused := exhaust(t, func(i int) stack.Reply[json.RawMessage] {
			return ask(t, s.Client, "GET", "/product", "", from(fmt.Sprintf("192.0.2.%d", i%200))...)
		})
		wantLimited(t, refused, "Too many requests with this API key; try again in 10 seconds.")
		allowed(t, "another key at the same address", ask(t, other.Client, "GET", "/product", "", from("192.0.2.1")...))
		allowed(t, "a customer", get(t, on, "/health"))
		time.Sleep(10 * time.Second)
		if reply := ask(t, s.Client, "POST", direct, `{"amount": 5, "asset_code": "XLM"}`); reply.Status != http.StatusOK {
			t.Errorf("after the time: %d %s", reply.Status, reply.Body)
		}
	})

	t.Run("keys that nobody knows", func(t *testing.T) {
		refused := exhaust(t, func(i int) stack.Reply[json.RawMessage] {
			return ask(t, on.Merchant(fmt.Sprintf("sk_test_%064x", i)), "GET", "/product", "", from("198.51.100.1")...)
		})
		wantLimited(t, refused, "Too many requests from this address; try again in 10 seconds.")
		allowed(t, "a shop at the same address", ask(t, other.Client, "GET", "/product", "", from("198.51.100.1")...))
		allowed(t, "somebody at another address", ask(t, anybody, "GET", "/health", "", from("198.51.100.2")...))
	})

	t.Run("a key where none is wanted", func(t *testing.T) {
		other.charge(fields{"amount": 5, "asset_code": "XLM"}) // its key is cached
		for address, path := range map[string]string{"192.0.5.1": "/merchants/" + s.id, "192.0.5.2": "/nothing/here", "192.0.5.3": "/%63heckout"} {
			refused := exhaust(t, func(int) stack.Reply[json.RawMessage] { return ask(t, other.Client, "GET", path, "", from(address)...) })
			wantLimited(t, refused, "Too many requests from this address; try again in 10 seconds.")
		}
		allowed(t, "the key where it is wanted", ask(t, other.Client, "GET", "/product", "", from("192.0.5.1")...))
	})

	t.Run("what costs", func(t *testing.T) {
		c := other.charge(fields{"amount": 5, "asset_code": "XLM"})
		transaction := encode(fields{"account": other.account})
		for name, asks := range map[string]func() stack.Reply[json.RawMessage]{
			"192.0.3.1": func() stack.Reply[json.RawMessage] {
				return ask(t, anybody, "GET", "/product", "", from("192.0.3.1")...)
			},
			"192.0.3.2": func() stack.Reply[json.RawMessage] {
				return ask(t, stack.Client{BaseURL: on.BaseURL, AdminToken: "a guess"}, "GET", "/merchants/"+s.id, "", from("192.0.3.2")...)
			},
			"192.0.3.3": func() stack.Reply[json.RawMessage] {
				return ask(t, on.Merchant("hunter2"), "GET", "/product", "", from("192.0.3.3")...)
			},
		} {
			wantLimited(t, exhaust(t, func(int) stack.Reply[json.RawMessage] { return asks() }), "Too many requests from this address; try again in 10 seconds.")
			allowed(t, "the page at "+name, ask(t, anybody, "GET", pagePath(c), "", from(name)...))
		}
		// The service itself also refuses too many requests for one checkout's transaction, but for
		// three seconds.
		refused := exhaust(t, func(int) stack.Reply[json.RawMessage] {
			reply := ask(t, anybody, "POST", pagePath(c)+"/transaction", transaction, from("192.0.3.4")...)
			if reply.Header.Get("Retry-After") == "3" {
				reply.Status = 0
			}
			return reply
		})
		wantLimited(t, refused, "Too many requests from this address; try again in 10 seconds.")
		allowed(t, "another wallet", ask(t, anybody, "POST", pagePath(other.charge(fields{"amount": 5, "asset_code": "XLM"}))+"/transaction", transaction, from("192.0.3.5")...))
	})

	t.Run("pages", func(t *testing.T) {
		// IPv6 addresses with the same 64-bit prefix count as one caller.
		refused := exhaust(t, func(i int) stack.Reply[json.RawMessage] {
			return ask(t, anybody, "GET", fmt.Sprintf("/pay/chk_01kay3t4w5x6y7z8a9%010d", i), "", from(fmt.Sprintf("2001:db8::%x", i+1))...)
		})
		wantHeaders(t, refused, map[string]string{
			"Retry-After": pause, "Cache-Control": "private, no-store", "Content-Type": "text/html; charset=utf-8", "Referrer-Policy": "no-referrer",
		})
		if html := string(refused.Body); !strings.Contains(html, `<meta http-equiv="refresh" content="`+pause+`">`) || !strings.Contains(html, "Nothing happened to your payment") {
			t.Errorf("the page of a refusal:\n%s", html)
		}
		for path, want := range map[string]string{"": `<html lang="es" dir="ltr">`, "?lang=ar": `<html lang="ar" dir="rtl">`} {
			refused := exhaust(t, func(int) stack.Reply[json.RawMessage] {
				return ask(t, anybody, "GET", "/buy/link_01kay3t4w5x6y7z8a9b0c1d2e3"+path, "", append(from("2001:db8::1"), "Accept-Language", "it, es-MX;q=0.9")...)
			})
			if html := string(refused.Body); !strings.Contains(html, want) || strings.Contains(html, "{s}") {
				t.Errorf("a refusal at %q is not %s:\n%s", path, want, html)
			}
		}
		allowed(t, "somebody at another address", ask(t, anybody, "GET", "/pay/"+anID, "", from("2001:db8:0:1::1")...))
	})

	t.Run("a refusal of a large body arrives", func(t *testing.T) {
		body := `{"description": "` + strings.Repeat("x", 60<<10) + `"}`
		exhaust(t, func(int) stack.Reply[json.RawMessage] {
			return ask(t, anybody, "POST", direct, body, from("192.0.4.1")...)
		})
	})
}
