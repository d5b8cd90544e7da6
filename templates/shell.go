package templates

import (
	"github.com/a-h/templ"
)

// ConsoleStylesheet is the path of the console's stylesheet, which adds to that of all pages.
const ConsoleStylesheet = consoleStylesheet

// Document is the skeleton of a page of package console.
func Document(title string, head templ.Component) templ.Component {
	return document(English, title, head)
}
