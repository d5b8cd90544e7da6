package server

import (
	"html/template"
	"net/http"
	"regexp"
)

var checkoutID = regexp.MustCompile(`^chk_[0-9a-z]{26}$`)

var thanksPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Thank you · Demo shop</title>
<style>
:root { color-scheme: light dark; font: 1.0625rem/1.6 system-ui, sans-serif; }
body { display: grid; place-items: center; min-height: 100vh; margin: 0; padding: 1.5rem; box-sizing: border-box; }
main { max-width: 32rem; }
h1 { margin: 0; font-size: 2rem; line-height: 1.2; }
code { overflow-wrap: anywhere; }
.quiet { opacity: .75; font-size: .9375rem; }
</style>
</head>
<body>
<main>
<h1>Thank you for your order</h1>
<p>This is where a shop takes over: it looks the checkout up, and ships.</p>
{{with .}}<p>Checkout <code>{{.}}</code></p>{{end}}
<p class="quiet">The demo shop of <code>make dev</code> is the <code>redirect_url</code> of its checkouts. Your
server must not trust that somebody came here: it asks <code>GET /checkout/{{or . "{id}"}}</code>, or is told by a webhook.</p>
</main>
</body>
</html>
`))

// thanks is the page of the demo shop to which a customer returns.
func thanks(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("checkout")
	if !checkoutID.MatchString(id) {
		id = ""
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
	_ = thanksPage.Execute(w, id) // fails only if the client is gone
}
