package worker

import (
	"crypto/rand"
	"strings"
	"testing"

	"edgecheckout/worker/checkout"
)

func TestRehearsalSucceeds(t *testing.T) {
	memos, err := checkout.ParseMemoKeys(strings.Repeat("0123456789fedcab", 4))
	if err != nil {
		t.Fatal(err)
	}
	for _, config := range []Config{{Memos: memos}, {Memos: memos, BaseURL: "https://pay.example"}} {
		if err := Rehearse(config, rand.Reader); err != nil {
			t.Error(err)
		}
	}
}
