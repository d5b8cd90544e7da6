package stellar_test

import (
	"strings"
	"testing"

	"edgecheckout/worker/stellar"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
)

const issuer = "GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN"

var usdc = stellar.Asset{Code: "USDC", Issuer: issuer}

const circle = `# A file as issuers write it.
VERSION = "2.0.0"
NETWORK_PASSPHRASE="Public Global Stellar Network ; September 2015"
ACCOUNTS = [
  "GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN", # "]
  'GDHU6WRG4IEQXM5NZ4BMPKOXHW76MZM4Y2IEMFDVXBSDP6SJY4ITNPP2',
]

[DOCUMENTATION]
ORG_NAME = "Circle"
ORG_DESCRIPTION = """
[[CURRENCIES]]
code = "FAKE"
issuer = "` + issuer + `"
"""

[[PRINCIPALS]]
name = "Somebody \"else\""

[[CURRENCIES]]
code = "EURC"
issuer = "GDHU6WRG4IEQXM5NZ4BMPKOXHW76MZM4Y2IEMFDVXBSDP6SJY4ITNPP2"
[[ CURRENCIES ]] # the dollar
code = 'USDC'
issuer="` + issuer + `"
display_decimals = 7
is_asset_anchored = true
anchor_asset_type = "fiat"
anchor_asset = "USD"
attestation = { of = ["x", '''}'''], at = 1 }
`

func TestCurrencyIsFoundInAStellarTOML(t *testing.T) {
	got, ok, err := stellar.FindCurrency(strings.ReplaceAll(circle, "\n", "\r\n"), usdc)
	want := stellar.Currency{Code: "USDC", Issuer: issuer, AnchorType: "fiat", Anchor: "USD"}
	if diff := cmp.Diff(want, got); diff != "" || !ok || err != nil {
		t.Errorf("%t, %v (-want +got):\n%s", ok, err, diff)
	}
	line := `issuer = "` + issuer + "\"\n"
	for about, tc := range map[string]struct {
		text  string
		found bool
		err   error
	}{
		"nothing":                          {"", false, nil},
		"another code":                     {"[[CURRENCIES]]\ncode=\"USD\"\n" + line, false, nil},
		"the code in lower case":           {"[[CURRENCIES]]\ncode=\"usdc\"\n" + line, false, nil},
		"another issuer":                   {"[[CURRENCIES]]\ncode=\"USDC\"\nissuer=\"GB\"\n", false, nil},
		"two halves in two currencies":     {"[[CURRENCIES]]\ncode=\"USDC\"\n[[CURRENCIES]]\n" + line, false, nil},
		"in the table of the validators":   {"[[VALIDATORS]]\ncode=\"USDC\"\n" + line, false, nil},
		"in a table that is no list":       {"[CURRENCIES]\ncode=\"USDC\"\n" + line, false, nil},
		"in a table below":                 {"[[CURRENCIES]]\n[CURRENCIES.more]\ncode=\"USDC\"\n" + line, false, nil},
		"at the top":                       {"code=\"USDC\"\n" + line, false, nil},
		"under dotted keys":                {"[[CURRENCIES]]\ncode.x=\"USDC\"\n" + line, false, nil},
		"in a comment":                     {"[[CURRENCIES]]\n# code=\"USDC\"\n" + line, false, nil},
		"in a string":                      {"a = '''\n[[CURRENCIES]]\ncode=\"USDC\"\n" + line + "'''\n", false, nil},
		"in an array":                      {"a = [ '''\n''', # ]\n\"\"\"]\n[[CURRENCIES]]\ncode=\"USDC\"\n" + line + "\"\"\"]", false, nil},
		"with an escape":                   {"[[CURRENCIES]]\ncode=\"\\u0055SDC\"\n" + line, false, nil},
		"a code given twice":               {"[[CURRENCIES]]\ncode=\"USDC\"\ncode=\"X\"\n" + line, false, stellar.ErrTOML},
		"a string without an end":          {"[[CURRENCIES]]\ncode=\"USDC\n" + line, false, stellar.ErrTOML},
		"text behind a value":              {"[[CURRENCIES]]\ncode=\"USDC\" x\n" + line, false, stellar.ErrTOML},
		"a header without an end":          {"[[CURRENCIES\ncode=\"USDC\"\n" + line, false, stellar.ErrTOML},
		"a page in HTML":                   {"<!DOCTYPE html>\n<html lang=\"en\">\n", false, stellar.ErrTOML},
		"no UTF-8":                         {"a=\"\xff\"\n[[CURRENCIES]]\ncode=\"USDC\"\n" + line, false, stellar.ErrTOML},
		"more than 100 KiB":                {strings.Repeat("#\n", 60<<10) + "[[CURRENCIES]]\ncode=\"USDC\"\n" + line, false, stellar.ErrTOML},
		"twice, of which the first counts": {"[[CURRENCIES]]\ncode=\"USDC\"\n" + line + "[[CURRENCIES]]\ncode=\"USDC\"\n" + line, true, nil},
	} {
		_, found, err := stellar.FindCurrency(tc.text, usdc)
		if found != tc.found || err != tc.err {
			t.Errorf("%s: %t, %v, want %t, %v", about, found, err, tc.found, tc.err)
		}
	}
}

// What is found is there: a reader of all of TOML finds the same, if it can read the file.
func FuzzCurrency(f *testing.F) {
	f.Add(circle)
	f.Add("[[CURRENCIES]]\ncode='USDC'\nissuer='" + issuer + "'")
	f.Add("a=\"\"\"\\\"\"\"\"\"\n[[CURRENCIES]]\ncode='USDC'\nissuer='" + issuer + "'#\n")
	f.Add("a=[{b='c'},\"]\"]\n[[ CURRENCIES]]\ncode='USDC'\nissuer=\"" + issuer + "\"\nanchor_asset_type='fiat'\nanchor_asset='USD'\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, found, err := stellar.FindCurrency(text, usdc)
		if !found || err != nil {
			return
		}
		var file struct {
			Currencies []map[string]any `toml:"CURRENCIES"`
		}
		if _, err := toml.Decode(text, &file); err != nil {
			return // it is no TOML
		}
		for _, c := range file.Currencies {
			if c["code"] != got.Code || c["issuer"] != got.Issuer {
				continue
			}
			kind, _ := c["anchor_asset_type"].(string)
			anchor, _ := c["anchor_asset"].(string)
			if (got.AnchorType == "" || got.AnchorType == kind) && (got.Anchor == "" || got.Anchor == anchor) {
				return
			}
		}
		t.Errorf("%+v is not in %q", got, text)
	})
}
