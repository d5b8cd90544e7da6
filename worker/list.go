package worker

import (
	"net/url"
	"strconv"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/record"
)

type listObject struct {
	Object  string `json:"object"`
	Data    []any  `json:"data"`
	HasMore bool   `json:"has_more"`
	URL     string `json:"url"`
}

const (
	usualLimit = 10
	maxLimit   = 100
)

// query takes the request's query apart; names says which parameters the route knows.
func (c *call) query(names ...string) (url.Values, error) {
	values, err := url.ParseQuery(c.request.URL.RawQuery)
	if err != nil {
		return nil, invalid("", "The query of the URL is not valid.")
	}
	known := map[string]bool{}
	for _, name := range names {
		known[name] = true
	}
	for name, given := range values {
		if !known[name] {
			return nil, &Error{CodeParameterUnknown, clip(name) + " is not a query parameter here.", name}
		}
		if len(given) > 1 {
			return nil, &Error{CodeParameterDuplicate, name + " is given twice; give it once.", name}
		}
	}
	return values, nil
}

func limitOf(query url.Values) (int, error) {
	text := query.Get("limit")
	if text == "" {
		return usualLimit, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > maxLimit {
		return 0, invalid("limit", "limit must be a whole number from 1 to %d.", maxLimit)
	}
	return limit, nil
}

// newest lists the merchant's objects of a kind, newest first: one list call, then one read of all items at once. An entry
// whose record is not visible here yet is left out.
func newest[T any](c *call, kind checkout.Kind, key func(id string) string, object func(T) any, path string) (answer, error) {
	query, err := c.query("limit")
	if err != nil {
		return answer{}, err
	}
	limit, err := limitOf(query)
	if err != nil {
		return answer{}, err
	}
	page, err := c.platform.Store.List(c.ctx, record.ByMerchantPrefix(c.merchant.ID, c.mode(), kind), "", limit)
	if err != nil {
		return answer{}, err
	}
	// Racing creates of one object leave an entry each: their clocks differ by milliseconds.
	var keys []string
	listed := map[string]bool{}
	for _, entry := range page.Keys {
		if id := record.IDInIndex(entry); !listed[id] {
			listed[id] = true
			keys = append(keys, key(id))
		}
	}
	values, err := c.platform.Store.Get(c.ctx, keys...)
	if err != nil {
		return answer{}, err
	}
	list := listObject{Object: "list", Data: []any{}, HasMore: page.Cursor != "", URL: path}
	for _, value := range values {
		item, ok, err := record.Decode[T](value)
		if err != nil {
			return answer{}, err
		}
		if ok {
			list.Data = append(list.Data, object(item))
		}
	}
	return jsonAnswer(list)
}
