package ledger

import (
	"errors"
	"fmt"

	"github.com/stellar/go/txnbuild"
)

// FriendbotAmount is the balance of an account created by [Ledger.Fund]: 10,000 XLM in stroops.
const FriendbotAmount = 100_000_000_000

// ErrFunded is returned by [Ledger.Fund] for an account that exists.
var ErrFunded = errors.New("account already funded to starting balance")

// Fund queues a transaction in which the root account creates an account, and returns its hash. The
// address must be a valid G… address.
func (l *Ledger) Fund(address string) (hash string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.accounts[address] != nil {
		return "", ErrFunded
	}
	root := l.root.Address()
	tx, err := txnbuild.NewTransaction(txnbuild.TransactionParams{
		SourceAccount: &txnbuild.SimpleAccount{
			AccountID: root,
			Sequence:  l.accounts[root].Sequence + l.queue.of(root).count,
		},
		IncrementSequenceNum: true,
		BaseFee:              BaseFee,
		Preconditions:        txnbuild.Preconditions{TimeBounds: txnbuild.NewInfiniteTimeout()},
		Operations:           []txnbuild.Operation{&txnbuild.CreateAccount{Destination: address, Amount: "10000"}},
	})
	if err != nil {
		return "", fmt.Errorf("build the transaction that creates %s: %w", address, err)
	}
	if tx, err = tx.Sign(l.passphrase, l.root); err != nil {
		return "", fmt.Errorf("sign the transaction that creates %s: %w", address, err)
	}
	base64, err := tx.Base64()
	if err != nil {
		return "", fmt.Errorf("encode the transaction that creates %s: %w", address, err)
	}
	e, err := l.decode(base64)
	if err != nil {
		return "", err
	}
	return l.submit(e)
}
