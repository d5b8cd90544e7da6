package worker_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"

	"edgecheckout/sandbox/ledger"
	"edgecheckout/worker"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/watch/watchtest"
)

// person uses the console with a browser.
type person struct {
	t       testing.TB
	edge    http.Handler
	cookie  string
	headers map[string]string
}

// screen is what a person gets to see.
type screen struct {
	t      testing.TB
	status int
	header http.Header
	body   string
	*goquery.Document
}

func (p *person) send(method, path string, form url.Values) screen {
	p.t.Helper()
	var request *http.Request
	if method == http.MethodPost {
		request = httptest.NewRequest(method, "https://pay.example"+path, strings.NewReader(form.Encode()))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		request = httptest.NewRequest(method, "https://pay.example"+path, nil)
	}
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	if p.cookie != "" {
		request.Header.Set("Cookie", "other=1; "+p.cookie)
	}
	for name, value := range p.headers {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	p.edge.ServeHTTP(recorder, request)
	s := screen{t: p.t, status: recorder.Code, header: recorder.Header(), body: recorder.Body.String()}
	for _, line := range recorder.Header().Values("Set-Cookie") {
		p.cookie, _, _ = strings.Cut(line, ";")
	}
	if got := s.header.Get("Cache-Control"); got != "private, no-store" || s.header.Get("Cloudflare-Cdn-Cache-Control") != "" {
		p.t.Errorf("%s %s may be cached: %q", method, path, got)
	}
	var err error
	if s.Document, err = goquery.NewDocumentFromReader(strings.NewReader(s.body)); err != nil {
		p.t.Fatal(err)
	}
	return s
}

func (p *person) get(path string) screen { p.t.Helper(); return p.send(http.MethodGet, path, nil) }

// open opens a screen, which must be there.
func (p *person) open(path string) screen {
	p.t.Helper()
	s := p.get(path)
	if s.status != 200 {
		p.t.Fatalf("GET %s: %d %s", path, s.status, s.text("main"))
	}
	return s
}

// submit fills in the form of a screen whose action is given, and sends it.
func (p *person) submit(on screen, action string, fields ...string) screen {
	p.t.Helper()
	form := on.form(action)
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return p.send(http.MethodPost, action, form)
}

// follow opens what a form redirects to.
func (p *person) follow(s screen) screen {
	p.t.Helper()
	if s.status != http.StatusSeeOther {
		p.t.Fatalf("%d, no redirect: %s", s.status, s.text("main"))
	}
	return p.open(s.header.Get("Location"))
}

// form returns what the form with an action would send.
func (s screen) form(action string) url.Values {
	s.t.Helper()
	found := s.Find(`form[action="` + action + `"]`).First()
	if found.Length() == 0 {
		s.t.Fatalf("there is no form for %s: %s", action, s.text("main"))
	}
	values := url.Values{}
	found.Find("input, textarea").Each(func(_ int, field *goquery.Selection) {
		values.Set(field.AttrOr("name", ""), field.AttrOr("value", field.Text()))
	})
	found.Find("select").Each(func(_ int, field *goquery.Selection) {
		chosen := field.Find("option[selected]")
		if chosen.Length() == 0 {
			chosen = field.Find("option").First()
		}
		values.Set(field.AttrOr("name", ""), chosen.AttrOr("value", ""))
	})
	return values
}

// text is the text of what a selector finds, with single blanks.
func (s screen) text(selector string) string {
	return strings.Join(strings.Fields(s.Find(selector).Text()), " ")
}

// part is the text of a section.
func (s screen) part(id string) string { return s.text(`[data-testid="section-` + id + `"]`) }

func (s screen) shows(id string, texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		if got := s.part(id); !strings.Contains(got, text) {
			s.t.Errorf("%s does not show %q: %s", id, text, got)
		}
	}
}

