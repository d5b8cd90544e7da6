// Package e2e tests the built Worker in workerd, with a local Horizon, and its page in Chromium.
//
// Every test has a merchant of its own, so all tests can run in parallel on one service. A test
// that breaks something that others need starts a service of its own.
package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"edgecheckout/e2e/chromium"
	"edgecheckout/e2e/walletconnect"
	"edgecheckout/sandbox/ledger"
	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"
)

// root is the repository, relative to the tests.
const root = ".."

// plan is Cloudflare's plan whose limits are enforced on every service; see platform/platform.mjs.
var plan = flag.String("plan", "Paid", "run within the limits of Cloudflare's plan Free or Paid, or of Paid on workers.dev")

// relay is that of WalletConnect, for the browser.
var relay *walletconnect.Relay

// service is the service that most tests use.
var service *stack.Stack

func TestMain(m *testing.M) {
	flag.Parse()
	if err := allowMany(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(run(m))
}

// allowMany runs more tests in parallel than there are processors, since they mostly wait for
// ledgers to close.
func allowMany() error {
	explicit := false
	flag.Visit(func(f *flag.Flag) { explicit = explicit || f.Name == "test.parallel" })
	if explicit {
		return nil
	}
	return flag.Set("test.parallel", "8")
}

func run(m *testing.M) (code int) {
	ctx := context.Background()
	if output, err := exec.CommandContext(ctx, "make", "-C", root, "build").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "make build: %v\n%s", err, output)
		return 1
	}
	dir, err := os.MkdirTemp("", "e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var stopBrowser func()
	relay = walletconnect.Start()
	defer relay.Close()
	browser, stopBrowser, err = chromium.Start(ctx, relay.Browser()...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer stopBrowser()
	if err := contract.install(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if service, err = start(ctx, options(dir)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		service.Stop()
		if code != 0 {
			fmt.Fprintln(os.Stderr, "what the Worker printed is in", service.Log)
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}()
	if code = m.Run(); code == 0 {
		if err := contract.verdict(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}

// minExpiresIn is the minimum expires_in of these services, in seconds.
const minExpiresIn = 3

// kvSecond is how many milliseconds replace a second of KV's staleness. With 50, values are stale
// for three seconds instead of a minute.
const kvSecond = 50

// options returns the options of a service for tests: limits of the chosen plan, checkouts that may
// expire within seconds, and a rate of three XLM for a USDC.
func options(dir string) stack.Options {
	return stack.Options{
		Dir:     dir,
		Timeout: time.Minute, // many requests at once take longer on a busy machine
		ExtraVars: map[string]string{
			"EXPIRES_IN_MIN": strconv.Itoa(minExpiresIn), "SETTLE_MARGIN": "1",
			"WALLETCONNECT_PROJECT_ID": walletconnect.Project,
			"PLATFORM_PLAN":            *plan, "PLATFORM_KV_SECOND": strconv.Itoa(kvSecond),
		},
		Entry: &stack.Entry{Path: filepath.Join("platform", "entry.mjs"), Flags: []string{"nodejs_als"}},
		Market: ledger.Market{
			{Give: wallet.USDC, Take: "native"}: {N: 3, D: 1}, {Give: "native", Take: wallet.USDC}: {N: 1, D: 3},
		},
	}
}

// start starts a service whose responses are checked against the contract.
func start(ctx context.Context, o stack.Options) (*stack.Stack, error) {
	s, err := stack.Start(ctx, o)
	if err == nil {
		contract.hold(s)
	}
	return s, err
}

// ownService starts a service for this test only.
func ownService(t *testing.T, o stack.Options) *stack.Stack {
	t.Helper()
	s, err := start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Stop()
		if !t.Failed() {
			return
		}
		if text, err := os.ReadFile(s.Log); err == nil {
			t.Logf("what the Worker printed:\n%s", text[max(0, len(text)-4000):])
		}
	})
	return s
}

// screens is the folder for pictures of the page.
var screens = filepath.Join(root, "build", "screens")

// tool finds a program, or says how to install it.
func tool(name, pkg string) (string, error) {
	path, err := exec.LookPath(name)
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("this needs %s (on Debian: apt-get install %s)", name, pkg)
	}
	return path, err
}
