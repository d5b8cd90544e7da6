package horizon

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// link is a HAL link. If it is templated, Href is a URI template.
type link struct {
	Href      string `json:"href"`
	Templated bool   `json:"templated,omitempty"`
}

// base is the origin of a request, with which the links in its answer begin.
type base string

func baseOf(r *http.Request) base {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return base(scheme + "://" + r.Host)
}

func (b base) to(path string) link {
	return link{Href: string(b) + path, Templated: strings.Contains(path, "{")}
}

// collection is a link to a list with pages.
func (b base) collection(path string) link { return b.to(path + "{?cursor,limit,order}") }

// page is a list with links to the pages before and after it.
type page struct {
	Links struct {
		Self link `json:"self"`
		Next link `json:"next"`
		Prev link `json:"prev"`
	} `json:"_links"`
	Embedded struct {
		Records []record `json:"records"`
	} `json:"_embedded"`
}

// record is an entry of a list.
type record interface{ pagingToken() string }

const (
	typeHAL     = "application/hal+json; charset=utf-8"
	typeProblem = "application/problem+json; charset=utf-8"
)

// write sends a document, indented for people who read it in a terminal.
func write(w http.ResponseWriter, contentType string, status int, body any) {
	encoded, err := json.MarshalIndent(body, "", "  ")
	send(w, contentType, status, encoded, err)
}

// writePage sends a list. It is not indented, which would double the cost, because programs poll
// lists.
func writePage(w http.ResponseWriter, p page) {
	encoded, err := json.Marshal(p)
	send(w, typeHAL, http.StatusOK, encoded, err)
}

func send(w http.ResponseWriter, contentType string, status int, encoded []byte, err error) {
	if err != nil {
		// Bodies are structs of strings and numbers, which always encode.
		panic("horizon: encode an answer: " + err.Error())
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	w.Write(encoded)
}

func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