// sign signs a transaction as a wallet does.
func sign(t testing.TB, envelope string, keys ...*keypair.Full) string {
	t.Helper()
	parsed, err := txnbuild.TransactionFromXDR(envelope)
	if err != nil {
		t.Fatalf("%v: %s", err, envelope)
	}
	tx, _ := parsed.Transaction()
	if tx, err = tx.Sign(ledger.Passphrase, keys...); err != nil {
		t.Fatal(err)
	}
	signed, err := tx.Base64()
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// challenged returns a challenge for an account, signed with keys.
func (s *site) challenged(edge http.Handler, account string, keys ...*keypair.Full) string {
	s.t.Helper()
	r := client{s.t, edge, http.Header{}}.get("/auth?livemode=false&account=" + account)
	if r.status != 200 {
		s.t.Fatalf("%d %s", r.status, r.body)
	}
	return sign(s.t, r.text("transaction"), keys...)
}

// tenant is a merchant: its backend, and the keys of its account.
type tenant struct {
	client
	id   string
	keys *keypair.Full
}

// tenant creates a merchant who is paid to the account of keys.
func (s *site) tenant(edge http.Handler, name string, keys *keypair.Full) tenant {
	s.t.Helper()
	m := s.operator(edge).post("/merchants", fmt.Sprintf(`{"name":%q,"account_test":%q}`, name, keys.Address()))
	key := s.operator(edge).post("/merchants/"+m.text("id")+"/keys", `{"livemode":false}`)
	return tenant{client{s.t, edge, http.Header{"X-Api-Key": {key.text("secret")}}}, m.text("id"), keys}
}

// signedIn is a body for POST /auth.
func (s *site) signedIn(edge http.Handler, shop tenant) string {
	s.t.Helper()
	body, err := json.Marshal(map[string]string{"transaction": s.challenged(edge, shop.keys.Address(), shop.keys), "merchant": shop.id})
	if err != nil {
		s.t.Fatal(err)
	}
	return string(body)
}

// owner is a person who has signed in as the owner of a merchant.
func (s *site) owner(edge http.Handler, shop tenant) *person {
	s.t.Helper()
	p := &person{t: s.t, edge: edge}
	form := url.Values{"transaction": {s.challenged(edge, shop.keys.Address(), shop.keys)}, "merchant": {shop.id}}
	if r := p.send(http.MethodPost, "/console/sign-in", form); r.status != http.StatusSeeOther || r.header.Get("Location") != "/console" {
		s.t.Fatalf("%d %s", r.status, r.text("main"))
	}
	return p
}

func TestOwnerSignsInByHand(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop := s.tenant(edge, "Corner Shop", s.Merchant())
	p := &person{t: t, edge: edge}
	if r := p.get("/console"); r.status != 302 || r.header.Get("Location") != "/console/sign-in" {
		t.Fatalf("not signed in: %d %s", r.status, r.header.Get("Location"))
	}
	first := p.open("/console/sign-in")
	query := first.form("/console/sign-in")
	query.Set("account", shop.keys.Address())
	second := p.open("/console/sign-in?" + query.Encode())
	challenge := second.text(`[data-testid="code-challenge"]`)
	third := p.submit(second, "/console/sign-in", "transaction", sign(t, challenge, shop.keys))
	cookie := third.header.Get("Set-Cookie")
	for _, want := range []string{"__Host-console=", "; Path=/", "; HttpOnly", "; Secure", "; SameSite=Lax", "; Max-Age=43200"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("%q is not in the cookie %s", want, cookie)
		}
	}
	home := p.follow(third)
	if got := home.text("h1") + " " + home.text(".shop"); got != "Home Corner Shop Test network" {
		t.Errorf("%s", got)
	}
	if got := p.follow(p.submit(p.open("/console/settings"), "/console/settings", "name", "The Corner")).text(".shop"); !strings.HasPrefix(got, "The Corner") {
		t.Errorf("%s", got)
	}
	if got := s.operator(edge).get("/merchants/" + shop.id).text("name"); got != "The Corner" {
		t.Errorf("%s", got)
	}
	used := p.cookie
	out := p.submit(home, "/console/sign-out")
	if out.status != 303 || out.header.Get("Location") != "/console/sign-in" || !strings.Contains(out.header.Get("Set-Cookie"), "__Host-console=; Path=/; Max-Age=0") {
		t.Errorf("%d %v", out.status, out.header)
	}
	// The cookie, and the challenge that has opened the session, are of no use any more.
	p.cookie = used
	if r := p.get("/console"); r.status != 302 {
		t.Errorf("after signing out: %d", r.status)
	}
	again := p.send("POST", "/console/sign-in", url.Values{"transaction": {sign(t, challenge, shop.keys)}})
	if again.status != 400 || !strings.Contains(again.text(`[data-testid="problem"]`), "its session was ended") {
		t.Errorf("%d %s", again.status, again.text("main"))
	}
}

