package store

import "edgecheckout/worker/stellar"

// Owner is a merchant in a mode. What belongs to an owner is as good as missing for everybody else.
type Owner struct {
	Merchant *Merchant
	Mode     stellar.Mode
}

func (o Owner) owns(merchant string, mode stellar.Mode) bool {
	return merchant == o.Merchant.ID && mode == o.Mode
}
