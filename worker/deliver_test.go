package worker_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"edgecheckout/worker"
)

// receivers are the endpoints of merchants. Each answers what answers says of its URL, and 200 to
// the rest.
type receivers struct {
	answers map[string]worker.Reply
	got     []received
	most    int // messages to one endpoint at the same time
}

type received struct {
	url     string
	headers map[string]string
	body    string
	event   struct {
		ID, Type, Created string
		Data              map[string]json.RawMessage
	}
}

func (r *receivers) Send(_ context.Context, messages []worker.Outgoing) []worker.Reply {
	replies := make([]worker.Reply, len(messages))
	atOnce := map[string]int{}
	for i, m := range messages {
		got := received{url: m.URL, headers: map[string]string{}, body: string(m.Body)}
		for _, field := range m.Header {
			got.headers[field.Name] = field.Value
		}
		if err := json.Unmarshal(m.Body, &got.event); err != nil {
			panic(err)
		}
		atOnce[m.URL]++
		r.most = max(r.most, atOnce[m.URL])
		answer, ok := r.answers[m.URL]
		if !ok {
			answer.Status = 200
		}
		answer.Duration = 20 * time.Millisecond
		replies[i] = answer
		r.got = append(r.got, got)
	}
	return replies
}

// types returns the types of what was sent to a URL, sorted, and forgets all that was sent.
func (r *receivers) types(url string) string {
	var types []string
	for _, got := range r.got {
		if got.url == url {
			types = append(types, got.event.Type)
		}
	}
	r.got = nil
	slices.Sort(types)
	return strings.Join(types, " ")
}

const hook = "https://shop.example/hook"

func endpoint(url string, types ...string) string {
	if len(types) == 0 {
		types = []string{"*"}
	}
	body, _ := json.Marshal(map[string]any{"name": "Orders", "url": url, "events": types})
	return string(body)
}

func TestWhateverHappensIsToldOnce(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop, _ := s.merchant(edge)
	shop.post("/webhooks", endpoint(hook))
	shop.post("/webhooks", endpoint("https://shop.example/paid", "checkout.completed"))
	person := s.Person()
	told := func(what, want string) {
		t.Helper()
		s.Advance(time.Minute)
		s.sweep(edge)
		if got := s.receivers.types(hook); got != want {
			t.Errorf("%s: told of %q, want %q", what, got, want)
		}
		s.Advance(time.Minute)
		s.sweep(edge)
		if got := s.receivers.types(hook); got != "" {
			t.Errorf("%s: told again of %q", what, got)
		}
	}
	order := func() reply { return shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`) }
	pay := func(c reply, amount string) {
		s.Pay(person, addr(c.text("destination")), amount, s.USDC(), c.text("memo"))
	}

	c := order()
	told("a checkout", "checkout.created")
	pay(c, "2")
	told("a part", "payment.confirmed")
	pay(c, "3")
	s.Advance(time.Minute)
	s.sweep(edge)
	if got := slices.ContainsFunc(s.receivers.got, func(r received) bool { return r.url != hook && r.event.Type != "checkout.completed" }); got {
		t.Error("an endpoint was told of what it did not ask for")
	}
	if got := s.receivers.types(hook); got != "checkout.completed payment.confirmed" {
		t.Errorf("the rest: %q", got)
	}
	order() // so that the account is read
	told("another one", "checkout.created")
	pay(c, "5")
	told("a duplicate", "payment.unexpected")
	over := order()
	pay(over, "7")
	told("too much", "checkout.completed checkout.created payment.confirmed payment.unexpected")
	short := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC","expires_in":300}`)
	pay(short, "1")
	told("too little", "checkout.created payment.confirmed")
	s.Advance(10 * time.Minute)
	s.sweep(edge) // two passes must agree
	told("the end", "checkout.failed")
	ada := shop.post("/customers", `{"email":"ada@example.com","name":"Ada"}`).text("id")
	told("a customer", "customer.created")
	shop.ok(shop.do("PUT", "/customers/"+ada, `{"name":"Ada"}`))
	told("no change", "")
	shop.ok(shop.do("PUT", "/customers/"+ada, `{"name":"Ada Lovelace"}`))
	told("a change", "customer.updated")
	shop.ok(shop.do("DELETE", "/customers/"+ada, ""))
	told("a deletion", "customer.deleted")
}

