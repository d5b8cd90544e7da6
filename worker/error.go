package worker

import (
	"fmt"
	"net/http"
	"strings"
)

// Error is an error that the API returns to a caller. It is created where the error is found; only
// errorAnswer writes it.
type Error struct {
	Code Code
	// Message names the parameter and says what is wrong and what is expected. It discloses nothing
	// internal.
	Message string
	Param   string // the parameter at fault, if any
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Code is the machine-readable kind of an error.
type Code string

const (
	CodeParameterMissing     Code = "parameter_missing"
	CodeParameterInvalid     Code = "parameter_invalid"
	CodeParameterUnknown     Code = "parameter_unknown"
	CodeParameterDuplicate   Code = "parameter_duplicate"
	CodeBodyInvalid          Code = "body_invalid"
	CodeAccountMissing       Code = "account_missing"
	CodeNetworkMissing       Code = "network_missing"
	CodeMerchantSuspended    Code = "merchant_suspended"
	CodeProductArchived      Code = "product_archived"
	CodeAPIKeyMissing        Code = "api_key_missing"
	CodeAPIKeyInvalid        Code = "api_key_invalid"
	CodeAPIKeyScope          Code = "api_key_scope"
	CodeAdminTokenMissing    Code = "admin_token_missing"
	CodeAdminTokenInvalid    Code = "admin_token_invalid"
	CodeAdminTokenScope      Code = "admin_token_scope"
	CodeChallengeInvalid     Code = "challenge_invalid"
	CodeSignInRefused        Code = "sign_in_refused"
	CodeNotFound             Code = "not_found"
	CodeMethodNotAllowed     Code = "method_not_allowed"
	CodeIdempotencyKeyReused Code = "idempotency_key_reused"
	CodeCheckoutNotOpen      Code = "checkout_not_open"
	CodeAddressTaken         Code = "address_taken"
	CodeWebhookLimit         Code = "webhook_limit"
	CodeWebhookDisabled      Code = "webhook_disabled"
	CodeBodyTooLarge         Code = "body_too_large"
	CodeContentType          Code = "content_type_unsupported"
	CodeAccountCannotPay     Code = "account_cannot_pay"
	CodePriceMoved           Code = "price_moved"
	CodeRefundTooLarge       Code = "refund_too_large"
	CodeCannotReceive        Code = "destination_cannot_receive"
	CodeHTTPSRequired        Code = "https_required"
	CodeRateLimited          Code = "rate_limited"
	CodeInternal             Code = "internal_error"
	CodeUnavailable          Code = "unavailable"
)

const (
	typeInvalidRequest = "invalid_request_error"
	typeAuthentication = "authentication_error"
	typeIdempotency    = "idempotency_error"
	typeRateLimit      = "rate_limit_error"
	typeAPI            = "api_error"
)

// codes is the table of the status and type of each code.
var codes = map[Code]struct {
	status int
	kind   string
}{
	CodeParameterMissing:     {http.StatusBadRequest, typeInvalidRequest},
	CodeParameterInvalid:     {http.StatusBadRequest, typeInvalidRequest},
	CodeParameterUnknown:     {http.StatusBadRequest, typeInvalidRequest},
	CodeParameterDuplicate:   {http.StatusBadRequest, typeInvalidRequest},
	CodeBodyInvalid:          {http.StatusBadRequest, typeInvalidRequest},
	CodeAccountMissing:       {http.StatusBadRequest, typeInvalidRequest},
	CodeNetworkMissing:       {http.StatusBadRequest, typeInvalidRequest},
	CodeMerchantSuspended:    {http.StatusForbidden, typeInvalidRequest},
	CodeProductArchived:      {http.StatusBadRequest, typeInvalidRequest},
	CodeAPIKeyMissing:        {http.StatusUnauthorized, typeAuthentication},
	CodeAPIKeyInvalid:        {http.StatusUnauthorized, typeAuthentication},
	CodeAPIKeyScope:          {http.StatusForbidden, typeAuthentication},
	CodeAdminTokenMissing:    {http.StatusUnauthorized, typeAuthentication},
	CodeAdminTokenInvalid:    {http.StatusUnauthorized, typeAuthentication},
	CodeAdminTokenScope:      {http.StatusForbidden, typeAuthentication},
	CodeChallengeInvalid:     {http.StatusBadRequest, typeInvalidRequest},
	CodeSignInRefused:        {http.StatusForbidden, typeAuthentication},
	CodeNotFound:             {http.StatusNotFound, typeInvalidRequest},
	CodeMethodNotAllowed:     {http.StatusMethodNotAllowed, typeInvalidRequest},
	CodeIdempotencyKeyReused: {http.StatusConflict, typeIdempotency},
	CodeCheckoutNotOpen:      {http.StatusConflict, typeInvalidRequest},
	CodeAddressTaken:         {http.StatusConflict, typeInvalidRequest},
	CodeWebhookLimit:         {http.StatusConflict, typeInvalidRequest},
	CodeWebhookDisabled:      {http.StatusConflict, typeInvalidRequest},
	CodeBodyTooLarge:         {http.StatusRequestEntityTooLarge, typeInvalidRequest},
	CodeContentType:          {http.StatusUnsupportedMediaType, typeInvalidRequest},
	CodeAccountCannotPay:     {http.StatusBadRequest, typeInvalidRequest},
	CodePriceMoved:           {http.StatusConflict, typeInvalidRequest},
	CodeRefundTooLarge:       {http.StatusBadRequest, typeInvalidRequest},
	CodeCannotReceive:        {http.StatusBadRequest, typeInvalidRequest},
	CodeHTTPSRequired:        {http.StatusBadRequest, typeInvalidRequest},
	CodeRateLimited:          {http.StatusTooManyRequests, typeRateLimit},
	CodeInternal:             {http.StatusInternalServerError, typeAPI},
	CodeUnavailable:          {http.StatusServiceUnavailable, typeAPI},
}

// retryAfter is the Retry-After, in seconds, of temporary errors.
var retryAfter = map[Code]string{CodeRateLimited: "3", CodeUnavailable: "5"}

func missing(param, format string, args ...any) *Error {
	return &Error{CodeParameterMissing, fmt.Sprintf(format, args...), param}
}

func invalid(param, format string, args ...any) *Error {
	return &Error{CodeParameterInvalid, fmt.Sprintf(format, args...), param}
}

// unknownParameter is the error for an unknown name; it lists the known ones.
func unknownParameter(name, what string, known []string) *Error {
	taken := "no parameters"
	if len(known) > 0 {
		taken = strings.Join(known, ", ")
	}
	return &Error{CodeParameterUnknown, fmt.Sprintf("%s is not %s here; it takes %s.", clip(name), what, taken), name}
}

func notFound(what, id string) *Error {
	return &Error{Code: CodeNotFound, Message: fmt.Sprintf("No %s has the id %s.", what, clip(id))}
}

// clip quotes a caller's text for a message, at most 60 characters of it.
func clip(s string) string {
	runes := []rune(s)
	if len(runes) > 60 {
		return fmt.Sprintf("%q…", string(runes[:60]))
	}
	return fmt.Sprintf("%q", s)
}
