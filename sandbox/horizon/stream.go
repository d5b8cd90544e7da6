package horizon

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// stream sends the records of a list as server-sent events: first the existing ones, then those of
// each new ledger. It ends when the limit of the query (if given) is reached, when
// [Options.StreamTime] is over, or when the client disconnects.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, q query, read reader) {
	limit := 0
	if r.URL.Query().Get("limit") != "" {
		limit = q.Limit
	}
	q.Limit = maxLimit
	closed := s.ledger.Closed()
	records, wrong := read(r, q)
	if wrong != nil {
		wrong.write(w)
		return
	}
	flusher := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	fmt.Fprint(w, "retry: 1000\nevent: open\ndata: \"hello\"\n\n")
	flusher.Flush()

	over := time.NewTimer(s.options.StreamTime)
	defer over.Stop()
	for sent := 0; ; {
		for _, record := range records {
			if err := writeEvent(w, record); err != nil {
				return
			}
			q.follow(record)
			if sent++; sent == limit {
				goodbye(w)
				return
			}
		}
		if err := flusher.Flush(); err != nil {
			return
		}
		if len(records) < q.Limit {
			select {
			case <-closed:
			case <-over.C:
				goodbye(w)
				return
			case <-r.Context().Done():
				return
			}
			closed = s.ledger.Closed()
		}
		if records, wrong = read(r, q); wrong != nil {
			fmt.Fprintf(w, "event: error\ndata: problem: %s. full details: %s\n\n", wrong.Type[len(problems):], wrong.Detail)
			return
		}
	}
}

func writeEvent(w http.ResponseWriter, r record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "id: %s\ndata: %s\n\n", r.pagingToken(), data)
	return err
}

func goodbye(w http.ResponseWriter) {
	fmt.Fprint(w, "retry: 10\nevent: close\ndata: \"byebye\"\n\n")
}
