package ledger

import (
	"github.com/stellar/go/xdr"
)

// The payment operations share their first result codes.
const (
	succeeded     int32 = 0
	malformed     int32 = -1
	underfunded   int32 = -2
	srcNoTrust    int32 = -3
	noDestination int32 = -5
	noTrust       int32 = -6
	lineFull      int32 = -8
	tooFewOffers  int32 = -10
	beyondLimit   int32 = -12 // over the source's maximum, or under the destination's minimum
)

// paymentCodes are Horizon's names of these codes.
var paymentCodes = map[int32]string{
	succeeded: "op_success", malformed: "op_malformed", underfunded: "op_underfunded",
	srcNoTrust: "op_src_no_trust", noDestination: "op_no_destination", noTrust: "op_no_trust",
	lineFull: "op_line_full", tooFewOffers: "op_too_few_offers",
}

var createAccountCodes = map[xdr.CreateAccountResultCode]string{
	xdr.CreateAccountResultCodeCreateAccountSuccess:      "op_success",
	xdr.CreateAccountResultCodeCreateAccountMalformed:    "op_malformed",
	xdr.CreateAccountResultCodeCreateAccountUnderfunded:  "op_underfunded",
	xdr.CreateAccountResultCodeCreateAccountLowReserve:   "op_low_reserve",
	xdr.CreateAccountResultCodeCreateAccountAlreadyExist: "op_already_exists",
}

var changeTrustCodes = map[xdr.ChangeTrustResultCode]string{
	xdr.ChangeTrustResultCodeChangeTrustSuccess:      "op_success",
	xdr.ChangeTrustResultCodeChangeTrustMalformed:    "op_malformed",
	xdr.ChangeTrustResultCodeChangeTrustNoIssuer:     "op_no_issuer",
	xdr.ChangeTrustResultCodeChangeTrustInvalidLimit: "op_invalid_limit",
	xdr.ChangeTrustResultCodeChangeTrustLowReserve:   "op_low_reserve",
}

var accountMergeCodes = map[xdr.AccountMergeResultCode]string{
	xdr.AccountMergeResultCodeAccountMergeSuccess:       "op_success",
	xdr.AccountMergeResultCodeAccountMergeMalformed:     "op_malformed",
	xdr.AccountMergeResultCodeAccountMergeNoAccount:     "op_no_account",
	xdr.AccountMergeResultCodeAccountMergeImmutableSet:  "op_immutable_set",
	xdr.AccountMergeResultCodeAccountMergeHasSubEntries: "op_has_sub_entries",
	xdr.AccountMergeResultCodeAccountMergeIsSponsor:     "op_is_sponsor",
	xdr.AccountMergeResultCodeAccountMergeSeqnumTooFar:  "op_seq_num_too_far",
	xdr.AccountMergeResultCodeAccountMergeDestFull:      "op_dest_full",
}

var setOptionsCodes = map[xdr.SetOptionsResultCode]string{
	xdr.SetOptionsResultCodeSetOptionsSuccess:               "op_success",
	xdr.SetOptionsResultCodeSetOptionsLowReserve:            "op_low_reserve",
	xdr.SetOptionsResultCodeSetOptionsTooManySigners:        "op_too_many_signers",
	xdr.SetOptionsResultCodeSetOptionsBadFlags:              "op_bad_flags",
	xdr.SetOptionsResultCodeSetOptionsInvalidInflation:      "op_invalid_inflation",
	xdr.SetOptionsResultCodeSetOptionsCantChange:            "op_cant_change",
	xdr.SetOptionsResultCodeSetOptionsUnknownFlag:           "op_unknown_flag",
	xdr.SetOptionsResultCodeSetOptionsThresholdOutOfRange:   "op_threshold_out_of_range",
	xdr.SetOptionsResultCodeSetOptionsBadSigner:             "op_bad_signer",
	xdr.SetOptionsResultCodeSetOptionsInvalidHomeDomain:     "op_invalid_home_domain",
	xdr.SetOptionsResultCodeSetOptionsAuthRevocableRequired: "op_auth_revocable_required",
}

var manageDataCodes = map[xdr.ManageDataResultCode]string{
	xdr.ManageDataResultCodeManageDataSuccess:      "op_success",
	xdr.ManageDataResultCodeManageDataNameNotFound: "op_data_name_not_found",
	xdr.ManageDataResultCodeManageDataLowReserve:   "op_low_reserve",
	xdr.ManageDataResultCodeManageDataInvalidName:  "op_data_invalid_name",
}

var createClaimableCodes = map[xdr.CreateClaimableBalanceResultCode]string{
	xdr.CreateClaimableBalanceResultCodeCreateClaimableBalanceSuccess:     "op_success",
	xdr.CreateClaimableBalanceResultCodeCreateClaimableBalanceMalformed:   "op_malformed",
	xdr.CreateClaimableBalanceResultCodeCreateClaimableBalanceLowReserve:  "op_low_reserve",
	xdr.CreateClaimableBalanceResultCodeCreateClaimableBalanceNoTrust:     "op_no_trust",
	xdr.CreateClaimableBalanceResultCodeCreateClaimableBalanceUnderfunded: "op_underfunded",
}

