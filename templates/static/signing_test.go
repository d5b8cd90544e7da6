package static

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Whatever can happen while a wallet signs in the console has a sentence, and every sentence is used.
func TestSentencesOfSigningAreUsed(t *testing.T) {
	texts := map[string]string{}
	if err := json.Unmarshal(open(files, "wallets/signing.json"), &texts); err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, name := range []string{"console", "envelope", "submit", "refusal", "freighter", "lobstr", "xbull", "rabet", "albedo"} {
		text, err := os.ReadFile("wallets/" + name + ".js")
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	for name, text := range texts {
		if !strings.Contains(code.String(), `"`+name+`"`) {
			t.Errorf("%s is not used: %s", name, text)
		}
	}
	// Nothing is exchanged here, and nobody leaves the page while something is submitted.
	elsewhere := map[string]bool{"price-moved": true, "gone": true}
	for _, m := range regexp.MustCompile(`(?:new Refusal|tell)\("([a-z-]+)"|(?:tx|op)_\w+: "([a-z-]+)"`).FindAllStringSubmatch(code.String(), -1) {
		if name := m[1] + m[2]; texts[name] == "" && !elsewhere[name] {
			t.Errorf("there is no sentence %s", name)
		}
	}
}