func TestEventsSayWhatHappened(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop, _ := s.merchant(edge)
	shop.post("/webhooks", endpoint(hook))
	c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	s.Pay(s.Person(), addr(c.text("destination")), "2", s.USDC(), c.text("memo"))
	s.Advance(time.Minute)
	s.sweep(edge)
	s.Pay(s.Person(), addr(c.text("destination")), "7.5", s.USDC(), c.text("memo"))
	s.Advance(time.Minute)
	s.sweep(edge)
	got := map[string]received{}
	for _, r := range s.receivers.got {
		got[r.event.Type+" "+string(r.event.Data["reason"])+string(r.event.Data["amount_due"])] = r
	}
	now := shop.get("/checkout/" + c.text("id"))
	payments := shop.list("/payment?checkout_id=" + c.text("id"))
	for what, want := range map[string]map[string]string{
		"checkout.created ":             {"object": strings.TrimSpace(c.body)},
		"payment.confirmed 3":           {"object": string(payments.items[1]), "amount_due": "3", "amount_due_decimal": `"3"`},
		"payment.confirmed 0":           {"object": string(payments.items[0]), "amount_due": "0", "amount_due_decimal": `"0"`},
		`payment.unexpected "overpaid"`: {"object": string(payments.items[0]), "reason": `"overpaid"`, "difference": "4.5", "difference_decimal": `"4.5"`},
		"checkout.completed ":           {"object": strings.TrimSpace(now.body)},
	} {
		for name, value := range want {
			if string(got[what].event.Data[name]) != value {
				t.Errorf("%s: %s is %s, want %s", what, name, got[what].event.Data[name], value)
			}
		}
		if len(got[what].event.Data) != len(want) {
			t.Errorf("%s: %s", what, got[what].body)
		}
		if shown := shop.get("/events/" + got[what].event.ID); strings.TrimSpace(shown.body) != got[what].body {
			t.Errorf("%s: sent %s, read %s", what, got[what].body, shown.body)
		}
	}
	ada := shop.post("/customers", `{"email":"ada@example.com","name":"Ada"}`).text("id")
	s.receivers.got = nil
	s.sweep(edge)
	s.Sleep(time.Second)
	shop.ok(shop.do("PUT", "/customers/"+ada, `{"name":null,"phone":"+14155550123"}`))
	s.Sleep(time.Second)
	s.sweep(edge)
	last := s.receivers.got[len(s.receivers.got)-1]
	if string(last.event.Data["previous_attributes"]) != `{"name":"Ada","phone":null}` {
		t.Errorf("changed: %s", last.body)
	}
}

// The test verifies as StellarTools' client and the libraries of Standard Webhooks do.
func TestMessagesAreSignedByBothSchemes(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop, _ := s.merchant(edge)
	made := shop.post("/webhooks", endpoint(hook))
	first := made.text("secret")
	verify := func(secrets ...string) {
		t.Helper()
		s.receivers.got = nil
		shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
		s.Sleep(time.Second)
		s.sweep(edge)
		r := s.receivers.got[0]
		var tools, standard []string
		now := strconv.FormatInt(s.Now().Unix(), 10)
		for _, secret := range secrets {
			m := hmac.New(sha256.New, []byte(secret))
			m.Write([]byte(now + "." + r.body))
			tools = append(tools, "v1="+hex.EncodeToString(m.Sum(nil)))
			key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
			if err != nil {
				t.Fatal(err)
			}
			m = hmac.New(sha256.New, key)
			m.Write([]byte(r.event.ID + "." + now + "." + r.body))
			standard = append([]string{"v1," + base64.StdEncoding.EncodeToString(m.Sum(nil))}, standard...)
		}
		for name, want := range map[string]string{
			"X-StellarTools-Event": "checkout.created", "X-StellarTools-Signature": "t=" + now + "," + strings.Join(tools, ","), "Content-Type": "application/json",
			"webhook-id": r.event.ID, "webhook-timestamp": now, "webhook-signature": strings.Join(standard, " "),
		} {
			if r.headers[name] != want {
				t.Errorf("%s is %q, want %q", name, r.headers[name], want)
			}
		}
	}
	verify(first)
	second := shop.post("/webhooks/"+made.text("id")+"/rotate", "").text("secret")
	verify(first, second)
	s.Sleep(24 * time.Hour)
	verify(second)

	// Messages are signed while MEMO_KEYS rotates, and after the old key is gone.
	newKey := strings.Repeat("0123456789fedc6b", 4)
	edge = s.edge("MEMO_KEYS", newKey+","+s.settings()["MEMO_KEYS"])
	shop = shop.at(edge)
	verify(second)
	s.Sleep(2 * time.Minute)
	edge = s.edge("MEMO_KEYS", newKey)
	shop = shop.at(edge)
	verify(second)
}

