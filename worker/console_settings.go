package worker

import (
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"edgecheckout/templates/console"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/watch"
)

// showSettings is GET /console/settings.
func showSettings(c *call) (answer, error) { return c.settingsScreen(nil, nil, nil) }

// settingsScreen shows the shop and what the ledger says of its account, with what was typed (nil if
// nothing was), a transaction to sign, and what was refused.
func (c *call) settingsScreen(typed *console.Shop, tx *console.Transaction, refused *Error) (answer, error) {
	m := c.Merchant
	account := m.Account(c.Mode)
	s := console.Settings{
		Shop: console.Shop{Name: m.Name, LogoURL: m.LogoURL, Color: m.Color, SupportEmail: m.SupportEmail, Website: m.Website, HomeDomain: m.HomeDomain},
		ID:   m.ID, Account: string(account), Mode: string(c.Mode), Transaction: tx,
		SignedInAs: string(c.session.Account), SessionEnds: c.session.Ends(),
	}
	if typed != nil {
		s.Shop = *typed
	}
	for _, f := range m.FormerAccounts(c.began) {
		if f.Mode == c.Mode {
			s.Former = append(s.Former, console.FormerAccount{Account: string(f.Account), Until: f.Until})
		}
	}
	read, err := c.watcher.OwnAccount(c.reading(account), c.Mode, account)
	switch {
	case err == nil:
		s.OnLedger = true
		c.describeAccount(&s, read)
	case errors.Is(err, watch.ErrNoAccount):
		s.Unread = "The account is not on the ledger yet: fund it with XLM first."
	default:
		c.log(c.ctx, "settings", map[string]any{"error": err.Error()})
		s.Unread = "The ledger cannot be read right now."
	}
	f := c.frame("settings")
	if tx != nil {
		f = c.signingFrame("settings")
	}
	return c.refusable(f, s, refused)
}

// describeAccount adds what the ledger says of the owner's account.
func (c *call) describeAccount(s *console.Settings, account horizon.Account) {
	s.MemoRequired, s.Threshold = account.NeedsMemo, account.MediumThreshold
	for _, b := range account.Balances {
		s.Balances = append(s.Balances, moneyOf(b.Spendable, b.Asset))
	}
	for _, asset := range c.in(c.Mode).network.Assets {
		if _, ok := account.Balance(asset); !ok && string(asset.Issuer) != s.Account {
			s.Missing = append(s.Missing, asset.String())
		}
	}
	slices.Sort(s.Missing)
	for _, signer := range account.Signers {
		if signer.Weight > 0 {
			s.Signers = append(s.Signers, console.SignerRow{Key: string(signer.Key), Weight: strconv.Itoa(signer.Weight), May: signer.Weight >= account.MediumThreshold})
		}
	}
}

// changeSettings is POST /console/settings. Existing checkouts keep the name and the brand.
func changeSettings(c *call) (answer, error) {
	typed := console.Shop{
		Name: c.form.Get("name"), LogoURL: c.form.Get("logo_url"), Color: c.form.Get("brand_color"), SupportEmail: c.form.Get("support_email"),
		Website: c.form.Get("website"), HomeDomain: c.form.Get("home_domain"),
	}
	body := map[string]any{
		"name": typed.Name, "logo_url": orNull(typed.LogoURL), "brand_color": orNull(typed.Color), "support_email": orNull(typed.SupportEmail),
		"website": orNull(typed.Website), "home_domain": orNull(typed.HomeDomain),
	}
	return c.change(updateOwnMerchant, body, func(told *Error) (answer, error) { return c.settingsScreen(&typed, nil, told) }, "/console/settings", "saved")
}

// updateOwnMerchant changes what an owner may change. The account is not among it: whoever gets
// hold of a session must not be able to redirect the money.
func updateOwnMerchant(c *call) (answer, error) {
	m, err := c.view.Merchant(c.ctx, c.Merchant.ID) // the latest there is
	if err != nil {
		return answer{}, err
	}
	if m == nil {
		return answer{}, notFound("merchant", c.Merchant.ID)
	}
	p := newParams(c.request.Body)
	m.Name = p.merchantName()
	p.brand(&m.Brand)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	m.UpdatedAt = c.began
	c.view.UpdateMerchant(*m)
	return c.commitMerchant(*m)
}

// changeLifetime is how long a transaction for the owner's account can be signed and submitted.
const changeLifetime = time.Hour

// makeTransaction is POST /console/settings/transaction: a change of the owner's account for the
// owner to sign. Nothing is stored.
func makeTransaction(c *call) (answer, error) {
	change, what, told := c.accountChange(c.form.Get("change"), strings.TrimSpace(c.form.Get("value")))
	if told != nil {
		return c.settingsScreen(nil, nil, told)
	}
	account := c.Merchant.Account(c.Mode)
	read, err := c.watcher.OwnAccount(c.reading(account), c.Mode, account)
	if err != nil {
		c.log(c.ctx, "settings", map[string]any{"error": err.Error()})
		return c.settingsScreen(nil, nil, &Error{Code: CodeUnavailable, Message: "The account cannot be read from the ledger right now. Try again in a moment."})
	}
	tx := stellar.AccountChange{Source: account, Sequence: read.Sequence + 1, Fee: stellar.MaxFee, MaxTime: c.began.Add(changeLifetime).Unix(), Operation: change}
	network := c.in(c.Mode).network
	xdr := base64.StdEncoding.EncodeToString(tx.Envelope())
	uri := "web+stellar:tx?xdr=" + url.QueryEscape(xdr) + string(c.in(c.Mode).uri)
	return c.settingsScreen(nil, &console.Transaction{What: what, XDR: xdr, URI: uri, Passphrase: network.Passphrase, Account: string(account), Until: time.Unix(tx.MaxTime, 0)}, nil)
}

// accountChange parses a form's change of an account, and says in words what it does.
func (c *call) accountChange(kind, value string) (stellar.Operation, string, *Error) {
	switch kind {
	case "trustline":
		code, issuer, _ := strings.Cut(value, ":")
		address, err := stellar.ParseAddress(issuer)
		if err != nil || stellar.CheckAssetCode(code) != nil {
			return nil, "", invalid("value", "The asset must be CODE:ISSUER, such as USDC:G….")
		}
		return stellar.Trust(stellar.Asset{Code: code, Issuer: address}), "trust " + code, nil
	case "memo":
		return stellar.SetData("config.memo_required", "1"), "require memos", nil
	case "signer":
		address, err := stellar.ParseAddress(value)
		if err != nil || address == c.Merchant.Account(c.Mode) {
			return nil, "", invalid("value", "The signer must be the public key (G…) of somebody else.")
		}
		return stellar.AddSigner(address, 1), "add a signer", nil
	}
	return nil, "", invalid("change", "There is no such change.")
}
