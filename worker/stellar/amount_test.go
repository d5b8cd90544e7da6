package stellar_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stellar/go/amount"
	"pgregory.net/rapid"

	"edgecheckout/worker/stellar"
)

func TestParseAmount(t *testing.T) {
	for text, want := range map[string]stellar.Amount{
		"50": 500000000, "0.0000001": 1, "1.5": 15000000, "007": 70000000, "0": 0, "90.0000000": 900000000,
		"922337203685.4775807": stellar.MaxAmount,
	} {
		if got, err := stellar.ParseAmount(text); err != nil || got != want {
			t.Errorf("ParseAmount(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", ".", "1.", ".5", "-1", "+1", "1e5", "1E-7", "0.00000001", "922337203685.4775808", "9223372036854775808", " 1", "1 ",
		"1_000", "1,5", "0x10", "NaN", "Infinity", "١", strings.Repeat("9", 400), "1.0000000\x00",
	} {
		if got, err := stellar.ParseAmount(text); err == nil {
			t.Errorf("ParseAmount(%q) = %d; want an error", text, got)
		}
	}
}

// The Stellar SDK is the reference for what an amount is worth.
func TestAmountAgreesWithTheSDK(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := stellar.Amount(rapid.Int64Min(0).Draw(t, "stroops"))
		text := a.String()
		theirs, err := amount.ParseInt64(text)
		if err != nil || theirs != int64(a) {
			t.Fatalf("%d stroops are written %q, which the SDK reads as %d, %v", a, text, theirs, err)
		}
		if back, err := stellar.ParseAmount(amount.StringFromInt64(int64(a))); err != nil || back != a {
			t.Fatalf("%d stroops come back as %d, %v", a, back, err)
		}
		var viaJSON stellar.Amount
		raw, err := json.Marshal(a)
		if err != nil || json.Unmarshal(raw, &viaJSON) != nil || viaJSON != a || strings.ContainsAny(string(raw), `eE"`) {
			t.Fatalf("%d stroops go through JSON as %s and come back as %d", a, raw, viaJSON)
		}
	})
}

func FuzzParseAmount(f *testing.F) {
	for _, seed := range []string{"1", "0.0000001", "922337203685.4775807", "1e3", "00", "1.10"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := stellar.ParseAmount(text)
		if err != nil {
			return
		}
		if again, err := stellar.ParseAmount(a.String()); err != nil || again != a || a < 0 {
			t.Errorf("%q is %d, which is written %q and read as %d, %v", text, a, a, again, err)
		}
	})
}
