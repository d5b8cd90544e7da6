package templates_test

import (
	"bytes"
	"compress/gzip"
	"testing"

	"edgecheckout/templates"
	"edgecheckout/templates/samples"
	"edgecheckout/templates/static"
	"edgecheckout/templates/text"

	"github.com/PuerkitoBio/goquery"
)

// maxWeight is what a page may take over the wire with all that it loads, before a wallet is chosen.
const maxWeight = 45_000

func TestPageIsLight(t *testing.T) {
	files := map[string][]byte{}
	for _, f := range static.Files() {
		files[f.Path] = f.Body
	}
	heaviest := 0
	for _, s := range samples.All("https://pay.example") {
		for _, l := range text.Languages {
			c := s.Checkout
			c.Language = l
			c.StreamURL = "https://horizon.example/accounts/" + c.Destination + "/payments?cursor=now&join=transactions"
			weight := zipped(t, []byte(markup(t, templates.Pay(c))))
			document(t, templates.Pay(c)).Find("link[href], script[src], [data-texts]").Each(func(_ int, e *goquery.Selection) {
				path := e.AttrOr("href", "") + e.AttrOr("src", "") + e.AttrOr("data-texts", "")
				if files[path] == nil {
					t.Errorf("%s is no file of the page", path)
				}
				weight += zipped(t, files[path])
			})
			if heaviest = max(heaviest, weight); weight > maxWeight {
				t.Errorf("%s in %s: %d bytes, at most %d are allowed", s.Name, l.Tag, weight, maxWeight)
			}
		}
	}
	t.Logf("at most %d bytes", heaviest)
}

func zipped(t *testing.T, body []byte) int {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}
