package console

import "time"

// Settings is what an owner can change of the shop and of its account.
type Settings struct {
	Shop
	ID           string
	Account      string
	Mode         string // "test" or "live"
	Former       []FormerAccount
	OnLedger     bool   // the account was read
	Unread       string // why it was not
	Balances     []Money
	Missing      []string // assets without a trustline, as CODE:ISSUER
	MemoRequired bool
	Signers      []SignerRow
	Threshold    int
	Transaction  *Transaction // one to sign
	SignedInAs   string
	SessionEnds  time.Time
}

// Shop is what customers see of a shop. All but the name may be empty.
type Shop struct{ Name, LogoURL, Color, SupportEmail, Website, HomeDomain string }

// FormerAccount is an account that the shop was paid to before.
type FormerAccount struct {
	Account string
	Until   time.Time
}

// SignerRow is a signer of the account.
type SignerRow struct {
	Key    string
	Weight string
	May    bool // open the console alone
}

// Transaction is one of the shop's own account, which its owner signs.
type Transaction struct {
	What, XDR, URI, Passphrase, Account string

	Until time.Time // it can be submitted
}

// section shows the transaction in every way in which it can be signed.
func (t Transaction) section(title, text string) section {
	return section{id: "transaction", title: title, text: text, code: t.XDR, qr: t.URI, sign: &signing{t.Passphrase, t.Account, t.Until},
		facts: []fact{{"Wallet", cell{text: "Open in a wallet", href: t.URI}}, {"Account", cell{text: t.Account, look: mono}}, {"Network", cell{text: t.Passphrase}}, {"Until", cell{text: moment(t.Until)}}}}
}

func (Settings) title() string { return "Settings" }

func (s Settings) sections() []section {
	const action = "/console/settings/transaction"
	var all []section
	if s.Transaction != nil {
		all = append(all, s.Transaction.section("Sign this to "+s.Transaction.What, "It changes your own account, so only you can sign it: with a wallet in this browser or another one, on a phone by the code, or in Stellar Laboratory. This page shows the change when the ledger has it."))
	}
	all = append(all, section{id: "shop", title: "Shop", facts: []fact{{"Id", cell{text: s.ID, look: mono}}}, forms: []form{{action: "/console/settings", button: "Save", fields: []field{
		{name: "name", label: "Name", kind: "text", value: s.Name, required: true, size: 100, hint: "Customers see it. Checkouts that exist keep this and what follows as it was."},
		{name: "logo_url", label: "Logo", kind: "url", value: s.LogoURL, size: 2048, hint: "The https: address of a picture. It is shown as a small square at the top of the payment page."},
		{name: "brand_color", label: "Colour", kind: "text", value: s.Color, size: 7, hint: "Of buttons and links, as #rrggbb. Where it could not be read, it is made darker or lighter."},
		{name: "support_email", label: "E-mail address for customers", kind: "email", value: s.SupportEmail, size: 254, hint: "Where the page says whom to ask."},
		{name: "website", label: "Website", kind: "url", value: s.Website, size: 2048, hint: "https://…"},
		{name: "home_domain", label: "Home domain", kind: "text", value: s.HomeDomain, size: 32, hint: "The host name whose stellar.toml names your account (SEP-1), such as shop.example."},
	}}}})
	account := section{id: "account", title: "Account", text: "Customers pay here. Only the operator can change it, so that nobody who gets hold of this session can redirect your money.",
		facts: []fact{{"Account", cell{text: s.Account, look: mono}}, {"Mode", cell{text: s.Mode}}}}
	for _, f := range s.Former {
		account.facts = append(account.facts, fact{"Until " + moment(f.Until), cell{text: f.Account, look: mono}})
	}
	for _, m := range s.Balances {
		account.facts = append(account.facts, fact{"Can spend", cell{text: m.String(), look: number, detail: m.Issuer}})
	}
	if s.Unread != "" {
		account.facts = append(account.facts, fact{"Ledger", cell{text: s.Unread, look: warn}})
	}
	all = append(all, account)
	if s.OnLedger {
		lines := section{id: "trustlines", title: "Assets", text: "To be paid in an asset, your account must trust its issuer."}
		for _, asset := range s.Missing {
			lines.forms = append(lines.forms, form{action: action, button: "Add " + asset, inline: true, hidden: []Option{{"change", "trustline"}, {"value", asset}}})
		}
		lines.forms = append(lines.forms, form{action: action, button: "Make the transaction", hidden: []Option{{"change", "trustline"}}, fields: []field{
			{name: "value", label: "Another asset", kind: "text", required: true, size: 69, hint: "CODE:ISSUER"},
		}})
		memo := section{id: "memo", title: "Memos", text: "Money without a memo belongs to no checkout. With memo_required (SEP-29), wallets insist on one."}
		if s.MemoRequired {
			memo.facts = []fact{{"memo_required", cell{text: "set", look: good}}}
		} else {
			memo.facts = []fact{{"memo_required", cell{text: "not set", look: warn}}}
			memo.forms = []form{{action: action, button: "Set memo_required", inline: true, hidden: []Option{{"change", "memo"}, {"value", "1"}}}}
		}
		signers := &table{name: "Signers", head: []string{"Signer", "Weight", "Opens this console alone"}}
		for _, x := range s.Signers {
			may := cell{text: "no", look: quiet}
			if x.May {
				may = cell{text: "yes", look: good}
			}
			signers.rows = append(signers.rows, []cell{{text: x.Key, look: mono}, {text: x.Weight}, may})
		}
		all = append(all, lines, memo, section{id: "signers", title: "Who may sign in", text: "Whoever signs for your account with its medium threshold. A signer can also move its money: add only whom you trust with that.", table: signers,
			forms: []form{{action: action, button: "Make the transaction", hidden: []Option{{"change", "signer"}}, fields: []field{
				{name: "value", label: "Another signer", kind: "text", required: true, size: 56, hint: "The public key (G…) of a colleague."},
			}}}})
	}
	return append(all, section{id: "session", title: "Session", facts: []fact{{"Signed in as", cell{text: s.SignedInAs, look: mono}}, {"Ends", cell{text: moment(s.SessionEnds)}}},
		forms: []form{{action: "/console/sign-out", button: "Sign out", inline: true}}})
}
