package worker

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"edgecheckout/worker/signin"
	"edgecheckout/worker/stellar"
)

// authPath is where wallets sign in (SEP-10).
const authPath = "/auth"

// challengeObject is named by SEP-10.
type challengeObject struct {
	Transaction string `json:"transaction"` // a TransactionEnvelope, in base64
	Passphrase  string `json:"network_passphrase"`
}

// createChallenge is GET /auth: a transaction to sign, which cannot be submitted (SEP-10).
func createChallenge(c *call) (answer, error) {
	p := queryParams(c.query)
	mode, domain := c.signInMode(), c.domain()
	switch live := c.query.Get("livemode"); {
	case p.has("memo"):
		return answer{}, invalid("memo", "memo is not possible: an account signs in as a whole. Leave it out.")
	case p.has("home_domain") && c.query.Get("home_domain") != domain:
		return answer{}, invalid("home_domain", "home_domain must be %s, or be left out.", domain)
	case p.has("livemode") && live != "true" && live != "false":
		return answer{}, invalid("livemode", "livemode must be true or false.")
	case p.has("livemode"):
		mode = stellar.ModeOf(live == "true")
	}
	if c.in(mode).network == nil {
		return answer{}, errNoNetwork(mode)
	}
	account := p.payer("account")
	if p.err != nil {
		return answer{}, p.err
	}
	object, err := c.challenge(account, mode)
	if err != nil {
		return answer{}, err
	}
	a, err := jsonAnswer(object)
	return a.with("Access-Control-Allow-Origin", "*"), err
}

func errNoNetwork(mode stellar.Mode) *Error {
	return &Error{CodeNetworkMissing, fmt.Sprintf("This deployment serves no %s mode: the operator has configured no Horizon for it.", mode), "livemode"}
}

// signInMode is the mode whose network stellar.toml names.
func (s *Service) signInMode() stellar.Mode {
	if s.in(stellar.Live).network != nil {
		return stellar.Live
	}
	return stellar.Test
}

// domain is the service's host, and its port if it is not the usual one.
func (s *Service) domain() string {
	u, err := url.Parse(s.config.BaseURL)
	if err != nil {
		return "" // BaseURL was parsed before
	}
	return strings.ToLower(u.Host)
}

// sites lists where one can sign in, and the mode of each.
func (s *Service) sites() (sites []signin.Site, modes []stellar.Mode) {
	for _, mode := range stellar.Modes {
		if network := s.in(mode).network; network != nil {
			sites = append(sites, signin.Site{Domain: s.domain(), Passphrase: network.Passphrase})
			modes = append(modes, mode)
		}
	}
	return sites, modes
}

var errDomain = errors.New("the host of BASE_URL is too long for SEP-10")

// challenge issues a challenge for an account on the network of a mode.
func (c *call) challenge(account stellar.Address, mode stellar.Mode) (challengeObject, error) {
	site := signin.Site{Domain: c.domain(), Passphrase: c.in(mode).network.Passphrase}
	if len(site.Domain) > signin.MaxDomain {
		return challengeObject{}, errDomain
	}
	challenge, err := signin.NewChallenge(account, c.began, c.platform.Entropy)
	if err != nil {
		return challengeObject{}, err
	}
	return challengeObject{c.config.SignIn.Issue(challenge, site), site.Passphrase}, nil
}
