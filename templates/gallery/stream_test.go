package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"edgecheckout/templates"

	"github.com/chromedp/chromedp"
)

// horizon streams whatever a test tells it to.
type horizon struct {
	*httptest.Server
	mu     sync.Mutex
	code   int           // status code for a page that opens the stream
	end    bool          // whether streams end as soon as they are open
	late   time.Duration // how long a page waits for its stream
	opened int           // how often a page asked for the stream
	open   int           // streams that are open now
	last   string        // Last-Event-ID of the latest request
	events chan string   // for the open stream
	ended  chan struct{} // ends the stream, as Horizon does every minute
}

func newHorizon(t *testing.T) *horizon {
	h := &horizon{code: http.StatusOK, events: make(chan string), ended: make(chan struct{})}
	h.Server = httptest.NewServer(h)
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
	})
	return h
}

func (h *horizon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.opened++
	h.last = r.Header.Get("Last-Event-ID")
	code, end, late := h.code, h.end, h.late
	if code == http.StatusOK {
		h.open++
		defer h.close()
	}
	h.mu.Unlock()
	time.Sleep(late)
	w.Header().Set("Access-Control-Allow-Origin", "*")
	if code != http.StatusOK {
		w.WriteHeader(code)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(text string) {
		fmt.Fprint(w, text)
		// It fails if the page is gone, which also ends the request.
		_ = http.NewResponseController(w).Flush()
	}
	send("retry: 1000\nevent: open\ndata: \"hello\"\n\n")
	for !end {
		select {
		case event := <-h.events:
			send(event)
		case <-h.ended:
			end = true
		case <-r.Context().Done():
			return
		}
	}
	send("retry: 10\nevent: close\ndata: \"byebye\"\n\n")
}

func (h *horizon) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
}

func (h *horizon) set(code int, end bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.code, h.end = code, end
}

func (h *horizon) delay(late time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.late = late
}

// counts returns how often the stream was opened, and how many streams are open.
func (h *horizon) counts() (opened, open int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.opened, h.open
}

func (h *horizon) lastEventID() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

// payment returns an event of the stream.
func payment(memoType, memo string) string {
	return fmt.Sprintf("id: 42\ndata: {\"id\":\"42\",\"type\":\"payment\",\"transaction\":{\"memo\":%q,\"memo_type\":%q}}\n\n", memo, memoType)
}

// watched returns a shop whose page reads a Horizon's stream.
func watched(t *testing.T) (*shop, *horizon, templates.Checkout) {
	t.Helper()
	h := newHorizon(t)
	c := sample(t, "waiting")
	c.StreamURL = h.URL + "/accounts/" + c.Destination + "/payments?cursor=now&join=transactions"
	return newShop(t, c), h, c
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timed out waiting until %s", what)
		}
	}
}

// calm waits until the page leaves it to the open stream to report a payment, and returns how often
// it has asked for the status and when it did so last. Without the stream it would ask every three
// seconds. Once it knows that the stream is open, it asks once, and then after 15 seconds.
func (s *shop) calm(t *testing.T, h *horizon) (asked int, last time.Time) {
	t.Helper()
	eventually(t, "the stream is open", func() bool { _, open := h.counts(); return open == 1 })
	early := s.called()
	eventually(t, "the page asks, and stops asking", func() bool {
		if now := s.called(); now != asked {
			asked, last = now, time.Now()
		}
		return asked > 0 && time.Since(last) > 6*time.Second
	})
	if asked > early+2 {
		t.Fatalf("%d status calls after the stream was open, want one", asked-early)
	}
	return asked, last
}

const paidAnswer = `{"status":"completed","exception":null,"amount_received":50,"amount_due":0,"seconds_left":1,"redirect_url":null,"phase":"paid","received_other":[]}`

