package worker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"edgecheckout/worker"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/watch/watchtest"
)

func TestCancellingMovesTheDeadline(t *testing.T) {
	s := deploy(t)
	here, cron := s.edge(), s.edge()
	shop, _ := s.merchant(here)
	person := s.Person()
	s.Advance(time.Hour)
	unpaid := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	paid := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	late := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	for _, c := range []reply{unpaid, paid, late} {
		r := shop.post("/checkout/"+c.text("id")+"/expire", `{}`)
		if r.text("status") != "open" || r.text("expires_at") >= c.text("expires_at") {
			t.Errorf("cancelled: %s", r.body)
		}
		if again := shop.post("/checkout/"+c.text("id")+"/expire", `{}`); again.text("expires_at") != r.text("expires_at") {
			t.Errorf("cancelling twice moved the deadline to %s", again.text("expires_at"))
		}
		page := client{t, here, nil}.get("/pay/" + c.text("id"))
		if strings.Contains(page.body, "web+stellar:pay") {
			t.Error("the page of a cancelled checkout asks to pay")
		}
	}
	// The payment was in transit.
	s.Pay(person, addr(paid.text("destination")), "5", s.USDC(), paid.text("memo"))
	for i := range 6 {
		s.Advance(time.Minute)
		s.sweep(cron)
		if i == 2 {
			s.Pay(person, addr(late.text("destination")), "5", s.USDC(), late.text("memo"))
		}
	}
	for id, want := range map[string]string{unpaid.text("id"): "expired", paid.text("id"): "completed", late.text("id"): "expired"} {
		if got := shop.get("/checkout/" + id); got.text("status") != want {
			t.Errorf("%s; want %s", got.body, want)
		}
		if r := shop.do("POST", "/checkout/"+id+"/expire", `{}`); r.status != 409 || r.text("error.code") != "checkout_not_open" {
			t.Errorf("cancelling a finished checkout: %d %s", r.status, r.body)
		}
	}
	if got := shop.get("/checkout/" + late.text("id")); !strings.Contains(got.body, `"reason":"late"`) {
		t.Errorf("the late payment is missing: %s", got.body)
	}
	if open := s.Store.Keys("open/"); len(open) != 0 {
		t.Errorf("still listed as open: %v", open)
	}
}

