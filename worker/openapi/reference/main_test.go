package main

import (
	"bytes"
	"os"
	"testing"
)

func TestReferenceIsUpToDate(t *testing.T) {
	want, err := render()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../reference.html")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("worker/openapi/reference.html is not what the description gives: run make generate, and commit it")
	}
}
