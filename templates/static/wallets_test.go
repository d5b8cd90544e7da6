package static

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The script for wallets shows only sentences that exist, and every sentence is used.
func TestSentencesOfWalletsAreUsed(t *testing.T) {
	texts := map[string]string{}
	if err := json.Unmarshal(open(files, "wallets/texts.json"), &texts); err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob("wallets/*.js")
	if err != nil || len(scripts) < 10 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	var code strings.Builder
	for _, name := range scripts {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	quotes, err := os.ReadFile("../../worker/pay_quotes.go") // which names problems
	if err != nil {
		t.Fatal(err)
	}
	code.Write(quotes)
	for name, text := range texts {
		if !strings.Contains(code.String(), `"`+strings.TrimPrefix(name, "holding-")+`"`) {
			t.Errorf("%s is not used: %s", name, text)
		}
		if strings.TrimSpace(text) == "" {
			t.Errorf("%s is empty", name)
		}
	}
	for _, m := range regexp.MustCompile(`(?:new Refusal|tell|wait|text)\("([a-z-]+)"`).FindAllStringSubmatch(code.String(), -1) {
		if m[1] != "cannot-pay" && !strings.HasSuffix(m[1], "-") && texts[m[1]] == "" {
			t.Errorf("there is no sentence %s", m[1])
		}
	}
}
