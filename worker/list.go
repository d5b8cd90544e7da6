package worker

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/store"
)

const (
	usualLimit = 10
	maxLimit   = 100
)

// How many objects a filtered list examines for one page. Cloudflare allows 1,000 KV operations an
// invocation; choosing takes one for each object, showing takes up to five.
const (
	maxExamined = kv.MaxListKeys
	maxChosen   = 400
	chosenFrom  = 100 // at once
)

// spareKeys is how many more keys than objects the first list call requests, because racing creates
// of one object leave an entry each.
const spareKeys = 10

// window is the requested part of a list.
type window struct {
	limit  int
	cursor string // the id of an object; empty to start with the newest one
	// If newer is set, the window is directly before the cursor in the list, otherwise after it.
	newer bool
}

// The parameters of a window, which all lists have.
const (
	paramLimit  = "limit"
	paramAfter  = "starting_after"
	paramBefore = "ending_before"
)

func windowOf(query query, noun string) (window, error) {
	w := window{limit: usualLimit, cursor: query.Get(paramAfter)}
	if query.Has(paramLimit) {
		limit, err := strconv.ParseUint(query.Get(paramLimit), 10, 8) // accepts no sign
		if err != nil || limit < 1 || limit > maxLimit {
			return w, invalid(paramLimit, "limit must be a whole number from 1 to %d.", maxLimit)
		}
		w.limit = int(limit)
	}
	if query.Has(paramAfter) && query.Has(paramBefore) {
		return w, invalid(paramBefore, "ending_before and starting_after are two directions; give one of them.")
	}
	if query.Has(paramBefore) {
		w.cursor, w.newer = query.Get(paramBefore), true
	}
	if w.cursor == "" && (query.Has(paramAfter) || query.Has(paramBefore)) {
		return w, w.unknown(noun)
	}
	return w, nil
}

// param is the name of the cursor's parameter.
func (w window) param() string {
	if w.newer {
		return paramBefore
	}
	return paramAfter
}

// unknown is the error for a cursor that is none of the caller's objects.
func (w window) unknown(noun string) *Error {
	which := "last"
	if w.newer {
		which = "first"
	}
	return invalid(w.param(), "%s must be the id of a %s of yours, such as the %s one of the page that you have; none has the id %s.",
		w.param(), noun, which, clip(w.cursor))
}

// list describes how a merchant's objects of one kind are listed.
type list struct {
	noun string
	kind checkout.Kind
	path string
	// since is a time before which no object was created.
	since time.Time
	// created returns when the caller's object with an id was created; zero if there is none.
	created func(id string) (time.Time, error)
	// write encodes objects as the API shows them. It returns nil for one that is not visible here
	// yet or was created at another time than its entry says.
	write func([]store.Listed) ([][]byte, error)

	// begin, if it is set, is called when with and the first page have been read, in one trip.
	with  []store.Key
	begin func() error

	// Filters, or nil: keep decides by the entry alone, choose reads one key for each object.
	keep   func(store.Listed) bool
	choose func([]store.Listed) ([]store.Listed, error)
}

// list answers with a window of a list, newest first. It takes one read for the cursor, one list
// call, and one read of each object shown and of one more, which tells whether there are more. A
// window beyond the newest thousand objects takes more calls, unless the previous page was read
// here recently: see [store.Scan]. Objects that are added meanwhile do not move others, because an
// object's place is its time of creation.
//
// A filter examines a limited number of objects. A page may then have fewer objects than the limit,
// or none, although has_more is true. The Link header continues after the examined objects.
func (c *call) list(l list) (answer, error) {
	w, err := windowOf(c.query, l.noun)
	if err != nil {
		return answer{}, err
	}
	from := ""
	if w.cursor != "" {
		created, err := l.created(w.cursor)
		if err != nil {
			return answer{}, err
		}
		if created.IsZero() {
			return answer{}, w.unknown(l.noun)
		}
		from = store.Listed{Created: created, ID: w.cursor}.Position()
	}
	keys := w.limit + spareKeys
	if l.choose != nil {
		keys = maxChosen
	}
	if l.keep != nil {
		keys = kv.MaxListKeys
	}
	// The clocks of Cloudflare's machines differ by far less than a minute.
	since := l.since.Add(-time.Minute)
	s := c.view.Scan(c.Owner, l.kind, from, w.newer, since, keys)
	if from != "" {
		s.Resume(c.ctx, c.platform.Recent, keys)
	}
	if l.begin != nil {
		if err := c.view.FetchLists(c.ctx, s.First(), l.with...); err != nil {
			return answer{}, err
		}
		if err := l.begin(); err != nil {
			return answer{}, err
		}
	}
	p, err := l.fill(c, s, w.limit)
	if err != nil {
		return answer{}, err
	}
	if w.newer {
		slices.Reverse(p.items)
	}
	a := written(jsonType, listBody(l.path, p.items, p.more))
	if p.more {
		a = a.with("Link", w.link(l.path, c.query, p.last.ID))
		s.Mark(c.ctx, c.platform.Recent, p.last.Position())
	}
	return a, nil
}

