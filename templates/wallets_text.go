package templates

// walletText is a sentence that the script for wallets shows. Words in braces are filled in by the
// script.
type walletText struct{ code, text string }

// walletTexts are all sentences of the script, by what it calls them.
var walletTexts = []walletText{
	// The list of wallets.
	{"installed", "in this browser"},
	{"opens-window", "opens a window"},
	{"not-installed", "not in this browser"},

	// What happens.
	{"connecting", "Waiting for {wallet}: allow it to show this page your account."},
	{"connected", "Your account is {account}. {wallet} opens once more, to confirm the payment."},
	{"preparing", "Preparing the payment …"},
	{"signing", "Check the payment in {wallet} and confirm it there."},
	{"still", "Still waiting for {wallet}. Its window may be behind this one, or closed: look for it, or choose again."},
	{"submitting", "Confirmed. Sending the payment to the network …"},
	{"slow", "The network is slow. Your payment has been sent again, which cannot take your money twice. Please keep this page open, and do not pay another time."},
	{"sent", "Your payment is on the ledger. One moment …"},
	{"quoting", "Looking at what account {account} can pay with …"},
	{"options", "Account {account} can pay with:"},

	// Assets. A quote is of a few seconds ago, and says so.
	{"holding", "{balance} {code}"},
	{"pay-directly", "Pay {due} {code}"},
	{"pay-with", "Pay about {cost} {code}, at most {max} {code}"},
	{"quoted", "These are quotes: prices change until the payment is on the ledger. You pay at most {percent} % more than quoted, or nothing is paid; the shop gets exactly what it asks for."},
	{"no-options", "It holds nothing else that could be exchanged for it right now."},
	{"holding-no_trustline", "This account does not hold it."},
	{"holding-too_little", "Too little: it takes {cost} {code}."},
	{"holding-frozen", "Its issuer does not let this account pay with it."},
	{"holding-no_path", "Nobody exchanges it right now."},

	// Buttons.
	{"confirm", "Confirm in {wallet}"},
	{"try-again", "Try again"},
	{"another-wallet", "Choose another wallet"},
	{"another-asset", "Pay with another asset"},

	// What is wrong with the account, and what to do.
	{"unfunded", "Account {account} is not on this network yet, or nothing was ever paid into it. Put some XLM into it, or choose another account in {wallet}. If {wallet} is set to another network, change that."},
	{"fee_missing", "Account {account} has too few XLM for the network’s fee. Put 1 XLM into it and try again."},
	{"own_account", "This is the shop’s own account. Choose another account in {wallet}."},
	{"no_trustline", "Account {account} does not hold {code}. Pay with another asset below, or choose an account that holds {code}."},
	{"too_little", "Account {account} can spend {balance} {code}, and {due} {code} are due. Pay with another asset below, or put more {code} into the account."},
	{"frozen", "The issuer of {code} does not let account {account} pay with it. Pay with another asset below, or choose another account."},

	// What went wrong, and what to do.
	{"absent", "{wallet} is not in this browser, or is switched off. Install it from its own site and try again, or choose another wallet."},
	{"blocked", "The browser did not let {wallet} open its window. Allow pop-ups for this page and try again."},
	{"rejected", "You declined in {wallet}, or closed it. Nothing was paid. Try again, or pay another way."},
	{"locked", "{wallet} is locked, or has no account yet. Unlock it and try again."},
	{"network", "{wallet} is set to another network than this payment. Change the network in {wallet} and try again."},
	{"account", "{wallet} gave an account that this page cannot use. Choose an account that begins with G in {wallet} and try again."},
	{"changed", "{wallet} signed something else than this payment, so it was not sent. Nothing was paid. Use another wallet."},
	{"unsigned", "{wallet} gave the payment back without a signature. Nothing was paid. Try again, or use another wallet."},
	{"signature", "The network did not accept the signature: {wallet} signed with another account or for another network. Choose the right ones in {wallet} and try again."},
	{"wallet", "{wallet} reports a problem: {message}. Nothing was paid. Try again, or use another wallet."},
	{"sequence", "The account made another payment at the same time. Nothing was paid. Try again."},
	{"late", "It was not confirmed in time, so nothing was paid. If the time to pay is not over, try again."},
	{"fee", "The network is busy and asks for a higher fee. Nothing was paid. Try again, and allow a fee of up to {fee} XLM; usually far less is charged."},
	{"fee-too-high", "The network is very busy. Nothing was paid. Try again in a few minutes."},
	{"price-moved", "The price has changed by more than you allowed, so nothing was paid. These are new quotes:"},
	{"shop-cannot-receive", "The shop’s account cannot take this payment right now. Nothing was paid. Please tell the shop."},
	{"refused", "The network refused the payment ({message}). Nothing was paid. Try again, or pay another way."},
	{"unconfirmed", "The network has not said whether it took your payment. Please do not pay again: keep this page open, it goes on when the payment appears."},
	{"busy", "Many people are asking right now. Try again in some seconds."},
	{"ledger-unread", "The ledger cannot be read right now. Try again in a moment, or pay another way."},
	{"offline", "The connection was lost before anything was paid. Check it and try again."},
	{"service", "Something failed on our side. Nothing was paid. Try again, or pay another way."},
	{"over", "There is nothing to pay here any more."},
	{"suspended", "This shop is suspended. Please do not pay."},
	{"gone", "There is nothing to pay here any more. If you confirmed a payment, this page shows it when it arrives."},
}
