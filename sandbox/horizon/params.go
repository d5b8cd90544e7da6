package horizon

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"edgecheckout/sandbox/ledger"

	"github.com/stellar/go/strkey"
	"github.com/stellar/go/toid"
)

const (
	defaultLimit = 10
	maxLimit     = 200
)

// query is the parameters of a list.
type query struct {
	ledger.Page
	cursor string // as given, or what "now" stands for
	join   bool
}

// parseQuery refuses what Horizon refuses, in the same order and with the same messages.
func (s *Server) parseQuery(r *http.Request) (query, *problem) {
	form := r.URL.Query()
	q := query{cursor: form.Get("cursor")}
	if q.cursor == "now" {
		q.cursor = toid.AfterLedger(int32(s.ledger.Latest().Sequence)).String()
	}
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		q.cursor = last
	}
	if n, err := strconv.Atoi(q.cursor); err == nil && n < 0 {
		return q, invalidField("cursor", fmt.Sprintf("the cursor %d is a negative number: ", n))
	}
	paged, wrong := parsePage(r)
	q.Page = paged.Page
	if wrong != nil {
		return q, wrong
	}
	switch failed := form.Get("include_failed"); failed {
	case "", "false":
	case "true":
		q.IncludeFailed = true
	default:
		return q, invalidField("include_failed", "Filter should be true or false")
	}
	switch join := form.Get("join"); join {
	case "":
	case "transactions":
		q.join = true
	default:
		return q, invalidField("join", "Accepted values: transactions")
	}
	return q, s.parseCursor(&q)
}

// parsePage parses what all lists have: a cursor, which it does not interpret, a limit and an order.
func parsePage(r *http.Request) (query, *problem) {
	form := r.URL.Query()
	q := query{cursor: form.Get("cursor")}
	var wrong *problem
	if q.Limit, wrong = parseLimit(form.Get("limit")); wrong != nil {
		return q, wrong
	}
	switch form.Get("order") {
	case "", "asc":
	case "desc":
		q.Descending = true
	default:
		return q, invalidField("order", "order: invalid value")
	}
	return q, nil
}

// follow moves the cursor to a record.
func (q *query) follow(r record) {
	id, number, _ := strings.Cut(r.pagingToken(), "-")
	q.Cursor, _ = strconv.ParseInt(id, 10, 64)
	q.Number, _ = strconv.Atoi(number)
}

// parseCursor parses the cursor to a position. It is an error only for a descending query to begin
// before the recorded history: an ascending one silently begins with the oldest ledger.
func (s *Server) parseCursor(q *query) *problem {
	// The cursor of an effect is that of its operation, followed by a number.
	text, number, _ := strings.Cut(q.cursor, "-")
	q.Number, _ = strconv.Atoi(number)
	switch {
	case text == "" && q.Descending:
		q.Cursor = math.MaxInt64
	case text != "":
		position, err := strconv.ParseInt(text, 10, 64)
		if err != nil && q.Descending {
			return invalidField("cursor", "invalid value")
		}
		if err != nil {
			return invalidField("cursor", "cursor: invalid value")
		}
		q.Cursor = position
	}
	if q.Descending && q.Cursor <= toid.New(int32(s.ledger.Elder().Sequence), 0, 0).ToInt64() {
		return &beforeHistory
	}
	return nil
}

func parseLimit(text string) (int, *problem) {
	if text == "" {
		return defaultLimit, nil
	}
	limit, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return 0, invalidField("limit", "unparseable value")
	case limit <= 0:
		return 0, invalidField("limit", "invalid limit: non-positive value provided")
	case limit > maxLimit:
		return 0, invalidField("limit", fmt.Sprintf("invalid limit: value provided that is over limit max of %d", maxLimit))
	}
	return int(limit), nil
}

const malformedAccount = "Account ID must start with `G` and contain 56 alphanum characters"

func parseAccount(r *http.Request) (string, *problem) {
	id := r.PathValue("account")
	if !strkey.IsValidEd25519PublicKey(id) {
		return "", invalidField("account_id", malformedAccount)
	}
	return id, nil
}

// page links the records to those before and after them. Without records both links have the same
// cursor.
func (q query) page(b base, r *http.Request, records []record) page {
	var p page
	p.Embedded.Records = append([]record{}, records...)
	first, last := q.cursor, q.cursor
	if len(records) > 0 {
		first, last = records[0].pagingToken(), records[len(records)-1].pagingToken()
	}
	forward, back := "asc", "desc"
	if q.Descending {
		forward, back = back, forward
	}
	to := func(cursor, order string) link {
		form := url.Values{"cursor": {cursor}, "limit": {strconv.Itoa(q.Limit)}, "order": {order}}
		for _, name := range []string{
			"join", "include_failed", "asset_code", "asset_issuer", "asset", "signer", "sponsor", "claimant", "liquidity_pool",
		} {
			if value := r.URL.Query().Get(name); value != "" {
				form.Set(name, value)
			}
		}
		return link{Href: string(b) + r.URL.Path + "?" + form.Encode()}
	}
	p.Links.Self = to(q.cursor, forward)
	p.Links.Next = to(last, forward)
	p.Links.Prev = to(first, back)
	return p
}
