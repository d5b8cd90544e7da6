// Command reference renders the API's description for people, as the contents of the page at /docs:
//
//	go run ./worker/openapi/reference worker/openapi/reference.html
//
// The service does not render it itself, because that would take time and code for a page that
// seldom changes.
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