func TestSignersAreReadFromTheLedger(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	owner, stranger, unfunded := s.Merchant(), keypair.MustRandom(), keypair.MustRandom()
	s.operator(edge).post("/merchants", fmt.Sprintf(`{"name":"Shop","account_test":%q}`, owner.Address()))
	s.operator(edge).post("/merchants", fmt.Sprintf(`{"name":"New Shop","account_test":%q}`, unfunded.Address()))
	company, ada, bob := s.Merchant(), keypair.MustRandom(), keypair.MustRandom()
	s.operator(edge).post("/merchants", fmt.Sprintf(`{"name":"Company","account_test":%q}`, company.Address()))
	s.Submit(company, "", &txnbuild.SetOptions{Signer: &txnbuild.Signer{Address: bob.Address(), Weight: 1}},
		&txnbuild.SetOptions{
			Signer: &txnbuild.Signer{Address: ada.Address(), Weight: 2}, MediumThreshold: txnbuild.NewThreshold(2), MasterWeight: txnbuild.NewThreshold(0),
		})
	s.Advance(watchtest.LedgerTime)
	for name, c := range map[string]struct {
		account string
		by      []*keypair.Full
		status  int
		code    string
	}{
		"the owner":                             {owner.Address(), []*keypair.Full{owner}, 200, ""},
		"nobody":                                {owner.Address(), nil, 403, "sign_in_refused"},
		"a stranger":                            {owner.Address(), []*keypair.Full{stranger}, 403, "sign_in_refused"},
		"the owner and a stranger":              {owner.Address(), []*keypair.Full{owner, stranger}, 403, "sign_in_refused"},
		"the master key of an unfunded account": {unfunded.Address(), []*keypair.Full{unfunded}, 200, ""},
		"another key of an unfunded account":    {unfunded.Address(), []*keypair.Full{stranger}, 403, "sign_in_refused"},
		"an account of no merchant":             {stranger.Address(), []*keypair.Full{stranger}, 403, "sign_in_refused"},
		"a master key that was put aside":       {company.Address(), []*keypair.Full{company}, 403, "sign_in_refused"},
		"a signer who may":                      {company.Address(), []*keypair.Full{ada}, 200, ""},
		"a signer with too little weight":       {company.Address(), []*keypair.Full{bob}, 403, "sign_in_refused"},
	} {
		body := fmt.Sprintf(`{"transaction":%q}`, s.challenged(edge, c.account, c.by...))
		r := client{t, edge, http.Header{}}.do("POST", "/auth", body)
		if r.status != c.status || c.code != "" && r.text("error.code") != c.code {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	s.Fault = func(string) (horizon.Response, error, bool) { return horizon.Response{Status: 503}, nil, true }
	body := fmt.Sprintf(`{"transaction":%q}`, s.challenged(edge, owner.Address(), owner))
	if r := (client{t, edge, http.Header{}}).do("POST", "/auth", body); r.status != 503 || r.text("error.code") != "unavailable" {
		t.Errorf("while Horizon is down: %d %s", r.status, r.body)
	}
}

func TestOneAccountCanHaveSeveralShops(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	owner := s.Merchant()
	first, second := s.tenant(edge, "First", owner).id, s.tenant(edge, "Second", owner).id
	p := &person{t: t, edge: edge}
	r := p.send("POST", "/console/sign-in", url.Values{"transaction": {s.challenged(edge, owner.Address(), owner)}})
	r.shows("shop", "First ("+first+")", "Second ("+second+")")
	if got := p.follow(p.submit(r, "/console/sign-in", "merchant", second)).text(".shop"); !strings.HasPrefix(got, "Second") {
		t.Errorf("%s", got)
	}
	body := fmt.Sprintf(`{"transaction":%q}`, s.challenged(edge, owner.Address(), owner))
	if r := (client{t, edge, http.Header{}}).do("POST", "/auth", body); r.status != 400 || r.text("error.param") != "merchant" || !strings.Contains(r.body, first) {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestSignUpMakesOneMerchantOfAnAccount(t *testing.T) {
	s := deploy(t)
	edges := []*worker.Service{s.edge("SIGNUP", "open"), s.edge("SIGNUP", "open")}
	owner := keypair.MustRandom()
	var shops []string
	for _, edge := range edges {
		p := &person{t: t, edge: edge}
		p.follow(p.send("POST", "/console/sign-in", url.Values{"transaction": {s.challenged(edge, owner.Address(), owner)}}))
		shops = append(shops, p.open("/console/settings").part("shop"))
		made := p.submit(p.open("/console/developers"), "/console/keys", "name", "server", "scope", "write")
		key := made.text(`[data-testid="code-secret"]`)
		shop := client{t, edge, http.Header{"X-Api-Key": {key}}}
		if c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM"}`); c.text("destination") != owner.Address() {
			t.Errorf("%s", c.body)
		}
	}
	if shops[0] != shops[1] || len(s.Store.Keys("merchant/")) != 1 {
		t.Errorf("%q, %d merchants", shops, len(s.Store.Keys("merchant/")))
	}
}

func TestKeysOfOwnersHaveScopes(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	p := s.owner(edge, s.tenant(edge, "Shop", s.Merchant()))
	developers := p.open("/console/developers")
	made := p.submit(developers, "/console/keys", "name", "reports", "scope", "read")
	key := made.text(`[data-testid="code-secret"]`)
	if again := p.submit(developers, "/console/keys", "name", "reports", "scope", "read").text(`[data-testid="code-secret"]`); again != key {
		t.Errorf("the form sent twice made %q and %q", key, again)
	}
	reader := client{t, edge, http.Header{"X-Api-Key": {key}}}
	if r := reader.get("/checkout"); r.status != 200 {
		t.Errorf("%d %s", r.status, r.body)
	}
	for _, path := range []string{"/checkout?type=direct", "/product", "/customers", "/webhooks"} {
		if r := reader.do("POST", path, "{}"); r.status != 403 || r.text("error.code") != "api_key_scope" {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	listed := p.open("/console/developers")
	listed.shows("keys", "reports", "read")
	if strings.Contains(listed.body, key) {
		t.Error("the secret is shown again")
	}
	var revoke string
	listed.Find("tr").Each(func(_ int, row *goquery.Selection) {
		if strings.Contains(row.Text(), "reports") {
			revoke = row.Find("form").AttrOr("action", "")
		}
	})
	p.follow(p.submit(listed, revoke))
	s.Sleep(61 * time.Second)
	if r := reader.get("/checkout"); r.status != 401 {
		t.Errorf("a revoked key: %d %s", r.status, r.body)
	}
	if r := p.submit(developers, "/console/keys", "name", "reports", "scope", "read"); r.status != 409 {
		t.Errorf("the form brings back a revoked key: %d %s", r.status, r.text("main"))
	}
}

// selection is what goquery finds.
type selection = goquery.Selection