// listPage is a page in the order of the scan.
type listPage struct {
	items [][]byte
	more  bool
	last  store.Listed // the next page begins after it
}

// fill takes objects from a scan until it has one more than the limit, has examined the maximum, or
// there are no more.
func (l list) fill(c *call, s *store.Scan, limit int) (p listPage, err error) {
	examined, chosen := 0, 0
	for {
		if examined >= maxExamined || chosen >= maxChosen {
			p.more = s.More()
			return p, nil
		}
		size := limit + 1 - len(p.items)
		if l.choose != nil {
			size = chosenFrom
		}
		var batch []store.Listed
		var behind store.Listed
		for len(batch) < size && examined < maxExamined {
			entry, ok, err := s.Next(c.ctx)
			if err != nil {
				return p, err
			}
			if !ok {
				break
			}
			if l.keep == nil || l.keep(entry) {
				batch = append(batch, entry)
			}
			behind = entry
			examined++
		}
		if behind.ID == "" {
			return p, nil
		}
		if l.choose != nil {
			chosen += len(batch)
			if batch, err = l.choose(batch); err != nil {
				return p, err
			}
		}
		for len(batch) > 0 {
			now := batch[:min(len(batch), limit+1-len(p.items))]
			batch = batch[len(now):]
			items, err := l.write(now)
			if err != nil {
				return p, err
			}
			for i, item := range items {
				if item == nil {
					continue
				}
				if len(p.items) == limit {
					p.more = true
					return p, nil
				}
				p.items, p.last = append(p.items, item), now[i]
			}
		}
		p.last = behind
	}
}

// link is the Link header for the next page, which begins after the object with the id last.
func (w window) link(path string, query query, last string) string {
	rel := "next"
	if w.newer {
		rel = "prev"
	}
	return "<" + path + "?" + query.with(w.param(), last).encode() + `>; rel="` + rel + `"`
}

// listBody writes a list of encoded objects.
func listBody(path string, items [][]byte, more bool) []byte {
	b := []byte(`{"object":"list","data":[`)
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, item...)
	}
	b = append(b, `],"has_more":`...)
	b = strconv.AppendBool(b, more)
	b = append(b, `,"url":"`...)
	b = append(b, path...)
	return append(b, "\"}\n"...)
}

// writeListed encodes records that were read for a list as view shows them; err is the error of
// reading them.
func writeListed[T, V any](records []*T, err error, view func(T) V) ([][]byte, error) {
	if err != nil {
		return nil, err
	}
	items := make([][]byte, len(records))
	for i, record := range records {
		if record == nil {
			continue
		}
		if items[i], err = encodeItem(view(*record)); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// encodeItem encodes an object that is part of another one.
func encodeItem(v any) (json.RawMessage, error) {
	b, err := encode(v)
	return b[:max(len(b)-1, 0)], err
}

func (c *call) checkouts() store.Checkouts { return c.view.Checkouts(c.Owner) }
func (c *call) customers() store.Customers { return c.view.Customers(c.Owner) }
func (c *call) products() store.Products   { return c.view.Products(c.Owner) }
func (c *call) refunds() store.Refunds     { return c.view.Refunds(c.Owner) }
func (c *call) links() store.PaymentLinks  { return c.view.PaymentLinks(c.Owner) }
func (c *call) webhooks() store.Webhooks   { return c.view.Webhooks(c.Owner) }
