package worker_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"edgecheckout/worker"
)

// queue holds messages until a test takes them.
type queue struct{ messages []worker.Queued }

func (q *queue) Send(_ context.Context, messages ...worker.Queued) {
	q.messages = append(q.messages, messages...)
}

// take removes all messages and returns them as the queue delivers them for the first time.
func (q *queue) take() []worker.Delivered {
	var batch []worker.Delivered
	for _, m := range q.messages {
		batch = append(batch, worker.Delivered{Body: m.Body, Attempts: 1})
	}
	q.messages = nil
	return batch
}

func (q *queue) delays() string {
	var delays []string
	for _, m := range q.messages {
		delays = append(delays, m.Delay.String())
	}
	return strings.Join(delays, " ")
}

// deployWithQueue returns a deployment with a queue, and a merchant with an endpoint for all
// events.
func deployWithQueue(t *testing.T) (*site, *worker.Service, client, string) {
	s := deploy(t)
	s.queue = &queue{}
	edge := s.edge()
	shop, _ := s.merchant(edge)
	return s, edge, shop, shop.post("/webhooks", endpoint(hook)).text("id")
}

// deliver has an edge deliver a batch, all of whose messages must be removed.
func (s *site) deliver(edge *worker.Service, batch []worker.Delivered) {
	s.t.Helper()
	for i, v := range edge.Deliver(context.Background(), batch) {
		if v != (worker.Verdict{}) {
			s.t.Errorf("message %d: %+v", i, v)
		}
	}
}

func TestTheQueueDeliversWithoutTheCronAndWithinTheBudget(t *testing.T) {
	s, edge, shop, _ := deployWithQueue(t)
	shop.post("/customers", `{"name":"Ada"}`) // the instance now knows that there is an endpoint
	s.deliver(edge, s.queue.take())
	if got := s.receivers.types(hook); got != "customer.created" {
		t.Fatalf("told of %q", got)
	}
	before := s.Store.Counts()
	shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM"}`)
	created := s.Store.Counts().Writes - before.Writes
	if got := s.queue.delays(); got != "0s" {
		t.Errorf("queued with delays %q", got)
	}
	s.deliver(edge, s.queue.take())
	if got := s.receivers.types(hook); got != "checkout.created" {
		t.Errorf("told of %q", got)
	}
	if writes := s.Store.Counts().Writes - before.Writes; writes > created+1 || created > 4+1 {
		t.Errorf("%d writes to create a checkout and its event, %d with the delivery", created, writes)
	}
	for range 3 {
		s.sweep(edge)
		s.Advance(time.Minute)
	}
	if got := s.receivers.types(hook); got != "" {
		t.Errorf("told again of %q", got)
	}
	if keys := s.Store.Keys("due/"); len(keys) != 0 {
		t.Errorf("still to be sent: %v", keys)
	}
}

func TestOutcomesAreQueued(t *testing.T) {
	s, edge, shop, _ := deployWithQueue(t)
	c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	s.deliver(edge, s.queue.take())
	s.receivers.got = nil
	s.Pay(s.Person(), addr(c.text("destination")), "5", s.USDC(), c.text("memo"))
	s.Advance(10 * time.Second)
	shop.get("/checkout/" + c.text("id")) // a look finds the payment
	s.deliver(edge, s.queue.take())
	if got := s.receivers.types(hook); got != "checkout.completed payment.confirmed" {
		t.Errorf("told of %q", got)
	}
}

func TestTheCronDeliversWhatTheQueueLoses(t *testing.T) {
	s, edge, shop, _ := deployWithQueue(t)
	shop.post("/customers", `{"name":"Ada"}`)
	s.queue.take() // lost
	s.Advance(30 * time.Second)
	s.sweep(edge)
	if got := s.receivers.types(hook); got != "" {
		t.Errorf("the cron did not wait for the queue: told of %q", got)
	}
	s.Advance(time.Minute)
	s.sweep(edge)
	if got := s.receivers.types(hook); got != "customer.created" {
		t.Errorf("told of %q", got)
	}
}

