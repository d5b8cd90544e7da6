// Command reference renders the guides and the API's description for people, as the contents of the
// page at /docs, and lists them for machines, as /llms.txt:
//
//	go run ./worker/openapi/reference worker/openapi
//
// The service does not render it itself, because that would take time and code for a page that
// seldom changes.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"edgecheckout/templates"
	"edgecheckout/worker/openapi"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: reference DIRECTORY")
		os.Exit(2)
	}
	page, err := render()
	if err == nil {
		err = errors.Join(
			os.WriteFile(filepath.Join(os.Args[1], "reference.html"), page.reference, 0o644),
			os.WriteFile(filepath.Join(os.Args[1], "llms.txt"), page.list, 0o644),
		)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

// rendered is what the service serves.
type rendered struct{ reference, list []byte }

func render() (rendered, error) {
	reference, err := describe(openapi.Document)
	if err != nil {
		return rendered{}, err
	}
	if reference.Guides, err = readGuides(); err != nil {
		return rendered{}, err
	}
	var b bytes.Buffer
	err = templates.Contents(reference).Render(context.Background(), &b)
	return rendered{b.Bytes(), pages(reference)}, err
}
