package samples

import (
	"time"

	"edgecheckout/templates/console"
)

// ConsoleSample is a screen of the console, named after its state.
type ConsoleSample struct {
	Name, About string
	Frame       console.Frame
	Screen      console.Screen
	Guest       bool // nobody has signed in
}

// Console returns every screen of the console, with the states that each can have. The data is that
// of the payment page's samples.
func Console(origin string) []ConsoleSample {
	at := func(hours int) time.Time { return noon.Add(-time.Duration(hours) * time.Hour) }
	usdc := func(amount string) console.Money {
		return console.Money{Amount: amount, Code: "USDC", Issuer: issuerAccount}
	}
	xlm := func(amount string) console.Money { return console.Money{Amount: amount, Code: "XLM"} }
	onTime := console.Settlement{OnTime: true, Text: "on time"}
	late := console.Settlement{Text: "late: settlement is 7m0s behind"}
	paid := payments(at, usdc, xlm)
	events := []console.EventRow{
		{ID: "evt_01kay3t4w5x6y7z8a9b0c1d2e3", Type: "checkout.completed", Delivered: "at once", Tone: "good", At: at(1)},
		{ID: "evt_01kay3t4w5x6y7z8a9b0c1d2e4", Type: "payment.unexpected", Delivered: "0 of 1 at the first attempt", Tone: "warn", At: at(2)},
		{ID: "evt_01kay3t4w5x6y7z8a9b0c1d2e5", Type: "checkout.created", Delivered: "nobody wanted it", Tone: "quiet", At: at(3)},
	}
	rows := []console.CheckoutRow{
		{ID: id("paid"), Description: "Order 1042: two bags of Sidamo", Status: "completed", Amount: usdc("50"), Received: "50", Created: at(1)},
		{ID: id("paid-overpaid"), Description: "Order 1041", Status: "completed", Exception: "overpaid", Amount: usdc("50"), Received: "60", Created: at(3)},
		{ID: id("waiting"), Status: "open", Amount: xlm("120.5"), Created: at(4)},
		{ID: id("partly"), Description: "Order 1039", Status: "open", Exception: "underpaid", Amount: usdc("50"), Received: "30.25", Created: at(5)},
		{ID: id("expired"), Description: "Order 1038", Status: "expired", Amount: usdc("12.5"), Created: at(30)},
		{ID: id("failed-wrong-asset"), Description: "Order 1037", Status: "failed", Exception: "wrong_asset", Amount: usdc("7"), Created: at(40)},
	}
	home := console.Home{
		Today: []console.Money{usdc("110"), xlm("120.5")}, Week: []console.Money{usdc("842.75"), xlm("361.5")}, Asset: "USDC", Days: days(at(0)),
		Listed: 41, Since: at(8 * 24), Settlement: onTime, Attention: []console.Attention{
			{What: "Overpaid", Text: "60 USDC received, 50 USDC asked", Href: "/console/checkouts/" + id("paid-overpaid"), At: at(2)},
			{What: "An endpoint fails", Text: "Backend", Href: "/console/endpoints/wh_1", At: at(5)},
		},
	}
	one := console.Checkout{
		ID: id("paid-overpaid"), Description: "Order 1041", Status: "completed", Exception: "overpaid", Amount: usdc("50"), Received: "60 USDC",
		PageURL: origin + "/pay/" + id("paid-overpaid"), Destination: merchantAccount, Memo: memo, Customer: "cus_01kay3t4w5x6y7z8a9b0c1d2e3",
		Created: at(3), Deadline: at(-21), Metadata: []console.Option{{Value: "order", Text: "1041"}}, Events: events, Payments: paid[:1],
		Moments: []console.Moment{
			{At: at(3), Title: "Made", Text: "for 50 USDC"},
			{At: at(2), Title: "Paid 60 USDC", Text: "in ledger 59712345, from " + merchantAccount, Href: "https://stellar.expert/explorer/testnet/tx/1", Link: "Look at the transaction", Tone: "good"},
			{At: at(2), Title: "Completed", Tone: "good"},
			{At: at(1), Title: "Paid back 10 USDC", Text: "to " + issuerAccount, Href: "https://stellar.expert/explorer/testnet/tx/4", Link: "Look at the transaction"},
			{At: at(0), Title: "To be paid back: 2 USDC", Text: "It waits to be signed.", Href: "/console/refunds/rf_01kay3t4w5x6y7z8a9b0c1d2e5", Link: "Sign it", Tone: "warn"},
		},
	}
	open := one
	open.ID, open.Status, open.Exception, open.Received, open.Payments, open.Events = id("waiting"), "open", "", "0 USDC", nil, nil
	open.PageURL, open.Moments = origin+"/pay/"+id("waiting"), open.Moments[:1]
	endpoint := console.EndpointRow{ID: "wh_01kay3t4w5x6y7z8a9b0c1d2e3", Name: "Backend", URL: "https://shop.example/webhooks"}
	broken := console.EndpointRow{ID: "wh_01kay3t4w5x6y7z8a9b0c1d2e4", Name: "Old server", URL: "https://old.example/webhooks", Disabled: true, Reason: "five_days_without_success"}
	form := console.EndpointForm{Name: "Backend", URL: "https://shop.example/webhooks", Events: "*"}
	developers := console.Developers{
		Keys:      []console.KeyRow{{ID: "key_01kay3t4w5x6y7z8a9b0c1d2e3", Name: "web shop", Scope: "write", Created: at(90)}, {ID: "key_01kay3t4w5x6y7z8a9b0c1d2e4", Name: "reports", Scope: "read", Created: at(99)}},
		Endpoints: []console.EndpointRow{endpoint, broken}, Events: events, Older: "?after=1",
	}
	made := developers
	made.Secret = "sk_test_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	settings := console.Settings{
		Shop: console.Shop{Name: "Northwind Coffee", LogoURL: "https://shop.example/logo.png", Color: "#0a7c66", SupportEmail: "help@shop.example", Website: "https://shop.example/", HomeDomain: "shop.example"},
		ID:   "mer_01kay3t4w5x6y7z8a9b0c1d2e3", Account: merchantAccount, Mode: "test", OnLedger: true,
		Balances: []console.Money{usdc("1842.75"), xlm("4996.4999")}, Missing: []string{"EURC:" + issuerAccount}, Threshold: 1,
		Signers: []console.SignerRow{{Key: merchantAccount, Weight: "1", May: true}, {Key: issuerAccount, Weight: "1", May: true}}, SignedInAs: merchantAccount, SessionEnds: at(-11),
	}
	toSign := settings
	toSign.Transaction = &console.Transaction{What: "trust EURC", XDR: "AAAAAgAAAACErSUSpSaEqxQ6J+KlTNG/vL+r8jRnzoUqGV9nJd6GMQABhqAAEk+AAAoAAQAAAAEAAAAA", URI: "web+stellar:tx?xdr=AAAA", Passphrase: "Test SDF Network ; September 2015", Account: merchantAccount, Until: at(-1)}
	unfunded := settings
	unfunded.OnLedger, unfunded.Balances, unfunded.Unread = false, nil, "The account is not on the ledger yet: fund it with XLM first."
	coffee := console.ProductRow{ID: "prod_01kay3t4w5x6y7z8a9b0c1d2e3", Name: "Sidamo, 250 g", Price: usdc("12.5"), Created: at(200)}
	excess := console.Payment{
		PaymentRow: console.PaymentRow{ID: paid[0].ID, Money: usdc("60"), From: issuerAccount, At: at(2), Href: paid[0].Href, Checkout: id("paid-overpaid")},
		Left:       "60 USDC", Excess: "10 USDC", Account: merchantAccount, Form: console.RefundForm{Amount: "10"},
	}
	parts := excess
	parts.Left, parts.Excess, parts.Form = "45 USDC", "", console.RefundForm{Amount: "46", Destination: issuerAccount, Memo: "user 7"}
	parts.Refunds = []console.RefundRow{
		{ID: "rf_01kay3t4w5x6y7z8a9b0c1d2e3", Money: usdc("10"), To: issuerAccount, At: at(1), Href: "https://stellar.expert/explorer/testnet/tx/4"},
		{ID: "rf_01kay3t4w5x6y7z8a9b0c1d2e4", Money: usdc("5"), To: issuerAccount, At: at(1), Href: "https://stellar.expert/explorer/testnet/tx/5"},
		{ID: "rf_01kay3t4w5x6y7z8a9b0c1d2e5", Money: usdc("2"), To: issuerAccount, At: at(0), Pending: true},
	}
	unsigned := console.Refund{
		RefundRow: parts.Refunds[2], Payment: excess.ID, Checkout: excess.Checkout, Reason: "One bag was damaged", Transaction: toSign.Transaction,
		Warnings: []string{"The owner of the destination, as an exchange does, wants a memo with each payment (SEP-29). Ask the customer for an address and a memo, and make the refund with these, or the money may be lost."},
	}
	localRefund, expired, succeeded := unsigned, unsigned, console.Refund{RefundRow: parts.Refunds[0], Payment: excess.ID, Checkout: excess.Checkout, Excess: "1 USDC"}
	localRefund.Warnings, localRefund.TestWallet, localRefund.Memo = nil, "demo", "user 7"
	expired.Warnings, expired.Transaction = nil, nil
	products := []console.Option{{Value: coffee.ID, Text: "Sidamo, 250 g, 12.5 USDC"}}
	links := []console.LinkRow{
		{ID: "link_01kay3t4w5x6y7z8a9b0c1d2e3", Name: "Tasting on Saturday", Price: "15 USDC", Created: at(20)},
		{ID: "link_01kay3t4w5x6y7z8a9b0c1d2e4", Name: "Sidamo, 250 g, 12.5 USDC", Price: "Sidamo, 250 g, 12.5 USDC", Created: at(60)},
		{ID: "link_01kay3t4w5x6y7z8a9b0c1d2e5", Name: "Donations for the roastery", Price: "the customer says how much XLM", Closed: true, Created: at(400)},
	}
	tasting := console.LinkForm{Amount: "15", Code: "USDC", Issuer: issuerAccount, Description: links[0].Name, Redirect: "https://shop.example/thanks?checkout={CHECKOUT_ID}", Metadata: "event: tasting\n", Products: products}
	linkURL := func(i int) string { return origin + "/buy/" + links[i].ID }
	ada := console.CustomerRow{ID: "cus_01kay3t4w5x6y7z8a9b0c1d2e3", Name: "Ada Lovelace", Email: "ada@example.com", Phone: "+14155550123", Created: at(300)}
	inbox := console.Inbox{Listed: 41, Since: at(7 * 24), Rows: []console.InboxRow{
		{PaymentRow: paid[0], Asked: "50 USDC", Returned: []string{"10 USDC"}}, {PaymentRow: paid[1]}, {PaymentRow: paid[2], Asked: "7 USDC", Customer: ada.ID},
	}}
	signIn := console.SignIn{Modes: []console.Option{{Value: "live", Text: "Public network"}, {Value: "test", Text: "Test network"}}, Mode: "live"}
	challenge := console.SignIn{Account: merchantAccount, Challenge: "AAAAAgAAAACSXsmX1FYtUvSnmmA7ZY+TzD4/doGZlxxeCuws/WLVggAAAMgAAAAAAAAAAAAAAAEAAAAAawLZQAAAAABrAtzE", Passphrase: "Test SDF Network ; September 2015"}

	frame := func(screen string) console.Frame {
		return console.Frame{Screen: screen, Merchant: "Northwind Coffee", Network: "Test network", FormToken: "token", Once: "once", ReadAt: noon}
	}
	said := func(f console.Frame, notice, problem string) console.Frame {
		f.Notice, f.Problem = notice, problem
		return f
	}
	signs := frame("checkouts")
	signs.Horizon = "http://127.0.0.1:8000"
	settles := signs
	settles.Screen = "settings"
	hostile := frame("checkouts")
	hostile.Merchant = "<script>alert(1)</script> & “Süße\u202eTräume” GmbH"
	return []ConsoleSample{
		{Name: "console-sign-in", About: "Somebody who has not signed in.", Screen: signIn, Guest: true},
		{Name: "console-sign-in-local", About: "The local network, with its test wallet.", Screen: console.SignIn{TestWallet: "demo", Open: true}, Guest: true},
		{Name: "console-sign-in-challenge", About: "The challenge to sign by hand.", Screen: challenge, Guest: true},
		{Name: "console-sign-in-refused", About: "A signature of nobody.", Screen: signIn, Guest: true, Frame: console.Frame{Problem: "The challenge has a signature that no signer of the account has made."}},
		{Name: "console-sign-in-shops", About: "An account that two shops have.", Screen: console.SignIn{Merchants: []console.Option{{Value: "mer_1", Text: "Northwind Coffee"}, {Value: "mer_2", Text: "Northwind Tea"}}}, Guest: true},
		{Name: "console-message", About: "A form of another site, a page that is not there, or a fault.", Guest: true, Screen: console.Message{Title: "That did not work", Text: "This form was not sent from a page of this console, or the page is too old. Nothing was changed.", RequestID: "req_01kay3t4w5x6y7z8a9b0c1d2e3", Back: "/console"}},
		{Name: "console-home", About: "Money came, and two things need attention.", Frame: frame("home"), Screen: home},
		{Name: "console-home-empty", About: "A new shop, on the public network.", Frame: console.Frame{Screen: "home", Merchant: "New Shop", ReadAt: noon}, Screen: console.Home{Since: at(168), Settlement: onTime}},
		{Name: "console-home-late", About: "Settlement is late.", Frame: frame("home"), Screen: console.Home{Since: at(168), Settlement: late, Listed: 100, More: true}},
		{Name: "console-checkouts", About: "Checkouts in each status.", Frame: frame("checkouts"), Screen: console.Checkouts{Rows: rows, Older: "?after=1", CSV: "/console/checkouts.csv", Note: "Older checkouts may fit as well."}},
		{Name: "console-checkouts-none", About: "Nothing fits.", Frame: frame("checkouts"), Screen: console.Checkouts{Filter: console.Filter{Status: "failed", Search: "Sidamo", From: "2026-11-01", To: "2026-11-22"}}},
		{Name: "console-checkouts-hostile", About: "A merchant's name that is HTML.", Frame: hostile, Screen: console.Checkouts{Rows: rows[:1]}},
		{Name: "console-checkout", About: "A checkout that was overpaid.", Frame: frame("checkouts"), Screen: one},
		{Name: "console-checkout-open", About: "An open checkout.", Frame: frame("checkouts"), Screen: open},
		{Name: "console-inbox", About: "Money that nobody asked for.", Frame: frame("inbox"), Screen: inbox},
		{Name: "console-inbox-empty", About: "Nothing to decide, and the ledger cannot be read.", Frame: frame("inbox"), Screen: console.Inbox{Since: at(168), Unread: "The ledger cannot be read right now, so money of no checkout is not shown."}},
		{Name: "console-payment", About: "A payment by which a checkout was overpaid, and the form that pays it back.", Frame: frame("checkouts"), Screen: excess},
		{Name: "console-payment-refused", About: "More than is left, after three refunds.", Frame: said(frame("checkouts"), "", "amount is more than is left of the payment: 60 USDC were received, and 45 of them are not paid back yet."), Screen: parts},
		{Name: "console-payment-unmatched", About: "Money of no checkout.", Frame: frame("inbox"), Screen: console.Payment{PaymentRow: paid[1], Left: "1.25 XLM", Account: merchantAccount, Form: console.RefundForm{Amount: "1.25"}}},
		{Name: "console-refund", About: "A refund that waits to be signed, with a warning.", Frame: signs, Screen: unsigned},
		{Name: "console-refund-local", About: "The same on the local network, with its test wallet.", Frame: said(signs, "The transaction is made. Nothing is paid back until it is signed.", ""), Screen: localRefund},
		{Name: "console-refund-expired", About: "A refund that nobody signed in time.", Frame: frame("checkouts"), Screen: expired},
		{Name: "console-refund-succeeded", About: "A refund that the ledger shows, of more than was left.", Frame: frame("checkouts"), Screen: succeeded},
		{Name: "console-links", About: "Links: of an amount, of a product, and one that is closed.", Frame: frame("links"), Screen: console.Links{Rows: links, Form: console.LinkForm{Products: products}, Older: "?after=1"}},
		{Name: "console-links-empty", About: "No link yet, and no product.", Frame: frame("links"), Screen: console.Links{}},
		{Name: "console-links-refused", About: "An amount that is none.", Frame: said(frame("links"), "", "amount must be a number above 0, or the same as a decimal string, such as 50 or \"0.0000001\"."), Screen: console.Links{Form: console.LinkForm{Amount: "free", Code: "USDC", Products: products}}},
		{Name: "console-link", About: "A link of an amount, with what is given away.", Frame: said(frame("links"), "The link is made. Everybody can open it within a minute.", ""), Screen: console.Link{LinkRow: links[0], URL: linkURL(0), Form: tasting}},
		{Name: "console-link-product", About: "A link of a product, with metadata that the form cannot write.", Frame: frame("links"), Screen: console.Link{LinkRow: links[1], URL: linkURL(1), Product: coffee.ID, Form: console.LinkForm{Product: coffee.ID, Products: products, Fixed: true}, Notes: []console.Option{{Value: "said", Text: "in two\nlines"}}}},
		{Name: "console-link-closed", About: "A closed link, of which the customer says how much.", Frame: frame("links"), Screen: console.Link{LinkRow: links[2], URL: linkURL(2), Form: console.LinkForm{Code: "XLM", Description: links[2].Name, Products: products}}},
		{Name: "console-products", About: "Products, and the form for a new one.", Frame: frame("products"), Screen: console.Products{Rows: []console.ProductRow{coffee, {ID: "prod_2", Name: "Filter papers", Price: xlm("9"), Archived: true, Created: at(400)}}}},
		{Name: "console-products-refused", About: "A price that is none.", Frame: said(frame("products"), "", "price_amount must be a number above 0, or the same as a decimal string, such as 50 or \"0.0000001\"."), Screen: console.Products{Form: console.ProductForm{Name: "Sidamo", Price: "free"}}},
		{Name: "console-product", About: "One product.", Frame: frame("products"), Screen: console.Product{ProductRow: coffee, Form: console.ProductForm{Name: coffee.Name, Price: "12.5", Code: "USDC", Issuer: issuerAccount, Image: "https://shop.example/sidamo.jpg"}}},
		{Name: "console-customers", About: "Customers.", Frame: frame("customers"), Screen: console.Customers{Rows: []console.CustomerRow{ada, {ID: "cus_01kay3t4w5x6y7z8a9b0c1d2e4", Email: "grace@example.com", Created: at(500)}}}},
		{Name: "console-customer", About: "One customer.", Frame: said(frame("customers"), "Saved.", ""), Screen: console.Customer{CustomerRow: ada, Typed: ada}},
		{Name: "console-developers", About: "Keys, endpoints and the log of events.", Frame: frame("developers"), Screen: developers},
		{Name: "console-developers-key", About: "A key that was just made.", Frame: frame("developers"), Screen: made},
		{Name: "console-endpoint", About: "An endpoint with what was sent to it.", Frame: frame("developers"), Screen: console.Endpoint{EndpointRow: endpoint, Form: form, Deliveries: deliveries(at)}},
		{Name: "console-endpoint-disabled", About: "An endpoint that was disabled.", Frame: frame("developers"), Screen: console.Endpoint{EndpointRow: broken, Form: form}},
		{Name: "console-event", About: "An event as it is sent.", Frame: frame("developers"), Screen: console.Event{EventRow: events[0], Body: "{\n  \"id\": \"evt_01kay3t4w5x6y7z8a9b0c1d2e3\",\n  \"type\": \"checkout.completed\"\n}"}},
		{Name: "console-settings", About: "The shop and its account.", Frame: frame("settings"), Screen: settings},
		{Name: "console-settings-sign", About: "A transaction to sign.", Frame: settles, Screen: toSign},
		{Name: "console-settings-unfunded", About: "The account is not on the ledger.", Frame: frame("settings"), Screen: unfunded},
		{Name: "console-health", About: "All is well.", Frame: frame("health"), Screen: console.Health{Settlement: onTime, Facts: []console.Option{{Value: "Newest ledger", Text: "59712345, 3 s ago"}, {Value: "Longest wait", Text: "0s"}}}},
		{Name: "console-health-late", About: "Horizon does not answer.", Frame: frame("health"), Screen: console.Health{Settlement: console.Settlement{Text: "late: the network's Horizon does not answer"}, Facts: []console.Option{{Value: "Horizon", Text: "does not answer"}}}},
	}
}

