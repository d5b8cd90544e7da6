package store

import "edgecheckout/worker/stellar"

// Owner is a merchant in one mode. Nobody else sees that the owner's objects exist.
type Owner struct {
	Merchant *Merchant
	Mode     stellar.Mode
}

func (o Owner) owns(merchant string, mode stellar.Mode) bool {
	return merchant == o.Merchant.ID && mode == o.Mode
}
