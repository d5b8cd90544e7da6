package stellar

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// MaxTOMLBytes is how large a stellar.toml may be (SEP-1).
const MaxTOMLBytes = 100 << 10

// ErrTOML reports a stellar.toml that could not be read.
var ErrTOML = errors.New("not a stellar.toml that can be read")

// Currency is an asset as the domain of its issuer describes it.
type Currency struct {
	Code, Issuer       string
	AnchorType, Anchor string // anchor_asset_type, anchor_asset
}

// FindCurrency looks for an asset among the [[CURRENCIES]] of a stellar.toml (SEP-1), and reports
// whether it is there. It reads no more of TOML than it needs to know what is a currency: whatever it
// does not know is ErrTOML, rather than an asset that the file does not name. A file that names its
// currencies in another way, such as an array of inline tables, names none.
func FindCurrency(text string, asset Asset) (Currency, bool, error) {
	if len(text) > MaxTOMLBytes || !utf8.ValidString(text) {
		return Currency{}, false, ErrTOML
	}
	r := tomlReader{rest: strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")}
	var found, current Currency
	named, inCurrency := false, false
	given := map[string]bool{} // the keys of the table
	finish := func() {
		if inCurrency && current.Code == asset.Code && current.Issuer == string(asset.Issuer) && !named {
			found, named = current, true
		}
		current, inCurrency = Currency{}, false
		clear(given)
	}
	for r.skipBlank(); r.rest != ""; r.skipBlank() {
		if r.rest[0] == '[' {
			finish()
			name, isList, ok := r.header()
			if !ok {
				return Currency{}, false, ErrTOML
			}
			inCurrency = isList && name == "CURRENCIES"
			continue
		}
		key, ok := r.key()
		if !ok || given[key] {
			return Currency{}, false, ErrTOML
		}
		given[key] = true
		value, ok := r.value()
		if !ok || !r.endOfLine() {
			return Currency{}, false, ErrTOML
		}
		switch key {
		case "code":
			current.Code = value
		case "issuer":
			current.Issuer = value
		case "anchor_asset_type":
			current.AnchorType = value
		case "anchor_asset":
			current.Anchor = value
		}
	}
	finish()
	return found, named, nil
}

// tomlReader takes one thing after the other from a TOML text.
type tomlReader struct{ rest string }

// skipBlank skips spaces, line ends and comments.
func (r *tomlReader) skipBlank() {
	for {
		r.rest = strings.TrimLeft(r.rest, " \t\n")
		if !r.comment() {
			return
		}
	}
}

// comment skips a comment up to the end of its line.
func (r *tomlReader) comment() bool {
	if !strings.HasPrefix(r.rest, "#") {
		return false
	}
	if end := strings.IndexByte(r.rest, '\n'); end >= 0 {
		r.rest = r.rest[end:]
	} else {
		r.rest = ""
	}
	return true
}

// endOfLine skips what may stand behind a value on its line.
func (r *tomlReader) endOfLine() bool {
	r.rest = strings.TrimLeft(r.rest, " \t")
	r.comment()
	return r.rest == "" || r.rest[0] == '\n'
}

// header takes [name] or [[name]]; isList says which.
func (r *tomlReader) header() (name string, isList, ok bool) {
	line, _, _ := strings.Cut(r.rest, "\n")
	begin, end := "[", "]"
	if isList = strings.HasPrefix(line, "[["); isList {
		begin, end = "[[", "]]"
	}
	name, _, ok = strings.Cut(line[len(begin):], end)
	if !ok {
		return "", false, false
	}
	r.rest = r.rest[len(begin)+len(name)+len(end):]
	name = strings.Trim(name, " \t")
	return name, isList, isBare(name, "._-") && r.endOfLine()
}

// key takes a bare key, which may have dots in it, and the sign behind it.
func (r *tomlReader) key() (string, bool) {
	key, rest, ok := strings.Cut(r.rest, "=")
	if key = strings.TrimRight(key, " \t"); !ok || !isBare(key, "._-") {
		return "", false
	}
	r.rest = strings.TrimLeft(rest, " \t")
	return key, true
}

func isBare(s, signs string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"+signs) == ""
}

// value takes a value. It returns the text of a plain string of one line, and "" for anything else.
func (r *tomlReader) value() (string, bool) {
	if r.rest == "" {
		return "", false
	}
	switch r.rest[0] {
	case '"', '\'':
		return r.quoted()
	case '[', '{':
		return "", r.nested()
	}
	end := strings.IndexAny(r.rest, "#\n")
	if end < 0 {
		end = len(r.rest)
	}
	word := strings.TrimRight(r.rest[:end], " \t")
	r.rest = r.rest[len(word):]
	return "", isBare(word, "+-_.: ") // a number, a boolean or a time
}

// quoted takes a string. Escapes are not resolved: a string that has some is "".
func (r *tomlReader) quoted() (string, bool) {
	quote := r.rest[:1]
	if long := strings.Repeat(quote, 3); strings.HasPrefix(r.rest, long) {
		return "", r.long(long)
	}
	for i := 1; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == quote[0]:
			text := r.rest[1:i]
			r.rest = r.rest[i+1:]
			if quote == `"` && strings.Contains(text, `\`) {
				text = ""
			}
			return text, true
		case c == '\\' && quote == `"`:
			i++
			if i < len(r.rest) && r.rest[i] == '\n' {
				return "", false
			}
		case c < ' ' && c != '\t' || c == 0x7f:
			return "", false
		}
	}
	return "", false
}

// long takes a string of several lines. Up to two quotes may stand right before those that end it.
func (r *tomlReader) long(quotes string) bool {
	for i := len(quotes); i < len(r.rest); i++ {
		switch {
		case r.rest[i] == '\\' && quotes == `"""`:
			i++
		case strings.HasPrefix(r.rest[i:], quotes):
			end := i + len(quotes)
			for range 2 {
				if end < len(r.rest) && r.rest[end] == quotes[0] {
					end++
				}
			}
			r.rest = r.rest[end:]
			return true
		}
	}
	return false
}

// nested takes an array or an inline table, with everything in it.
func (r *tomlReader) nested() bool {
	var open []byte
	for r.rest != "" {
		switch c := r.rest[0]; c {
		case '[', '{':
			open = append(open, c+2) // the bracket that closes it
		case ']', '}':
			if len(open) == 0 || open[len(open)-1] != c {
				return false
			}
			if open = open[:len(open)-1]; len(open) == 0 {
				r.rest = r.rest[1:]
				return true
			}
		case '"', '\'':
			if _, ok := r.quoted(); !ok {
				return false
			}
			continue
		case '#':
			r.comment()
			continue
		}
		r.rest = r.rest[1:]
	}
	return false
}
