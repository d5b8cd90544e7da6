package horizon

import (
	"cmp"
	"net/http"
	"slices"
	"sort"
)

// entry is a record of a list of state. Such a list is not sorted by time: its cursor names a
// record, and position is where the record stands.
type entry struct {
	position string
	record
}

// stateList serves a list of the state of the ledger: all records, and the position of a cursor.
func (s *Server) stateList(
	all func(*http.Request) ([]entry, *problem), position func(cursor string) (string, bool),
) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.stateOf(w)
		q, wrong := parsePage(r)
		var entries []entry
		if wrong == nil {
			entries, wrong = all(r)
		}
		var at string
		if wrong == nil && q.cursor != "" {
			var valid bool
			if at, valid = position(q.cursor); !valid {
				wrong = invalidField("cursor", "invalid cursor")
			}
		}
		if wrong != nil {
			wrong.write(w)
			return
		}
		writePage(w, q.page(baseOf(r), r, q.choose(entries, at)))
	}
}

// choose returns the page of the query that begins after, or before, the position of its cursor.
func (q query) choose(entries []entry, at string) []record {
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.position, b.position) })
	if q.Descending {
		if q.cursor != "" {
			entries = entries[:sort.Search(len(entries), func(i int) bool { return entries[i].position >= at })]
		}
		slices.Reverse(entries)
	} else if q.cursor != "" {
		entries = entries[sort.Search(len(entries), func(i int) bool { return entries[i].position > at }):]
	}
	var records []record
	for _, e := range entries[:min(q.Limit, len(entries))] {
		records = append(records, e.record)
	}
	return records
}
