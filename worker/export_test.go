package worker

import (
	"reflect"
	"runtime"
	"strings"
)

// Operation is a route as the tests of the contract see it.
type Operation struct {
	Pattern  string
	Scheme   string // the security scheme in the OpenAPI document; "" if none is required
	Function string // the handler; "" for a file
}

// Operations lists everything that is served but the console.
func Operations() []Operation {
	var all []Operation
	for _, r := range (*Service)(nil).routes() {
		if r.audience.isConsole() {
			continue // pages, which are no part of the API
		}
		name := ""
		if r.serving != file {
			name = runtime.FuncForPC(reflect.ValueOf(r.handler).Pointer()).Name()
		}
		scheme := map[audience]string{forMerchant: "apiKey", forOperator: "operator"}[r.audience]
		all = append(all, Operation{r.methodAndPath(), scheme, name[strings.LastIndexByte(name, '.')+1:]})
	}
	return all
}

// CodeMeaning is the status and type of an error code.
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

// ConsoleRoutes lists the console's routes: the method and the path of each, and whether it needs a
// session.
func ConsoleRoutes() (owners, guests []string) {
	for _, r := range (*Service)(nil).routes() {
		switch r.audience {
		case forOwner:
			owners = append(owners, r.methodAndPath())
		case forGuest:
			guests = append(guests, r.methodAndPath())
		}
	}
	return owners, guests
}
