package ledger

import (
	"cmp"
	"maps"
	"slices"

	"github.com/stellar/go/xdr"
)

const (
	maxSigners = 20
	allFlags   = xdr.AccountFlagsAuthRequiredFlag | xdr.AccountFlagsAuthRevocableFlag |
		xdr.AccountFlagsAuthImmutableFlag | xdr.AccountFlagsAuthClawbackEnabledFlag
)

// validOptions finds errors in a set_options operation that do not depend on the ledger.
func validOptions(op xdr.SetOptionsOp, source string) xdr.SetOptionsResultCode {
	set, clear := flags(op.SetFlags), flags(op.ClearFlags)
	for _, weight := range []*xdr.Uint32{op.MasterWeight, op.LowThreshold, op.MedThreshold, op.HighThreshold} {
		if weight != nil && *weight > 255 {
			return xdr.SetOptionsResultCodeSetOptionsThresholdOutOfRange
		}
	}
	switch {
	case (set|clear)&^allFlags != 0:
		return xdr.SetOptionsResultCodeSetOptionsUnknownFlag
	case set&clear != 0:
		return xdr.SetOptionsResultCodeSetOptionsBadFlags
	case op.Signer != nil && !validSigner(*op.Signer, source):
		return xdr.SetOptionsResultCodeSetOptionsBadSigner
	case op.HomeDomain != nil && !printable(string(*op.HomeDomain)):
		return xdr.SetOptionsResultCodeSetOptionsInvalidHomeDomain
	}
	return xdr.SetOptionsResultCodeSetOptionsSuccess
}

// validSigner refuses the account's own key, whose weight is the master weight, and signed
// payloads (CAP-40), which the sandbox does not support.
func validSigner(s xdr.Signer, source string) bool {
	return s.Key.Address() != source && s.Weight <= 255 && s.Key.Type != xdr.SignerKeyTypeSignerKeyTypeEd25519SignedPayload
}

func flags(f *xdr.Uint32) xdr.AccountFlags {
	if f == nil {
		return 0
	}
	return xdr.AccountFlags(*f)
}

// printable reports whether text has only characters that the network accepts in names.
func printable(text string) bool {
	return !slices.ContainsFunc([]byte(text), func(b byte) bool { return b < 0x20 || b > 0x7e })
}

func (o *Operation) setOptions(c *changes, source *Account) int32 {
	op := o.Body.MustSetOptionsOp()
	before := source.weights()
	set, clear := flags(op.SetFlags), flags(op.ClearFlags)
	if op.InflationDest != nil && c.look(op.InflationDest.Address()) == nil {
		return int32(xdr.SetOptionsResultCodeSetOptionsInvalidInflation)
	}
	if source.Flags&xdr.AccountFlagsAuthImmutableFlag != 0 && set|clear != 0 {
		return int32(xdr.SetOptionsResultCodeSetOptionsCantChange)
	}
	source.Flags = source.Flags&^clear | set
	if source.Flags&xdr.AccountFlagsAuthClawbackEnabledFlag != 0 && source.Flags&xdr.AccountFlagsAuthRevocableFlag == 0 {
		return int32(xdr.SetOptionsResultCodeSetOptionsAuthRevocableRequired)
	}
	if op.InflationDest != nil {
		source.InflationDest = op.InflationDest.Address()
	}
	if op.HomeDomain != nil {
		source.HomeDomain = string(*op.HomeDomain)
		o.effect(Effect{Type: AccountHomeDomainUpdated, Account: o.Source, Name: source.HomeDomain})
	}
	if op.MasterWeight != nil {
		weight := byte(*op.MasterWeight)
		source.Master = &weight
	}
	for threshold, given := range map[*byte]*xdr.Uint32{&source.Low: op.LowThreshold, &source.Medium: op.MedThreshold, &source.High: op.HighThreshold} {
		if given != nil {
			*threshold = byte(*given)
		}
	}
	if op.LowThreshold != nil || op.MedThreshold != nil || op.HighThreshold != nil {
		o.effect(Effect{Type: AccountThresholdsUpdated, Account: o.Source})
	}
	if set|clear != 0 {
		o.effect(Effect{Type: AccountFlagsUpdated, Account: o.Source})
	}
	if op.Signer != nil {
		if code := source.setSigner(op.Signer.Key.Address(), byte(op.Signer.Weight)); code != succeeded {
			return code
		}
	}
	o.signersChanged(before, source.weights())
	return succeeded
}

// setSigner adds a signer, changes its weight, or removes it if the weight is zero.
func (a *Account) setSigner(key string, weight byte) int32 {
	_, exists := a.Signers[key]
	switch {
	case weight == 0:
		delete(a.Signers, key)
		return succeeded
	case !exists && len(a.Signers) == maxSigners:
		return int32(xdr.SetOptionsResultCodeSetOptionsTooManySigners)
	case !exists && a.Balance < a.Reserve()+BaseReserve:
		return int32(xdr.SetOptionsResultCodeSetOptionsLowReserve)
	}
	if a.Signers == nil {
		a.Signers = map[string]byte{}
	}
	a.Signers[key] = weight
	return succeeded
}

// weights are all signers that count, with the account's own key.
func (a *Account) weights() map[string]byte {
	all := maps.Clone(a.Signers)
	if all == nil {
		all = map[string]byte{}
	}
	if weight := a.MasterWeight(); weight > 0 {
		all[a.Address] = weight
	}
	return all
}

// signersChanged records the effects on signers, in the order of their keys.
func (o *Operation) signersChanged(before, after map[string]byte) {
	all := maps.Clone(before)
	maps.Copy(all, after)
	for _, key := range slices.SortedFunc(maps.Keys(all), cmp.Compare) {
		was, is := before[key], after[key]
		e := Effect{Account: o.Source, Name: key, Weight: is}
		switch {
		case was == is:
			continue
		case was == 0:
			e.Type = SignerCreated
		case is == 0:
			e.Type = SignerRemoved
		default:
			e.Type = SignerUpdated
		}
		o.effect(e)
	}
}

func (o *Operation) manageData(source *Account) int32 {
	op := o.Body.MustManageDataOp()
	name := string(op.DataName)
	_, exists := source.Data[name]
	e := Effect{Type: DataUpdated, Account: o.Source, Name: name}
	switch {
	case op.DataValue == nil && !exists:
		return int32(xdr.ManageDataResultCodeManageDataNameNotFound)
	case op.DataValue == nil:
		delete(source.Data, name)
		e.Type = DataRemoved
		o.effect(e)
		return succeeded
	case !exists && source.Balance < source.Reserve()+BaseReserve:
		return int32(xdr.ManageDataResultCodeManageDataLowReserve)
	case !exists:
		e.Type = DataCreated
	}
	if source.Data == nil {
		source.Data = map[string][]byte{}
	}
	source.Data[name] = *op.DataValue
	e.Value = *op.DataValue
	o.effect(e)
	return succeeded
}