// Everything in the store that concerns money is deleted, and every checkout is recovered from the
// ledger.
func TestEveryStatusIsRecoveredFromTheLedger(t *testing.T) {
	s := deploy(t)
	here, cron := s.edge(), s.edge()
	shop, _ := s.merchant(here)
	person := s.Person()
	s.Advance(time.Hour)
	begin := s.Now()
	ids := []string{}
	for _, sent := range []string{"", "5", "2", "6", "5,5", "2,3"} {
		c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC","expires_in":600}`)
		ids = append(ids, c.text("id"))
		for amount := range strings.SplitSeq(sent, ",") {
			if amount != "" {
				s.Pay(person, addr(c.text("destination")), amount, s.USDC(), c.text("memo"))
				s.Advance(5 * time.Second)
			}
		}
	}
	wrong := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC","expires_in":600}`)
	ids = append(ids, wrong.text("id"))
	s.Pay(person, addr(wrong.text("destination")), "5", xlm, wrong.text("memo"))
	cancelled := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC","expires_in":86400}`)
	ids = append(ids, cancelled.text("id"))
	shop.post("/checkout/"+cancelled.text("id")+"/expire", `{}`)
	for range 30 {
		s.Advance(time.Minute)
		s.sweep(cron)
	}
	open := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	ids = append(ids, open.text("id"))
	s.Pay(person, addr(open.text("destination")), "2", s.USDC(), open.text("memo"))
	s.Advance(time.Minute)
	s.sweep(cron)

	before := map[string]string{}
	statuses := map[string]int{}
	for _, id := range ids {
		r := shop.get("/checkout/" + id)
		before[id] = r.body
		statuses[r.text("status")+" "+r.text("exception")]++
	}
	if len(statuses) < 6 {
		t.Fatalf("only %v", statuses)
	}

	edge := s.Store.Edge()
	for _, prefix := range []string{"seen/", "cursor/", "open/", "outcome/", "idle/"} {
		keys := s.Store.Keys(prefix)
		if len(keys) == 0 {
			t.Fatalf("there is no %s to delete", prefix)
		}
		if err := edge.Delete(context.Background(), keys...); err != nil {
			t.Fatal(err)
		}
	}
	s.Sleep(2 * time.Minute)
	fresh := s.edge()
	merchant := strings.TrimPrefix(s.Store.Keys("merchant/")[0], "merchant/")
	s.Advance(time.Minute)
	if all := s.reconcile(fresh, merchant, begin); !all.complete || all.checked != len(ids) {
		t.Errorf("%+v, want %d checkouts", all, len(ids))
	}
	for _, id := range ids {
		if got := shop.at(fresh).get("/checkout/" + id); got.body != before[id] {
			t.Errorf("was  %sis   %s", before[id], got.body)
		}
	}
	// Checkouts that were open are watched again.
	s.Pay(person, addr(open.text("destination")), "3", s.USDC(), open.text("memo"))
	s.Advance(time.Minute)
	s.sweep(s.edge())
	if got := shop.at(s.edge()).get("/checkout/" + open.text("id")); got.text("status") != "completed" {
		t.Errorf("%s", got.body)
	}
	if again := s.reconcile(fresh, merchant, begin); again.repaired > 1 {
		t.Errorf("reconciling again: %+v", again)
	}
}

// reconciled is the sum of all steps of a reconciliation.
type reconciled struct {
	steps, checked, repaired int
	complete                 bool
}

// reconcile runs all steps, each of them twice, as a client does that loses answers.
func (s *site) reconcile(edge http.Handler, merchant string, since time.Time) (all reconciled) {
	s.t.Helper()
	cursor := "null"
	for all.steps = 1; all.steps < 1000; all.steps++ {
		body := fmt.Sprintf(`{"since":%q,"cursor":%s}`, since.Format(time.RFC3339), cursor)
		r := s.operator(edge).post("/merchants/"+merchant+"/reconcile", body)
		if again := s.operator(edge).post("/merchants/"+merchant+"/reconcile", body); again.text("cursor") != r.text("cursor") {
			s.t.Errorf("a repeated step: %s, before %s", again.body, r.body)
		}
		var step struct {
			Networks map[string]struct {
				Checked  int  `json:"checkouts_checked"`
				Repaired int  `json:"checkouts_repaired"`
				Complete bool `json:"complete"`
			}
			HasMore bool `json:"has_more"`
		}
		if err := json.Unmarshal([]byte(r.body), &step); err != nil {
			s.t.Fatal(err)
		}
		for _, n := range step.Networks {
			all.checked += n.Checked
			all.repaired += n.Repaired
			all.complete = n.Complete
		}
		if !step.HasMore {
			return all
		}
		cursor = strconv.Quote(r.text("cursor"))
	}
	s.t.Fatal("reconciling has no end")
	return all
}

// shortPages is a Horizon whose pages have at most four records.
type shortPages struct{ horizon.Transport }

func (h shortPages) Get(ctx context.Context, url string, timeout time.Duration) (horizon.Response, error) {
	return h.Transport.Get(ctx, strings.Replace(url, "limit=200", "limit=4", 1), timeout)
}

