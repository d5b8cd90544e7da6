package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"
)

const (
	direct    = "/checkout?type=direct"
	ofProduct = "/checkout?type=product"
	anID      = "chk_01kay3t4w5x6y7z8a90123456z"
	aProduct  = "prod_01kay3t4w5x6y7z8a90123456z"
	aCustomer = "cus_01kay3t4w5x6y7z8a90123456z"
	aWebhook  = "wh_01kay3t4w5x6y7z8a90123456z"
	anEvent   = "evt_01kay3t4w5x6y7z8a90123456z"
	aRefund   = "rf_01kay3t4w5x6y7z8a90123456z"
	aLink     = "link_01kay3t4w5x6y7z8a90123456z"
	aMerchant = "mer_01kay3t4w5x6y7z8a90123456z"
	aKey      = "key_01kay3t4w5x6y7z8a90123456z"
)

func TestErrorsOfKeysAndTokens(t *testing.T) {
	s := openShop(t)
	unknown := "sk_test_" + strings.Repeat("0", 64)
	other := "sk_live_" + strings.TrimPrefix(s.Key, "sk_test_")
	admin := "Authorization"
	transcript(t, "errors/keys.txt", stack.Client{BaseURL: s.on.BaseURL}, s.names(),
		exchange{about: "a merchant's route without a key", path: direct, body: `{}`},
		exchange{about: "an unknown key", method: "GET", path: "/checkout/" + anID, headers: []string{"x-api-key", unknown}},
		exchange{about: "what cannot be a key", method: "GET", path: "/product", headers: []string{"x-api-key", "hunter2"}},
		exchange{about: "a test key dressed up as a live one", method: "GET", path: "/product", headers: []string{"x-api-key", other}},
		exchange{about: "a key in the place of the operator's token", path: "/merchants", headers: []string{"x-api-key", s.Key}, body: `{}`},
		exchange{about: "a wrong token", path: "/merchants", headers: []string{admin, "Bearer 0123456789abcdef"}, body: `{}`},
		exchange{about: "a token of another scheme", path: "/merchants", headers: []string{admin, "Basic b3BlcmF0b3I6"}, body: `{}`},
		exchange{about: "the operator's token in the place of a key", method: "GET", path: "/product", headers: []string{admin, "Bearer " + s.on.Secrets.AdminToken}},
	)
}

func TestErrorsOfSigningIn(t *testing.T) {
	s := openShop(t)
	key, err := s.on.Operator().Do(t.Context(), http.MethodPost, "/merchants/"+s.id+"/keys", []byte(`{"livemode": false, "scope": "read"}`))
	if err != nil || key.Status != http.StatusOK {
		t.Fatalf("%d %s, %v", key.Status, key.Body, err)
	}
	var reader struct{ Secret string }
	if err := json.Unmarshal(key.Body, &reader); err != nil {
		t.Fatal(err)
	}
	other := s.neighbour()
	challenge := s.challenge()
	foreign, err := wallet.SignChallenge(challenge, s.on.Passphrase, other.keys)
	if err != nil {
		t.Fatal(err)
	}
	// The beginning of a challenge, as far as a transcript shows it, has the deployment's key.
	names := append(s.names(), challenge[:43], "{challenge}", strings.TrimPrefix(s.on.BaseURL, "http://"), "{host}")
	transcript(t, "errors/sign-in.txt", stack.Client{BaseURL: s.on.BaseURL}, names,
		exchange{about: "a challenge for nobody", method: "GET", path: "/auth"},
		exchange{about: "a challenge for a muxed account", method: "GET", path: "/auth?account=MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ"},
		exchange{about: "a challenge with a memo", method: "GET", path: "/auth?account=" + s.account + "&memo=1"},
		exchange{about: "a challenge for another domain", method: "GET", path: "/auth?account=" + s.account + "&home_domain=evil.example"},
		exchange{about: "a mode that is not served", method: "GET", path: "/auth?account=" + s.account + "&livemode=true"},
		exchange{about: "nothing signed", path: "/auth", body: `{}`},
		exchange{about: "something else", path: "/auth", body: `{"transaction": "AAAA"}`},
		exchange{about: "a form with something else", path: "/auth", headers: []string{"Content-Type", "application/x-www-form-urlencoded"}, body: "transaction=AAAA"},
		exchange{about: "a challenge that nobody has signed", path: "/auth", body: `{"transaction": "` + challenge + `"}`},
		exchange{about: "a challenge that a stranger has signed", path: "/auth", body: `{"transaction": "` + foreign + `"}`},
		exchange{about: "a key that may only read", path: direct, headers: []string{"x-api-key", reader.Secret}, body: with("amount", 5)},
	)
}

