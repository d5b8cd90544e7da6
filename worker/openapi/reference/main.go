// Command reference renders the description of the API for people, into the file that the service shows at /docs:
//
//	go run ./worker/openapi/reference worker/openapi/reference.html
//
// It is done here and not by the service, since it takes more time and more code than a page that changes so seldom is worth.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"edgecheckout/templates"
	"edgecheckout/worker/openapi"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: reference FILE")
		os.Exit(2)
	}
	page, err := render()
	if err == nil {
		err = os.WriteFile(os.Args[1], page, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func render() ([]byte, error) {
	reference, err := describe(openapi.Document)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = templates.Contents(reference).Render(context.Background(), &b)
	return b.Bytes(), err
}
