package store

import "edgecheckout/worker/stellar"

// Owner is a merchant in one mode. Nobody else sees that the owner's objects exist.
type Owner struct {
	Merchant *Merchant
	Mode     stellar.Mode
}

// OwnerOf returns the owner with a merchant's id.
func OwnerOf(merchant string, mode stellar.Mode) Owner { return Owner{&Merchant{ID: merchant}, mode} }

func (o Owner) owns(merchant string, mode stellar.Mode) bool {
	return merchant == o.Merchant.ID && mode == o.Mode
}