func TestPaymentOnTheStreamMakesThePageAskAtOnce(t *testing.T) {
	s, h, c := watched(t)
	ctx := tab(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	calm, _ := s.calm(t, h)
	for _, foreign := range []string{
		payment("text", "3k9v2m8q7c1x5t0z6w4h8n2r7f"), payment("hash", c.Memo), payment("text", ""), payment("none", ""),
		"data: {\"transaction\":{\"memo\":\"" + c.Memo + "\n\n", // an incomplete event
		"data: \"" + c.Memo + "\"\n\n", "data: null\n\n", "data: {\"transaction\":{\"memo\":7,\"memo_type\":\"text\"}}\n\n", "data:\n\n",
		"event: error\ndata: problem: rate_limit_exceeded\n\n",
	} {
		h.events <- foreign
	}
	time.Sleep(2 * time.Second)
	if got := s.called(); got != calm {
		t.Errorf("%d status calls after events that are not for this checkout, want none", got-calm)
	}
	s.say(200, "", paidAnswer)
	h.events <- payment("text", strings.ToUpper(c.Memo)) // as some exchanges write it
	told := time.Now()
	await(t, ctx, standing, "Payment complete")
	// Without the event, the page would ask after 15 seconds.
	if took := time.Since(told); took > 7*time.Second {
		t.Errorf("the page showed it %s after the event", took)
	}
	eventually(t, "a finished page closes its stream", func() bool { _, open := h.counts(); return open == 0 })
}

func TestPageAsksEverySecondForAWhileAfterAPayment(t *testing.T) {
	s, h, c := watched(t)
	ctx := tab(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	calm, _ := s.calm(t, h)
	h.events <- payment("text", c.Memo)
	time.Sleep(12 * time.Second)
	after := s.called()
	if got := after - calm; got < 8 || got > 10 {
		t.Errorf("%d status calls within 12 s of the event, want about nine", got)
	}
	time.Sleep(3 * time.Second)
	if got := s.called(); got != after {
		t.Errorf("%d status calls after that", got-after)
	}
}

// Anyone can send dust with the memo of a payment on the ledger.
func TestFloodOfEventsDoesNotRaiseThePollingRate(t *testing.T) {
	s, h, c := watched(t)
	ctx := tab(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	calm, last := s.calm(t, h)
	flood := func(event string) {
		burst := strings.Repeat(event, 100)
		for range 40 {
			h.events <- burst
			time.Sleep(100 * time.Millisecond)
		}
	}
	flood(payment("text", "somebody else's"))
	before := s.called()
	// On a busy machine it takes longer, and a calm page asks every 15 s.
	if most := int(time.Since(last) / (15 * time.Second)); before-calm > most {
		t.Errorf("%d status calls while others were paid 4,000 times, want %d", before-calm, most)
	}
	began := time.Now()
	flood(payment("text", c.Memo))
	eventually(t, "the page asks three times", func() bool { return s.called()-before >= 3 })
	got, took := s.called()-before, time.Since(began)
	if most := int(took/(1100*time.Millisecond)) + 2; got > most {
		t.Errorf("%d status calls in %s of 1,000 events a second, want at most %d", got, took, most)
	}
	s.say(200, "", paidAnswer)
	await(t, ctx, standing, "Payment complete")
}

func TestPageWithoutAStreamKeepsPolling(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(*horizon)
	}{
		{"an account without history", func(h *horizon) { h.set(http.StatusNotFound, false) }},
		{"too many streams", func(h *horizon) { h.set(http.StatusTooManyRequests, false) }},
		{"streams that end at once", func(h *horizon) { h.set(http.StatusOK, true) }},
		{"nobody there", func(h *horizon) { h.Close() }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, h, _ := watched(t)
			tc.spoil(h)
			ctx := tab(t)
			do(t, ctx, chromedp.Navigate(s.URL+"/page"))
			eventually(t, "the page asks", func() bool { return s.called() == 1 })
			time.Sleep(10 * time.Second)
			// It asks every three seconds, and whenever a stream opens.
			if got := s.called(); got < 3 || got > 7 {
				t.Errorf("%d status calls within 10 s", got)
			}
			if opened, _ := h.counts(); opened > 5 {
				t.Errorf("the stream was opened %d times within 10 s", opened)
			}
			s.say(200, "", paidAnswer)
			await(t, ctx, standing, "Payment complete")
		})
	}
}

func TestReopenedStreamResumesAtTheLastEvent(t *testing.T) {
	s, h, c := watched(t)
	ctx := tab(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	calm, _ := s.calm(t, h)
	h.events <- payment("text", "somebody else's") // has an id
	time.Sleep(6 * time.Second)                    // makes the stream last more than 10 s in total
	h.ended <- struct{}{}
	eventually(t, "the stream is opened again", func() bool { opened, open := h.counts(); return opened == 2 && open == 1 })
	if got := h.lastEventID(); got != "42" {
		t.Errorf("Last-Event-ID is %q", got)
	}
	// The page asks only for what happened in between.
	eventually(t, "the page asks", func() bool { return s.called() > calm })
	time.Sleep(4 * time.Second)
	if got := s.called(); got > calm+2 {
		t.Errorf("%d status calls within 4 s of that", got-calm)
	}
	s.say(200, "", paidAnswer)
	h.events <- payment("text", c.Memo)
	await(t, ctx, standing, "Payment complete")
}

func TestHiddenPageClosesItsStream(t *testing.T) {
	s, h, c := watched(t)
	ctx := tab(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	calm, _ := s.calm(t, h) // no status call is under way
	hide := func(hidden bool) {
		value(t, ctx, fmt.Sprintf(`Object.defineProperty(document, "hidden", {value: %t, configurable: true}) && document.dispatchEvent(new Event("visibilitychange"))`, hidden))
	}
	hide(true)
	eventually(t, "the stream is closed", func() bool { _, open := h.counts(); return open == 0 })
	time.Sleep(4 * time.Second)
	if opened, _ := h.counts(); opened != 1 || s.called() != calm {
		t.Errorf("while hidden the page opened %d streams and asked %d times", opened-1, s.called()-calm)
	}
	hide(false)
	eventually(t, "the page asks", func() bool { return s.called() > calm })
	// A page that learns that the time is over closes the stream, which may not have arrived yet.
	eventually(t, "the stream is opened again", func() bool { opened, open := h.counts(); return opened == 2 && open == 1 })
	s.say(200, "", strings.NewReplacer("870", "0", `"phase":"waiting"`, `"phase":"checking"`).Replace(waitingAnswer))
	h.events <- payment("text", c.Memo) // makes it ask
	await(t, ctx, standing, "The time to pay is over")
	eventually(t, "it is closed when the time is over", func() bool { _, open := h.counts(); return open == 0 })
	asked := s.called()
	eventually(t, "the page goes on to ask", func() bool { return s.called() > asked })
}

// A status call soon after another is answered from the same read, which may be older than the
// stream.
func TestPageAsksAgainAfterAStreamThatOpensLate(t *testing.T) {
	s, h, _ := watched(t)
	h.delay(1500 * time.Millisecond) // the page has asked by then
	ctx := tab(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	eventually(t, "the page asks", func() bool { return s.called() > 0 })
	eventually(t, "the stream is open", func() bool { _, open := h.counts(); return open == 1 })
	time.Sleep(1500 * time.Millisecond)
	s.say(200, "", paidAnswer) // paid in between, which the stream does not report
	asked := time.Now()
	await(t, ctx, standing, "Payment complete")
	if took := time.Since(asked); took > 4*time.Second {
		t.Errorf("the page asked again only after %s", took)
	}
}

func TestPageRestoredFromHistoryReopensItsStream(t *testing.T) {
	s, h, _ := watched(t)
	ctx := tab(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	eventually(t, "the stream is open", func() bool { _, open := h.counts(); return open == 1 })
	do(t, ctx, chromedp.Navigate(s.URL+"/thanks"))
	eventually(t, "the stream is closed", func() bool { _, open := h.counts(); return open == 0 })
	before := s.called()
	value(t, ctx, "history.back()") // no load follows where the browser has kept the page
	await(t, ctx, "location.href", s.URL+"/page")
	eventually(t, "the stream is opened again", func() bool { _, open := h.counts(); return open == 1 })
	eventually(t, "the page asks", func() bool { return s.called() > before })
}