// An account with more payments than a step reads, and more checkouts than it compares, is
// reconciled in steps with the same result as in one pass.
func TestReconcilingInStepsEqualsOnePass(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	person := s.Person()
	s.Advance(time.Hour)
	begin := s.Now()
	want := map[string]string{}
	pay := func(c reply, amount, memo string) {
		s.Pay(person, addr(c.text("destination")), amount, s.USDC(), memo)
		s.Advance(watchtest.LedgerTime)
	}
	for i := range 30 {
		c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC","expires_in":600}`)
		for range i % 3 {
			pay(c, "3", c.text("memo"))
		}
		for range 3 { // payments without a checkout make the history long
			pay(c, "1", "")
		}
		for range 3 {
			s.Advance(time.Hour)
			s.sweep(here)
		}
		want[c.text("id")] = ""
	}
	for id := range want {
		want[id] = shop.get("/checkout/" + id).body
	}
	edge := s.Store.Edge()
	for _, prefix := range []string{"seen/", "cursor/", "open/", "outcome/", "idle/"} {
		if err := edge.Delete(t.Context(), s.Store.Keys(prefix)...); err != nil {
			t.Fatal(err)
		}
	}
	s.Sleep(2 * time.Minute)
	merchant := strings.TrimPrefix(s.Store.Keys("merchant/")[0], "merchant/")
	platform := s.platform()
	platform.Horizon = shortPages{platform.Horizon}
	fresh := worker.New(s.config(), platform)
	all := s.reconcile(fresh, merchant, begin)
	if !all.complete || all.steps < 4 || all.checked < len(want) {
		t.Errorf("%+v", all)
	}
	for id, body := range want {
		if got := shop.at(fresh).get("/checkout/" + id); got.body != body {
			t.Errorf("was  %sis   %s", body, got.body)
		}
	}
}

