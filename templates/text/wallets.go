package text

// Wallets are what the page says while somebody pays with a wallet in it. They are no part of
// [Language]: package static makes a file of each language's, which the script for wallets loads.
// Nothing in the Worker refers to them, so the linker leaves them out of it.
//
// The name of a field in JSON is the code by which the script asks for it. {wallet} is the wallet's
// name, {account} the beginning and the end of the account, {code} the asset that is due. {balance},
// {due}, {cost}, {max} and {fee} are amounts with their assets.
type Wallets struct {
	// Beside the name of a wallet.
	Installed    string `json:"installed"`
	OpensWindow  string `json:"opens-window"`
	NotInstalled string `json:"not-installed"`
	OnPhone      string `json:"on-phone"`

	// While it goes well.
	Connecting string `json:"connecting"` // {wallet}
	Connected  string `json:"connected"`  // {account} {wallet}
	Preparing  string `json:"preparing"`
	Signing    string `json:"signing"` // {wallet}
	Still      string `json:"still"`   // {wallet}
	Submitting string `json:"submitting"`
	Slow       string `json:"slow"`
	Sent       string `json:"sent"`

	// How a wallet on a phone finds the page.
	Scan     string `json:"scan"`
	OpenHere string `json:"open-here"` // where the page itself is on a phone
	CodeName string `json:"code-name"`
	Open     string `json:"open"` // {wallet}
	CopyCode string `json:"copy-code"`
	Copied   string `json:"copied"`

	// What the account can pay with.
	Quoting            string `json:"quoting"`      // {account}
	Options            string `json:"options"`      // {account}
	PayDirectly        string `json:"pay-directly"` // {due}
	PayWith            string `json:"pay-with"`     // {cost} {max}
	Quoted             string `json:"quoted"`       // {percent}
	NoOptions          string `json:"no-options"`
	HoldingNoTrustline string `json:"holding-no_trustline"`
	HoldingTooLittle   string `json:"holding-too_little"` // {cost}
	HoldingFrozen      string `json:"holding-frozen"`
	HoldingNoPath      string `json:"holding-no_path"`

	// Buttons.
	Confirm       string `json:"confirm"` // {wallet}
	TryAgain      string `json:"try-again"`
	AnotherWallet string `json:"another-wallet"`
	AnotherAsset  string `json:"another-asset"`

	// Why an account cannot pay, as POST /pay/{id}/quotes names it.
	Unfunded    string `json:"unfunded"`     // {account} {wallet}
	FeeMissing  string `json:"fee_missing"`  // {account}
	OwnAccount  string `json:"own_account"`  // {wallet}
	NoTrustline string `json:"no_trustline"` // {account} {code}
	TooLittle   string `json:"too_little"`   // {account} {balance} {due} {code}
	Frozen      string `json:"frozen"`       // {code} {account}

	// Why a wallet did not sign, or not this payment.
	Absent    string `json:"absent"`    // {wallet}
	Blocked   string `json:"blocked"`   // {wallet}
	Rejected  string `json:"rejected"`  // {wallet}
	Locked    string `json:"locked"`    // {wallet}
	Network   string `json:"network"`   // {wallet}
	Account   string `json:"account"`   // {wallet}
	Changed   string `json:"changed"`   // {wallet}
	Unsigned  string `json:"unsigned"`  // {wallet}
	Signature string `json:"signature"` // {wallet}
	Wallet    string `json:"wallet"`    // {wallet} {message}: the wallet's own words

	// Why a wallet on a phone is not reached.
	CodeExpired  string `json:"code-expired"`
	Disconnected string `json:"disconnected"` // {wallet}
	Relay        string `json:"relay"`

	// Why the network did not take it, or the service does not go on.
	Sequence          string `json:"sequence"`
	Late              string `json:"late"`
	Fee               string `json:"fee"` // {fee}
	FeeTooHigh        string `json:"fee-too-high"`
	PriceMoved        string `json:"price-moved"`
	ShopCannotReceive string `json:"shop-cannot-receive"`
	Refused           string `json:"refused"` // {message}: the network's code
	Unconfirmed       string `json:"unconfirmed"`
	Busy              string `json:"busy"`
	LedgerUnread      string `json:"ledger-unread"`
	Offline           string `json:"offline"`
	Service           string `json:"service"`
	Over              string `json:"over"`
	Suspended         string `json:"suspended"`
	Gone              string `json:"gone"`
}

// WalletsIn returns what the page says of wallets in a language.
func WalletsIn(l *Language) *Wallets {
	return map[*Language]*Wallets{
		&english: &englishWallets, &spanish: &spanishWallets, &portuguese: &portugueseWallets, &french: &frenchWallets,
		&german: &germanWallets, &indonesian: &indonesianWallets, &chinese: &chineseWallets, &arabicLanguage: &arabicWallets,
	}[l]
}