// challenge asks for a challenge of the shop's account.
func (s *shop) challenge() string {
	s.t.Helper()
	var issued struct{ Transaction string }
	reply := get(s.t, s.on, "/auth?account="+s.account)
	if err := json.Unmarshal(reply.Body, &issued); err != nil || reply.Status != http.StatusOK {
		s.t.Fatalf("%d %s", reply.Status, reply.Body)
	}
	return issued.Transaction
}

func TestErrorsOfTheOperatorsBrake(t *testing.T) {
	t.Parallel()
	const monitor = "0123456789abcdef0123456789abcdef"
	o := options(t.TempDir())
	o.Secrets = stack.Secrets{AdminToken: strings.Repeat("a1", 32) + ", monitor:read=" + monitor}
	s := openShopOn(t, ownService(t, o))
	merchant := "/merchants/" + s.id
	reply, err := s.on.Operator().Do(t.Context(), http.MethodPut, merchant, []byte(`{"suspended": true}`))
	if err != nil || reply.Status != http.StatusOK {
		t.Fatalf("%d %s, %v", reply.Status, reply.Body, err)
	}
	golden(t, "merchant-suspended.json", normalise(indent(reply.Body), s.names()...))
	// The key was not used yet, so that no instance remembers its merchant.
	transcript(t, "errors/suspended.txt", s.Client, s.names(),
		exchange{about: "a checkout of a suspended merchant", path: direct, body: with("amount", 5)},
	)
	reader := stack.Client{BaseURL: s.on.BaseURL, AdminToken: monitor}
	transcript(t, "errors/scope.txt", reader, s.names(),
		exchange{about: "a token that may only read revokes keys", method: "DELETE", path: merchant + "/keys"},
		exchange{about: "keys of a merchant that does not exist", method: "GET", path: "/merchants/mer_1/keys"},
	)
	transcript(t, "errors/brake.txt", s.on.Operator(), s.names(),
		exchange{about: "keys made since no time", method: "DELETE", path: merchant + "/keys?created_since=yesterday"},
		exchange{about: "keys of a merchant that cannot exist", method: "DELETE", path: "/merchants/mer_1/keys"},
		exchange{about: "a checkout that does not exist", path: merchant + "/checkouts/" + anID + "/expire"},
		exchange{about: "a checkout of a merchant that cannot exist", path: "/merchants/mer_1/checkouts/" + anID + "/expire"},
		exchange{about: "suspended in words", method: "PUT", path: merchant, body: `{"suspended": "yes"}`},
	)
}

