package templates

import "edgecheckout/templates/text"

// Language is a language of the page.
type Language = text.Language

// English is the language of whoever reads none of the others.
var English = text.English

// FindLanguage returns the language with a tag, as in the page's address; nil if there is none.
func FindLanguage(tag string) *Language { return text.Find(tag) }

// MatchLanguage returns the language of a BCP 47 tag, such as that of "pt-BR"; nil if there is none.
func MatchLanguage(tag string) *Language { return text.Match(tag) }

// AcceptedLanguage returns the language that an Accept-Language header prefers; nil if none.
func AcceptedLanguage(header string) *Language { return text.Accepted(header) }
