package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"edgecheckout/sandbox/stack"
	"edgecheckout/worker/openapi/openapitest"
)

// contract checks the responses of all Workers in these tests against the API's description, for
// all requests by Go's HTTP client.
var contract keeper

type keeper struct {
	workers sync.Map // by their hosts
	checked atomic.Int64

	mu     sync.Mutex
	faults []error
}

// install puts the keeper between Go's HTTP client and the network.
func (k *keeper) install() error {
	description, err := openapitest.Load(minExpiresIn)
	if err != nil {
		return err
	}
	http.DefaultTransport = openapitest.Transport{Contract: description, Next: http.DefaultTransport, API: k.concerns, Report: k.report}
	return nil
}

// hold makes the keeper check the responses of a Worker.
func (k *keeper) hold(worker *stack.Stack) {
	k.workers.Store(strings.TrimPrefix(worker.BaseURL, "http://"), true)
}

// concerns reports whether a request is for the API, and not for the ledger or for workerd itself,
// such as a run of the cron.
func (k *keeper) concerns(r *http.Request) bool {
	_, ours := k.workers.Load(r.URL.Host)
	if ours = ours && !strings.HasPrefix(r.URL.Path, "/cdn-cgi/"); ours {
		k.checked.Add(1)
	}
	return ours
}

func (k *keeper) report(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.faults = append(k.faults, err)
}

// verdict is an error if any response differed from the description, even one that a test ignored.
func (k *keeper) verdict() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.faults) == 0 {
		return nil
	}
	return fmt.Errorf("%d answers were not as described; the first: %w", len(k.faults), k.faults[0])
}

func TestEveryRequestIsCheckedAgainstTheContract(t *testing.T) {
	s := openShop(t)
	for name, ask := range map[string]func(){
		"a client":       func() { s.charge(fields{"amount": 5, "asset_code": "XLM"}) },
		"anybody":        func() { get(t, s.on, "/health") },
		"a transcript":   func() { (exchange{method: "GET", path: "/product"}).send(t, s.Client) },
		"another client": func() { (exchange{method: "GET", path: "/merchants/" + s.id}).send(t, s.on.Operator()) },
	} {
		before := contract.checked.Load()
		if ask(); contract.checked.Load() == before {
			t.Errorf("what %s asks is not checked", name)
		}
	}
}
