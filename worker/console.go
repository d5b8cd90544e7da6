package worker

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"edgecheckout/templates"
	"edgecheckout/templates/console"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
	"edgecheckout/worker/web"
)

// The console's pages are a merchant's view of what the API has, by a session instead of a key.
// Their forms call the API's own handlers, so that both check alike; see [call.act]. Nothing of it
// is ever cached.

const (
	consolePath = "/console"
	signInPath  = "/console/sign-in"
	formType    = "application/x-www-form-urlencoded"
	// sessionCookie has the prefix by which browsers refuse it from other hosts, and over http but
	// from this machine.
	sessionCookie = "__Host-console"
)

// readSession reads the session in the request's cookie, which was opened here and is not too old.
func (c *call) readSession() error {
	var ok bool
	if c.session, ok = c.config.SignIn.Read(cookie(c.header("Cookie"), sessionCookie), c.config.BaseURL, c.began); !ok {
		return moved{signInPath}
	}
	return nil
}

// authenticateOwner sets the merchant and the mode of the request's session. A session ends when
// the merchant is paid to another account.
func (c *call) authenticateOwner() error {
	session := c.session
	if err := c.view.Fetch(c.ctx, store.MerchantKey(session.Merchant), store.SignedOutKey(session.ID), store.HasWebhooksKey(session.Merchant, session.Mode)); err != nil {
		return err
	}
	m, err := c.view.Merchant(c.ctx, session.Merchant)
	if err != nil {
		return err
	}
	out, err := c.view.SignedOut(c.ctx, session.ID)
	if err != nil {
		return err
	}
	if m == nil || out || m.Account(session.Mode) != session.Account || c.in(session.Mode).network == nil {
		return moved{signInPath}
	}
	if _, err := c.listens(c.ctx, c.view, m.ID, session.Mode); err != nil {
		return err
	}
	c.Owner = store.Owner{Merchant: m, Mode: session.Mode}
	return nil
}

// cookie returns the value of a cookie; "" if there is none, or more than one.
func cookie(header, name string) string {
	found, value := 0, ""
	for pair := range strings.SplitSeq(header, ";") {
		if key, v, ok := strings.Cut(strings.TrimSpace(pair), "="); ok && key == name {
			found, value = found+1, v
		}
	}
	if found != 1 {
		return ""
	}
	return value
}

// setCookie returns an answer that opens a session, or with an empty token forgets it.
func setCookie(a answer, token string, seconds int) answer {
	return a.with("Set-Cookie", fmt.Sprintf("%s=%s; Path=/; Max-Age=%d; HttpOnly; Secure; SameSite=Lax", sessionCookie, token, seconds))
}

// forged is the error of a form that was not sent from one of the console's own pages.
type forged struct{}

func (forged) Error() string { return "the form is not one of the console's" }

// readForm parses the form of a request and checks where it comes from: an owner's forms carry the
// token of the session, and browsers say of all whether another site has sent them.
func (c *call) readForm() error {
	if kind, _, err := mime.ParseMediaType(c.header("Content-Type")); err != nil || kind != formType || len(c.request.Body) > maxBody {
		return forged{}
	}
	form, err := url.ParseQuery(string(c.request.Body))
	if err != nil {
		return forged{}
	}
	c.form = form
	if !c.endpoint.audience.isConsole() {
		return nil
	}
	if from := c.header("Sec-Fetch-Site"); from != "" && from != "same-origin" {
		return forged{}
	}
	if c.endpoint.audience == forOwner && !c.config.SignIn.IsFormToken(c.session, form.Get("token")) {
		return forged{}
	}
	return nil
}

// frame is what stands around a screen.
func (c *call) frame(screen string) console.Frame {
	f := console.Frame{Screen: screen, Merchant: c.Merchant.Name, Network: c.in(c.Mode).network.Name, ReadAt: c.platform.Now()}
	f.FormToken = c.config.SignIn.FormToken(c.session)
	f.Once = c.once()
	return f
}

// once makes what a form creates under an Idempotency-Key.
func (c *call) once() string {
	random := make([]byte, 16)
	if _, err := io.ReadFull(c.platform.Entropy, random); err != nil {
		return rand.Text() // entropy never fails
	}
	return fmt.Sprintf("%x", random)
}

