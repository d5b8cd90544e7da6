package watch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
)

// batches notes what was asked of Horizon at the same time.
type batches struct {
	horizon.Transport
	asked [][]string // the accounts of each batch
}

func (b *batches) GetAll(ctx context.Context, urls []string, timeout time.Duration) []horizon.Result {
	var accounts []string
	for _, url := range urls {
		accounts = append(accounts, strings.Split(url, "/")[4])
	}
	b.asked = append(b.asked, accounts)
	return b.Transport.GetAll(ctx, urls, timeout)
}

func TestASweepReadsAccountsInBatchesInTheirOrder(t *testing.T) {
	s := open(t)
	var shops []string
	for range 8 {
		s.merchant = s.Merchant()
		shops = append(shops, s.merchant.Address())
		s.pay(s.checkout(), "50")
		s.Advance(5 * time.Second)
	}
	slices.Sort(shops)
	turn := int(s.Now().Unix()/60) % len(shops) // another one begins in each minute
	shops = slices.Concat(shops[turn:], shops[:turn])
	broken := shops[2]
	s.Fault = func(url string) (horizon.Response, error, bool) {
		return horizon.Response{}, errors.New("connection refused"), strings.Contains(url, broken)
	}
	transport := &batches{Transport: s.World}
	s.cron.Horizons[stellar.Test] = horizon.NewPool(network, transport, s.cron.Recent, s.Now)
	report, err := s.cron.Sweep(context.Background(), stellar.Modes...)
	if err == nil || report.Terminal != 7 || report.Failed != 1 {
		t.Errorf("%+v, %v", report, err)
	}
	// The third account fails at its first page and makes room for the seventh; the others have an
	// empty second page.
	one, two := shops[:6], slices.Concat(shops[:2], shops[3:7])
	three, four := shops[6:], shops[7:]
	if got, want := fmt.Sprint(transport.asked), fmt.Sprint([][]string{one, two, three, four}); got != want {
		t.Errorf("batches:\n%s\nwant\n%s", got, want)
	}
}
