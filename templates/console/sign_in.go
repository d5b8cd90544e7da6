package console

// SignIn is where an owner signs in: first they name an account, then they sign a challenge.
type SignIn struct {
	Modes      []Option // networks to choose from: "test", "live"
	Mode       string
	Account    string
	Challenge  string // the transaction to sign; "" before there is one
	Passphrase string
	Merchants  []Option // to choose from, if several have the account
	Signed     string   // the signed challenge, while a merchant is chosen
	TestWallet string   // name of the account that a test wallet signs for; "" but on a local network
	Open       bool     // anybody may sign up
}

func (SignIn) title() string { return "Sign in" }

func (s SignIn) sections() []section {
	const action = "/console/sign-in"
	if len(s.Merchants) > 0 {
		return []section{{id: "shop", title: "Which shop?", text: "Several shops are paid to this account.", forms: []form{{
			action: action, hidden: []Option{{"transaction", s.Signed}},
			fields: []field{{name: "merchant", label: "Shop", kind: "choice", options: s.Merchants}}, button: "Sign in",
		}}}}
	}
	if s.Challenge != "" {
		return []section{
			{id: "challenge", title: "1. Sign this transaction", text: "Open it in your wallet, or in Stellar Laboratory, and sign it for the network " + s.Passphrase + ". Its sequence number is 0, so it can never be submitted: it moves nothing.", code: s.Challenge,
				sign:  &signing{passphrase: s.Passphrase, account: s.Account},
				facts: []fact{{"Account", cell{text: s.Account, look: mono}}}},
			{id: "signed", title: "2. Paste it signed", text: "Within 15 minutes. All signers that the account needs can sign it, one after the other.", forms: []form{{
				action: action, button: "Sign in",
				fields: []field{{name: "transaction", label: "Signed transaction (XDR)", kind: "long", required: true}},
			}}},
		}
	}
	account := []field{{name: "account", label: "Account (G…) that receives your money", kind: "text", value: s.Account, required: true, size: 56}}
	if len(s.Modes) > 1 {
		account = append(account, field{name: "mode", label: "Network", kind: "choice", options: s.Modes, value: s.Mode})
	}
	text := "With the Stellar account that your customers pay, or any of its signers. There is no password: your wallet signs a transaction that moves nothing."
	if s.Open {
		text += " An account that is new here opens a shop."
	}
	all := []section{{id: "account", title: "Your account", text: text, forms: []form{{action: action, get: true, fields: account, button: "Go on"}}}}
	if s.TestWallet != "" {
		all = append(all, section{id: "test", title: "Test wallet", text: "This is a local network: a test wallet of the sandbox can sign.", forms: []form{{
			action: "/console/sign-in/test-wallet", button: "Sign in with the test wallet",
			fields: []field{{name: "wallet", label: "Test merchant", kind: "text", value: s.TestWallet, required: true, size: 100}},
		}}})
	}
	return all
}

// Message is a screen that says one thing, such as an error.
type Message struct {
	Title, Text string
	RequestID   string // "" if there is none to quote
	Back        string // where to go on
}

func (m Message) title() string { return m.Title }

func (m Message) sections() []section {
	s := section{id: "message", title: "What happened", text: m.Text}
	if m.RequestID != "" {
		s.facts = append(s.facts, fact{"Request", cell{text: m.RequestID, look: mono}})
	}
	if m.Back != "" {
		s.facts = append(s.facts, fact{"Go on", cell{text: "Back to the console", href: m.Back}})
	}
	return []section{s}
}