// screen answers with a screen of the console.
func (c *call) screen(f console.Frame, s console.Screen) (answer, error) {
	return c.html(console.Page(f, s), consolePolicy(f))
}

// guest answers with a screen for somebody who has not signed in.
func (c *call) guest(f console.Frame, s console.Screen) (answer, error) {
	return c.html(console.Guest(f, s), consolePolicy(f))
}

// signingFrame is the frame of a screen with a transaction, which the page's script submits.
func (c *call) signingFrame(screen string) console.Frame {
	f := c.frame(screen)
	f.Horizon = publicHorizon(c.in(c.Mode).network.Horizons)
	return f
}

// consolePolicy lets the console's forms post to the service itself, and its script to Horizon where
// it has something to submit.
func consolePolicy(f console.Frame) string {
	return strings.Replace(templates.ContentSecurityPolicy(f.Horizon), "form-action 'none'", "form-action 'self'", 1)
}

// done redirects after a form has changed something; what is a key of notices.
func (c *call) done(path, what string) (answer, error) {
	a := written("text/plain; charset=utf-8", nil)
	if what != "" {
		path += "?done=" + what
	}
	a = a.with("Location", path)
	a.Status = http.StatusSeeOther
	return a, nil
}

// notices are what screens say after a form has changed something. The URL has only their keys, so
// that a link cannot put words into the console's mouth.
var notices = map[string]string{
	"cancelled": "The checkout is cancelled. Payments on their way still count for two minutes.",
	"saved":     "Saved.",
	"revoked":   "The key is revoked. It stops working within about a minute.",
	"resent":    "It will be sent again within seconds.",
	"nothing":   "There was nothing to send again.",
	"deleted":   "Deleted.",
	"added":     "Added.",
	"seen":      "Marked as seen.",
	"assigned":  "Assigned.",
	"archived":  "Archived: it cannot be sold any more.",
	"linked":    "The link is made. Everybody can open it within a minute.",
	refundMade:  "The transaction is made. Nothing is paid back until it is signed.",
	"signed":    "Signed and submitted.",
	"closed":    "The link is closed. Everybody sees that within two minutes.",
}

func (c *call) notice() string { return notices[c.query.Get("done")] }

// act runs a handler of the API on behalf of the owner, with a body, and returns its answer. An
// [*Error] is for the owner.
func (c *call) act(handler func(*call) (answer, error), body map[string]any, query ...string) (answer, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return answer{}, err
	}
	inner, request := *c, *c.request
	request.Body = text
	request.Header = web.Header{{Name: "Content-Type", Value: "application/json"}}
	if once := c.form.Get("once"); once != "" {
		request.Header = append(request.Header, web.Field{Name: "Idempotency-Key", Value: clipped(once, maxIdempotencyKey)})
	}
	inner.request, inner.view, inner.query = &request, c.store.View(), nil
	for i := 0; i < len(query); i += 2 {
		inner.query = inner.query.with(query[i], query[i+1])
	}
	a, err := handler(&inner)
	c.news = append(c.news, inner.news...)
	c.view = c.store.View() // what was read before may have changed
	return a, err
}

// change runs a handler of the API like [call.act], and redirects. What the handler refuses is said
// on the screen that the form stands on.
func (c *call) change(handler func(*call) (answer, error), body map[string]any, screen func(*Error) (answer, error), path, what string) (answer, error) {
	_, err := c.act(handler, body)
	return c.changed(err, screen, path, what)
}

// changed redirects after a handler of the API has run, or says on a screen what it refused.
func (c *call) changed(err error, screen func(*Error) (answer, error), path, what string) (answer, error) {
	var told *Error
	switch {
	case errors.As(err, &told) && told.Code != CodeNotFound:
		return screen(told)
	case err != nil:
		return answer{}, err
	}
	return c.done(path, what)
}

// refusable shows a screen, and what was refused on it; nil if nothing was.
func (c *call) refusable(f console.Frame, s console.Screen, refused *Error) (answer, error) {
	f.Notice = c.notice()
	if refused != nil {
		f.Notice, f.Problem = "", refused.Message
	}
	a, err := c.screen(f, s)
	if refused != nil {
		a.Status = codes[refused.Code].status
	}
	return a, err
}

