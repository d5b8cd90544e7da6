package wallet

import (
	"errors"
	"fmt"

	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"
)

// ErrChallenge reports a transaction that could be submitted: it is no challenge.
var ErrChallenge = errors.New("the transaction has a sequence number, so it is no challenge (SEP-10)")

// SignChallenge adds a signature to a challenge. Like any wallet it signs nothing that could be
// submitted.
func SignChallenge(envelope, passphrase string, keys *keypair.Full) (string, error) {
	parsed, err := txnbuild.TransactionFromXDR(envelope)
	if err != nil {
		return "", fmt.Errorf("transaction is XDR in base64: %w", err)
	}
	tx, ok := parsed.Transaction()
	if !ok || tx.SequenceNumber() != 0 {
		return "", ErrChallenge
	}
	if tx, err = tx.Sign(passphrase, keys); err != nil {
		return "", err
	}
	return tx.Base64()
}
