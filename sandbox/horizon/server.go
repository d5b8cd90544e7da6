// Package horizon serves a ledger through the API of Horizon v28: the same paths, fields, errors,
// links and streams, for everything that the sandbox's ledger supports.
package horizon

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"edgecheckout/sandbox/ledger"
)

// Options of a [Server]. The zero value behaves as a public Horizon does.
type Options struct {
	// SubmitTimeout is how long POST /transactions and friendbot wait for the ledger; 30 seconds if
	// zero.
	SubmitTimeout time.Duration
	// StreamTime is how long a stream stays open; 55 seconds if zero.
	StreamTime time.Duration
}

// Server serves a ledger over HTTP.
type Server struct {
	ledger  *ledger.Ledger
	options Options
	routes  *http.ServeMux
}

// New makes a Server.
func New(l *ledger.Ledger, o Options) *Server {
	if o.SubmitTimeout == 0 {
		o.SubmitTimeout = 30 * time.Second
	}
	if o.StreamTime == 0 {
		o.StreamTime = 55 * time.Second
	}
	s := &Server{ledger: l, options: o, routes: http.NewServeMux()}
	for pattern, handler := range map[string]http.HandlerFunc{
		"GET /{$}":                                   s.root,
		"GET /fee_stats":                             s.feeStats,
		"GET /ledgers":                               s.list(s.headers),
		"GET /ledgers/{sequence}":                    s.header,
		"GET /ledgers/{sequence}/transactions":       s.list(s.headerTransactions),
		"GET /ledgers/{sequence}/operations":         s.list(s.headerOperations),
		"GET /ledgers/{sequence}/payments":           s.list(s.headerPayments),
		"GET /ledgers/{sequence}/effects":            s.list(s.headerEffects),
		"GET /effects":                               s.list(s.effects),
		"GET /assets":                                s.stateList(s.assets, assetPosition),
		"GET /order_book":                            s.orderBook,
		"GET /claimable_balances":                    s.stateList(s.claimableBalances, claimablePosition),
		"GET /claimable_balances/{id}":               s.claimableBalance,
		"GET /accounts":                              s.stateList(s.accounts, accountPosition),
		"GET /accounts/{account}/effects":            s.list(s.accountEffects),
		"GET /accounts/{account}/offers":             s.list(s.accountOffers),
		"GET /transactions/{transaction}/effects":    s.list(s.transactionEffects),
		"POST /transactions_async":                   s.submitAsync,
		"GET /accounts/{account}":                    s.account,
		"GET /accounts/{account}/data/{key}":         s.accountData,
		"GET /accounts/{account}/payments":           s.list(s.accountPayments),
		"GET /accounts/{account}/operations":         s.list(s.accountOperations),
		"GET /accounts/{account}/transactions":       s.list(s.accountTransactions),
		"GET /payments":                              s.list(s.payments),
		"GET /operations":                            s.list(s.operations),
		"GET /operations/{operation}":                s.operation,
		"GET /operations/{operation}/effects":        s.list(s.operationEffects),
		"GET /transactions":                          s.list(s.transactions),
		"GET /transactions/{transaction}":            s.transaction,
		"GET /transactions/{transaction}/payments":   s.list(s.transactionPayments),
		"GET /transactions/{transaction}/operations": s.list(s.transactionOperations),
		"GET /paths":                                 s.strictReceivePaths, // its older name
		"GET /paths/strict-receive":                  s.strictReceivePaths,
		"GET /paths/strict-send":                     s.strictSendPaths,
		"POST /transactions":                         s.submit,
		"GET /friendbot":                             s.friendbot,
		"POST /friendbot":                            s.friendbot,
		"/":                                          func(w http.ResponseWriter, r *http.Request) { notFound.write(w) },
	} {
		s.routes.HandleFunc(pattern, handler)
	}
	return s
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	allowBrowsers(w.Header())
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusOK)
		return
	}
	limits(w.Header(), 100, 1)
	// Horizon ignores a slash at the end of a path.
	if len(r.URL.Path) > 1 && strings.HasSuffix(r.URL.Path, "/") {
		r = r.Clone(r.Context())
		r.URL.Path = strings.TrimRight(r.URL.Path, "/")
	}
	s.routes.ServeHTTP(w, r)
}

func allowBrowsers(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Headers", "*")
	h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
	h.Set("Access-Control-Expose-Headers", "*")
}

