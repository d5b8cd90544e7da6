package watch

import (
	"context"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// pathsLifetime is how long paths are told again: about a ledger, in which prices can change. A
// transaction that follows a quote is then written without another request.
const pathsLifetime = 5 * time.Second

// Paths returns the cheapest way to pay an amount of a checkout's asset from each of the assets that
// an account holds. They are read once in pathsLifetime for an account and a checkout, and at
// most once in LookWindow for a checkout. The error is ErrBusy, or Horizon's.
func (w *Watcher) Paths(ctx context.Context, s checkout.Checkout, address stellar.Address, amount stellar.Amount, sources []stellar.Asset) ([]horizon.Path, error) {
	if len(sources) == 0 {
		return nil, nil
	}
	key := "paths/" + s.ID.String() + "/" + string(address) + "/" + amount.String()
	if read, known, err := store.Decode[[]horizon.Path](w.Recent.Recall(ctx, key)); err == nil && known {
		return read, nil
	}
	if !w.claim(1, "paths/"+s.ID.String()) {
		return nil, ErrBusy
	}
	client, _, err := w.pool(s.Mode).Recent(ctx, horizon.ForVisitors)
	if err != nil {
		return nil, err
	}
	paths, err := client.PathsTo(ctx, s.Asset, amount, sources)
	if err != nil {
		return nil, err
	}
	w.Recent.Keep(ctx, key, store.Encode(paths), pathsLifetime)
	return paths, nil
}
