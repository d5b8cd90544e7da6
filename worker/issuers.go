package worker

import "edgecheckout/worker/stellar"

// issuers are the issuers that the page knows by name: those of the assets that a deployment of
// wrangler.toml knows by code.
var issuers = map[stellar.Address]string{
	"GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN": "Circle", // USDC
	"GDHU6WRG4IEQXM5NZ4BMPKOXHW76MZM4Y2IEMFDVXBSDP6SJY4ITNPP2": "Circle", // EURC
	"GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5": "Circle", // USDC on the test network
	"GB3Q6QDZYTHWT7E5PVS3W7FUT5GVAFC5KSZFFLPU25GO7VTC3NM2ZTVO": "Circle", // EURC on the test network
}

// currencies are those of which an amount is shown beside that of an asset.
var currencies = []string{"USD", "EUR"}
