package templates

import (
	"github.com/a-h/templ"
)

// ConsoleStylesheet is the path of the console's stylesheet, which adds to that of all pages.
const ConsoleStylesheet = consoleStylesheet

// ConsoleScript is the path of the console's script, without which everything works by hand.
const ConsoleScript = consoleScript

// Document is the skeleton of a page of package console.
func Document(title string, head templ.Component) templ.Component {
	return document(English, title, head)
}

// QRCode is the QR code of a text, with a name for whoever does not see it. A text is too long for a
// code from 2,953 bytes on; nothing is shown of it.
func QRCode(text, name string) templ.Component {
	d, ok := draw(text)
	if !ok {
		return templ.NopComponent
	}
	return codeImage(d, name)
}
