package runtime

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// Every isolate boots its first instance from the same seed, but no two may produce the same
// secrets.
func TestIsolatesNeverRepeatSecrets(t *testing.T) {
	const isolates = 50
	w := serve(t, isolates)
	seen := map[string]string{}
	note := func(where, value string) {
		if before, found := seen[value]; found || len(value) < 26 {
			t.Errorf("%s gives %q, as did %s", where, value, before)
		}
		seen[value] = where
	}
	boots := map[string]int{}
	for isolate := range isolates {
		for request := range 3 {
			where := fmt.Sprintf("isolate %d, request %d", isolate, request)
			var secrets []string
			if err := json.Unmarshal([]byte(w.get(t, fmt.Sprintf("/%d/secrets", isolate)).body), &secrets); err != nil {
				t.Fatal(err)
			}
			for _, secret := range secrets {
				note(where, secret)
			}
		}
		note("a broken request", w.get(t, fmt.Sprintf("/%d/abort", isolate)).header.Get("Request-Id"))
		var served struct{ Instance string }
		if err := json.Unmarshal([]byte(w.get(t, fmt.Sprintf("/%d/ok", isolate)).body), &served); err != nil {
			t.Fatal(err)
		}
		boots[served.Instance]++
	}
	// What was produced at boot is the same everywhere, which shows that these are first instances.
	if len(boots) != 1 {
		t.Errorf("%d kinds of first instances; want one, booted from the seed: %s", len(boots), strings.Join(keys(boots), " "))
	}
}

func keys(m map[string]int) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	return keys
}
