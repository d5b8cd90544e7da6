package worker

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"edgecheckout/templates/console"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/web"
)

// showSignIn is GET /console/sign-in: it asks for an account, and for a given one shows the
// challenge to sign.
func showSignIn(c *call) (answer, error) {
	s := c.signInScreen()
	if !c.query.Has("account") {
		return c.guest(console.Frame{}, s)
	}
	s.Account = strings.TrimSpace(c.query.Get("account"))
	if mode := c.query.Get("mode"); mode == string(stellar.Live) || mode == string(stellar.Test) {
		s.Mode = mode
	}
	account, err := stellar.ParseAddress(s.Account)
	mode := stellar.Mode(s.Mode)
	switch {
	case err != nil:
		return c.refusedGuest(s, invalid("account", "That is not a Stellar account: it begins with G and has 56 characters."))
	case c.in(mode).network == nil:
		return c.refusedGuest(s, errNoNetwork(mode))
	}
	challenge, err := c.challenge(account, mode)
	if err != nil {
		return answer{}, err
	}
	s.Challenge, s.Passphrase = challenge.Transaction, challenge.Passphrase
	return c.guest(console.Frame{}, s)
}

func (c *call) signInScreen() console.SignIn {
	s := console.SignIn{Mode: string(c.signInMode()), Open: c.config.SignUp}
	for _, mode := range []stellar.Mode{stellar.Live, stellar.Test} {
		network := c.in(mode).network
		if network == nil {
			continue
		}
		name := network.Name
		if name == "" {
			name = "Public network"
		}
		s.Modes = append(s.Modes, console.Option{Value: string(mode), Text: name})
	}
	if c.config.TestWallet != "" {
		s.TestWallet = testMerchant
	}
	return s
}

// refusedGuest shows a screen again, with what was wrong.
func (c *call) refusedGuest(s console.SignIn, told *Error) (answer, error) {
	a, err := c.guest(console.Frame{Problem: told.Message}, s)
	a.Status = codes[told.Code].status
	return a, err
}

// signInByForm is POST /console/sign-in: with a signed challenge, it opens a session.
func signInByForm(c *call) (answer, error) {
	return c.openSession(clipped(c.form.Get("transaction"), maxSignedChallenge), c.form.Get("merchant"))
}

func (c *call) openSession(transaction, merchant string) (answer, error) {
	session, err := c.signIn(transaction, merchant)
	var told *Error
	var several choice
	switch {
	case errors.As(err, &several):
		s := console.SignIn{Signed: transaction}
		for _, m := range several.merchants {
			s.Merchants = append(s.Merchants, console.Option{Value: m.ID, Text: m.Name + " (" + m.ID + ")"})
		}
		return c.guest(console.Frame{}, s)
	case errors.As(err, &told):
		return c.refusedGuest(c.signInScreen(), told)
	case err != nil:
		return answer{}, err
	}
	a, err := c.done(consolePath, "")
	left := int(session.Ends().Sub(c.platform.Now()) / time.Second)
	return setCookie(a, c.config.SignIn.Token(session, c.config.BaseURL), left), err
}

// testMerchant is the test wallet that a form names if its owner names no other.
const testMerchant = "demo"

// askTestWallet asks the test wallets of the sandbox, on a local network. The error is for the owner.
func (c *call) askTestWallet(path string, fields map[string]string, into any) *Error {
	body, err := json.Marshal(fields)
	if err != nil {
		return &Error{Code: CodeInternal, Message: err.Error()} // strings can be encoded
	}
	at := strings.TrimSuffix(c.config.TestWallet, "/pay") + path
	replies := c.platform.Sender.Send(c.ctx, []Outgoing{{URL: at, Header: web.Header{{Name: "Content-Type", Value: "application/json"}}, Body: body}})
	if len(replies) != 1 || replies[0].Status == 0 {
		return &Error{Code: CodeUnavailable, Message: "The test wallet does not answer; is the sandbox running?"}
	}
	var refusal struct{ Error string }
	if replies[0].Status != http.StatusOK || json.Unmarshal(replies[0].Answer, into) != nil {
		_ = json.Unmarshal(replies[0].Answer, &refusal)
		return invalid("wallet", "The test wallet refused: %s", refusal.Error)
	}
	return nil
}

// signInByTestWallet is POST /console/sign-in/test-wallet: on a local network, a wallet of the
// sandbox signs the challenge.
func signInByTestWallet(c *call) (answer, error) {
	name := c.form.Get("wallet")
	if c.config.TestWallet == "" || c.in(stellar.Test).network == nil {
		return answer{}, notFound("test wallet", name)
	}
	var signed struct{ Address, Transaction string }
	if told := c.askTestWallet("/sign-in", map[string]string{"name": name}, &signed); told != nil {
		return c.refusedGuest(c.signInScreen(), told)
	}
	account, err := stellar.ParseAddress(signed.Address)
	if err != nil {
		return answer{}, err
	}
	challenge, err := c.challenge(account, stellar.Test)
	if err != nil {
		return answer{}, err
	}
	if told := c.askTestWallet("/sign-in", map[string]string{"name": name, "transaction": challenge.Transaction}, &signed); told != nil {
		return c.refusedGuest(c.signInScreen(), told)
	}
	return c.openSession(signed.Transaction, "")
}

// signOut is POST /console/sign-out. The session ends here at once, and everywhere within a minute.
func signOut(c *call) (answer, error) {
	if err := c.store.SignOut(c.ctx, c.session.ID, c.session.Ends()); err != nil {
		return answer{}, err
	}
	a, err := c.done(signInPath, "")
	return setCookie(a, "", 0), err
}
