package worker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"edgecheckout/worker/codec"
)

// maxDepth is how deep a body may nest. No valid body nests deeper than metadata, which is two.
const maxDepth = 8

// parseObject parses a body as exactly one JSON object and returns its members as raw JSON. It
// refuses what encoding/json silently accepts: repeated names, invalid UTF-8, lone surrogates, deep
// nesting, and data after the object.
func parseObject(body []byte) ([]codec.Member, *Error) {
	if members, ok := codec.PlainObject(string(body)); ok {
		return members, nil
	}
	object, err := parseUnusualObject(body)
	return codec.Members(object), err
}

// parseUnusualObject parses any object, and says what is wrong with an invalid body.
func parseUnusualObject(body []byte) (map[string]json.RawMessage, *Error) {
	fail := func(format string, args ...any) *Error {
		return &Error{Code: CodeBodyInvalid, Message: fmt.Sprintf(format, args...)}
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, fail("The body is empty; send a JSON object, {} if there is nothing to say.")
	}
	if !utf8.Valid(body) {
		return nil, fail("The body is not valid UTF-8.")
	}
	if hasLoneSurrogate(body) {
		return nil, fail(`The body has half of a surrogate pair (\ud800 to \udfff); write both halves or the character itself.`)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := checkValue(decoder, "", 0); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fail("There is something after the JSON object; send exactly one object.")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, fail("The body is not a JSON object; send one such as {\"amount\": 50}.")
	}
	return members, nil
}

// checkValue checks one value and reports what is wrong with it. path is its name:
// "metadata.color".
func checkValue(decoder *json.Decoder, path string, depth int) *Error {
	token, err := decoder.Token()
	if err != nil {
		return &Error{Code: CodeBodyInvalid, Message: fmt.Sprintf("The body is not valid JSON at byte %d.", decoder.InputOffset())}
	}
	open, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	if depth == maxDepth {
		return &Error{CodeBodyInvalid, fmt.Sprintf("The body nests deeper than %d levels.", maxDepth), path}
	}
	names := map[string]bool{}
	for decoder.More() {
		inner := path
		if open == '{' {
			token, err := decoder.Token()
			if err != nil {
				return &Error{Code: CodeBodyInvalid, Message: fmt.Sprintf("The body is not valid JSON at byte %d.", decoder.InputOffset())}
			}
			name, _ := token.(string)
			if inner = name; path != "" {
				inner = path + "." + name
			}
			if names[name] {
				return &Error{CodeParameterDuplicate, fmt.Sprintf("%s is given twice; give it once.", clip(inner)), inner}
			}
			names[name] = true
		}
		if err := checkValue(decoder, inner, depth+1); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return &Error{Code: CodeBodyInvalid, Message: fmt.Sprintf("The body is not valid JSON at byte %d.", decoder.InputOffset())}
	}
	return nil
}

// hasLoneSurrogate finds \u escapes of lone surrogates, which encoding/json would silently replace.
func hasLoneSurrogate(body []byte) bool {
	half := func(at int) (high, low bool) {
		if at+6 > len(body) || body[at] != '\\' || body[at+1] != 'u' {
			return false, false
		}
		h := strings.ToLower(string(body[at+2 : at+6]))
		return h >= "d800" && h <= "dbff", h >= "dc00" && h <= "dfff"
	}
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		high, low := half(i)
		if low {
			return true
		}
		if high {
			if _, low := half(i + 6); !low {
				return true
			}
			i += 6
		}
		i++ // the escaped character, which may itself be a backslash
	}
	return false
}
