package worker

import (
	"slices"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/event"
	"edgecheckout/worker/store"
)

// listEvents is GET /events: newest first, or with since oldest first, so that it can be followed
// as a log.
func listEvents(c *call) (answer, error) {
	wanted := c.query.Get("type")
	if c.query.Has("type") && !slices.Contains(event.Types, event.Type(wanted)) {
		return answer{}, invalid("type", "type must be one of %s, not %s.", typeNames(), clip(wanted))
	}
	l := list{
		noun: "event", kind: checkout.KindEvent, path: "/events", since: c.keptSince(), created: c.loggedAt,
		write: func(entries []store.Listed) ([][]byte, error) {
			events, err := c.events().Listed(c.ctx, entries)
			for i, e := range events {
				if e != nil && wanted != "" && e.Type != wanted {
					events[i] = nil
				}
			}
			return writeListed(events, err, eventView)
		},
	}
	if !c.query.Has("since") {
		return c.list(l)
	}
	return c.follow(l)
}

// follow answers with a window of a list, oldest first.
func (c *call) follow(l list) (answer, error) {
	p := queryParams(c.query)
	since := p.time("since")
	if p.err != nil {
		return answer{}, p.err
	}
	w, err := windowOf(c.query, l.noun)
	if err != nil {
		return answer{}, err
	}
	if w.newer {
		return answer{}, invalid(paramBefore, "ending_before is not possible with since, which goes from older to newer events.")
	}
	from := followedFrom(since)
	if w.cursor != "" {
		at, ok, err := c.events().Find(c.ctx, w.cursor)
		if err != nil {
			return answer{}, err
		}
		if !ok {
			return answer{}, w.unknown(l.noun)
		}
		from = at.Position()
	}
	s := c.view.Scan(c.Owner, l.kind, from, true, l.since, w.limit+spareKeys)
	page, err := l.fill(c, s, w.limit)
	if err != nil {
		return answer{}, err
	}
	a := written(jsonType, listBody(l.path, page.items, page.more))
	if page.more {
		a = a.with("Link", w.link(l.path, c.query, page.last.ID))
	}
	return a, nil
}

// followedFrom is the position in the log before which a time begins.
func followedFrom(since time.Time) string {
	return store.Listed{Created: since.Add(-time.Millisecond), ID: "~"}.Position()
}

// keptSince is the time before which no event is kept.
func (c *call) keptSince() time.Time {
	oldest := c.began.Add(-store.KeepEvents)
	if c.Merchant.CreatedAt.After(oldest) {
		return c.Merchant.CreatedAt
	}
	return oldest
}

// loggedAt returns when an event of the caller was logged; zero if it was not.
func (c *call) loggedAt(id string) (time.Time, error) {
	at, ok, err := c.events().Find(c.ctx, id)
	if !ok {
		return time.Time{}, err
	}
	return at.Created, err
}

func (c *call) events() store.Events { return c.view.Events(c.Owner) }
