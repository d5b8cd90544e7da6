package main

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"

	"edgecheckout/templates"
	"edgecheckout/templates/console"
	"edgecheckout/templates/samples"
	"edgecheckout/templates/static"
	"edgecheckout/templates/text"

	"github.com/a-h/templ"
)

// rendered is a page of the gallery.
type rendered struct {
	name, about string
	language    *text.Language
	html        string
	policy      string
}

// pages renders the whole gallery in all languages. Links between its pages are absolute, as in the
// real service.
func pages(ctx context.Context, origin string) ([]rendered, error) {
	var out []rendered
	for _, s := range samples.All(origin) {
		for _, l := range text.Languages {
			c := s.Checkout
			c.Language = l
			policy := c.ContentSecurityPolicy("", "http://127.0.0.1:8000")
			shown := map[string]templ.Component{s.Name: templates.Pay(c)}
			if len(c.Payments) > 0 {
				shown[s.Name+"-receipt"] = templates.Receipt(c)
			}
			for name, page := range shown {
				var b strings.Builder
				if err := page.Render(ctx, &b); err != nil {
					return nil, fmt.Errorf("render %s: %w", name, err)
				}
				out = append(out, rendered{name, s.About, l, b.String(), policy})
			}
		}
	}
	policy := templates.ContentSecurityPolicy("", "http://127.0.0.1:8000")
	for _, s := range samples.Console(origin) {
		page := console.Page(s.Frame, s.Screen)
		if s.Guest {
			page = console.Guest(s.Frame, s.Screen)
		}
		var b strings.Builder
		if err := page.Render(ctx, &b); err != nil {
			return nil, fmt.Errorf("render %s: %w", s.Name, err)
		}
		out = append(out, rendered{s.Name, s.About, text.Languages[0], b.String(), policy})
	}
	for _, l := range text.Languages {
		for _, s := range samples.Links(origin, l) {
			var b strings.Builder
			if err := templates.Buy(s.Link).Render(ctx, &b); err != nil {
				return nil, fmt.Errorf("render %s: %w", s.Name, err)
			}
			out = append(out, rendered{s.Name, s.About, l, b.String(), s.Link.ContentSecurityPolicy("", origin)})
		}
		var b strings.Builder
		m := templates.MessagePage{Language: l, Title: l.NoPage, Text: l.NoPageText, RequestID: "req_01kay3t4w5x6y7z8a9b0c1d2e3"}
		if err := templates.Message(m).Render(ctx, &b); err != nil {
			return nil, fmt.Errorf("render message: %w", err)
		}
		out = append(out, rendered{"message", "No page, or a fault.", l, b.String(), policy})
	}
	slices.SortStableFunc(out, func(a, b rendered) int { return strings.Compare(a.name, b.name) })
	return out, nil
}

// handler serves the gallery as the service would: pages, assets, and a status call whose answer
// never changes.
func handler(origin string) (http.Handler, error) {
	all, err := pages(context.Background(), origin)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for _, a := range static.Files() {
		mux.HandleFunc("GET "+a.Path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", a.ContentType)
			_, _ = w.Write(a.Body)
		})
	}
	for path, image := range samples.Images {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "image/svg+xml")
			_, _ = w.Write([]byte(image))
		})
	}
	byName := map[string]map[string]rendered{} // by name and language
	for _, p := range all {
		if byName[p.name] == nil {
			byName[p.name] = map[string]rendered{}
		}
		byName[p.name][p.language.Tag] = p
	}
	for name, inLanguages := range byName {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			page, ok := inLanguages[r.URL.Query().Get("lang")]
			if !ok {
				page = inLanguages[text.English.Tag]
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", page.policy)
			_, _ = w.Write([]byte(page.html))
		})
	}
	for _, s := range samples.All(origin) {
		mux.HandleFunc("GET /pay/"+s.Checkout.ID+"/status", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(answer(s.Checkout)))
		})
	}
	// What an account of the page of wallets can pay with, and a stream on which nothing happens.
	mux.HandleFunc("POST /pay/{id}/transaction", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":{"code":"account_cannot_pay"}}`))
	})
	mux.HandleFunc("POST /pay/{id}/quotes", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(quotes))
	})
	mux.HandleFunc("GET /accounts/{account}/payments", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush() // it fails if the page is gone
		<-r.Context().Done()
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(index(all, func(p rendered) string { return p.name + "?lang=" + p.language.Tag })))
	})
	return mux, nil
}

// quotes are those of an account that holds too little of what is due.
const quotes = `{"amount_due":50,"slippage_percent":1,"problem":null,"quotes":[
	{"asset_code":"USDC","asset_issuer":"GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5","balance":12.5,"cost":50,"send_max":50,"problem":"too_little"},
	{"asset_code":"XLM","asset_issuer":null,"balance":9998.1234567,"cost":150.25,"send_max":151.7525,"problem":null},
	{"asset_code":"EURC","asset_issuer":"GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5","balance":3,"cost":null,"send_max":null,"problem":"no_path"}]}`

// answer is the answer of the status call for c.
func answer(c templates.Checkout) string {
	exception, left, others := "null", 14*60+30, "[]"
	if c.Exception != "" {
		exception = `"` + c.Exception + `"`
	}
	if c.Late || c.Status != templates.Open {
		left = 0
	}
	if c.Status == templates.Open && len(c.Payments) > 0 && c.Payments[0].Reason != "" {
		others = `[{"amount":50,"asset_code":"EURC","asset_issuer":null}]`
	}
	return fmt.Sprintf(`{"status":%q,"exception":%s,"amount_received":%s,"amount_due":%s,"seconds_left":%d,"redirect_url":null,`+
		`"phase":%q,"cancelled":%t,"received_other":%s,"ledger_read_at":null,"behind":false}`,
		c.Status, exception, c.Received, c.Due, left, c.Phase(), c.Cancelled, others)
}

// index renders the list of the pages with links to them.
func index(all []rendered, link func(rendered) string) string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Gallery</title><h1>Payment page and console, every state</h1><ul>\n")
	name := ""
	for _, p := range all {
		if p.name != name {
			name = p.name
			fmt.Fprintf(&b, "<li>%s: %s</li>\n", p.name, html.EscapeString(p.about))
		}
		fmt.Fprintf(&b, "<a href=\"%s\">%s</a>\n", link(p), p.language.Name)
	}
	b.WriteString("</ul></html>\n")
	return b.String()
}
