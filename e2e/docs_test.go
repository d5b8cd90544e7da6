package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// guideRunners run the examples of a language, as the page has them, in order: one program each.
var guideRunners = map[string]struct {
	file    string
	program func(prelude, parts string) string
	command []string
}{
	"sh": {"guide.sh", func(prelude, parts string) string { return "set -eu\n" + prelude + parts }, []string{"bash", "guide.sh"}},
	"js": {"guide.mjs", func(prelude, parts string) string { return prelude + parts }, []string{"node", "guide.mjs"}},
	"go": {"main.go", func(prelude, parts string) string { return prelude + "\nfunc main() {\n" + parts + "\n}\n" }, []string{"go", "run", "main.go"}},
}

func TestExamplesOfTheGuidesRunInOrder(t *testing.T) {
	t.Parallel()
	own := ownService(t, options(t.TempDir()))
	s := openShopOn(t, own)
	docs := documentOf(t, s, "/docs")
	node, err := filepath.Abs(filepath.Join(root, "node_modules", ".bin"))
	if err != nil {
		t.Fatal(err)
	}
	stop := runCron(t, s)
	defer stop()
	for language, runner := range guideRunners {
		t.Run(language, func(t *testing.T) {
			var prelude, parts strings.Builder
			count := 0
			for _, code := range docs.Find(`pre[data-language="` + language + `"]`).EachIter() {
				into := &parts
				switch role, _ := code.Attr("data-role"); role {
				case "setup":
					continue
				case "prelude":
					into = &prelude
				}
				count++
				into.WriteString(code.Text() + "\n\n")
			}
			if count < 5 {
				t.Fatalf("the guides have %d examples", count)
			}
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, runner.file), []byte(runner.program(prelude.String(), parts.String())), 0o644); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			run := exec.CommandContext(ctx, runner.command[0], runner.command[1:]...)
			run.Dir, run.Env = dir, append(os.Environ(),
				"PATH="+node+string(os.PathListSeparator)+os.Getenv("PATH"),
				"BASE_URL="+own.BaseURL, "SANDBOX_URL="+own.HorizonURL, "API_KEY="+s.Key, "PORT="+strconv.Itoa(freePort(t)))
			run.Path, _ = exec.LookPath(runner.command[0])
			if language == "js" {
				run.Path = filepath.Join(node, "node")
			}
			output, err := run.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			for _, want := range []string{"Send the customer to " + own.BaseURL + "/pay/chk_", "is completed", "checkout.completed"} {
				if !strings.Contains(string(output), want) {
					t.Errorf("%q is not in\n%s", want, output)
				}
			}
		})
	}
}

// Ids in the examples of the reference are made up: the newest object of that kind stands in.
var exampleID = regexp.MustCompile(`\b(chk|prod|cus|wh|evt|mer|key|pay)_[0-9a-z]{26}\b`)

func TestExamplesOfTheReferenceDoNotContradictEachOther(t *testing.T) {
	t.Parallel()
	own := ownService(t, options(t.TempDir()))
	s := openShopOn(t, own)
	product, err := s.CreateProduct(t.Context(), fields{"name": "Coffee", "asset_code": "XLM", "price_amount": "3"})
	if err != nil {
		t.Fatal(err)
	}
	newest := map[string]string{"mer": s.id, "prod": product.Object.ID}
	learn := func(body []byte) {
		for _, m := range regexp.MustCompile(`"(?:id|key_id)":"((chk|prod|cus|wh|evt|mer|key)_[0-9a-z]{26})"`).FindAllSubmatch(body, -1) {
			if _, known := newest[string(m[2])]; !known || string(m[2]) != "mer" && string(m[2]) != "key" {
				newest[string(m[2])] = string(m[1])
			}
		}
	}
	ran := 0
	for _, part := range documentOf(t, s, "/docs").Find(`[data-testid^="operation-"]`).EachIter() {
		id, _ := part.Attr("id")
		for _, figure := range part.Find("figure").EachIter() {
			command := figure.Find("pre").Text()
			if !strings.HasPrefix(command, "curl ") || id == "getAsset" {
				continue
			}
			command = strings.ReplaceAll(command, "https://pay.example", own.BaseURL)
			command = exampleID.ReplaceAllStringFunc(command, func(made string) string {
				kind, _, _ := strings.Cut(made, "_")
				if newest[kind] == "" || strings.Contains(command, `"id": "`+made) {
					return made
				}
				return newest[kind]
			})
			run := exec.CommandContext(t.Context(), "bash", "-c", command+` -s -w '\n%{http_code}'`)
			run.Env = append(os.Environ(), "API_KEY="+s.Key, "ADMIN_TOKEN="+own.Secrets.AdminToken)
			output, err := run.Output()
			if err != nil {
				t.Fatalf("%s: %v\n%s", id, err, command)
			}
			end := bytes.LastIndexByte(output, '\n')
			status, body := string(output[end+1:]), output[:end]
			ran++
			// What an earlier example has deleted is gone, and what it has cancelled cannot be paid.
			// Some need a payment, a wallet, or a deployment of that domain.
			outside := []string{"createTransaction", "createQuotes", "createRefund", "listRefunds", "createChallenge", "createSession"}
			contradicts := status == "400" || status >= "500" || status == "409" && strings.Contains(string(body), "idempotency_key_reused")
			creates := strings.HasPrefix(id, "create")
			if (contradicts || creates && status != "200") && !slices.Contains(outside, id) {
				t.Errorf("%s: %s\n%s\n%s", id, status, command, body)
			}
			learn(body)
		}
	}
	if ran < 40 {
		t.Errorf("only %d examples ran", ran)
	}
}

func documentOf(t *testing.T, s *shop, path string) *goquery.Document {
	t.Helper()
	d, err := goquery.NewDocumentFromReader(bytes.NewReader(get(t, s.on, path).Body))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// runCron runs the cron of a service of one's own until it is stopped.
func runCron(t *testing.T, s *shop) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var cron sync.WaitGroup
	cron.Go(func() {
		for ctx.Err() == nil {
			if err := s.on.Cron(ctx); err != nil && ctx.Err() == nil {
				t.Log(err) // it may fail while the examples make Horizon fail; the next one goes on
			}
			select {
			case <-ctx.Done():
			case <-time.After(2 * time.Second):
			}
		}
	})
	return func() { cancel(); cron.Wait() }
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(fmt.Errorf("find a free port: %w", err))
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