func TestErrorsOfPathsAndMethods(t *testing.T) {
	s := openShop(t)
	transcript(t, "errors/paths.txt", s.Client, s.names(),
		exchange{about: "an unknown path", method: "GET", path: "/nothing/here"},
		exchange{about: "a path with a slash too many", method: "GET", path: "/product/"},
		exchange{about: "a known path with another method", method: "PATCH", path: "/checkout/" + anID},
		exchange{about: "a known path with two other methods", method: "PATCH", path: "/product"},
		exchange{about: "the page is only read", path: "/pay/" + anID, body: `{}`},
		exchange{about: "a checkout that does not exist", method: "GET", path: "/checkout/" + anID},
		exchange{about: "an id that is none", method: "GET", path: "/checkout/" + strings.Repeat("9", 200)},
		exchange{about: "a parameter where there are none", method: "GET", path: "/checkout/" + anID + "?expand=customer"},
		exchange{about: "an id of another kind", method: "GET", path: "/checkout/" + aProduct},
		exchange{about: "an id in upper case", method: "GET", path: "/checkout/" + strings.ToUpper(anID)},
		exchange{about: "a product that does not exist", method: "GET", path: "/product/" + aProduct},
		exchange{about: "a customer that does not exist", method: "GET", path: "/customers/" + aCustomer},
		exchange{about: "the status of a checkout that does not exist", method: "GET", path: "/pay/" + anID + "/status"},
		exchange{about: "a hint for a checkout that does not exist", path: "/pay/" + anID + "/hint", body: `{"hash": "0f1c"}`},
		exchange{about: "a file of the page that does not exist", method: "GET", path: "/assets/pay.js"},
	)
}

func TestErrorsOfPlainHTTP(t *testing.T) {
	on := stack.Client{BaseURL: "http://" + inWorkerd(t, "https://pay.example").Address, Key: "sk_test_" + strings.Repeat("0", 64)}
	transcript(t, "errors/http.txt", on, nil,
		exchange{about: "a merchant's request", path: direct, body: `{"amount": 5, "asset_code": "XLM"}`},
		exchange{about: "a wallet's", path: "/pay/" + anID + "/transaction", body: `{"account": "G"}`},
		exchange{about: "the operator's", method: "GET", path: "/merchants/mer_1", headers: []string{"Authorization", "Bearer guess"}},
	)
}

func TestErrorsOfBodies(t *testing.T) {
	s := openShop(t)
	deep := strings.Repeat(`{"a":`, 9) + "1" + strings.Repeat("}", 9)
	transcript(t, "errors/bodies.txt", s.Client, s.names(),
		exchange{about: "another content type", path: direct, headers: []string{"Content-Type", "text/plain"}, body: with("amount", 5)},
		exchange{about: "no content type", path: direct, headers: []string{"Content-Type", ""}, body: with("amount", 5)},
		exchange{about: "a form", path: direct, headers: []string{"Content-Type", "application/x-www-form-urlencoded"}, body: "amount=5"},
		exchange{about: "an empty body", path: direct},
		exchange{about: "nothing at all", path: direct, headers: []string{"Content-Type", ""}},
		exchange{about: "a body that ends too early", path: direct, body: `{"amount": 5, "asset_code": "XL`},
		exchange{about: "no JSON", path: direct, body: `amount: 5`},
		exchange{about: "a list", path: direct, body: `[{"amount": 5}]`},
		exchange{about: "null", path: direct, body: `null`},
		exchange{about: "something after the object", path: direct, body: `{"amount": 5} {"amount": 6}`},
		exchange{about: "a field given twice", path: direct, body: `{"amount": 5, "amount": 6, "asset_code": "XLM"}`},
		exchange{about: "a field of metadata given twice", path: direct, body: `{"amount": 5, "asset_code": "XLM", "metadata": {"a": "1", "a": "2"}}`},
		exchange{about: "bytes that are no UTF-8", path: direct, body: "{\"amount\": 5, \"asset_code\": \"XLM\", \"description\": \"\xff\"}"},
		exchange{about: "half of a surrogate pair", path: direct, body: `{"amount": 5, "asset_code": "XLM", "description": "\ud83d"}`},
		exchange{about: "too deep", path: direct, body: `{"amount": 5, "asset_code": "XLM", "metadata": ` + deep + `}`},
		exchange{about: "a byte more than 64 KiB", path: direct, body: `{"description": "` + strings.Repeat("x", 64<<10-18) + `"}`},
		exchange{about: "64 KiB are read", path: direct, body: `{"description": "` + strings.Repeat("x", 64<<10-19) + `"}`},
	)
}

