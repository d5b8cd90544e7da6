package worker

// misnames are names that other payment services, and their clients, give to what is called
// differently here, and what to send instead.
var misnames = map[string]string{
	"amount_cents":       `send amount, in units of the asset and not in cents, such as "amount": 12.34`,
	"price_amount_cents": `send price_amount, in units of the asset and not in cents, such as "price_amount": 12.34`,
	"currency_code":      `send asset_code, the code of a Stellar asset, such as "asset_code": "USDC"`,
	"currency":           `send asset_code, the code of a Stellar asset, such as "asset_code": "USDC"`,
	"success_url":        `send redirect_url, where the customer goes after paying`,
	"wallet_address":     `send destination, the account that gets the refund, if it is not the one that paid`,
	"subscription_data":  `there are no subscriptions; create a checkout for each period`,
	"recurring_period":   `there are no subscriptions; create a checkout for each period`,
}

// misnamed reports whether the body has a member of this name, which is one of [misnames], and
// fails then.
func (p *params) misnamed(name string) bool {
	instead, known := misnames[name]
	if !known || !p.has(name) || p.err != nil {
		return false
	}
	p.fail(&Error{CodeParameterUnknown, name + " is not a parameter here: " + instead + ".", name})
	return true
}
