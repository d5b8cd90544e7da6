package worker

import (
	"reflect"
	"runtime"
	"strings"
)

// Route is a route as the tests of the contract see it.
type Route struct {
	Pattern  string
	Scheme   string // of the OpenAPI document that lets one in; "" for everybody
	Function string // that answers
}

// Routes lists all that the service answers.
func (s *Service) Routes() []Route {
	var all []Route
	for _, r := range s.routes() {
		name := runtime.FuncForPC(reflect.ValueOf(r.handler).Pointer()).Name()
		scheme := map[audience]string{forMerchant: "apiKey", forOperator: "operator"}[r.audience]
		all = append(all, Route{r.methodAndPath(), scheme, name[strings.LastIndexByte(name, '.')+1:]})
	}
	return all
}

// CodeMeaning is what an error code means to HTTP.
type CodeMeaning struct {
	Status int
	Type   string
}

// Codes is the table of errors.
func Codes() map[string]CodeMeaning {
	all := map[string]CodeMeaning{}
	for code, meaning := range codes {
		all[string(code)] = CodeMeaning{meaning.status, meaning.kind}
	}
	return all
}
