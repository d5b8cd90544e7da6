package main

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"edgecheckout/e2e/workerd"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/stellar/go/keypair"
)

func TestPeersAskTheSameOfKVInTheSameTrips(t *testing.T) {
	b := start(t)
	if err := b.seedStates(t.Context()); err != nil {
		t.Fatal(err)
	}
	withKey := map[string]string{"x-api-key": b.world.key, "Content-Type": "application/json"}
	direct := "/checkout?type=direct"
	// The order matters: what a peer remembers of one request determines its reads for the next. Only
	// a look at the ledger is remembered for so short a time that a busy machine could make a
	// difference: each open checkout has an account of its own, and is asked for twice in a row.
	open := ""
	for _, a := range []ask{
		{"retrieve with an unknown key", "GET", "/checkout/{new}", "", withKey, 200},
		{"retrieve again", "GET", "/checkout/{same}", "", withKey, 200},
		{"retrieve a completed one", "GET", "/checkout/" + b.ids[stateCompleted], "", withKey, 200},
		{"create", "POST", direct, order(1), withKey, 200},
		{"page in its first seconds", "GET", "/pay/{young}", "", nil, 200},
		{"page", "GET", "/pay/{new}", "", nil, 200},
		{"page again", "GET", "/pay/{same}", "", nil, 200},
		{"page of a completed one", "GET", "/pay/" + b.ids[stateCompleted], "", nil, 200},
		{"status", "GET", "/pay/{new}/status", "", nil, 200},
		{"status again", "GET", "/pay/{same}/status", "", nil, 200},
		{"status of a completed one", "GET", "/pay/" + b.ids[stateCompleted] + "/status", "", nil, 200},
	} {
		t.Run(a.name, func(t *testing.T) {
			for part, age := range map[string]time.Duration{"{new}": time.Minute, "{young}": 0} {
				if strings.Contains(a.path, part) {
					made, err := b.world.checkout(stellar.Address(keypair.MustRandom().Address()), time.Now().Add(-age))
					if err != nil {
						t.Fatal(err)
					}
					open = made.ID.String()
					a.path = strings.Replace(a.path, part, open, 1)
					for _, p := range b.peers {
						if err := p.process.Store.Put(t.Context(), kv.Entry{Key: store.CheckoutKey(made.ID).String(), Value: store.Encode(&made)}); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			a.path = strings.Replace(a.path, "{same}", open, 1)
			asked := map[string][][]workerd.Operation{}
			for _, p := range b.peers {
				if p.name == stock {
					continue
				}
				trips, err := p.trips(t.Context(), a)
				if err != nil {
					t.Fatalf("%s: %v", p.name, err)
				}
				asked[p.name] = trips
			}
			if diff := gocmp.Diff(asked[ours], asked[js]); diff != "" {
				t.Errorf("js asks otherwise (-ours +js):\n%s", diff)
			}
			if len(asked[ours]) == 0 {
				t.Error("nothing was recorded")
			}
		})
	}
}

// trips returns what a peer asks of KV and the cache for a request while they are far away, by
// round trip: keys without parts that differ between peers, sorted within a trip.
func (p *peer) trips(ctx context.Context, a ask) ([][]workerd.Operation, error) {
	store := p.process.Store
	if err := store.Far(ctx, 1); err != nil {
		return nil, err
	}
	if err := store.Record(ctx); err != nil {
		return nil, err
	}
	response, body, err := p.do(ctx, a)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != a.want {
		return nil, fmt.Errorf("status %d, want %d: %s", response.StatusCode, a.want, body)
	}
	trips, err := store.Recorded(ctx)
	if err != nil {
		return nil, err
	}
	for _, trip := range trips {
		for i, o := range trip {
			key, err := url.PathUnescape(o.Key)
			if err != nil {
				return nil, err
			}
			trip[i].Key = placesInTime.ReplaceAllString(anyID(key), "(time)/")
		}
		slices.SortFunc(trip, func(a, b workerd.Operation) int {
			return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key))
		})
	}
	return trips, store.Near(ctx)
}