func TestReconcileRefusesInvalidRequests(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	s.merchant(here)
	merchant := strings.TrimPrefix(s.Store.Keys("merchant/")[0], "merchant/")
	for body, code := range map[string]string{
		`{}`: "parameter_missing", `{"since":5}`: "parameter_invalid", `{"since":"yesterday"}`: "parameter_invalid",
		`{"since":"2020-01-01T00:00:00Z"}`: "parameter_invalid", `{"since":"2099-01-01T00:00:00Z"}`: "parameter_invalid",
		`{"since":"2026-11-22T11:00:00Z","until":"x"}`:                             "parameter_unknown",
		`{"since":"2026-11-22T11:00:00Z","cursor":"x"}`:                            "parameter_invalid",
		`{"since":"2026-11-22T11:00:00Z","cursor":"live-0-1763805600000-0-false"}`: "parameter_invalid",
		`{"since":"2026-11-22T11:00:00Z","cursor":"test-0-0-0-false"}`:             "parameter_invalid",
	} {
		if r := s.operator(here).do("POST", "/merchants/"+merchant+"/reconcile", body); r.status != 400 || r.text("error.code") != code {
			t.Errorf("%s: %d %s", body, r.status, r.body)
		}
	}
	s.Fault = down
	if r := s.operator(here).do("POST", "/merchants/"+merchant+"/reconcile", `{"since":"2026-11-22T11:00:00Z"}`); r.status != 503 || r.text("error.code") != "unavailable" {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestHealthDetailsSayWhenSettlementIsBehind(t *testing.T) {
	s := deploy(t)
	here, cron := s.edge(), s.edge()
	shop, _ := s.merchant(here)
	s.Advance(time.Hour)
	shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC","expires_in":300}`)
	well := s.operator(here).get("/health/details")
	if well.status != 200 || well.text("networks.test.open_checkouts") != "1" || well.text("networks.test.active_accounts") != "1" || well.text("networks.test.lag_seconds") != "0" {
		t.Errorf("%d %s", well.status, well.body)
	}
	s.Advance(9 * time.Minute) // without the cron
	late := s.operator(here).get("/health/details")
	if late.status != 200 || late.text("status") != "ok" || late.text("networks.test.oldest_unfinished") == "null" {
		t.Errorf("four minutes behind: %d %s", late.status, late.body)
	}
	s.Advance(2 * time.Minute)
	behind := s.operator(here).get("/health/details")
	if behind.status != 503 || behind.text("status") != "behind" {
		t.Errorf("six minutes behind: %d %s", behind.status, behind.body)
	}
	for range 3 {
		s.Advance(time.Minute)
		s.sweep(cron)
	}
	s.Advance(2 * time.Minute)
	again := s.operator(s.edge()).get("/health/details")
	if again.status != 200 || again.text("networks.test.open_checkouts") != "0" || again.text("networks.test.last_sweep") == "null" {
		t.Errorf("after the sweeps: %d %s", again.status, again.body)
	}

	// A dead cron must be noticed long before a checkout is due.
	shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	s.Advance(20 * time.Minute)
	if dead := s.operator(s.edge()).get("/health/details"); dead.status != 503 {
		t.Errorf("no sweep for 20 minutes: %d %s", dead.status, dead.body)
	}
}

func TestHealthSaysWhatTheSweepsHaveRecorded(t *testing.T) {
	s := deploy(t)
	cron := s.edge()
	shop, _ := s.merchant(cron)
	s.Advance(time.Hour)
	health := func() reply {
		s.Advance(2 * time.Minute) // until all data centres see what was written
		return client{t, s.edge(), nil}.get("/health")
	}
	if idle := health(); idle.status != 200 || idle.text("networks.test.open_checkouts") != "null" || idle.text("networks.test.active_accounts") != "null" {
		t.Errorf("nothing is open: %d %s", idle.status, idle.body)
	}
	shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC","expires_in":300}`)
	s.sweep(cron)
	if well := health(); well.status != 200 || well.text("networks.test.lag_seconds") != "0" {
		t.Errorf("one is open: %d %s", well.status, well.body)
	}
	s.Fault = down
	s.Advance(9 * time.Minute)
	_ = cron.Sweep(t.Context(), "")
	if behind := health(); behind.status != 503 || behind.text("networks.test.oldest_unfinished") == "null" || behind.text("networks.test.horizon") != "unreachable" {
		t.Errorf("somebody has waited for more than five minutes: %d %s", behind.status, behind.body)
	}
	s.Fault = nil
	for range 4 {
		s.Advance(time.Minute)
		s.sweep(cron)
	}
	if again := health(); again.status != 200 || again.text("networks.test.oldest_unfinished") != "null" {
		t.Errorf("it has ended: %d %s", again.status, again.body)
	}

	shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	s.sweep(cron)
	s.Advance(20 * time.Minute)
	if dead := health(); dead.status != 503 {
		t.Errorf("no sweep for 20 minutes: %d %s", dead.status, dead.body)
	}
}

func TestHealthCostsAReadInAWhile(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	s.sweep(s.edge())
	before, asked := s.Store.Counts(), s.Requests
	for range 100 {
		client{t, here, nil}.get("/health")
		s.Sleep(100 * time.Millisecond)
	}
	is := s.Store.Counts()
	if is.Lists != before.Lists || is.Writes != before.Writes || is.Reads > before.Reads+3 || s.Requests > asked+1 {
		t.Errorf("100 requests in ten seconds: from %+v to %+v, and %d requests to Horizon", before, is, s.Requests-asked)
	}
}

func TestLogsAreOneJSONLineWithoutSecrets(t *testing.T) {
	s := deploy(t)
	here, cron := s.edge(), s.edge()
	shop, key := s.merchant(here)
	person := s.Person()
	c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC","customer_email":"ada@example.com","description":"Tea"}`)
	s.Pay(person, addr(c.text("destination")), "5", s.USDC(), c.text("memo"))
	s.Advance(time.Minute)
	s.sweep(cron)
	log := s.log.String()
	for _, want := range []string{`"event":"sweep"`, `"event":"settled"`, `"request_id":"req_`, c.text("id")} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not have %s:\n%s", want, log)
		}
	}
	for _, secret := range []string{key.text("secret"), adminToken, "ada@example.com", c.text("memo"), "Tea"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %s", secret)
		}
	}
}
