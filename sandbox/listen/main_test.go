package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"edgecheckout/worker/event"
)

func TestEventsAreForwardedOnceAndSigned(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var created string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("x-api-key") != "sk_test_1" {
			t.Errorf("asked with the key %q", r.Header.Get("x-api-key"))
		}
		switch r.Method + " " + r.URL.Path {
		case "GET /webhooks":
			fmt.Fprint(w, `{"data":[]}`)
		case "POST /webhooks":
			body, _ := io.ReadAll(r.Body)
			created = string(body)
			fmt.Fprint(w, `{}`)
		case "GET /events":
			if r.URL.Query().Get("since") != "2026-11-22T12:00:00Z" {
				t.Errorf("asked for %s", r.URL)
			}
			if after := r.URL.Query().Get("starting_after"); after == "" {
				fmt.Fprint(w, `{"data":[{"id":"evt_1","type":"checkout.created"}],"has_more":true}`)
			} else if after == "evt_1" {
				fmt.Fprint(w, `{"data":[{"id":"evt_2","type":"checkout.completed"}],"has_more":false}`)
			} else {
				stop()
				fmt.Fprint(w, `{"data":[],"has_more":false}`)
			}
		}
	}))
	defer api.Close()
	var got []string
	var secret event.Secret
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seconds, _ := strconv.ParseInt(r.Header.Get("webhook-timestamp"), 10, 64)
		signed := event.Sign(secret, nil, r.Header.Get("webhook-id"), time.Unix(seconds, 0), body)
		if r.Header.Get("webhook-signature") != signed.Standard || r.Header.Get("X-StellarTools-Signature") != signed.StellarTools {
			t.Errorf("signed %v", r.Header)
		}
		got = append(got, r.Header.Get("webhook-id")+" "+r.Header.Get("X-StellarTools-Event"))
	}))
	defer receiver.Close()
	settings := map[string]string{"FORWARD": receiver.URL, "SINCE": "2026-11-22T12:00:00Z", "URL": api.URL, "API_KEY": "sk_test_1"}
	l, err := parse(func(name string) string { return settings[name] }, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	secret, l.out = l.secret, &out
	_ = l.run(ctx) // until it is stopped
	if want := []string{"evt_1 checkout.created", "evt_2 checkout.completed"}; !slices.Equal(got, want) {
		t.Errorf("forwarded %q, want %q", got, want)
	}
	if !strings.Contains(created, `"is_disabled": true`) || !strings.Contains(out.String(), "SECRET=whsec_") || !strings.Contains(out.String(), "evt_2 checkout.completed: 200 OK") {
		t.Errorf("created %s, and said %s", created, out.String())
	}
}

func TestWrongVariablesAreNamed(t *testing.T) {
	for _, c := range []struct {
		settings map[string]string
		want     string
	}{
		{map[string]string{}, "usage: make listen"},
		{map[string]string{"FORWARD": "localhost"}, "usage: make listen"},
		{map[string]string{"FORWARD": "http://localhost:3000/", "SINCE": "yesterday"}, "SINCE is a time"},
		{map[string]string{"FORWARD": "http://localhost:3000/", "URL": "https://pay.example"}, "export API_KEY"},
	} {
		if _, err := parse(func(name string) string { return c.settings[name] }, time.Now()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.settings, err, c.want)
		}
	}
}