func TestErrorsOfADirectCheckout(t *testing.T) {
	s := openShop(t)
	long := strings.Repeat("x", 501)
	transcript(t, "errors/direct.txt", s.Client, s.names(),
		exchange{about: "no type", path: "/checkout", body: with("amount", 5)},
		exchange{about: "another type", path: "/checkout?type=subscription", body: with("amount", 5)},
		exchange{about: "an unknown field", path: direct, body: with("colour", "blue")},
		exchange{about: "an unknown parameter in the query", path: direct + "&expand=product", body: with("amount", 5)},
		exchange{about: "two types", path: direct + "&type=product", body: with("amount", 5)},
		exchange{about: "a product in a direct checkout", path: direct, body: with("product_id", aProduct)},

		exchange{about: "no amount", path: direct, body: `{"asset_code": "XLM"}`},
		exchange{about: "amount null", path: direct, body: with("amount", nil)},
		exchange{about: "amount 0", path: direct, body: with("amount", 0)},
		exchange{about: "amount below 0", path: direct, body: with("amount", -5)},
		exchange{about: "amount with eight decimals", path: direct, body: with("amount", "0.00000001")},
		exchange{about: "amount with an exponent", path: direct, body: `{"amount": 5e3, "asset_code": "XLM"}`},
		exchange{about: "amount one stroop too large", path: direct, body: with("amount", "922337203685.4775808")},
		exchange{about: "amount in words", path: direct, body: with("amount", "five")},
		exchange{about: "amount with blanks", path: direct, body: with("amount", " 5 ")},
		exchange{about: "amount true", path: direct, body: with("amount", true)},

		exchange{about: "no asset_code", path: direct, body: `{"amount": 5}`},
		exchange{about: "asset_code blank", path: direct, body: with("asset_code", " ")},
		exchange{about: "asset_code with 13 characters", path: direct, body: with("asset_code", "ABCDEFGHIJKLM")},
		exchange{about: "asset_code with a hyphen", path: direct, body: with("asset_code", "US-D")},
		exchange{about: "asset_code is a number", path: direct, body: with("asset_code", 5)},
		exchange{about: "no issuer of an asset that is not known", path: direct, body: with("asset_code", "GOLD")},
		exchange{about: "asset_code in lower case is another asset", path: direct, body: with("asset_code", "usdc")},
		exchange{about: "asset_issuer with a wrong checksum", path: direct, body: with("asset_issuer", s.account[:55]+"0")},

		exchange{about: "customer_email is none", path: direct, body: with("customer_email", "ada at example.com")},
		exchange{about: "customer_phone without a country", path: direct, body: with("customer_phone", "0171 1234567")},
		exchange{about: "customer_id of nobody", path: direct, body: with("customer_id", aCustomer)},
		exchange{about: "customer_id and customer_email", path: direct, body: encode(fields{"amount": 5, "asset_code": "XLM", "customer_id": aCustomer, "customer_email": "ada@example.com"})},

		exchange{about: "redirect_url without https", path: direct, body: with("redirect_url", "http://shop.example/")},
		exchange{about: "redirect_url that runs a script", path: direct, body: with("redirect_url", "javascript:alert(1)")},
		exchange{about: "redirect_url without a host", path: direct, body: with("redirect_url", "/thanks")},
		exchange{about: "redirect_url with a password", path: direct, body: with("redirect_url", "https://ada:secret@shop.example/")},
		exchange{about: "redirect_url with a blank", path: direct, body: with("redirect_url", "https://shop.example/thank you")},
		exchange{about: "redirect_url with the id in its host", path: direct, body: with("redirect_url", "https://{CHECKOUT_ID}.shop.example/")},
		exchange{about: "cancel_url with 2,049 characters", path: direct, body: with("cancel_url", "https://shop.example/"+strings.Repeat("x", 2049-21))},

		exchange{about: "description with 501 characters", path: direct, body: with("description", long)},
		exchange{about: "description with a control character", path: direct, body: with("description", "a\x00b")},
		exchange{about: "metadata is a list", path: direct, body: with("metadata", []string{"a"})},
		exchange{about: "metadata with 51 keys", path: direct, body: with("metadata", many(51))},
		exchange{about: "metadata with a key of 41 characters", path: direct, body: with("metadata", fields{strings.Repeat("k", 41): "v"})},
		exchange{about: "metadata with an empty key", path: direct, body: with("metadata", fields{"": "v"})},
		exchange{about: "metadata with a value of 501 characters", path: direct, body: with("metadata", fields{"note": long})},
		exchange{about: "metadata within metadata", path: direct, body: with("metadata", fields{"order": fields{"id": "1042"}})},

		exchange{about: "expires_in too short", path: direct, body: with("expires_in", 2)},
		exchange{about: "expires_in longer than a day", path: direct, body: with("expires_in", 86401)},
		exchange{about: "expires_in with a fraction", path: direct, body: with("expires_in", 600.5)},
		exchange{about: "expires_in is a string", path: direct, body: with("expires_in", "600")},
	)
}

