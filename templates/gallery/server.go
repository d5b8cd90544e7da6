package main

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"strings"

	"edgecheckout/templates"
	"edgecheckout/templates/console"
	"edgecheckout/templates/samples"
	"edgecheckout/templates/static"
)

// rendered is a page of the gallery.
type rendered struct {
	name, about string
	html        string
}

// pages renders the whole gallery. Links between its pages are absolute, as in the real service.
func pages(ctx context.Context, origin string) ([]rendered, error) {
	var out []rendered
	for _, s := range samples.All(origin) {
		var b strings.Builder
		if err := templates.Pay(s.Checkout).Render(ctx, &b); err != nil {
			return nil, fmt.Errorf("render %s: %w", s.Name, err)
		}
		out = append(out, rendered{s.Name, s.About, b.String()})
	}
	for _, s := range samples.Console(origin) {
		page := console.Page(s.Frame, s.Screen)
		if s.Guest {
			page = console.Guest(s.Frame, s.Screen)
		}
		var b strings.Builder
		if err := page.Render(ctx, &b); err != nil {
			return nil, fmt.Errorf("render %s: %w", s.Name, err)
		}
		out = append(out, rendered{s.Name, s.About, b.String()})
	}
	var b strings.Builder
	err := templates.Message(templates.MessagePage{
		Title:     "This payment page does not exist",
		Text:      "The link may be incomplete, or the payment is more than three months old. Please go back to the shop and start again.",
		RequestID: "req_01kay3t4w5x6y7z8a9b0c1d2e3",
	}).Render(ctx, &b)
	if err != nil {
		return nil, fmt.Errorf("render message: %w", err)
	}
	return append(out, rendered{"message", "No page, or a fault.", b.String()}), nil
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
	for _, p := range all {
		mux.HandleFunc("GET /"+p.name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", templates.ContentSecurityPolicy("", "http://127.0.0.1:8000"))
			_, _ = w.Write([]byte(p.html))
		})
	}
	for _, s := range samples.All(origin) {
		mux.HandleFunc("GET /pay/"+s.Checkout.ID+"/status", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(answer(s.Checkout)))
		})
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(index(all, "")))
	})
	return mux, nil
}

// answer is the answer of the status call for c.
func answer(c templates.Checkout) string {
	exception, left := "null", 14*60+30
	if c.Exception != "" {
		exception = `"` + c.Exception + `"`
	}
	if c.Late || c.Status != templates.Open {
		left = 0
	}
	return fmt.Sprintf(`{"status":%q,"exception":%s,"amount_received":%s,"amount_due":%s,"seconds_left":%d,"redirect_url":null}`,
		c.Status, exception, c.Received, c.Due, left)
}

// index renders the list of the pages; suffix is the end of their file names.
func index(all []rendered, suffix string) string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Gallery</title><h1>Payment page and console, every state</h1><ul>\n")
	for _, p := range all {
		fmt.Fprintf(&b, "<li><a href=\"%s\">%s</a>: %s</li>\n", p.name+suffix, p.name, html.EscapeString(p.about))
	}
	b.WriteString("</ul></html>\n")
	return b.String()
}