var claimCodes = map[xdr.ClaimClaimableBalanceResultCode]string{
	xdr.ClaimClaimableBalanceResultCodeClaimClaimableBalanceSuccess:      "op_success",
	xdr.ClaimClaimableBalanceResultCodeClaimClaimableBalanceDoesNotExist: "op_does_not_exist",
	xdr.ClaimClaimableBalanceResultCodeClaimClaimableBalanceCannotClaim:  "op_cannot_claim",
	xdr.ClaimClaimableBalanceResultCodeClaimClaimableBalanceLineFull:     "op_line_full",
	xdr.ClaimClaimableBalanceResultCodeClaimClaimableBalanceNoTrust:      "op_no_trust",
}

func operationCode(r xdr.OperationResult) string {
	switch r.Code {
	case xdr.OperationResultCodeOpBadAuth:
		return "op_bad_auth"
	case xdr.OperationResultCodeOpNoAccount:
		return "op_no_source_account"
	case xdr.OperationResultCodeOpNotSupported:
		return "op_not_supported"
	}
	switch tr := r.Tr; tr.Type {
	case xdr.OperationTypeCreateAccount:
		return createAccountCodes[tr.CreateAccountResult.Code]
	case xdr.OperationTypePayment:
		return paymentCodes[int32(tr.PaymentResult.Code)]
	case xdr.OperationTypePathPaymentStrictReceive:
		if code := int32(tr.PathPaymentStrictReceiveResult.Code); code != beyondLimit {
			return paymentCodes[code]
		}
		return "op_over_source_max"
	case xdr.OperationTypePathPaymentStrictSend:
		if code := int32(tr.PathPaymentStrictSendResult.Code); code != beyondLimit {
			return paymentCodes[code]
		}
		return "op_under_dest_min"
	case xdr.OperationTypeChangeTrust:
		return changeTrustCodes[tr.ChangeTrustResult.Code]
	case xdr.OperationTypeSetOptions:
		return setOptionsCodes[tr.SetOptionsResult.Code]
	case xdr.OperationTypeManageData:
		return manageDataCodes[tr.ManageDataResult.Code]
	case xdr.OperationTypeCreateClaimableBalance:
		return createClaimableCodes[tr.CreateClaimableBalanceResult.Code]
	case xdr.OperationTypeClaimClaimableBalance:
		return claimCodes[tr.ClaimClaimableBalanceResult.Code]
	default:
		return accountMergeCodes[tr.AccountMergeResult.Code]
	}
}

// result is an operation result that consists of its type and code only.
func result(kind xdr.OperationType, code int32) xdr.OperationResult {
	tr := xdr.OperationResultTr{Type: kind}
	switch kind {
	case xdr.OperationTypeCreateAccount:
		tr.CreateAccountResult = &xdr.CreateAccountResult{Code: xdr.CreateAccountResultCode(code)}
	case xdr.OperationTypePayment:
		tr.PaymentResult = &xdr.PaymentResult{Code: xdr.PaymentResultCode(code)}
	case xdr.OperationTypePathPaymentStrictReceive:
		tr.PathPaymentStrictReceiveResult = &xdr.PathPaymentStrictReceiveResult{Code: xdr.PathPaymentStrictReceiveResultCode(code)}
	case xdr.OperationTypePathPaymentStrictSend:
		tr.PathPaymentStrictSendResult = &xdr.PathPaymentStrictSendResult{Code: xdr.PathPaymentStrictSendResultCode(code)}
	case xdr.OperationTypeChangeTrust:
		tr.ChangeTrustResult = &xdr.ChangeTrustResult{Code: xdr.ChangeTrustResultCode(code)}
	case xdr.OperationTypeAccountMerge:
		tr.AccountMergeResult = &xdr.AccountMergeResult{Code: xdr.AccountMergeResultCode(code)}
	case xdr.OperationTypeSetOptions:
		tr.SetOptionsResult = &xdr.SetOptionsResult{Code: xdr.SetOptionsResultCode(code)}
	case xdr.OperationTypeManageData:
		tr.ManageDataResult = &xdr.ManageDataResult{Code: xdr.ManageDataResultCode(code)}
	case xdr.OperationTypeCreateClaimableBalance:
		tr.CreateClaimableBalanceResult = &xdr.CreateClaimableBalanceResult{Code: xdr.CreateClaimableBalanceResultCode(code)}
		if code == succeeded { // an id is part of it; the operation sets its own
			tr.CreateClaimableBalanceResult.BalanceId = &xdr.ClaimableBalanceId{V0: &xdr.Hash{}}
		}
	case xdr.OperationTypeClaimClaimableBalance:
		tr.ClaimClaimableBalanceResult = &xdr.ClaimClaimableBalanceResult{Code: xdr.ClaimClaimableBalanceResultCode(code)}
	default:
		return xdr.OperationResult{Code: xdr.OperationResultCodeOpNotSupported}
	}
	return xdr.OperationResult{Code: xdr.OperationResultCodeOpInner, Tr: &tr}
}