func TestErrorsOfAProductCheckout(t *testing.T) {
	s := openShop(t)
	product := func(more ...any) string {
		params := fields{"name": "Sidamo", "asset_code": "XLM", "price_amount": 5}
		for i := 0; i < len(more); i += 2 {
			params[more[i].(string)] = more[i+1]
		}
		return encode(params)
	}
	transcript(t, "errors/product.txt", s.Client, s.names(),
		exchange{about: "no product_id", path: ofProduct, body: `{}`},
		exchange{about: "a product that does not exist", path: ofProduct, body: encode(fields{"product_id": aProduct})},
		exchange{about: "an amount in a product checkout", path: ofProduct, body: encode(fields{"product_id": aProduct, "amount": 5})},

		exchange{about: "a product without a name", path: "/product", body: `{"asset_code": "XLM", "price_amount": 5}`},
		exchange{about: "a product with a name of 201 characters", path: "/product", body: product("name", strings.Repeat("x", 201))},
		exchange{about: "a product without a price", path: "/product", body: `{"name": "Sidamo", "asset_code": "XLM"}`},
		exchange{about: "a product that costs nothing", path: "/product", body: product("price_amount", 0)},
		exchange{about: "a product without an asset", path: "/product", body: `{"name": "Sidamo", "price_amount": 5}`},
		exchange{about: "a product of another type", path: "/product", body: product("type", "subscription")},
		exchange{about: "a product with nine images", path: "/product", body: product("images", strings.Split(strings.Repeat("https://shop.example/i.jpg ", 8)+"https://shop.example/i.jpg", " "))},
		exchange{about: "a product with an image without https", path: "/product", body: product("images", []string{"https://shop.example/i.jpg", "http://shop.example/i.jpg"})},
		exchange{about: "a product with an unknown field", path: "/product", body: product("price", 5)},

		exchange{about: "too long a list", method: "GET", path: "/product?limit=101"},
		exchange{about: "a list of nothing", method: "GET", path: "/product?limit=0"},
		exchange{about: "a list limited in words", method: "GET", path: "/product?limit=ten"},
		exchange{about: "a list with an unknown parameter", method: "GET", path: "/product?colour=blue"},
		exchange{about: "a list with a parameter given twice", method: "GET", path: "/product?limit=1&limit=2"},
	)
}

func TestErrorsOfCustomers(t *testing.T) {
	s := openShop(t)
	transcript(t, "errors/customers.txt", s.Client, s.names(),
		exchange{about: "a customer of whom nothing is known", path: "/customers", body: `{}`},
		exchange{about: "an e-mail address without a domain", path: "/customers", body: `{"email": "ada@"}`},
		exchange{about: "two e-mail addresses", path: "/customers", body: `{"email": "ada@example.com, bob@example.com"}`},
		exchange{about: "a phone number with letters", path: "/customers", body: `{"phone": "+1 800 FLOWERS"}`},
		exchange{about: "a name with 201 characters", path: "/customers", body: encode(fields{"name": strings.Repeat("x", 201)})},
		exchange{about: "an unknown field", path: "/customers", body: `{"name": "Ada", "e_mail": "ada@example.com"}`},
		exchange{about: "a list with an unknown parameter", method: "GET", path: "/customers?name=Ada"},
	)
}

