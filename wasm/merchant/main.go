// Command merchant creates a merchant and an API key, on the service that `make dev` runs or on a
// deployed one. It first reads from the ledger whether the merchant's accounts can be paid.
//
//	make merchant NAME="Corner Shop" ACCOUNT=G…
//		[LIVE=1] [ACCOUNT_LIVE=G…] [ASSETS="XLM USDC"] [URL=https://pay.example]
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"text/template"

	"edgecheckout/sandbox/stack"
	"edgecheckout/worker/stellar"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx, os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, getenv func(string) string, out io.Writer) error {
	r, err := parseRequest(getenv)
	if err != nil {
		return err
	}
	root, err := stack.FindRoot()
	if err != nil {
		return err
	}
	s, err := findService(ctx, root, r, getenv)
	if err != nil {
		return err
	}
	example := "XLM"
	for i, p := range r.Payees {
		network, ok := s.networks[p.Mode]
		if !ok {
			return fmt.Errorf("%s serves no %s mode", s.client.BaseURL, p.Mode)
		}
		assets, err := network.wanted(r.Assets)
		if err != nil {
			return err
		}
		if err := network.check(ctx, p, assets); err != nil {
			return err
		}
		for _, asset := range assets {
			if i == 0 && !asset.IsNative() && network.word(asset) == asset.Code {
				example = asset.Code
			}
		}
	}
	m, err := create(ctx, s.client, r)
	if err != nil {
		return err
	}
	m.Example = example
	return report.Execute(out, m)
}

// made is what the command prints.
type made struct {
	BaseURL  string
	Merchant stack.Merchant
	Keys     []madeKey
	Example  string // code of an asset that the first key's account can receive
}

type madeKey struct {
	payee
	stack.Key
}

// create creates the merchant and a key for each mode. It is idempotent for two days.
func create(ctx context.Context, client stack.Client, r request) (made, error) {
	accounts := map[string]string{}
	params := map[string]string{"name": r.Name}
	for _, p := range r.Payees {
		accounts[string(p.Mode)] = string(p.Account)
		params["account_"+string(p.Mode)] = string(p.Account)
	}
	text, err := json.Marshal([]any{r.Name, accounts})
	if err != nil {
		return made{}, err
	}
	hash := sha256.Sum256(text)
	retry := []string{"Idempotency-Key", "make merchant " + hex.EncodeToString(hash[:16])}

	merchant, err := client.CreateMerchant(ctx, params, retry...)
	if err != nil {
		return made{}, explain(err, client.BaseURL)
	}
	m := made{BaseURL: client.BaseURL, Merchant: merchant.Object}
	for _, p := range r.Payees {
		live := p.Mode == stellar.Live
		key, err := client.CreateKey(ctx, m.Merchant.ID, live, retry[0], retry[1]+" "+string(p.Mode))
		if refused := new(stack.StatusError); errors.As(err, &refused) && refused.Status == http.StatusConflict {
			key, err = client.CreateKey(ctx, m.Merchant.ID, live) // the earlier one was revoked
		}
		if err != nil {
			return made{}, fmt.Errorf("the merchant is %s, but has no %s key yet; run this again: %w", m.Merchant.ID, p.Mode, explain(err, client.BaseURL))
		}
		m.Keys = append(m.Keys, madeKey{p, key.Object})
	}
	return m, nil
}

// explain says what to do if the service does not answer or does not know the token.
func explain(err error, url string) error {
	var refused *stack.StatusError
	switch {
	case !errors.As(err, &refused):
		return fmt.Errorf("nothing answers at %s: %w", url, err)
	case refused.Status == http.StatusUnauthorized:
		return fmt.Errorf("%s does not know this ADMIN_TOKEN: it is what was given to `npx wrangler secret put ADMIN_TOKEN`", url)
	}
	return err
}

var report = template.Must(template.New("").Parse(`
{{.Merchant.Name}} is merchant {{.Merchant.ID}}.
{{range .Keys}}
  {{.Mode}} account  {{.Account}}
  {{.Mode}} key      {{.Secret}}
  its id        {{.ID}}
{{end}}
Whoever has a key can make checkouts and read them, but move no money. Keep it where the shop's server reads it, and nowhere else. The same
command tells the same merchant and keys for two days. A first checkout:

  curl -s '{{.BaseURL}}/checkout?type=direct' \
    -H 'x-api-key: {{(index .Keys 0).Secret}}' -H 'content-type: application/json' \
    -d '{"amount": 5, "asset_code": "{{.Example}}"}'

`))