func TestFailedDeliveriesAreTriedAgainForThreeDays(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop, _ := s.merchant(edge)
	id := shop.post("/webhooks", endpoint(hook)).text("id")
	s.receivers.answers = map[string]worker.Reply{hook: {Status: 500, Answer: []byte("broken \xff")}}
	shop.post("/customers", `{"name":"Ada"}`)
	began := s.Now()
	var at []string
	for s.Now().Sub(began) < 80*time.Hour {
		s.Sleep(time.Second)
		if n := len(s.receivers.got); n == 0 || s.Now().Sub(began) < 6*time.Minute {
			s.sweep(edge)
		} else {
			s.Sleep(10 * time.Minute)
			s.sweep(edge)
		}
		if len(s.receivers.got) > len(at) {
			at = append(at, s.Now().Sub(began).Truncate(time.Minute).String())
		}
	}
	if len(at) != 10 {
		t.Errorf("%d attempts, at %v", len(at), at)
	}
	var page struct {
		Data []struct{ Status, EventID, EventType string }
	}
	r := shop.get("/webhooks/" + id + "/deliveries")
	if err := json.Unmarshal([]byte(r.body), &page); err != nil || len(page.Data) != 1 || page.Data[0].Status != "failed" {
		t.Errorf("deliveries: %v, %s", err, r.body)
	}
	if n := strings.Count(r.body, `"status_code":500,"error":null,"duration_ms":20,"response":"broken `+"\uFFFD"+`"`); n != 10 {
		t.Errorf("%d attempts are listed: %s", n, r.body)
	}
	if keys := s.Store.Keys("due/"); len(keys) != 0 {
		t.Errorf("still to be sent: %v", keys)
	}
}

func TestARetryAfterIsObeyedForADayAtMost(t *testing.T) {
	for header, want := range map[string]time.Duration{"": 5 * time.Second, "60": time.Minute, "31536000": 24 * time.Hour, "-1": 5 * time.Second, "tomorrow": 5 * time.Second} {
		s := deploy(t)
		edge := s.edge()
		shop, _ := s.merchant(edge)
		id := shop.post("/webhooks", endpoint(hook)).text("id")
		s.receivers.answers = map[string]worker.Reply{hook: {Status: 429, RetryAfter: header}}
		shop.post("/customers", `{"name":"Ada"}`)
		s.Sleep(time.Second)
		s.sweep(edge)
		next := s.Now().Add(want).Format("2006-01-02T15:04:05.000Z")
		if r := shop.get("/webhooks/" + id + "/deliveries"); !strings.Contains(r.body, fmt.Sprintf(`"status":"pending","next_attempt_at":%q`, next)) {
			t.Errorf("Retry-After %q: want %s, %s", header, next, r.body)
		}
	}
}

func TestAnEndpointThatComesBackGetsEverything(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop, _ := s.merchant(edge)
	shop.post("/webhooks", endpoint(hook))
	s.receivers.answers = map[string]worker.Reply{hook: {Error: "connection refused"}}
	want := map[string]bool{}
	for i := range 20 {
		want[shop.post("/customers", fmt.Sprintf(`{"name":"Guest %d"}`, i)).text("id")] = true
		s.Sleep(30 * time.Second)
		s.sweep(edge)
	}
	s.receivers.answers, s.receivers.got = nil, nil
	for range 30 {
		s.Sleep(time.Minute)
		s.sweep(edge)
	}
	for _, r := range s.receivers.got {
		var object struct{ ID string }
		if err := json.Unmarshal(r.event.Data["object"], &object); err != nil {
			t.Fatal(err)
		}
		delete(want, object.ID)
	}
	if len(want) > 0 {
		t.Errorf("not told of %v", want)
	}
}

func TestEndpointsThatAreGoneOrFailForFiveDaysAreDisabled(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop, _ := s.merchant(edge)
	gone := shop.post("/webhooks", endpoint("https://shop.example/gone")).text("id")
	failing := shop.post("/webhooks", endpoint("https://shop.example/failing")).text("id")
	shop.post("/webhooks", endpoint(hook, "webhook.disabled"))
	s.receivers.answers = map[string]worker.Reply{"https://shop.example/gone": {Status: 410}, "https://shop.example/failing": {Status: 302}}
	shop.post("/customers", `{"name":"Ada"}`)
	for range 25 {
		s.Sleep(6 * time.Hour)
		s.sweep(edge)
		shop.post("/customers", `{"name":"Bob"}`)
	}
	for id, reason := range map[string]string{gone: "gone", failing: "failing"} {
		if r := shop.get("/webhooks/" + id); r.text("is_disabled") != "true" || r.text("disabled_reason") != reason {
			t.Errorf("%s: %s", reason, r.body)
		}
	}
	if got := s.receivers.types(hook); got != "webhook.disabled webhook.disabled" {
		t.Errorf("told of %q", got)
	}
	s.sweep(edge)
	if got := s.receivers.types("https://shop.example/failing"); got != "" {
		t.Errorf("a disabled endpoint is told of %q", got)
	}
	s.receivers.answers = nil
	if r := shop.ok(shop.do("PUT", "/webhooks/"+gone, `{"is_disabled":false}`)); r.text("is_disabled") != "false" || r.text("disabled_reason") != "null" {
		t.Errorf("enabled again: %s", r.body)
	}
	shop.post("/customers", `{"name":"Carol"}`)
	s.Sleep(time.Second)
	s.sweep(edge)
	if got := s.receivers.types("https://shop.example/gone"); !strings.Contains(got, "customer.created") {
		t.Errorf("an endpoint that is enabled again is told of %q", got)
	}
}