func TestErrorsOfWebhooks(t *testing.T) {
	s := openShop(t)
	webhook := func(more ...any) string {
		params := fields{"name": "Orders", "url": "https://shop.example/webhooks", "events": []string{"*"}}
		for i := 0; i < len(more); i += 2 {
			params[more[i].(string)] = more[i+1]
		}
		return encode(params)
	}
	made := "/webhooks/" + idOf(t, s.send(http.MethodPost, "/webhooks", webhook()).Body)
	disabled := "/webhooks/" + idOf(t, s.send(http.MethodPost, "/webhooks", webhook("is_disabled", true)).Body)
	for range 14 {
		s.send(http.MethodPost, "/webhooks", webhook())
	}
	transcript(t, "errors/webhooks.txt", s.Client, s.names(),
		exchange{about: "an endpoint without a name", path: "/webhooks", body: webhook("name", nil)},
		exchange{about: "an endpoint without a URL", path: "/webhooks", body: webhook("url", nil)},
		exchange{about: "an endpoint without https", path: "/webhooks", body: webhook("url", "http://shop.example/")},
		exchange{about: "an endpoint at an address", path: "/webhooks", body: webhook("url", "https://169.254.169.254/")},
		exchange{about: "an endpoint in a private network", path: "/webhooks", body: webhook("url", "https://shop.internal/")},
		exchange{about: "an endpoint at another port", path: "/webhooks", body: webhook("url", "https://shop.example:22/")},
		exchange{about: "an endpoint with a password", path: "/webhooks", body: webhook("url", "https://ada:secret@shop.example/")},
		exchange{about: "an endpoint that is told of nothing", path: "/webhooks", body: webhook("events", []string{})},
		exchange{about: "a type of events that there is not", path: "/webhooks", body: webhook("events", []string{"checkout.completed", "checkout.paid"})},
		exchange{about: "all types, and one more", path: "/webhooks", body: webhook("events", []string{"*", "checkout.completed"})},
		exchange{about: "a secret of one's own", path: "/webhooks", body: webhook("secret", "whsec_")},
		exchange{about: "the seventeenth endpoint", path: "/webhooks", body: webhook()},
		exchange{about: "an endpoint that does not exist", method: "GET", path: "/webhooks/" + aWebhook},
		exchange{about: "changing an endpoint to what it cannot be", method: "PUT", path: made, body: `{"url": "https://localhost/"}`},
		exchange{about: "rotating with something to say", path: made + "/rotate", body: `{"secret": "whsec_"}`},
		exchange{about: "sending again since when?", path: made + "/resend", body: `{}`},
		exchange{about: "sending again to an endpoint that is disabled", path: disabled + "/resend", body: `{"since": "2026-11-22T12:00:00Z"}`},
		exchange{about: "deliveries to an endpoint that does not exist", method: "GET", path: "/webhooks/" + aWebhook + "/deliveries"},
		exchange{about: "an event that does not exist", method: "GET", path: "/events/" + anEvent},
		exchange{about: "sending an event again that does not exist", path: "/events/" + anEvent + "/resend"},
		exchange{about: "events of a type that there is not", method: "GET", path: "/events?type=checkout.paid"},
		exchange{about: "events since yesterday", method: "GET", path: "/events?since=yesterday"},
		exchange{about: "events in two directions", method: "GET", path: "/events?since=2026-11-22T12:00:00Z&ending_before=" + anEvent},
		exchange{about: "rotating the secret of an endpoint that does not exist", path: "/webhooks/" + aWebhook + "/rotate"},
	)
}

