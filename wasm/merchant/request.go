package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"edgecheckout/worker/stellar"
)

// request is the variables of `make merchant`.
type request struct {
	Name   string
	Payees []payee
	// Assets are those that the accounts must be able to receive: XLM, a known code, or
	// CODE:ISSUER. If it is empty, they are all known assets.
	Assets     []string
	URL        string // of a deployed Worker; the one of `make dev` if empty
	AdminToken string // of the Worker at URL
}

// payee is an account of the merchant on the network of a mode.
type payee struct {
	Mode    stellar.Mode
	Account stellar.Address
}

const usage = `usage: make merchant NAME="Corner Shop" ACCOUNT=G… [LIVE=1] [ACCOUNT_LIVE=G…] [ASSETS="XLM USDC"] [URL=https://pay.example]`

// parseRequest parses the variables. The error says what is expected and never contains the token.
func parseRequest(getenv func(string) string) (request, error) {
	r := request{Name: strings.TrimSpace(getenv("NAME")), Assets: strings.Fields(getenv("ASSETS")), URL: strings.TrimRight(getenv("URL"), "/")}
	account, live := getenv("ACCOUNT"), getenv("ACCOUNT_LIVE")
	if r.Name == "" || account == "" && live == "" {
		return r, errors.New(usage)
	}
	var wrong []error
	if n := utf8.RuneCountInString(r.Name); n > 100 {
		wrong = append(wrong, fmt.Errorf("NAME has at most 100 characters, not %d", n))
	}
	mode := stellar.Test
	switch getenv("LIVE") {
	case "", "0":
	case "1":
		mode = stellar.Live
		if account != "" && live != "" {
			wrong = append(wrong, errors.New("with LIVE=1 ACCOUNT is the account on the public network: leave ACCOUNT_LIVE out, or LIVE"))
			live = ""
		}
	default:
		wrong = append(wrong, fmt.Errorf("LIVE is 1 for real money, not %q", getenv("LIVE")))
	}
	add := func(name, text string, mode stellar.Mode) {
		if text == "" {
			return
		}
		address, err := stellar.ParseAddress(text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s is a Stellar account (G and 55 more characters), not %q", name, text))
		}
		r.Payees = append(r.Payees, payee{mode, address})
	}
	add("ACCOUNT", account, mode)
	add("ACCOUNT_LIVE", live, stellar.Live)
	for _, word := range r.Assets {
		code, issuer, hasIssuer := strings.Cut(word, ":")
		_, err := stellar.ParseAddress(issuer)
		if stellar.CheckAssetCode(code) != nil || hasIssuer && err != nil {
			wrong = append(wrong, fmt.Errorf("ASSETS are XLM, codes, or CODE:ISSUER, separated by blanks, not %q", word))
		}
	}
	if r.URL != "" {
		if !isSafe(r.URL) {
			wrong = append(wrong, fmt.Errorf("URL is where the Worker answers, such as https://edge-checkout.example.workers.dev, not %q", r.URL))
		}
		if r.AdminToken = getenv("ADMIN_TOKEN"); r.AdminToken == "" {
			wrong = append(wrong, errors.New("ADMIN_TOKEN of the Worker at URL is missing in the environment: `read -rs ADMIN_TOKEN && export ADMIN_TOKEN` asks for it"))
		}
	}
	return r, errors.Join(wrong...)
}

// isSafe reports whether a token may be sent to an origin: over https or to this machine.
func isSafe(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost")
}