// validate finds errors in an operation that do not depend on the ledger.
func validate(body xdr.OperationBody, source string) (xdr.OperationResult, bool) {
	fine := false
	switch body.Type {
	case xdr.OperationTypeCreateAccount:
		op := body.MustCreateAccountOp()
		fine = op.StartingBalance >= 0 && op.Destination.Address() != source
	case xdr.OperationTypePayment:
		op := body.MustPaymentOp()
		fine = op.Amount > 0 && validAsset(op.Asset)
	case xdr.OperationTypePathPaymentStrictReceive:
		op := body.MustPathPaymentStrictReceiveOp()
		fine = op.DestAmount > 0 && op.SendMax > 0 && validAssets(op.SendAsset, op.DestAsset, op.Path)
	case xdr.OperationTypePathPaymentStrictSend:
		op := body.MustPathPaymentStrictSendOp()
		fine = op.SendAmount > 0 && op.DestMin > 0 && validAssets(op.SendAsset, op.DestAsset, op.Path)
	case xdr.OperationTypeChangeTrust:
		op := body.MustChangeTrustOp()
		if op.Line.Type == xdr.AssetTypeAssetTypePoolShare {
			return xdr.OperationResult{Code: xdr.OperationResultCodeOpNotSupported}, false
		}
		line := op.Line.ToAsset()
		fine = op.Limit >= 0 && !line.IsNative() && validAsset(line) && line.GetIssuer() != source
	case xdr.OperationTypeAccountMerge:
		fine = addressOf(body.MustDestination()) != source
	case xdr.OperationTypeSetOptions:
		code := validOptions(body.MustSetOptionsOp(), source)
		return result(body.Type, int32(code)), code == xdr.SetOptionsResultCodeSetOptionsSuccess
	case xdr.OperationTypeManageData:
		if name := string(body.MustManageDataOp().DataName); name == "" || !printable(name) {
			return result(body.Type, int32(xdr.ManageDataResultCodeManageDataInvalidName)), false
		}
		fine = true
	case xdr.OperationTypeCreateClaimableBalance:
		op := body.MustCreateClaimableBalanceOp()
		fine = op.Amount > 0 && validAsset(op.Asset) && validClaimants(op.Claimants)
	case xdr.OperationTypeClaimClaimableBalance:
		fine = true
	default:
		return result(body.Type, 0), false
	}
	if !fine {
		return result(body.Type, malformed), false
	}
	return result(body.Type, succeeded), true
}

func validAssets(send, dest xdr.Asset, path []xdr.Asset) bool {
	for _, a := range path {
		if !validAsset(a) {
			return false
		}
	}
	return validAsset(send) && validAsset(dest)
}

// validAsset accepts codes of letters and digits, padded with zero bytes, in the right form: the
// short one for up to four characters, the long one for five to twelve.
func validAsset(a xdr.Asset) bool {
	switch a.Type {
	case xdr.AssetTypeAssetTypeNative:
		return true
	case xdr.AssetTypeAssetTypeCreditAlphanum4:
		return validCode(a.AlphaNum4.AssetCode[:], 1)
	case xdr.AssetTypeAssetTypeCreditAlphanum12:
		return validCode(a.AlphaNum12.AssetCode[:], 5)
	}
	return false
}

func validCode(code []byte, shortest int) bool {
	length := 0
	for i, c := range code {
		switch {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
			if length != i {
				return false
			}
			length++
		case c != 0:
			return false
		}
	}
	return length >= shortest
}

// apply performs the operation and sets its result.
func (o *Operation) apply(c *changes) bool {
	source := c.account(addressOf(o.Source))
	if source == nil {
		o.Result = xdr.OperationResult{Code: xdr.OperationResultCodeOpNoAccount}
		return false
	}
	var code int32
	switch o.Body.Type {
	case xdr.OperationTypeCreateAccount:
		code = o.createAccount(c, source)
	case xdr.OperationTypePayment:
		code = o.pay(c, source)
	case xdr.OperationTypePathPaymentStrictReceive:
		return o.payStrictReceive(c, source)
	case xdr.OperationTypePathPaymentStrictSend:
		return o.payStrictSend(c, source)
	case xdr.OperationTypeChangeTrust:
		code = o.changeTrust(c, source)
	case xdr.OperationTypeAccountMerge:
		return o.mergeAccount(c, source)
	case xdr.OperationTypeSetOptions:
		code = o.setOptions(c, source)
	case xdr.OperationTypeManageData:
		code = o.manageData(source)
	case xdr.OperationTypeCreateClaimableBalance:
		return o.createClaimableBalance(c, source)
	case xdr.OperationTypeClaimClaimableBalance:
		code = o.claim(c, source)
	}
	o.Result = result(o.Body.Type, code)
	return code == succeeded
}
