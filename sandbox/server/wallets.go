package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"edgecheckout/sandbox/wallet"

	"github.com/stellar/go/amount"
	"github.com/stellar/go/keypair"
)

// wallets pays on behalf of people without a wallet.
type wallets struct{ client *wallet.Client }

type answer map[string]any

// pay takes a form or JSON: destination, amount (units), asset, memo, memo_type, wallet,
// send_asset, return_to.
func (ws *wallets) pay(w http.ResponseWriter, r *http.Request) {
	fields, ok := accept(w, r, "destination", "amount", "asset", "memo", "memo_type", "wallet", "send_asset", "return_to")
	if !ok {
		return
	}
	back := fields["return_to"]
	if back != "" && !isLocal(back) {
		refuse(w, r, http.StatusBadRequest, errors.New("return_to is a URL of http://127.0.0.1 or http://localhost"))
		return
	}
	stroops, err := amount.ParseInt64(fields["amount"])
	if err != nil {
		refuse(w, r, http.StatusBadRequest, fmt.Errorf("amount is a decimal number with at most 7 decimals, not %q", fields["amount"]))
		return
	}
	name := fields["wallet"]
	if name == "" {
		name = "alice"
	}
	hash, err := ws.client.Pay(r.Context(), name, wallet.Payment{
		Destination: fields["destination"],
		Amount:      stroops,
		Asset:       fields["asset"],
		Memo:        fields["memo"],
		MemoType:    fields["memo_type"],
		SendAsset:   fields["send_asset"],
	})
	if err != nil {
		refuse(w, r, http.StatusBadRequest, err)
		return
	}
	if back != "" {
		http.Redirect(w, r, back, http.StatusSeeOther)
		return
	}
	reply(w, r, http.StatusOK, answer{"hash": hash})
}

// merchant creates an account that can be paid in XLM, USDC and EURC, and answers with its address.
// It takes a name or a seed (S…); without either the name is "shop".
func (ws *wallets) merchant(w http.ResponseWriter, r *http.Request) {
	fields, ok := accept(w, r, "name", "seed")
	if !ok {
		return
	}
	name := fields["name"]
	if name == "" {
		name = "shop"
	}
	keys := wallet.MerchantKeys(ws.client.Passphrase, name)
	if seed := fields["seed"]; seed != "" {
		var err error
		if keys, err = keypair.ParseFull(seed); err != nil {
			refuse(w, r, http.StatusBadRequest, errors.New("seed is a secret key (S…)"))
			return
		}
	}
	if err := ws.client.EnsureMerchant(r.Context(), keys); err != nil {
		refuse(w, r, http.StatusBadGateway, err)
		return
	}
	reply(w, r, http.StatusOK, answer{"address": keys.Address()})
}

// signIn signs a challenge (SEP-10) for a merchant account that merchant has created, by the name
// that it was given there. Without a challenge it says which account that is.
func (ws *wallets) signIn(w http.ResponseWriter, r *http.Request) {
	fields, ok := accept(w, r, "name", "transaction")
	if !ok {
		return
	}
	keys := wallet.MerchantKeys(ws.client.Passphrase, fields["name"])
	if fields["transaction"] == "" {
		reply(w, r, http.StatusOK, answer{"address": keys.Address()})
		return
	}
	signed, err := wallet.SignChallenge(fields["transaction"], ws.client.Passphrase, keys)
	if err != nil {
		refuse(w, r, http.StatusBadRequest, err)
		return
	}
	reply(w, r, http.StatusOK, answer{"address": keys.Address(), "transaction": signed})
}

// sign signs a transaction as it is, with the key of a merchant's account (a name or a seed) or of a
// wallet, and submits it. It takes base64 XDR without signatures.
func (ws *wallets) sign(w http.ResponseWriter, r *http.Request) {
	fields, ok := accept(w, r, "transaction", "merchant", "seed", "wallet")
	if !ok {
		return
	}
	var keys *keypair.Full
	switch {
	case fields["seed"] != "":
		var err error
		if keys, err = keypair.ParseFull(fields["seed"]); err != nil {
			refuse(w, r, http.StatusBadRequest, errors.New("seed is a secret key (S…)"))
			return
		}
	case fields["wallet"] != "":
		keys = wallet.Keys(ws.client.Passphrase, fields["wallet"])
	case fields["merchant"] != "":
		keys = wallet.MerchantKeys(ws.client.Passphrase, fields["merchant"])
	default:
		keys = wallet.MerchantKeys(ws.client.Passphrase, "shop")
	}
	hash, err := ws.client.Sign(r.Context(), fields["transaction"], keys)
	if err != nil {
		refuse(w, r, http.StatusBadRequest, err)
		return
	}
	reply(w, r, http.StatusOK, answer{"hash": hash})
}

// accept reads the fields of a POST from any origin, and answers other methods itself. An unknown
// field is an error, because a payment with a misspelt memo would be lost.
func accept(w http.ResponseWriter, r *http.Request, known ...string) (map[string]string, bool) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Headers", "*")
	h.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
	switch r.Method {
	case http.MethodOptions:
		w.WriteHeader(http.StatusNoContent)
		return nil, false
	case http.MethodPost:
	default:
		h.Set("Allow", "POST, OPTIONS")
		refuse(w, r, http.StatusMethodNotAllowed, errors.New("send a POST"))
		return nil, false
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	fields, err := parse(r)
	if err != nil {
		refuse(w, r, http.StatusBadRequest, err)
		return nil, false
	}
	for name := range fields {
		if !slices.Contains(known, name) {
			refuse(w, r, http.StatusBadRequest, fmt.Errorf("there is no field %q; the fields are %s", name, strings.Join(known, ", ")))
			return nil, false
		}
	}
	return fields, true
}

// parse parses a form, or one JSON object of strings and numbers.
func parse(r *http.Request) (map[string]string, error) {
	fields := map[string]string{}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/json" {
		values := map[string]any{}
		decoder := json.NewDecoder(r.Body)
		decoder.UseNumber()
		if err := decoder.Decode(&values); err != nil {
			return nil, fmt.Errorf("the body is one JSON object: %w", err)
		}
		for name, value := range values {
			if value != nil {
				fields[name] = fmt.Sprint(value)
			}
		}
		return fields, nil
	}
	if err := r.ParseMultipartForm(64 << 10); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return nil, err
	}
	for name := range r.Form {
		fields[name] = strings.TrimSpace(r.Form.Get(name))
	}
	return fields, nil
}

// isLocal allows redirects to this machine only, so that the sandbox is not an open redirector.
func isLocal(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "http" && u.User == nil && (u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost")
}

func refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	reply(w, r, status, answer{"error": err.Error()})
}

var document = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Edge Checkout sandbox</title>
<h1>Edge Checkout sandbox</h1>
<dl>{{range $name, $value := .}}<dt>{{$name}}</dt><dd>{{$value}}</dd>{{end}}</dl>
</html>
`))

// reply answers with a page if a browser sent a form, and otherwise with JSON.
func reply(w http.ResponseWriter, r *http.Request, status int, a answer) {
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_ = document.Execute(w, a) // fails only if the client is gone
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(a)
}
