package server

import (
	"net/http"

	"edgecheckout/sandbox/horizon"
	"edgecheckout/sandbox/wallet"
)

// routes adds the sandbox's own paths to Horizon's. The wallets call Horizon within the process,
// behind the faults: a test of a service that cannot reach Horizon still needs a customer who can.
func (s *Server) routes(h *horizon.Server) http.Handler {
	wallets := &wallets{client: &wallet.Client{
		Horizon:    "http://sandbox",
		Passphrase: s.ledger.Passphrase(),
		HTTP:       &http.Client{Transport: inside{h}},
	}}
	mux := http.NewServeMux()
	mux.Handle("/", s.faults.Spoil(h))
	mux.Handle("/sandbox/faults", s.faults)
	mux.HandleFunc("/sandbox/pay", wallets.pay)
	mux.HandleFunc("/sandbox/merchant", wallets.merchant)
	mux.HandleFunc("/sandbox/sign", wallets.sign)
	mux.HandleFunc("GET /sandbox/thanks", thanks)
	mux.HandleFunc("/sandbox/sign-in", wallets.signIn)
	mux.HandleFunc("GET /sandbox/{$}", s.about)
	mux.HandleFunc("GET /.well-known/stellar.toml", s.stellarTOML)
	return mux
}

// about describes the sandbox.
func (s *Server) about(w http.ResponseWriter, r *http.Request) {
	reply(w, r, http.StatusOK, answer{
		"network_passphrase": s.ledger.Passphrase(),
		"issuer":             wallet.IssuerAddress,
		"assets":             []string{"native", wallet.USDC, wallet.EURC},
		"fault":              s.faults.Current(),
	})
}