func TestErrorsOfTheOperator(t *testing.T) {
	s := openShop(t)
	keys := "/merchants/" + s.id + "/keys"
	transcript(t, "errors/operator.txt", s.on.Operator(), s.names(),
		exchange{about: "a merchant without a name", path: "/merchants", body: `{}`},
		exchange{about: "a merchant with a name of 101 characters", path: "/merchants", body: encode(fields{"name": strings.Repeat("x", 101)})},
		exchange{about: "an account that is none", path: "/merchants", body: `{"name": "Northwind Coffee", "account_test": "GABC"}`},
		exchange{about: "a muxed account", path: "/merchants", body: `{"name": "Northwind Coffee", "account_live": "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ"}`},
		exchange{about: "an unknown field", path: "/merchants", body: `{"name": "Northwind Coffee", "account": null}`},
		exchange{about: "a merchant that does not exist", method: "GET", path: "/merchants/" + aMerchant},
		exchange{about: "a change of a merchant that does not exist", method: "PUT", path: "/merchants/" + aMerchant, body: `{}`},
		exchange{about: "a merchant is not renamed to nothing", method: "PUT", path: "/merchants/" + s.id, body: `{"name": ""}`},
		exchange{about: "a logo that is not https", method: "PUT", path: "/merchants/" + s.id, body: `{"logo_url": "http://shop.example/logo.png"}`},
		exchange{about: "a colour by its name", method: "PUT", path: "/merchants/" + s.id, body: `{"brand_color": "teal"}`},
		exchange{about: "no e-mail address", method: "PUT", path: "/merchants/" + s.id, body: `{"support_email": "help"}`},
		exchange{about: "a website without a scheme", path: "/merchants", body: `{"name": "Northwind Coffee", "website": "shop.example"}`},
		exchange{about: "a home domain that is a URL", path: "/merchants", body: `{"name": "Northwind Coffee", "home_domain": "https://shop.example"}`},
		exchange{about: "a key without a mode", path: keys, body: `{}`},
		exchange{about: "a key with a mode in words", path: keys, body: `{"livemode": "yes"}`},
		exchange{about: "a key that does not exist", method: "DELETE", path: keys + "/" + aKey},
	)
}

func TestErrorsOfIdempotencyKeys(t *testing.T) {
	s := openShop(t)
	key := func(value string) []string { return []string{"Idempotency-Key", value} }
	if answer, body := (exchange{method: "POST", path: direct, headers: key("order-1042"), body: with("amount", 5)}).send(t, s.Client); answer.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", answer.StatusCode, body)
	}
	transcript(t, "errors/idempotency.txt", s.Client, s.names(),
		exchange{about: "the same key with another body", path: direct, headers: key("order-1042"), body: with("amount", 6)},
		exchange{about: "the same key on another path", path: "/product", headers: key("order-1042"), body: `{"name": "Sidamo", "asset_code": "XLM", "price_amount": 5}`},
		exchange{about: "a key of 256 characters", path: direct, headers: key(strings.Repeat("k", 256)), body: with("amount", 5)},
	)
}

func TestErrorsOfCancelling(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	s.pay(c, "5")
	s.awaitStatus(c.ID, "completed")
	transcript(t, "errors/cancel.txt", s.Client, s.names(),
		exchange{about: "a checkout that is completed", path: "/checkout/" + c.ID + "/expire", body: `{}`},
		exchange{about: "a checkout that does not exist", path: "/checkout/" + anID + "/expire", body: `{}`},
		exchange{about: "a reason that nobody reads", path: "/checkout/" + c.ID + "/expire", body: `{"reason": "out of stock"}`},
	)
}

