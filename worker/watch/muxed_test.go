package watch_test

import (
	"github.com/stellar/go/xdr"

	"edgecheckout/worker/stellar"
)

// muxed is an M… address of an account.
func muxed(account stellar.Address, id uint64) (string, error) {
	m, err := xdr.MuxedAccountFromAccountId(string(account), id)
	if err != nil {
		return "", err
	}
	return m.GetAddress()
}