func clipped(s string, most int) string { return s[:min(len(s), most)] }

// decodeAnswer decodes the answer of a handler that [call.act] has run.
func decodeAnswer[T any](a answer, err error) (T, error) {
	var v T
	if err != nil {
		return v, err
	}
	return v, json.Unmarshal(a.Body, &v)
}

// errorPage shows an error as a page, with the status that the API would answer with.
func (c *call) errorPage(err error) answer {
	m := console.Message{Title: "That did not work", Back: consolePath}
	var a answer
	if _, ok := err.(forged); !ok {
		a = c.errorAnswer(err)
	}
	switch err := err.(type) {
	case moved:
		return a
	case forged:
		a.Status = http.StatusForbidden
		m.Text = "This form was not sent from a page of this console, or the page is too old. Nothing was changed. Open the page again and repeat what you did."
	case *Error:
		m.Text = err.Message
		if err.Code == CodeNotFound {
			m.Title = "There is nothing here"
		}
	default:
		m.Text = "Something failed on our side. Try again in a moment. If you ask for help, name the request."
		m.RequestID = c.requestID
	}
	shown, failed := c.guest(console.Frame{}, m)
	if failed != nil {
		return a
	}
	shown.Status = a.Status
	for _, field := range a.Header {
		if field.Name == "Retry-After" || field.Name == "Allow" {
			shown = shown.with(field.Name, field.Value)
		}
	}
	return shown
}

// ledgerURL is where a transaction can be looked at; "" if nowhere.
func (c *call) ledgerURL(hash string) string {
	network := c.in(c.Mode).network
	switch {
	case network.Passphrase == stellar.PublicPassphrase:
		return "https://stellar.expert/explorer/public/tx/" + hash
	case network.Passphrase == testPassphrase:
		return "https://stellar.expert/explorer/testnet/tx/" + hash
	case len(network.Horizons) > 0 && isOrigin(network.Horizons[0]):
		return network.Horizons[0] + "/transactions/" + hash
	}
	return ""
}

// testPassphrase is the passphrase of Stellar's public test network.
const testPassphrase = "Test SDF Network ; September 2015"

// leaf is a page of a list in the console.
type leaf[T any] struct {
	items []*T
	older string // the position to go on from; "" if there is nothing older
}

// most an owner's list examines for one page, of which each object takes up to four reads.
const maxLeafExamined = 200

// leafOf takes the owner's objects from a scan until there are limit of them, or stop says so, or
// many were examined. keep may be nil.
func leafOf[T any](ctx context.Context, s *store.Scan, limit int, stop func(store.Listed) bool, read func([]store.Listed) ([]*T, error), keep func(*T) bool) (leaf[T], error) {
	var l leaf[T]
	examined := 0
	for len(l.items) < limit && examined < maxLeafExamined {
		var batch []store.Listed
		ended := false
		for len(batch) < limit-len(l.items) && examined+len(batch) < maxLeafExamined {
			e, ok, err := s.Next(ctx)
			if err != nil {
				return l, err
			}
			if ended = !ok || stop != nil && stop(e); ended {
				break
			}
			batch = append(batch, e)
		}
		if examined += len(batch); len(batch) > 0 {
			records, err := read(batch)
			if err != nil {
				return l, err
			}
			for _, record := range records {
				if record != nil && (keep == nil || keep(record)) {
					l.items = append(l.items, record)
				}
			}
			l.older = batch[len(batch)-1].Position()
		}
		if ended {
			l.older = ""
			return l, nil
		}
	}
	if !s.More() {
		l.older = ""
	}
	return l, nil
}

// position checks the position in a list that a URL names. Positions are the owner's own: they
// name a place in the index of the owner's objects and nothing outside of it.
func position(text string) (string, *Error) {
	digits, id, ok := strings.Cut(text, "/")
	if text == "" || ok && len(digits) == 13 && strings.Trim(digits, "0123456789") == "" && id != "" && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789_") == "" {
		return text, nil
	}
	return "", invalid("after", "after is not a place in this list; open it again from its beginning.")
}
