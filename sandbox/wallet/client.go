package wallet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"
)

// Client calls a Horizon. If HTTP is nil, it uses [http.DefaultClient].
type Client struct {
	Horizon    string // its URL
	Passphrase string // of its network
	HTTP       *http.Client
}

// Error is an error response of Horizon.
type Error struct {
	Status      int
	Title       string
	Detail      string
	Transaction string   // result codes, if a transaction failed
	Operations  []string // one for each operation, if they were reached
	Field       string   // the invalid parameter, if any
	Reason      string
	Hash        string // of a transaction whose result is not known yet
}

func (e *Error) Error() string {
	switch {
	case e.Transaction != "":
		return fmt.Sprintf("%s: %s", e.Title, strings.Join(append([]string{e.Transaction}, e.Operations...), ", "))
	case e.Reason != "":
		return fmt.Sprintf("%s: %s: %s", e.Title, e.Field, e.Reason)
	case e.Hash != "":
		return fmt.Sprintf("%s (%d): transaction %s may still be applied", e.Title, e.Status, e.Hash)
	}
	return fmt.Sprintf("%s (%d): %s", e.Title, e.Status, e.Detail)
}

// Account is what a wallet must know about an account.
type Account struct {
	ID         string `json:"account_id"`
	Sequence   string `json:"sequence"`
	HomeDomain string `json:"home_domain"`
	Balances   []struct {
		Balance string `json:"balance"`
		Type    string `json:"asset_type"`
		Code    string `json:"asset_code"`
		Issuer  string `json:"asset_issuer"`
	} `json:"balances"`
}

// Trusts reports whether the account has a trustline for an asset written CODE:ISSUER.
func (a Account) Trusts(asset string) bool {
	for _, b := range a.Balances {
		if b.Code+":"+b.Issuer == asset {
			return true
		}
	}
	return false
}

// Account reads an account. The error is an [*Error] with status 404 if it does not exist.
func (c *Client) Account(ctx context.Context, address string) (Account, error) {
	var a Account
	err := c.do(ctx, http.MethodGet, "/accounts/"+address, nil, &a)
	return a, err
}

// Fund makes friendbot create an account. It is not an error if the account exists.
func (c *Client) Fund(ctx context.Context, address string) error {
	err := c.do(ctx, http.MethodPost, "/friendbot", url.Values{"addr": {address}}, nil)
	var refused *Error
	if errors.As(err, &refused) && refused.Status == http.StatusBadRequest {
		if _, missing := c.Account(ctx, address); missing == nil {
			return nil
		}
	}
	return err
}

// Submit submits a signed transaction (base64 XDR) and returns its hash once it is applied.
func (c *Client) Submit(ctx context.Context, envelope string) (hash string, err error) {
	var applied struct {
		Hash string `json:"hash"`
	}
	err = c.do(ctx, http.MethodPost, "/transactions", url.Values{"tx": {envelope}}, &applied)
	return applied.Hash, err
}

// Sign signs a transaction that somebody else wrote (base64 XDR) as it is, submits it and returns
// its hash once it is applied.
func (c *Client) Sign(ctx context.Context, envelope string, keys ...*keypair.Full) (hash string, err error) {
	parsed, err := txnbuild.TransactionFromXDR(envelope)
	if err != nil {
		return "", fmt.Errorf("the transaction is base64 XDR of an envelope: %w", err)
	}
	tx, ok := parsed.Transaction()
	if !ok {
		return "", errors.New("the transaction is a fee bump")
	}
	if tx, err = tx.Sign(c.Passphrase, keys...); err != nil {
		return "", fmt.Errorf("sign the transaction: %w", err)
	}
	signed, err := tx.Base64()
	if err != nil {
		return "", err
	}
	return c.Submit(ctx, signed)
}

// attempts is how often a transaction is rebuilt because another one took its sequence number;
// pause is the time between them. A transaction of another process no longer conflicts once its
// ledger has closed.
const (
	attempts = 10
	pause    = 500 * time.Millisecond
)

// turns serializes the transactions of an account in this process, since they need consecutive
// sequence numbers.
var turns sync.Map // address → chan struct{} of capacity 1

// Transact builds a transaction of a source account, signs it with all keys and submits it.
func (c *Client) Transact(ctx context.Context, source string, memo txnbuild.Memo, keys []*keypair.Full, operations ...txnbuild.Operation) (hash string, err error) {
	turn, _ := turns.LoadOrStore(c.Passphrase+source, make(chan struct{}, 1))
	select {
	case turn.(chan struct{}) <- struct{}{}:
		defer func() { <-turn.(chan struct{}) }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	for attempt := 1; ; attempt++ {
		envelope, err := c.build(ctx, source, memo, keys, operations)
		if err != nil {
			return "", err
		}
		hash, err := c.Submit(ctx, envelope)
		var failed *Error
		if attempt == attempts || !errors.As(err, &failed) || failed.Transaction != "tx_bad_seq" {
			return hash, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

func (c *Client) build(ctx context.Context, source string, memo txnbuild.Memo, keys []*keypair.Full, operations []txnbuild.Operation) (string, error) {
	account, err := c.Account(ctx, source)
	if err != nil {
		return "", fmt.Errorf("read account %s: %w", source, err)
	}
	sequence, err := strconv.ParseInt(account.Sequence, 10, 64)
	if err != nil {
		return "", fmt.Errorf("read account %s: sequence: %w", source, err)
	}
	tx, err := txnbuild.NewTransaction(txnbuild.TransactionParams{
		SourceAccount:        &txnbuild.SimpleAccount{AccountID: source, Sequence: sequence},
		IncrementSequenceNum: true,
		BaseFee:              txnbuild.MinBaseFee,
		Memo:                 memo,
		Preconditions:        txnbuild.Preconditions{TimeBounds: txnbuild.NewTimeout(300)},
		Operations:           operations,
	})
	if err != nil {
		return "", fmt.Errorf("build the transaction: %w", err)
	}
	if tx, err = tx.Sign(c.Passphrase, keys...); err != nil {
		return "", fmt.Errorf("sign the transaction: %w", err)
	}
	return tx.Base64()
}

func (c *Client) do(ctx context.Context, method, path string, form url.Values, into any) error {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.Horizon, "/")+path, body)
	if err != nil {
		return err
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("reach Horizon: %w", err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, 8<<20))
	if err != nil {
		return fmt.Errorf("read Horizon's answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return readError(response.StatusCode, content)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("read Horizon's answer: %w", err)
	}
	return nil
}

func readError(status int, content []byte) *Error {
	var problem struct {
		Title, Detail string
		Extras        struct {
			InvalidField string `json:"invalid_field"`
			Reason       string
			Hash         string
			ResultCodes  struct {
				Transaction string
				Operations  []string
			} `json:"result_codes"`
		}
	}
	if err := json.Unmarshal(content, &problem); err != nil || problem.Title == "" {
		return &Error{Status: status, Title: http.StatusText(status), Detail: "no answer that Horizon would give"}
	}
	x := problem.Extras
	return &Error{
		Status: status, Title: problem.Title, Detail: problem.Detail,
		Transaction: x.ResultCodes.Transaction, Operations: x.ResultCodes.Operations,
		Field: x.InvalidField, Reason: x.Reason, Hash: x.Hash,
	}
}
