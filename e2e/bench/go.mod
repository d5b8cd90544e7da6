module edgecheckout/e2e/bench

go 1.26.0

require (
	edgecheckout v0.0.0
	github.com/chromedp/cdproto v0.159.0
	github.com/chromedp/chromedp v0.23.0
	github.com/google/go-cmp v0.7.0
	github.com/stellar/go v0.0.0-20251113110825-d9bbe0f80269
	github.com/syumai/workers v0.33.0
)

require (
	github.com/a-h/templ v0.3.977 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	github.com/klauspost/compress v1.20.2 // indirect
	github.com/oklog/ulid/v2 v2.1.2 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	github.com/stellar/go-xdr v0.0.0-20231122183749-b53fb00bcac2 // indirect
	golang.org/x/exp v0.0.0-20231110203233-9a3e6036ecaa // indirect
	golang.org/x/net v0.59.0 // indirect
	rsc.io/qr v0.2.0 // indirect
)

replace edgecheckout => ../..