func wantsStream(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

// reader returns a page of a list, or the problem if there is none. A stream calls it again after
// every ledger.
type reader func(r *http.Request, q query) ([]record, *problem)

func (s *Server) list(read reader) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q, wrong := s.parseQuery(r)
		if wrong != nil {
			wrong.write(w)
			return
		}
		if wantsStream(r) {
			s.stream(w, r, q, read)
			return
		}
		records, wrong := read(r, q)
		if wrong != nil {
			wrong.write(w)
			return
		}
		writePage(w, q.page(baseOf(r), r, records))
	}
}

func (s *Server) accountPayments(r *http.Request, q query) ([]record, *problem) {
	return s.ofAccount(r, q, s.ledger.Payments)
}

func (s *Server) accountOperations(r *http.Request, q query) ([]record, *problem) {
	return s.ofAccount(r, q, s.ledger.Operations)
}

func (s *Server) ofAccount(r *http.Request, q query, find func(string, ledger.Page) ([]*ledger.Operation, bool)) ([]record, *problem) {
	address, wrong := parseAccount(r)
	if wrong != nil {
		return nil, wrong
	}
	operations, seen := find(address, q.Page)
	if !seen {
		return nil, &notFound
	}
	return renderOperations(r, q, operations), nil
}

func (s *Server) payments(r *http.Request, q query) ([]record, *problem) {
	operations, _ := s.ledger.Payments("", q.Page)
	return renderOperations(r, q, operations), nil
}

func (s *Server) operations(r *http.Request, q query) ([]record, *problem) {
	operations, _ := s.ledger.Operations("", q.Page)
	return renderOperations(r, q, operations), nil
}

func (s *Server) transactionPayments(r *http.Request, q query) ([]record, *problem) {
	return s.ofTransaction(r, q, true)
}

func (s *Server) transactionOperations(r *http.Request, q query) ([]record, *problem) {
	return s.ofTransaction(r, q, false)
}

func (s *Server) ofTransaction(r *http.Request, q query, paymentsOnly bool) ([]record, *problem) {
	t, wrong := s.findTransaction(r)
	if wrong != nil {
		return nil, wrong
	}
	return renderOperations(r, q, t.Select(q.Page, paymentsOnly)), nil
}

func renderOperations(r *http.Request, q query, operations []*ledger.Operation) []record {
	var records []record
	for _, o := range operations {
		records = append(records, renderOperation(baseOf(r), o, q.join))
	}
	return records
}

func (s *Server) accountTransactions(r *http.Request, q query) ([]record, *problem) {
	address, wrong := parseAccount(r)
	if wrong != nil {
		return nil, wrong
	}
	transactions, seen := s.ledger.Transactions(address, q.Page)
	if !seen {
		return nil, &notFound
	}
	return renderTransactions(r, transactions), nil
}

func (s *Server) transactions(r *http.Request, q query) ([]record, *problem) {
	transactions, _ := s.ledger.Transactions("", q.Page)
	return renderTransactions(r, transactions), nil
}

func renderTransactions(r *http.Request, transactions []*ledger.Transaction) []record {
	var records []record
	for _, t := range transactions {
		records = append(records, renderTransaction(baseOf(r), t, t.Hash))
	}
	return records
}

func (s *Server) transaction(w http.ResponseWriter, r *http.Request) {
	t, wrong := s.findTransaction(r)
	if wrong != nil {
		wrong.write(w)
		return
	}
	write(w, typeHAL, http.StatusOK, renderTransaction(baseOf(r), t, r.PathValue("transaction")))
}

func (s *Server) findTransaction(r *http.Request) (*ledger.Transaction, *problem) {
	hash := r.PathValue("transaction")
	if !isHash(hash) {
		return nil, invalidField("tx_id", "Transaction hash must be a hex-encoded, lowercase SHA-256 hash")
	}
	t, ok := s.ledger.Transaction(hash)
	if !ok {
		return nil, &notFound
	}
	return t, nil
}

func (s *Server) operation(w http.ResponseWriter, r *http.Request) {
	o, wrong := s.findOperation(r)
	if wrong != nil {
		wrong.write(w)
		return
	}
	join := r.URL.Query().Get("join") == "transactions"
	write(w, typeHAL, http.StatusOK, renderOperation(baseOf(r), o, join))
}

func (s *Server) findOperation(r *http.Request) (*ledger.Operation, *problem) {
	id, err := strconv.ParseInt(r.PathValue("operation"), 10, 64)
	if err != nil || id <= 0 {
		return nil, invalidField("id", "Operation ID must be an integer higher than 0")
	}
	o, ok := s.ledger.Operation(id)
	if !ok {
		return nil, &notFound
	}
	return o, nil
}
