package worker

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"edgecheckout/worker/store"
	"edgecheckout/worker/web"
)

// maxAtOnce is how many customers one request may create.
const maxAtOnce = 100

// isList reports whether the body is a JSON array.
func (c *call) isList() bool {
	return bytes.HasPrefix(bytes.TrimLeft(c.request.Body, " \t\r\n"), []byte("["))
}

// createCustomers is POST /customers with a list, as StellarTools' client sends it: each is created
// as if it had been sent alone, and the answer is a list as well. Nothing is created if one of them
// is invalid.
func createCustomers(c *call) (answer, error) {
	// What a list may not contain is what an object may not.
	members, failed := parseObject(slices.Concat([]byte(`{"list":`), c.request.Body, []byte("}")))
	if failed != nil {
		return answer{}, &Error{Code: CodeBodyInvalid, Message: "The body is not one sound JSON object, nor a list of such.", Param: failed.Param}
	}
	var list []json.RawMessage
	if err := json.Unmarshal([]byte(members[0].Value), &list); err != nil || len(members) != 1 || len(list) == 0 || len(list) > maxAtOnce {
		return answer{}, &Error{Code: CodeBodyInvalid, Message: fmt.Sprintf("A list must have 1 to %d customers.", maxAtOnce)}
	}
	for i, body := range list {
		p := newParams(body)
		c.describeCustomer(p, &store.Customer{})
		if err := p.done(); err != nil {
			if err.Param != "" {
				err.Param = fmt.Sprintf("[%d].%s", i, err.Param)
			}
			return answer{}, err
		}
	}
	var made []json.RawMessage
	for i, body := range list {
		one := *c
		one.view, one.news = c.store.View(), nil
		one.request = &web.Request{Method: c.request.Method, URL: c.request.URL, Header: keyed(c.request.Header, i), Body: body}
		a, err := createCustomer(&one)
		if err != nil {
			return answer{}, err
		}
		c.news = append(c.news, one.news...)
		made = append(made, json.RawMessage(a.Body))
	}
	return jsonAnswer(made)
}

// keyed returns a header in which an Idempotency-Key is that of one of several objects.
func keyed(header web.Header, i int) web.Header {
	header = slices.Clone(header)
	for j, field := range header {
		if n := utf8.RuneCountInString(field.Value); field.Name == "Idempotency-Key" && 0 < n && n <= maxIdempotencyKey {
			sum := sha256.Sum256([]byte(strconv.Itoa(i) + " " + field.Value))
			header[j].Value = hex.EncodeToString(sum[:])
		}
	}
	return header
}
