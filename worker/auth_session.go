package worker

import (
	"errors"
	"strings"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/signin"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
	"edgecheckout/worker/watch"
)

// tokenObject is named by SEP-10.
type tokenObject struct {
	Token string `json:"token"`
}

// createSession is POST /auth: for a signed challenge it returns the token of a session, which is
// also what the console's cookie has (SEP-10). The body is JSON or a form.
func createSession(c *call) (answer, error) {
	transaction, merchant := c.form.Get("transaction"), c.form.Get("merchant")
	if c.form == nil {
		p := newParams(c.request.Body)
		transaction, merchant = p.required("transaction", maxSignedChallenge, ": the challenge of GET /auth, signed"), p.text("merchant", 100)
		if err := p.done(); err != nil {
			return answer{}, err
		}
	}
	session, err := c.signIn(transaction, merchant)
	if several := (choice{}); errors.As(err, &several) {
		var ids []string
		for _, m := range several.merchants {
			ids = append(ids, m.ID)
		}
		err = missing("merchant", "merchant is required: several merchants are paid to this account: %s.", strings.Join(ids, ", "))
	}
	if err != nil {
		return answer{}, err
	}
	a, err := jsonAnswer(tokenObject{c.config.SignIn.Token(session, c.config.BaseURL)})
	return a.with("Access-Control-Allow-Origin", "*"), err
}

// maxSignedChallenge is the longest challenge that is read: one with all signatures that a
// transaction can have takes fewer than 3,000 characters.
const maxSignedChallenge = 4000

// choice is the error of an account that several merchants have.
type choice struct{ merchants []store.Merchant }

func (choice) Error() string { return "several merchants have the account" }

// signIn opens a session for a signed challenge. The account's signers are read from the ledger;
// of an account that is not on it, the master key alone signs (SEP-10). If several merchants have
// the account, merchant says which.
func (c *call) signIn(transaction, merchant string) (signin.Session, error) {
	sites, modes := c.sites()
	signed, err := c.config.SignIn.Open(transaction, sites, c.platform.Now())
	if err != nil {
		return signin.Session{}, &Error{CodeChallengeInvalid, sentence(err), "transaction"}
	}
	mode := modes[signed.Site]
	account, err := c.watcher.Stranger(c.reading(signed.Account), mode, signed.Account)
	signers := []signin.Signer{{Key: signed.Account, Weight: 1}}
	switch {
	case err == nil:
		signers = signers[:0]
		for _, signer := range account.Signers {
			signers = append(signers, signin.Signer(signer))
		}
	case !errors.Is(err, watch.ErrNoAccount):
		c.log(c.ctx, "sign_in", map[string]any{"error": err.Error()})
		return signin.Session{}, &Error{Code: CodeUnavailable, Message: "The account's signers cannot be read from the ledger right now. Try again in a moment."}
	}
	if err := signed.Check(signers, account.MediumThreshold); err != nil {
		return signin.Session{}, &Error{CodeSignInRefused, sentence(err), "transaction"}
	}
	session := c.config.SignIn.Session(signed.Challenge, "", mode)
	ids, err := c.store.MerchantsOf(c.ctx, mode, signed.Account)
	if err != nil {
		return session, err
	}
	if err := c.view.Fetch(c.ctx, append(store.MerchantKeys(ids...), store.SignedOutKey(session.ID))...); err != nil {
		return session, err
	}
	if out, err := c.view.SignedOut(c.ctx, session.ID); err != nil {
		return session, err
	} else if out {
		return session, &Error{CodeChallengeInvalid, "The challenge was used, and its session was ended; ask for a new one.", "transaction"}
	}
	m, err := c.merchantFor(ids, signed.Account, mode, merchant)
	if err != nil {
		return session, err
	}
	session.Merchant = m.ID
	c.log(c.ctx, "signed_in", map[string]any{"merchant": m.ID, "mode": mode})
	return session, nil
}

// sentence writes the message of a sentinel for people.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// merchantFor returns the one of some merchants whom an account stands for; wanted may be empty.
func (c *call) merchantFor(ids []string, account stellar.Address, mode stellar.Mode, wanted string) (store.Merchant, error) {
	var merchants []store.Merchant
	for _, id := range ids {
		m, err := c.view.Merchant(c.ctx, id)
		if err != nil {
			return store.Merchant{}, err
		}
		if m != nil && m.Account(mode) == account && (wanted == "" || m.ID == wanted) {
			merchants = append(merchants, *m)
		}
	}
	switch {
	case len(merchants) == 1:
		return merchants[0], nil
	case len(merchants) > 1:
		return store.Merchant{}, choice{merchants}
	case !c.config.SignUp || wanted != "":
		return store.Merchant{}, &Error{Code: CodeSignInRefused, Message: "No merchant of this service is paid to this account. The operator can add one; that is known everywhere within a minute."}
	}
	return c.signUp(account, mode)
}

// signUp makes a merchant of an account. The id is derived from the account, so that whoever does
// it twice at the same time makes one.
func (c *call) signUp(account stellar.Address, mode stellar.Mode) (store.Merchant, error) {
	salt := c.config.SignIn.Salt(string(mode) + "/" + string(account))
	m := store.Merchant{
		ID:   checkout.DeriveID(checkout.KindMerchant, salt, time.UnixMilli(0), string(mode), string(account)),
		Name: "Shop " + string(account[:4]) + "…" + string(account[len(account)-4:]), Salt: salt, CreatedAt: c.began, UpdatedAt: c.began,
	}
	if known, err := c.view.Merchant(c.ctx, m.ID); err != nil {
		return m, err
	} else if known != nil {
		// It exists and is paid to another account by now: who signed up must not get it back.
		if known.Account(mode) != account {
			return m, &Error{Code: CodeSignInRefused, Message: "The shop that this account has opened is paid to another account now; sign in with that."}
		}
		return *known, nil
	}
	m.SetAccount(mode, account, c.began)
	c.view.CreateMerchant(m)
	return m, c.view.Commit(c.ctx)
}
