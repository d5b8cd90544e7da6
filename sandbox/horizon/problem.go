package horizon

import (
	"net/http"
	"strconv"

	"edgecheckout/sandbox/ledger"

	"github.com/stellar/go/xdr"
)

// problem is an error as Horizon reports it (RFC 7807).
type problem struct {
	Type   string         `json:"type"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Detail string         `json:"detail"`
	Extras map[string]any `json:"extras,omitempty"`
}

const problems = "https://stellar.org/horizon-errors/"

var (
	notFound = problem{problems + "not_found", "Resource Missing", http.StatusNotFound,
		"The resource at the url requested was not found.  This usually occurs for one of two reasons:  The url requested is not valid, or no data in our database could be found with the parameters provided.", nil}
	badRequest = problem{problems + "bad_request", "Bad Request", http.StatusBadRequest,
		"The request you sent was invalid in some way.", nil}
	beforeHistory = problem{problems + "before_history", "Data Requested Is Before Recorded History", http.StatusGone,
		"This horizon instance is configured to only track a portion of the stellar network's latest history. This request is asking for results prior to the recorded history known to this horizon instance.", nil}
	rateLimited = problem{problems + "rate_limit_exceeded", "Rate Limit Exceeded", http.StatusTooManyRequests,
		"The rate limit for the requesting IP address is over its alloted limit.  The allowed limit and requests left per time period are communicated to clients via the http response headers 'X-RateLimit-*' headers.", nil}
	staleHistory = problem{problems + "stale_history", "Historical DB Is Too Stale", http.StatusServiceUnavailable,
		"This horizon instance is configured to reject client requests when it can determine that the history database is lagging too far behind the connected instance of Stellar-Core or read replica. It's also possible that Stellar-Core is out of sync. Please try again later.", nil}
	stillIngesting = problem{problems + "still_ingesting", "Still Ingesting", http.StatusServiceUnavailable,
		"Data cannot be presented because it's still being ingested. Please wait for several minutes before trying your request again.", nil}
	timedOut = problem{problems + "transaction_submission_timeout", "Transaction Submission Timeout", http.StatusGatewayTimeout,
		"Your transaction submission request has timed out. This does not necessarily mean the submission has failed. Before resubmitting, please use the transaction hash provided in `extras.hash` to poll the GET /transactions endpoint for sometime and check if it was included in a ledger.", nil}
	malformed = problem{problems + "transaction_malformed", "Transaction Malformed", http.StatusBadRequest,
		"Horizon could not decode the transaction envelope in this request. A transaction should be an XDR TransactionEnvelope struct encoded using base64.  The envelope read from this request is echoed in the `extras.envelope_xdr` field of this response for your convenience.", nil}
	failed = problem{problems + "transaction_failed", "Transaction Failed", http.StatusBadRequest,
		"The transaction failed when submitted to the stellar network. The `extras.result_codes` field on this response contains further details.  Descriptions of each code can be found at: https://developers.stellar.org/api/errors/http-status-codes/horizon-specific/transaction-failed/", nil}
	serverError = problem{problems + "server_error", "Internal Server Error", http.StatusInternalServerError,
		"An error occurred while processing this request.  This is usually due to a bug within the server software.  Trying this request again may succeed if the bug is transient. Otherwise, please contact the system administrator.", nil}
)

func (p problem) with(extras map[string]any) problem {
	p.Extras = extras
	return p
}

func invalidField(name, reason string) *problem {
	p := badRequest.with(map[string]any{"invalid_field": name, "reason": reason})
	return &p
}

func (p problem) write(w http.ResponseWriter) { write(w, typeProblem, p.Status, p) }

// transactionFailed reports a transaction that was rejected or has failed.
func transactionFailed(envelope string, result xdr.TransactionResult) problem {
	encoded, err := xdr.MarshalBase64(result)
	if err != nil {
		return serverError
	}
	codes := ledger.ResultCodes(result)
	named := map[string]any{"transaction": codes.Transaction}
	if codes.Inner != "" {
		named["inner_transaction"] = codes.Inner
	}
	if len(codes.Operations) > 0 {
		named["operations"] = codes.Operations
	}
	return failed.with(map[string]any{"envelope_xdr": envelope, "result_codes": named, "result_xdr": encoded})
}

func limits(h http.Header, remaining, reset int) {
	h.Set("X-Ratelimit-Limit", "101")
	h.Set("X-Ratelimit-Remaining", strconv.Itoa(remaining))
	h.Set("X-Ratelimit-Reset", strconv.Itoa(reset))
}