func TestErrorsOfRefunds(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	s.pay(c, "5")
	s.awaitStatus(c.ID, "completed")
	list, _ := s.payments("checkout_id=" + c.ID)
	payment := list.Data[0].ID
	refund := func(more ...any) string {
		params := fields{"payment_id": payment}
		for i := 0; i < len(more); i += 2 {
			params[more[i].(string)] = more[i+1]
		}
		return encode(params)
	}
	transcript(t, "errors/refunds.txt", s.Client, s.names(),
		exchange{about: "a refund of nothing", path: "/refunds", body: `{}`},
		exchange{about: "a refund of a payment that does not exist", path: "/refunds", body: encode(fields{"payment_id": aPayment})},
		exchange{about: "a refund of a checkout", path: "/refunds", body: encode(fields{"payment_id": c.ID})},
		exchange{about: "more than was received", path: "/refunds", body: refund("amount", "5.0000001")},
		exchange{about: "nothing is paid back", path: "/refunds", body: refund("amount", 0)},
		exchange{about: "to the account that was paid", path: "/refunds", body: refund("destination", c.Destination)},
		exchange{about: "to an account that does not exist, and too little to create it", path: "/refunds",
			body: refund("amount", "0.5", "destination", "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ")},
		exchange{about: "to no account", path: "/refunds", body: refund("destination", "GABC")},
		exchange{about: "a memo of 29 bytes", path: "/refunds", body: refund("memo", strings.Repeat("x", 29))},
		exchange{about: "a refund that is paid because somebody says so", path: "/refunds", body: refund("status", "succeeded")},
		exchange{about: "a refund that does not exist", method: "GET", path: "/refunds/" + aRefund},
		exchange{about: "refunds of a payment that does not exist", method: "GET", path: "/refunds?payment_id=" + aPayment},
		exchange{about: "refunds of a checkout", method: "GET", path: "/refunds?checkout_id=" + c.ID},
	)
}

func TestErrorsOfPaymentLinks(t *testing.T) {
	s := openShop(t)
	link := "/payment_links/" + idOf(t, s.send(http.MethodPost, "/payment_links", `{"asset_code": "XLM", "amount": 5}`).Body)
	transcript(t, "errors/links.txt", s.Client, s.names(),
		exchange{about: "a link of nothing", path: "/payment_links", body: `{}`},
		exchange{about: "a link of a product that does not exist", path: "/payment_links", body: encode(fields{"product_id": aProduct})},
		exchange{about: "a link of a product at another price", path: "/payment_links", body: encode(fields{"product_id": aProduct, "amount": 5})},
		exchange{about: "a link of an unknown asset", path: "/payment_links", body: `{"asset_code": "DOGE"}`},
		exchange{about: "a link to somewhere else", path: "/payment_links", body: `{"asset_code": "XLM", "url": "https://shop.example/"}`},
		exchange{about: "active in words", method: "PUT", path: link, body: `{"active": "no"}`},
		exchange{about: "a link that does not exist", method: "GET", path: "/payment_links/" + aLink},
		exchange{about: "the code of what is no link", method: "GET", path: "/buy/" + anID + "/qr.svg"},
		exchange{about: "a button pressed by a program", path: "/buy/" + aLink, body: `{"amount": 5}`},
	)
}

// The sandbox stands in for the test network only.
func TestErrorsOfMissingNetworksAndAccounts(t *testing.T) {
	s := openShop(t)
	live, err := s.on.Operator().CreateKey(t.Context(), s.id, true)
	if err != nil {
		t.Fatal(err)
	}
	transcript(t, "errors/livemode.txt", s.on.Merchant(live.Object.Secret), s.names(),
		exchange{about: "a live checkout where no live network is configured", path: direct, body: with("amount", 5)},
		exchange{about: "a live product where no live network is configured", path: "/product", body: `{"name": "Sidamo", "asset_code": "XLM", "price_amount": 5}`},
	)
	homeless, err := s.on.Operator().CreateMerchant(t.Context(), fields{"name": "Without an account"})
	if err != nil {
		t.Fatal(err)
	}
	key, err := s.on.Operator().CreateKey(t.Context(), homeless.Object.ID, false)
	if err != nil {
		t.Fatal(err)
	}
	transcript(t, "errors/account.txt", s.on.Merchant(key.Object.Secret), s.names(),
		exchange{about: "a checkout of a merchant without an account", path: direct, body: with("amount", 5)},
	)
}
