// Package e2e drives the built Worker in workerd, with a local Horizon behind it, and its page in Chromium.
//
// Every test has a merchant of its own, so that all of them can run beside each other on one service. Tests that break
// something that others need start a service of their own.
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

	"edgecheckout/e2e/chromium"
	"edgecheckout/sandbox/ledger"
	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"
)

// root is the repository, seen from the tests.
const root = ".."

// plan is that of Cloudflare's whose limits are around every service, see platform/platform.mjs.
var plan = flag.String("plan", "Paid", "run within the limits of Cloudflare's plan Free or Paid, or of Paid on workers.dev")

// service is what most tests run against.
var service *stack.Stack

func TestMain(m *testing.M) {
	flag.Parse()
	if err := allowMany(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(run(m))
}

// allowMany lets more tests run beside each other than there are processors: they mostly wait for ledgers to close.
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
	browser, stopBrowser, err = chromium.Start(ctx)
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

// minExpiresIn is for how many seconds a checkout may be open at least.
const minExpiresIn = 3

// kvSecond is how many milliseconds stand for a second of KV's staleness: elsewhere, what was read stays for three seconds in the place of a minute.
const kvSecond = 50

// options of a service for tests: on the chosen plan, checkouts may live for seconds, and a USDC is worth three XLM.
func options(dir string) stack.Options {
	return stack.Options{
		Dir: dir,
		ExtraVars: map[string]string{
			"EXPIRES_IN_MIN": strconv.Itoa(minExpiresIn), "SETTLE_MARGIN": "1",
			"PLATFORM_PLAN": *plan, "PLATFORM_KV_SECOND": strconv.Itoa(kvSecond),
		},
		Entry:  &stack.Entry{Path: filepath.Join("platform", "entry.mjs"), Flags: []string{"nodejs_als"}},
		Market: ledger.Market{{Give: wallet.USDC, Take: "native"}: {N: 3, D: 1}},
	}
}

// start starts a service whose answers are held to the contract.
func start(ctx context.Context, o stack.Options) (*stack.Stack, error) {
	s, err := stack.Start(ctx, o)
	if err == nil {
		contract.hold(s)
	}
	return s, err
}

// ownService starts a service that only this test uses.
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

// screens is the folder of the pictures of the page.
var screens = filepath.Join(root, "build", "screens")

// tool finds a program, or says how to get it.
func tool(name, pkg string) (string, error) {
	path, err := exec.LookPath(name)
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("this needs %s (on Debian: apt-get install %s)", name, pkg)
	}
	return path, err
}