func TestRepeatedMessagesAreSentOnce(t *testing.T) {
	s, edge, shop, _ := deployWithQueue(t)
	other := s.edge()
	shop.post("/customers", `{"name":"Ada"}`)
	batch := s.queue.take()
	s.deliver(edge, append(batch, batch...))
	s.deliver(edge, batch)
	if got := s.receivers.types(hook); got != "customer.created" {
		t.Errorf("told of %q", got)
	}
	// By now everybody can see that it was sent.
	s.Advance(3 * time.Minute)
	for attempts := range 3 {
		batch[0].Attempts = attempts + 1
		s.deliver(other, batch)
		s.deliver(edge, batch)
	}
	if got := s.receivers.types(hook); got != "" {
		t.Errorf("told again of %q", got)
	}
	s.deliver(edge, []worker.Delivered{{Body: []byte("{"), Attempts: 1}}) // it is no message of ours
}

func TestTheQueueMakesFurtherAttemptsAtTheirTime(t *testing.T) {
	s, edge, shop, id := deployWithQueue(t)
	s.receivers.answers = map[string]worker.Reply{hook: {Status: 500}}
	shop.post("/customers", `{"name":"Ada"}`)
	var waits []string
	for range 10 {
		s.deliver(edge, s.queue.take())
		if len(s.queue.messages) == 0 {
			break
		}
		wait := s.queue.messages[0].Delay
		waits = append(waits, wait.String())
		s.Sleep(wait)
	}
	if got := strings.Join(waits, " "); got != "5s 5m0s 30m0s 2h0m0s 5h0m0s 10h0m0s" {
		t.Errorf("queued after %s", got)
	}
	// The queue cannot wait for the rest.
	s.receivers.got = nil
	for range 70 {
		s.Sleep(time.Hour)
		s.sweep(edge)
		s.queue.take()
	}
	if got := s.receivers.types(hook); got != "customer.created customer.created customer.created" {
		t.Errorf("the cron told of %q", got)
	}
	r := shop.get("/webhooks/" + id + "/deliveries")
	if n := strings.Count(r.body, `"status_code":500`); n != 10 || !strings.Contains(r.body, `"status":"failed"`) {
		t.Errorf("%d attempts are listed: %s", n, r.body)
	}
}

func TestMessagesThatAreTooLargeAreLeftToTheCron(t *testing.T) {
	s, edge, shop, _ := deployWithQueue(t)
	// Each byte of these takes several in an event within a message.
	customer := shop.post("/customers", fmt.Sprintf(`{"name":"Ada","metadata":{%s}}`, values(50, `\u0001\"\\`))).text("id")
	s.queue.take()
	shop.ok(shop.do("PUT", "/customers/"+customer, fmt.Sprintf(`{"metadata":{%s}}`, values(50, `\"\\\u0001`))))
	if got := s.queue.delays(); got != "" {
		t.Fatalf("queued with delays %q", got)
	}
	s.Advance(2 * time.Minute)
	s.sweep(edge)
	if got := s.receivers.types(hook); got != "customer.created customer.updated" {
		t.Errorf("told of %q", got)
	}
}

// values returns n members of a JSON object with long values of a text.
func values(n int, text string) string {
	var members []string
	for i := range n {
		members = append(members, fmt.Sprintf(`"%d":"%s"`, i, strings.Repeat(text, 120)))
	}
	return strings.Join(members, ",")
}

func TestEventsAreSentAgainThroughTheQueue(t *testing.T) {
	s, edge, shop, id := deployWithQueue(t)
	shop.post("/customers", `{"name":"Ada"}`)
	s.deliver(edge, s.queue.take())
	sent := s.receivers.got[0].event.ID
	s.receivers.got = nil
	s.Sleep(time.Minute)
	shop.post("/events/"+sent+"/resend", fmt.Sprintf(`{"webhook_id":%q}`, id))
	s.deliver(edge, s.queue.take())
	if got := s.receivers.types(hook); got != "customer.created" {
		t.Errorf("told of %q", got)
	}
	if r := shop.get("/webhooks/" + id + "/deliveries"); strings.Count(r.body, `"status_code":200`) != 2 {
		t.Errorf("both attempts should be listed: %s", r.body)
	}
}

// during is a sender that runs something while requests are under way.
type during struct {
	worker.Sender
	run func()
}

func (d *during) Send(ctx context.Context, messages []worker.Outgoing) []worker.Reply {
	if run := d.run; run != nil {
		d.run = nil
		run()
	}
	return d.Sender.Send(ctx, messages)
}

