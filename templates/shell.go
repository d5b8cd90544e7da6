package templates

import (
	"github.com/a-h/templ"

	"edgecheckout/templates/text"
)

// ConsoleStylesheet is the path of the console's stylesheet, which adds to that of all pages.
const ConsoleStylesheet = consoleStylesheet

// Document is the skeleton of a page of package console, which is in English.
func Document(title string, head templ.Component) templ.Component {
	return document(text.English, title, head)
}
