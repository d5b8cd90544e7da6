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
	for name, want := range map[string][]byte{"reference.html": want.reference, "llms.txt": want.list} {
		got, err := os.ReadFile("../" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("worker/openapi/%s is not what the description gives: run make generate, and commit it", name)
		}
	}
}