// noon is the time of all screens.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func days(today time.Time) []console.Day {
	var all []console.Day
	for i, amount := range []string{"95", "120.25", "0", "210", "87.5", "220", "110"} {
		all = append(all, console.Day{Date: today.AddDate(0, 0, i-6), Amount: amount, Tenths: []int{431, 546, 0, 954, 397, 1000, 500}[i]})
	}
	return all
}

func payments(at func(int) time.Time, usdc, xlm func(string) console.Money) []console.PaymentRow {
	return []console.PaymentRow{
		{ID: "pay_01kay3t4w5x6y7z8a9b0c1d2e3", Money: usdc("60"), From: merchantAccount, Reason: "overpaid by 10", At: at(2), Href: "https://stellar.expert/explorer/testnet/tx/1", Checkout: id("paid-overpaid"), Refund: "/console/payments/pay_01kay3t4w5x6y7z8a9b0c1d2e3"},
		{ID: "pay_01kay3t4w5x6y7z8a9b0c1d2e4", Money: xlm("1.25"), From: issuerAccount, Reason: "unmatched", At: at(20), Href: "https://stellar.expert/explorer/testnet/tx/2", Refund: "/console/payments/pay_01kay3t4w5x6y7z8a9b0c1d2e4"},
		{ID: "pay_01kay3t4w5x6y7z8a9b0c1d2e5", Money: xlm("7"), From: issuerAccount, Reason: "wrong_asset", At: at(39), Href: "https://stellar.expert/explorer/testnet/tx/3", Checkout: id("failed-wrong-asset"), Refund: "/console/payments/pay_01kay3t4w5x6y7z8a9b0c1d2e5"},
	}
}

func deliveries(at func(int) time.Time) []console.DeliveryRow {
	return []console.DeliveryRow{
		{Event: "evt_01kay3t4w5x6y7z8a9b0c1d2e3", Type: "checkout.completed", Status: "succeeded", Attempts: []console.AttemptRow{{At: at(1), Result: "200 in 35 ms", Answer: "ok"}}},
		{Event: "evt_01kay3t4w5x6y7z8a9b0c1d2e4", Type: "payment.unexpected", Status: "pending", Next: at(-1), Attempts: []console.AttemptRow{{At: at(2), Result: "503 in 1204 ms", Answer: "upstream"}, {At: at(1), Result: "timed out"}}},
	}
}