func TestAMerchantWithoutEndpointsCostsNothing(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop, _ := s.merchant(edge)
	other, _ := s.merchant(edge)
	other.post("/webhooks", endpoint(hook))
	c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	s.Pay(s.Person(), addr(c.text("destination")), "5", s.USDC(), c.text("memo"))
	s.Advance(time.Minute)
	s.sweep(edge)
	if len(s.receivers.got) != 0 || len(s.Store.Keys("due/")) != 0 {
		t.Errorf("sent %v, to be sent %v", s.receivers.got, s.Store.Keys("due/"))
	}
}

func TestADeliveryCostsOneWriteMoreThanItsEvent(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop, _ := s.merchant(edge)
	shop.post("/webhooks", endpoint(hook))
	s.Sleep(2 * time.Second)
	shop.post("/customers", `{"name":"Ada"}`)
	s.Sleep(time.Second)
	before := s.Store.Counts().Writes
	s.sweep(edge)
	if wrote := s.Store.Counts().Writes - before; wrote != 1 {
		t.Errorf("%d writes for the delivery", wrote)
	}
	if keys := s.Store.Keys("due/"); len(keys) != 0 {
		t.Errorf("still to be sent: %v", keys)
	}
}

// The same ledger makes the same events after all that settlement has stored is lost.
func TestEventsHaveTheSameIDsAfterTheStoreIsLost(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop, _ := s.merchant(edge)
	shop.post("/webhooks", endpoint(hook))
	c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	s.Pay(s.Person(), addr(c.text("destination")), "2", s.USDC(), c.text("memo"))
	s.Advance(time.Minute)
	s.sweep(edge)
	s.Pay(s.Person(), addr(c.text("destination")), "4", s.USDC(), c.text("memo"))
	s.Advance(time.Minute)
	s.sweep(edge)
	ids := func() map[string]string {
		all := map[string]string{}
		for _, r := range s.receivers.got {
			if r.event.Type != "checkout.created" {
				all[r.event.ID] = r.event.Type
			}
		}
		s.receivers.got = nil
		return all
	}
	first := ids()
	for _, prefix := range []string{"outcome/", "seen/", "cursor/", "due/", "by-merchant/", "open/"} {
		for _, key := range s.Store.Keys(prefix) {
			if !strings.Contains(key, "/wh/") && !strings.Contains(key, "/chk/") {
				if err := s.Store.Edge().Delete(context.Background(), key); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	s.Sleep(2 * time.Minute)
	merchant := strings.TrimPrefix(s.Store.Keys("merchant/")[0], "merchant/")
	fresh := s.edge()
	s.operator(fresh).post("/merchants/"+merchant+"/reconcile", fmt.Sprintf(`{"since":%q}`, s.Now().Add(-time.Hour).Format(time.RFC3339)))
	s.Sleep(time.Second)
	s.sweep(fresh)
	if again := ids(); len(first) != 4 || fmt.Sprint(first) != fmt.Sprint(again) {
		t.Errorf("first %v, and again %v", first, again)
	}
}

func TestTheLogOfEventsCanBeFollowed(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop, _ := s.merchant(edge)
	shop.post("/webhooks", endpoint(hook))
	began := s.Now().Format(time.RFC3339)
	var sent []string
	for i := range 7 {
		shop.post("/customers", fmt.Sprintf(`{"name":"Guest %d"}`, i))
		s.Sleep(time.Second)
		s.sweep(edge)
		sent = append(sent, s.receivers.got[i].event.ID)
	}
	var followed []string
	for path := "/events?limit=3&since=" + began; path != ""; {
		page := shop.list(path)
		followed = append(followed, page.ids...)
		path = page.next
	}
	if !slices.Equal(followed, sent) {
		t.Errorf("followed %v, sent %v", followed, sent)
	}
	newest := slices.Clone(sent)
	slices.Reverse(newest)
	if got := shop.list("/events").ids; !slices.Equal(got, newest) {
		t.Errorf("listed %v", got)
	}
	if got := shop.list("/events?since=" + began + "&starting_after=" + sent[4]).ids; !slices.Equal(got, sent[5:]) {
		t.Errorf("after the fifth: %v", got)
	}
	if got := shop.list("/events?type=checkout.created").ids; len(got) != 0 {
		t.Errorf("of another type: %v", got)
	}
	if got := shop.list("/events?limit=2&type=customer.created&ending_before=" + sent[3]).ids; !slices.Equal(got, []string{sent[5], sent[4]}) {
		t.Errorf("before the fourth: %v", got)
	}
}

func TestAnEndpointGetsEightAtATime(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop, _ := s.merchant(edge)
	shop.post("/webhooks", endpoint(hook))
	for i := range 30 {
		shop.post("/customers", fmt.Sprintf(`{"name":"Guest %d"}`, i))
	}
	s.Sleep(time.Second)
	s.sweep(edge)
	if len(s.receivers.got) != 30 || s.receivers.most != 8 {
		t.Errorf("%d sent, %d at a time", len(s.receivers.got), s.receivers.most)
	}
}

func TestEventsAreSentAgainOnRequest(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop, _ := s.merchant(edge)
	id := shop.post("/webhooks", endpoint(hook)).text("id")
	began := s.Now()
	s.receivers.answers = map[string]worker.Reply{hook: {Status: 200}}
	send := func(name string) {
		shop.post("/customers", fmt.Sprintf(`{"name":%q}`, name))
		s.Sleep(time.Second)
		s.sweep(edge)
	}
	send("Ada")
	taken := shop.list("/events").ids[0]
	s.receivers.answers = map[string]worker.Reply{hook: {Status: 500}}
	send("Bob")
	for range 20 { // until it is parked
		s.Sleep(24 * time.Hour)
		if s.Now().Sub(began) < 4*24*time.Hour {
			s.sweep(edge)
		}
	}
	s.receivers.answers, s.receivers.got = nil, nil
	r := shop.post("/webhooks/"+id+"/resend", fmt.Sprintf(`{"since":%q}`, began.Format(time.RFC3339)))
	if r.text("deliveries") != "0" {
		t.Errorf("what waits for its next attempt would be sent twice: %s", r.body)
	}
	s.sweep(edge)
	if got := s.receivers.types(hook); got != "customer.created" {
		t.Errorf("sent %q", got)
	}
	shop.post("/events/"+taken+"/resend", fmt.Sprintf(`{"webhook_id":%q}`, id))
	s.Sleep(time.Second)
	s.sweep(edge)
	if len(s.receivers.got) != 1 || s.receivers.got[0].event.ID != taken {
		t.Errorf("sent %v", s.receivers.got)
	}
	if r := shop.get("/webhooks/" + id + "/deliveries"); strings.Count(r.body, `"status":"succeeded"`) != 2 || strings.Count(r.body, `"status_code":200`) != 3 {
		t.Errorf("deliveries: %s", r.body)
	}
}

// A merchant disables an endpoint for a while and then asks for what it has missed.
func TestAnEndpointGetsWhatItHasMissed(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop, _ := s.merchant(edge)
	id := shop.post("/webhooks", endpoint(hook)).text("id")
	began := s.Now().Format(time.RFC3339)
	shop.ok(shop.do("PUT", "/webhooks/"+id, `{"is_disabled":true}`))
	for i := range 5 {
		shop.post("/customers", fmt.Sprintf(`{"name":"Guest %d"}`, i))
	}
	s.Sleep(time.Second)
	s.sweep(edge)
	if r := shop.with("Content-Type", "application/json").do("POST", "/webhooks/"+id+"/resend", fmt.Sprintf(`{"since":%q}`, began)); r.text("error.code") != "webhook_disabled" {
		t.Errorf("%d %s", r.status, r.body)
	}
	s.Sleep(time.Second)
	shop.ok(shop.do("PUT", "/webhooks/"+id, `{"is_disabled":false}`))
	if r := shop.post("/webhooks/"+id+"/resend", fmt.Sprintf(`{"since":%q}`, began)); r.text("deliveries") != "5" || r.text("has_more") != "false" {
		t.Errorf("sent again: %s", r.body)
	}
	s.Sleep(time.Second)
	s.sweep(edge)
	if len(s.receivers.got) != 5 {
		t.Errorf("%d were sent", len(s.receivers.got))
	}
}
