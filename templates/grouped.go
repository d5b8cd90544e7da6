package templates

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// grouped writes a long value so that an eye can read and compare it, in groups of four that lines may break between. The gaps are
// margins: what is selected or copied holds no spaces.
//
// It is written by hand, since templ formats every expression by package fmt (see templ.JoinStringErrs): a page has three dozen
// groups, which took a tenth of its time.
type grouped string

func (g grouped) Render(_ context.Context, w io.Writer) error {
	markup := make([]byte, 0, 8*len(g))
	for value := string(g); value != ""; {
		group := value[:min(4, len(value))]
		value = value[len(group):]
		markup = append(markup, "<span>"...)
		markup = append(markup, templ.EscapeString(group)...)
		markup = append(markup, "</span><wbr>"...)
	}
	_, err := w.Write(markup)
	return err
}