func TestOneEndpointGetsAtMostEightRequestsAtTheSameTime(t *testing.T) {
	s, _, shop, _ := deployWithQueue(t)
	p := s.platform()
	sender := &during{Sender: s.receivers}
	p.Sender = sender
	edge := worker.New(s.config(), p)
	shop = shop.at(edge)
	ask := func(n int) []worker.Delivered {
		for i := range n {
			shop.post("/customers", fmt.Sprintf(`{"name":"Guest %d"}`, i))
		}
		return s.queue.take()
	}
	first, second, third := ask(5), ask(5), ask(1)
	var verdicts, late []worker.Verdict
	sender.run = func() {
		// Five are under way. Three more are possible, and the other two follow when these have
		// been answered.
		sender.run = func() { late = edge.Deliver(context.Background(), third) }
		verdicts = edge.Deliver(context.Background(), second)
	}
	s.deliver(edge, first)
	if want := []worker.Verdict{{Retry: true, Delay: time.Second}}; len(late) != 1 || late[0] != want[0] {
		t.Errorf("with eight under way: %+v, want %+v", late, want)
	}
	for i, v := range verdicts {
		if v.Retry {
			t.Errorf("message %d: %+v", i, v)
		}
	}
	if s.receivers.most != 5 {
		t.Errorf("%d at once", s.receivers.most)
	}
	third[0].Attempts = 2
	s.receivers.got = nil
	s.deliver(edge, third)
	if got := s.receivers.types(hook); got != "customer.created" {
		t.Errorf("told of %q", got)
	}
}

func TestAnEndpointThatDoesNotAnswerHoldsUpNobodyElse(t *testing.T) {
	s, _, shop, _ := deployWithQueue(t)
	p := s.platform()
	sender := &during{Sender: s.receivers}
	p.Sender = sender
	edge := worker.New(s.config(), p)
	shop = shop.at(edge)
	neighbour, _ := s.merchant(edge)
	neighbour.post("/webhooks", endpoint("https://neighbour.example/hook"))
	s.Sleep(3 * time.Minute) // everybody sees the endpoints
	shop.post("/customers", `{"name":"Ada"}`)
	slow := s.queue.take()
	shop.post("/customers", `{"name":"Grace"}`)
	neighbour.post("/customers", `{"name":"Edsger"}`)
	next := s.queue.take()
	var verdicts []worker.Verdict
	sender.run = func() {
		s.Sleep(4 * time.Second)
		verdicts = edge.Deliver(context.Background(), next)
	}
	s.deliver(edge, slow)
	want := []worker.Verdict{{Retry: true, Delay: 5 * time.Second}, {}}
	if len(verdicts) != 2 || verdicts[0] != want[0] || verdicts[1] != want[1] {
		t.Errorf("%+v, want %+v", verdicts, want)
	}
	if s.receivers.got[0].url != "https://neighbour.example/hook" {
		t.Errorf("the first to be told was %s", s.receivers.got[0].url)
	}
}

func TestEventsOfRefusedRequestsAreNotQueued(t *testing.T) {
	s, _, shop, _ := deployWithQueue(t)
	if r := shop.do("POST", "/checkout?type=direct", `{"amount":0,"asset_code":"XLM"}`); r.status != http.StatusBadRequest {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if got := s.queue.delays(); got != "" {
		t.Errorf("queued with delays %q", got)
	}
}

// Two data centres get the same message, fail, and each plan a further attempt.
func TestAnAttemptThatWasPlannedTwiceIsMadeOnce(t *testing.T) {
	s, edge, shop, id := deployWithQueue(t)
	other := s.edge()
	s.receivers.answers = map[string]worker.Reply{hook: {Status: 500}}
	shop.post("/customers", `{"name":"Ada"}`)
	batch := s.queue.take()
	s.deliver(edge, batch)
	s.Sleep(2 * time.Second)
	s.deliver(other, batch)
	if got := s.queue.delays(); got != "5s 5s" {
		t.Fatalf("queued with delays %q", got)
	}
	s.receivers.answers, s.receivers.got = nil, nil
	s.Sleep(2 * time.Minute) // everybody sees all of it
	again := s.queue.take()
	s.deliver(edge, again[:1])
	s.deliver(edge, again[1:])
	for range 3 {
		s.sweep(edge)
		s.Advance(time.Minute)
	}
	if got := s.receivers.types(hook); got != "customer.created" {
		t.Errorf("told of %q", got)
	}
	if r := shop.get("/webhooks/" + id + "/deliveries"); !strings.Contains(r.body, `"status":"succeeded"`) {
		t.Errorf("it should be delivered: %s", r.body)
	}
	if keys := s.Store.Keys("due/"); len(keys) != 0 {
		t.Errorf("still to be sent: %v", keys)
	}
}
