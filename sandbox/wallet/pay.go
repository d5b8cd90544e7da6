package wallet

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/stellar/go/amount"
	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"
	"github.com/stellar/go/xdr"
)

// Payment is a payment to make.
type Payment struct {
	Destination string // G… or M…
	Amount      int64  // stroops
	Asset       string // "native" (also if empty) or "CODE:ISSUER"
	Memo        string // none if empty
	MemoType    string // "text" (also if empty), "id", "hash" or "return"; a hash is hex or base64
	// SendAsset makes it a path payment: the destination receives Amount of Asset, and the wallet
	// pays for it in SendAsset.
	SendAsset string
}

// Pay pays from a named wallet, which it creates if necessary, and returns the hash of the applied
// transaction. The error is an [*Error] if Horizon or the network refuses it.
func Pay(ctx context.Context, horizonURL, passphrase, wallet string, p Payment) (hash string, err error) {
	return (&Client{Horizon: horizonURL, Passphrase: passphrase}).Pay(ctx, wallet, p)
}

// Pay is like the function [Pay], with this client.
func (c *Client) Pay(ctx context.Context, wallet string, p Payment) (hash string, err error) {
	operation, err := p.operation()
	if err != nil {
		return "", err
	}
	memo, err := p.memo()
	if err != nil {
		return "", err
	}
	keys := Keys(c.Passphrase, wallet)
	if err := c.EnsureWallet(ctx, wallet); err != nil {
		return "", fmt.Errorf("open wallet %s: %w", wallet, err)
	}
	return c.Transact(ctx, keys.Address(), memo, []*keypair.Full{keys}, operation)
}

func (p Payment) operation() (txnbuild.Operation, error) {
	if _, err := xdr.AddressToMuxedAccount(p.Destination); err != nil {
		return nil, fmt.Errorf("destination is a G… or M… address, not %q", p.Destination)
	}
	if p.Amount <= 0 {
		return nil, errors.New("amount is more than 0")
	}
	asset, err := ParseAsset(p.Asset)
	if err != nil {
		return nil, err
	}
	if p.SendAsset == "" {
		return &txnbuild.Payment{
			Destination: p.Destination, Amount: amount.StringFromInt64(p.Amount), Asset: build(asset),
		}, nil
	}
	send, err := ParseAsset(p.SendAsset)
	if err != nil {
		return nil, err
	}
	return &txnbuild.PathPaymentStrictReceive{
		SendAsset: build(send), SendMax: amount.StringFromInt64(math.MaxInt64),
		Destination: p.Destination, DestAsset: build(asset), DestAmount: amount.StringFromInt64(p.Amount),
	}, nil
}

func build(a xdr.Asset) txnbuild.Asset {
	if a.IsNative() {
		return txnbuild.NativeAsset{}
	}
	return txnbuild.CreditAsset{Code: strings.TrimRight(a.GetCode(), "\x00"), Issuer: a.GetIssuer()}
}

func (p Payment) memo() (txnbuild.Memo, error) {
	if p.Memo == "" {
		return nil, nil
	}
	switch p.MemoType {
	case "", "text":
		if len(p.Memo) > txnbuild.MemoTextMaxLength {
			return nil, fmt.Errorf("a text memo has at most %d bytes, not %d", txnbuild.MemoTextMaxLength, len(p.Memo))
		}
		return txnbuild.MemoText(p.Memo), nil
	case "id":
		id, err := strconv.ParseUint(p.Memo, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("an id memo is a whole number below 2^64, not %q", p.Memo)
		}
		return txnbuild.MemoID(id), nil
	case "hash", "return":
		hash, err := parseHash(p.Memo)
		if err != nil {
			return nil, err
		}
		if p.MemoType == "hash" {
			return txnbuild.MemoHash(hash), nil
		}
		return txnbuild.MemoReturn(hash), nil
	}
	return nil, fmt.Errorf("memo_type is text, id, hash or return, not %q", p.MemoType)
}

func parseHash(s string) (hash [32]byte, err error) {
	decoded, err := hex.DecodeString(s)
	if err != nil {
		decoded, err = base64.StdEncoding.DecodeString(s)
	}
	if err != nil || len(decoded) != len(hash) {
		return hash, fmt.Errorf("a hash memo is 32 bytes in hex or base64, not %q", s)
	}
	copy(hash[:], decoded)
	return hash, nil
}

// EnsureWallet creates a named wallet unless it exists, with 10,000 XLM and an [Allowance] of USDC
// and EURC each.
func (c *Client) EnsureWallet(ctx context.Context, name string) error {
	return c.ensure(ctx, Keys(c.Passphrase, name), Allowance)
}

// EnsureMerchant creates an account that can receive XLM, USDC and EURC, unless it exists.
func EnsureMerchant(ctx context.Context, horizonURL, passphrase string, keys *keypair.Full) error {
	return (&Client{Horizon: horizonURL, Passphrase: passphrase}).EnsureMerchant(ctx, keys)
}

// EnsureMerchant is like the function [EnsureMerchant], with this client.
func (c *Client) EnsureMerchant(ctx context.Context, keys *keypair.Full) error {
	return c.ensure(ctx, keys, 0)
}

// EnsureIssuer creates the account of [IssuerAddress] unless it exists.
func (c *Client) EnsureIssuer(ctx context.Context) error { return c.ensureAccount(ctx, IssuerAddress) }

func (c *Client) ensureAccount(ctx context.Context, address string) error {
	_, err := c.Account(ctx, address)
	var missing *Error
	if errors.As(err, &missing) && missing.Status == http.StatusNotFound {
		return c.Fund(ctx, address)
	}
	return err
}

// ensure creates an account and its missing trustlines, with an amount (stroops) from the issuer in
// each.
func (c *Client) ensure(ctx context.Context, keys *keypair.Full, allowance int64) error {
	if err := c.EnsureIssuer(ctx); err != nil {
		return fmt.Errorf("create the issuer: %w", err)
	}
	if err := c.ensureAccount(ctx, keys.Address()); err != nil {
		return fmt.Errorf("create account %s: %w", keys.Address(), err)
	}
	account, err := c.Account(ctx, keys.Address())
	if err != nil {
		return err
	}
	var operations []txnbuild.Operation
	for _, name := range []string{USDC, EURC} {
		if account.Trusts(name) {
			continue
		}
		asset, err := txnbuild.ParseAssetString(name)
		if err != nil {
			return err
		}
		credit := txnbuild.CreditAsset{Code: asset.GetCode(), Issuer: asset.GetIssuer()}
		operations = append(operations, &txnbuild.ChangeTrust{Line: credit.MustToChangeTrustAsset()})
		if allowance > 0 {
			operations = append(operations, &txnbuild.Payment{
				SourceAccount: IssuerAddress, Destination: keys.Address(),
				Asset: credit, Amount: amount.StringFromInt64(allowance),
			})
		}
	}
	if len(operations) == 0 {
		return nil
	}
	signers := []*keypair.Full{keys}
	if allowance > 0 {
		signers = append(signers, IssuerKeys())
	}
	_, err = c.Transact(ctx, keys.Address(), nil, signers, operations...)
	return err
}
