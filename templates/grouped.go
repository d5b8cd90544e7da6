package templates

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// grouped renders a long value so that people can read and compare it: in groups of four
// characters, between which lines may break. The gaps are margins, so selected or copied text
// contains no spaces.
//
// It is written by hand because templ formats every expression with package fmt (see
// [templ.JoinStringErrs]). A page has three dozen groups; they took a tenth of its rendering time.
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
