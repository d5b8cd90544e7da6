package templates

import (
	"context"
	"io"

	"edgecheckout/templates/text"

	"github.com/a-h/templ"
)

// sentence renders a text of package text. What it names stands isolated from the direction of the
// text around it, and the amounts that may change while the page is open are marked for the script.
//
// It is written by hand because a sentence is cut into pieces only when it is rendered.
type sentence struct {
	c     *Checkout
	text  string
	pairs []string // further values
}

// say renders a text about a checkout; pairs are further values that it names.
func say(c *Checkout, text string, pairs ...string) templ.Component {
	return sentence{c, text, pairs}
}

// Render implements [templ.Component].
func (s sentence) Render(_ context.Context, w io.Writer) error {
	b := make([]byte, 0, 512)
	for piece, name := range text.Pieces(s.text) {
		b = append(b, templ.EscapeString(piece)...)
		if name != "" {
			b = s.append(b, name)
		}
	}
	_, err := w.Write(b)
	return err
}

func (s sentence) append(b []byte, name string) []byte {
	for i := 0; i+1 < len(s.pairs); i += 2 {
		if s.pairs[i] == name {
			b = append(b, "<bdi>"...)
			b = append(b, templ.EscapeString(s.pairs[i+1])...)
			return append(b, "</bdi>"...)
		}
	}
	c := s.c
	switch name {
	case "merchant":
		b = append(b, `<bdi>`...)
		b = append(b, templ.EscapeString(c.Merchant)...)
		return append(b, "</bdi>"...)
	case "email":
		b = append(b, `<a dir="ltr" href="`...)
		b = append(b, templ.EscapeString(c.mailto(c.ID))...)
		b = append(b, `">`...)
		b = append(b, templ.EscapeString(c.SupportEmail)...)
		return append(b, `</a>`...)
	case "asset":
		b = append(b, `<span dir="ltr">`...)
		b = append(b, templ.EscapeString(c.AssetCode)...)
		return append(b, "</span>"...)
	case "amount":
		return appendFigure(b, c, "", c.Amount)
	case "received":
		return appendFigure(b, c, name, c.Received)
	case "due":
		return appendFigure(b, c, name, c.Due)
	case "to-pay":
		return appendFigure(b, c, name, c.toPay())
	}
	return b
}

// appendFigure writes an amount of the checkout's asset. Script fills it anew if it has a name.
func appendFigure(b []byte, c *Checkout, name, exact string) []byte {
	b = append(b, `<span class="figure" dir="ltr">`...)
	if name != "" {
		b = append(b, `<span data-fill="`+name+`">`...)
	}
	b = append(b, templ.EscapeString(c.t().Number(exact))...)
	if name != "" {
		b = append(b, `</span>`...)
	}
	b = append(b, ' ')
	b = append(b, templ.EscapeString(c.AssetCode)...)
	return append(b, `</span>`...)
}
