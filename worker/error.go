package worker

import (
	"fmt"
	"net/http"
	"strings"
)

// Error is what the API tells a caller. It is made where the fault is found and written by writeError alone.
type Error struct {
	Code    Code
	Message string // names the parameter, what was wrong, and what would be right; nothing of the inside
	Param   string // the parameter, if one is to blame
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Code is the machine's word for an error.
type Code string

const (
	CodeParameterMissing     Code = "parameter_missing"
	CodeParameterInvalid     Code = "parameter_invalid"
	CodeParameterUnknown     Code = "parameter_unknown"
	CodeParameterDuplicate   Code = "parameter_duplicate"
	CodeBodyInvalid          Code = "body_invalid"
	CodeAccountMissing       Code = "account_missing"
	CodeNetworkMissing       Code = "network_missing"
	CodeProductArchived      Code = "product_archived"
	CodeAPIKeyMissing        Code = "api_key_missing"
	CodeAPIKeyInvalid        Code = "api_key_invalid"
	CodeAdminTokenMissing    Code = "admin_token_missing"
	CodeAdminTokenInvalid    Code = "admin_token_invalid"
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

// codes is the one table of what a code means to HTTP.
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
	CodeProductArchived:      {http.StatusBadRequest, typeInvalidRequest},
	CodeAPIKeyMissing:        {http.StatusUnauthorized, typeAuthentication},
	CodeAPIKeyInvalid:        {http.StatusUnauthorized, typeAuthentication},
	CodeAdminTokenMissing:    {http.StatusUnauthorized, typeAuthentication},
	CodeAdminTokenInvalid:    {http.StatusUnauthorized, typeAuthentication},
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
	CodeHTTPSRequired:        {http.StatusBadRequest, typeInvalidRequest},
	CodeRateLimited:          {http.StatusTooManyRequests, typeRateLimit},
	CodeInternal:             {http.StatusInternalServerError, typeAPI},
	CodeUnavailable:          {http.StatusServiceUnavailable, typeAPI},
}

// retryAfter is the Retry-After, in seconds, of errors that pass by themselves.
var retryAfter = map[Code]string{CodeRateLimited: "3", CodeUnavailable: "5"}

func missing(param, format string, args ...any) *Error {
	return &Error{CodeParameterMissing, fmt.Sprintf(format, args...), param}
}

func invalid(param, format string, args ...any) *Error {
	return &Error{CodeParameterInvalid, fmt.Sprintf(format, args...), param}
}

// unknownParameter says which parameters there are.
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

// clip quotes what a stranger wrote for a message, at most 60 characters of it.
func clip(s string) string {
	runes := []rune(s)
	if len(runes) > 60 {
		return fmt.Sprintf("%q…", string(runes[:60]))
	}
	return fmt.Sprintf("%q", s)
}
