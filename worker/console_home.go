package worker

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
	"time"

	"edgecheckout/templates/console"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
	"edgecheckout/worker/watch"
)

// homeCheckouts is how many checkouts the first screen looks at. Each takes four reads.
const homeCheckouts = 100

// homeDays is how many days it sums up. A checkout that was paid in them is at most a day older.
const homeDays = 7

const day = 24 * time.Hour

// showHome is GET /console.
func showHome(c *call) (answer, error) {
	today := c.began.Truncate(day)
	first := today.Add(-(homeDays - 1) * day)
	since := first.Add(-ExpiresInMax)
	s := c.view.Scan(c.Owner, checkout.KindCheckout, "", false, c.checkoutsSince(), homeCheckouts+1)
	l, err := leafOf(c.ctx, s, homeCheckouts, func(e store.Listed) bool { return e.Created.Before(since) },
		func(entries []store.Listed) ([]*checkout.Facts, error) { return c.checkouts().Listed(c.ctx, entries) }, nil)
	if err != nil {
		return answer{}, err
	}
	h := console.Home{Listed: len(l.items), Since: since, More: l.older != ""}
	if h.More && len(l.items) > 0 {
		h.Since = l.items[len(l.items)-1].Checkout.CreatedAt
	}
	var sums tally
	for _, f := range l.items {
		out := f.Outcome(c.platform.Now())
		for _, p := range out.Payments {
			if p.Counted() && !p.ClosedAt.Before(first) {
				sums.add(p, today)
			}
		}
		h.Attention = append(h.Attention, attentionOf(f, out, first)...)
	}
	sums.fill(&h, first)
	endpoints, err := c.store.Endpoints(c.ctx, c.Owner)
	if err != nil {
		return answer{}, err
	}
	for _, e := range endpoints {
		switch {
		case !e.State.DisabledAt.IsZero():
			h.Attention = append(h.Attention, console.Attention{What: "An endpoint was disabled", Text: e.Name, Href: "/console/endpoints/" + e.ID, At: e.State.DisabledAt})
		case !e.State.FailingSince.IsZero():
			h.Attention = append(h.Attention, console.Attention{What: "An endpoint fails", Text: e.Name, Href: "/console/endpoints/" + e.ID, At: e.State.FailingSince})
		}
	}
	sort.SliceStable(h.Attention, func(i, j int) bool { return h.Attention[i].At.After(h.Attention[j].At) })
	if h.Settlement, _, err = c.settlement(); err != nil {
		return answer{}, err
	}
	return c.screen(c.frame("home"), h)
}

// checkoutsSince is the time before which no checkout of the owner is kept.
func (c *call) checkoutsSince() time.Time {
	if kept := c.began.Add(-store.KeepAfterExpiry - ExpiresInMax); c.Merchant.CreatedAt.Before(kept) {
		return kept
	}
	return c.Merchant.CreatedAt.Add(-time.Minute)
}

// tally sums up what was paid.
type tally struct {
	today, week map[stellar.Asset]stellar.Amount
	days        map[stellar.Asset]map[time.Time]stellar.Amount
}

func (t *tally) add(p checkout.Judged, today time.Time) {
	if t.week == nil {
		t.today, t.week, t.days = map[stellar.Asset]stellar.Amount{}, map[stellar.Asset]stellar.Amount{}, map[stellar.Asset]map[time.Time]stellar.Amount{}
	}
	t.week[p.Asset] = t.week[p.Asset].Plus(p.Amount)
	if !p.ClosedAt.Before(today) {
		t.today[p.Asset] = t.today[p.Asset].Plus(p.Amount)
	}
	if t.days[p.Asset] == nil {
		t.days[p.Asset] = map[time.Time]stellar.Amount{}
	}
	on := p.ClosedAt.UTC().Truncate(day)
	t.days[p.Asset][on] = t.days[p.Asset][on].Plus(p.Amount)
}

// fill writes the sums, and the days of the asset that was paid on most of them.
func (t *tally) fill(h *console.Home, first time.Time) {
	h.Today, h.Week = moneys(t.today), moneys(t.week)
	var charted stellar.Asset
	for _, asset := range sortedAssets(t.week) {
		if len(t.days[asset]) > len(t.days[charted]) {
			charted = asset
		}
	}
	if charted.Code == "" {
		return
	}
	h.Asset = charted.Code
	var best stellar.Amount
	for _, amount := range t.days[charted] {
		best = max(best, amount)
	}
	for i := range homeDays {
		on := first.Add(time.Duration(i) * day)
		amount := t.days[charted][on]
		h.Days = append(h.Days, console.Day{Date: on, Amount: amount.String(), Tenths: min(int(amount/max(best/1000, 1)), 1000)})
	}
}

func sortedAssets(sums map[stellar.Asset]stellar.Amount) []stellar.Asset {
	assets := slices.Collect(maps.Keys(sums))
	sort.Slice(assets, func(i, j int) bool {
		a, b := assets[i], assets[j]
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Issuer, b.Issuer)) < 0
	})
	return assets
}

func moneys(sums map[stellar.Asset]stellar.Amount) []console.Money {
	var all []console.Money
	for _, asset := range sortedAssets(sums) {
		all = append(all, moneyOf(sums[asset], asset))
	}
	return all
}

func moneyOf(amount stellar.Amount, asset stellar.Asset) console.Money {
	return console.Money{Amount: amount.String(), Code: asset.Code, Issuer: string(asset.Issuer)}
}

// attentionOf says what the owner should look at in a checkout.
func attentionOf(f *checkout.Facts, out checkout.Outcome, since time.Time) (all []console.Attention) {
	href := "/console/checkouts/" + f.Checkout.ID.String()
	add := func(at time.Time, what, format string, args ...any) {
		if !at.Before(since) {
			all = append(all, console.Attention{What: what, Text: fmt.Sprintf(format, args...), Href: href, At: at})
		}
	}
	asked := moneyOf(f.Checkout.Amount, f.Checkout.Asset).String()
	switch {
	case out.Exception == checkout.Overpaid:
		add(out.CompletedAt, "Overpaid", "%s received, %s asked", moneyOf(out.Received, f.Checkout.Asset), asked)
	case out.Exception == checkout.Underpaid && out.Status == checkout.Failed:
		add(f.Deadline(), "Not paid in full", "%s of %s received", moneyOf(out.Received, f.Checkout.Asset), asked)
	}
	for _, p := range out.Payments {
		if !p.Counted() {
			add(p.ClosedAt, map[checkout.Reason]string{
				checkout.ReasonLate: "Paid too late", checkout.ReasonDuplicate: "Paid twice", checkout.ReasonWrongAsset: "Paid in another asset",
			}[p.Reason], "%s received, %s asked", moneyOf(p.Amount, p.Asset), asked)
		}
	}
	return all
}

// settlement says whether payments are noticed in time.
func (c *call) settlement() (console.Settlement, watch.Health, error) {
	all, err := c.watcher.Health(c.ctx, c.Mode)
	if err != nil {
		return console.Settlement{}, watch.Health{}, err
	}
	h := all[c.Mode]
	switch {
	case h.Trouble != "":
		return console.Settlement{Text: "late: the network's Horizon does not answer"}, h, nil
	case h.Lag > watch.MaxLag:
		return console.Settlement{Text: fmt.Sprintf("late: settlement is %s behind", h.Lag.Truncate(time.Second))}, h, nil
	}
	return console.Settlement{OnTime: true, Text: "on time"}, h, nil
}
