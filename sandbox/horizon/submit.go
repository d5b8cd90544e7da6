package horizon

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"edgecheckout/sandbox/ledger"

	"github.com/stellar/go/strkey"
	"github.com/stellar/go/xdr"
)

// submit answers once the transaction is in a ledger, or once it is certain that it never will be.
func (s *Server) submit(w http.ResponseWriter, r *http.Request) {
	envelope := r.PostFormValue("tx")
	if envelope == "" {
		invalidField("tx", "Transaction envelope is required").write(w)
		return
	}
	hash, err := s.ledger.Submit(envelope)
	s.answer(w, r, envelope, hash, err)
}

// submitAsync answers as soon as the transaction is queued.
func (s *Server) submitAsync(w http.ResponseWriter, r *http.Request) {
	envelope := r.PostFormValue("tx")
	if envelope == "" {
		invalidField("tx", "Transaction envelope is required").write(w)
		return
	}
	hash, queued, err := s.ledger.Enqueue(envelope)
	status, answer := http.StatusCreated, map[string]string{"tx_status": "PENDING", "hash": hash}
	var undecodable *ledger.MalformedError
	var rejected *ledger.RejectedError
	switch {
	case errors.As(err, &undecodable):
		malformed.with(map[string]any{"envelope_xdr": envelope, "error": map[string]any{}}).write(w)
		return
	case errors.As(err, &rejected):
		encoded, wrong := xdr.MarshalBase64(rejected.Result)
		if wrong != nil {
			serverError.write(w)
			return
		}
		status, answer["tx_status"], answer["error_result_xdr"] = http.StatusBadRequest, "ERROR", encoded
	case queued:
		status, answer["tx_status"] = http.StatusConflict, "DUPLICATE"
	}
	write(w, typeHAL, status, answer)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, envelope, hash string, err error) {
	var undecodable *ledger.MalformedError
	var rejected *ledger.RejectedError
	switch {
	case errors.As(err, &undecodable):
		malformed.with(map[string]any{"envelope_xdr": envelope}).write(w)
		return
	case errors.As(err, &rejected):
		transactionFailed(rejected.Envelope, rejected.Result).write(w)
		return
	case err != nil:
		serverError.write(w)
		return
	}
	t, rejected := s.await(r.Context(), hash)
	switch {
	case rejected != nil:
		transactionFailed(rejected.Envelope, rejected.Result).write(w)
	case t == nil:
		timedOut.with(map[string]any{"envelope_xdr": envelope, "hash": hash}).write(w)
	case !t.Successful:
		transactionFailed(t.EnvelopeXDR, t.Result).write(w)
	default:
		write(w, typeHAL, http.StatusOK, renderTransaction(baseOf(r), t, hash))
	}
}

// await returns the transaction once it is applied, or the reason why it was dropped, or neither if
// the time is over.
func (s *Server) await(ctx context.Context, hash string) (*ledger.Transaction, *ledger.RejectedError) {
	ctx, cancel := context.WithTimeout(ctx, s.options.SubmitTimeout)
	defer cancel()
	for {
		closed := s.ledger.Closed()
		if t, ok := s.ledger.Transaction(hash); ok {
			return t, nil
		}
		if dropped := s.ledger.Dropped(hash); dropped != nil {
			return nil, dropped
		}
		select {
		case <-closed:
		case <-ctx.Done():
			return nil, nil
		}
	}
}

// friendbot creates an account and answers with the transaction that created it.
func (s *Server) friendbot(w http.ResponseWriter, r *http.Request) {
	address := r.FormValue("addr")
	if !strkey.IsValidEd25519PublicKey(address) {
		invalidField("addr", "invalid address: "+strconv.Quote(address)+" is not the address of an account").write(w)
		return
	}
	hash, err := s.ledger.Fund(address)
	if errors.Is(err, ledger.ErrFunded) {
		funded := badRequest
		funded.Detail = err.Error()
		funded.write(w)
		return
	}
	s.answer(w, r, "", hash, err)
}
