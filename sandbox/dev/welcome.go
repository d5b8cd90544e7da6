package main

import (
	"bytes"
	"cmp"
	"io"
	"net/url"
	"path/filepath"
	"text/template"

	"edgecheckout/sandbox/stack"
)

var greeting = template.Must(template.New("").Parse(`
Edge Checkout is running. Ctrl-C ends it.

  API and page   {{.Dev.BaseURL}}
  Horizon        {{.Dev.HorizonURL}}{{if .Sandbox}} (sandbox, its own Stellar network){{end}}
  API key        {{.Dev.APIKey}}
  All of this    build/dev.json
  Full log       {{.Log}}

A payment page to open in the browser:

  {{.Fresh.PaymentURL}}

A checkout over an amount, and one over a product:

  curl -s '{{.Dev.BaseURL}}/checkout?type=direct' \
    -H 'x-api-key: {{.Dev.APIKey}}' -H 'content-type: application/json' \
    -d '{"amount": 5, "asset_code": "{{.Asset}}", "description": "Order 1001"{{if .Thanks}}, "redirect_url": "{{.Thanks}}"{{end}}}'

  curl -s '{{.Dev.BaseURL}}/checkout?type=product' \
    -H 'x-api-key: {{.Dev.APIKey}}' -H 'content-type: application/json' \
    -d '{"product_id": "{{.Dev.ProductID}}", "customer_email": "bob@example.com"}'

Where one stands:

  curl -s '{{.Dev.BaseURL}}/checkout/{{.Fresh.ID}}' -H 'x-api-key: {{.Dev.APIKey}}'

{{if .Sandbox -}}
Pay it with a signed transaction, all of it or otherwise:

  make pay CHECKOUT={{.Fresh.ID}}
  make pay CHECKOUT={{.Fresh.ID}} AMOUNT=1 ASSET=USDC MEMO=none FROM=bob
{{- else -}}
Pay it from any wallet of that network:

  {{.Fresh.Amount}} {{.Fresh.AssetCode}} to {{.Fresh.Destination}}
  with the text memo {{.Fresh.Memo}}
{{- end}}

`))

// welcome prints what to try, ready to paste.
func welcome(w io.Writer, root string, s *stack.Stack, sh shop) error {
	log, err := filepath.Rel(root, s.Log)
	if err != nil {
		log = s.Log
	}
	asset := "XLM"
	if s.Sandbox() != nil {
		asset = "USDC"
	}
	// One write, so that no line of wrangler's comes between the lines to paste.
	var text bytes.Buffer
	if err := greeting.Execute(&text, map[string]any{
		"Dev": sh.dev, "Fresh": sh.fresh, "Sandbox": s.Sandbox() != nil, "Thanks": thanks(s), "Log": log, "Asset": asset,
	}); err != nil {
		return err
	}
	_, err = w.Write(text.Bytes())
	return err
}

func portOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return cmp.Or(u.Port(), "80")
}
