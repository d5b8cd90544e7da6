package text

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fields calls visit with the name of every text and its forms, in a language.
func fields(l *Language, visit func(name string, forms map[string]string)) {
	for _, texts := range []any{l.Texts, *WalletsIn(l)} {
		v := reflect.ValueOf(texts)
		for i := range v.NumField() {
			name, forms := v.Type().Name()+"."+v.Type().Field(i).Name, map[string]string{}
			switch f := v.Field(i).Interface().(type) {
			case string:
				forms[""] = f
			case Plural:
				forms = map[string]string{"Zero": f.Zero, "One": f.One, "Two": f.Two, "Few": f.Few, "Many": f.Many, "Other": f.Other}
			case [12]string:
				for i, month := range f {
					forms[string(rune('a'+i))] = month
				}
			}
			visit(name, forms)
		}
	}
}

func textsOf(l *Language) map[string]map[string]string {
	all := map[string]map[string]string{}
	fields(l, func(name string, forms map[string]string) { all[name] = forms })
	return all
}

var values = regexp.MustCompile(`\{[a-z-]+\}`)

func named(text string) []string {
	names := values.FindAllString(text, -1)
	slices.Sort(names)
	return slices.Compact(names)
}

// forms lists the forms that a language's rule can choose.
func formsOf(l *Language) map[string]bool {
	used := map[string]bool{"Other": true}
	for n := range 1000 {
		used[[...]string{"Other", "Zero", "One", "Two", "Few", "Many"}[l.form(n)]] = true
	}
	return used
}

func TestEveryLanguageHasEveryTextWithItsValues(t *testing.T) {
	english := textsOf(English)
	for _, l := range Languages {
		used := formsOf(l)
		fields(l, func(name string, forms map[string]string) {
			for form, text := range forms {
				if _, plural := forms["Other"]; plural && !used[form] {
					if text != "" {
						t.Errorf("%s: %s has the form %s, which the language never uses", l.Tag, name, form)
					}
					continue
				}
				if strings.TrimSpace(text) == "" {
					t.Errorf("%s: %s %s is missing", l.Tag, name, form)
				}
				like := english[name][form]
				if _, plural := forms["Other"]; plural {
					like = english[name]["Other"]
					if form != "Other" {
						continue // a form for few numbers may say them in words
					}
				}
				if diff := cmp.Diff(named(like), named(text)); diff != "" {
					t.Errorf("%s: %s names other values than in English (-want +got):\n%s", l.Tag, name, diff)
				}
				if strings.Count(text, "{") != len(values.FindAllString(text, -1)) || strings.Count(text, "}") != strings.Count(text, "{") {
					t.Errorf("%s: %s has a stray brace", l.Tag, name)
				}
			}
		})
	}
}

// alike are texts that may be the same as in English, in some languages or (nil) in all: the same
// words, or only values and signs.
var alike = map[string][]string{
	"Texts.HoursMinutes": nil, "Texts.MinutesSeconds": nil, "Texts.Seconds": nil, "Texts.Months": nil, "Texts.DateTime": {"id", "fr"},
	"Texts.Details": {"de"}, "Texts.Ledger": {"de"}, "Texts.Transaction": {"fr"}, "Texts.PageTitle": nil,
}

func TestEveryTextIsTranslated(t *testing.T) {
	english := textsOf(English)
	for _, l := range Languages[1:] {
		fields(l, func(name string, forms map[string]string) {
			languages, some := alike[name]
			if some && (languages == nil || slices.Contains(languages, l.Tag)) {
				return
			}
			for form, text := range forms {
				if text != "" && text == english[name][form] {
					t.Errorf("%s: %s is in English: %s", l.Tag, name, text)
				}
			}
		})
	}
}

func TestEveryTextIsUsed(t *testing.T) {
	pages := sources(t, "../*.go", "../*.templ", "../../worker/*.go", "../../wasm/routes/*.go", "*.go")
	fields(English, func(name string, _ map[string]string) {
		if name, of := strings.CutPrefix(name, "Texts."); of && !regexp.MustCompile(`\.`+name+`\b`).MatchString(pages) {
			t.Errorf("no page shows %s", name)
		}
	})
}

// The script for wallets says only what there is, and all of it. Problems of accounts are named by
// the service.
func TestEveryTextOfWalletsIsUsed(t *testing.T) {
	scripts := sources(t, "../static/wallets/*.js", "../../worker/pay_quotes.go")
	codes := map[string]bool{}
	kind := reflect.TypeFor[Wallets]()
	for i := range kind.NumField() {
		code := kind.Field(i).Tag.Get("json")
		codes[code] = true
		if !strings.Contains(scripts, `"`+strings.TrimPrefix(code, "holding-")+`"`) {
			t.Errorf("nothing says %s", code)
		}
	}
	said := regexp.MustCompile(`(?:new Refusal|tell|wait|text)\("([a-z-]+)"`).FindAllStringSubmatch(scripts, -1)
	if len(said) < 20 {
		t.Errorf("the scripts say %d texts", len(said))
	}
	for _, m := range said {
		if m[1] != "cannot-pay" && !strings.HasSuffix(m[1], "-") && !codes[m[1]] {
			t.Errorf("there is no text %s", m[1])
		}
	}
}

// sources returns the text of files, without tests and what is generated of templates.
func sources(t *testing.T, patterns ...string) string {
	t.Helper()
	var all strings.Builder
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, "_templ.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	return all.String()
}

// Chinese is set with full-width punctuation, which takes the place of a character. Points within
// numbers stay.
func TestChinesePunctuationIsFullWidth(t *testing.T) {
	half := regexp.MustCompile(`[,;:?!()]|\.(\D|$)`)
	fields(&chinese, func(name string, forms map[string]string) {
		for _, text := range forms {
			if found := half.FindString(values.ReplaceAllString(text, "")); found != "" {
				t.Errorf("%s has a half-width %q: %s", name, found, text)
			}
		}
	})
}

func TestNumbersKeepTheirDigits(t *testing.T) {
	for _, tc := range []struct{ exact, en string }{
		{"50", "50"}, {"49.9", "49.90"}, {"0.0000001", "0.0000001"}, {"999", "999"}, {"1000", "1,000"}, {"1060.5", "1,060.50"},
		{"922337203685.4775807", "922,337,203,685.4775807"},
	} {
		if got := English.Number(tc.exact); got != tc.en {
			t.Errorf("%s is %s in English, want %s", tc.exact, got, tc.en)
		}
		for _, l := range Languages {
			digits := strings.NewReplacer(l.Group, "", l.Decimal, ".").Replace(l.Number(tc.exact))
			if strings.TrimRight(digits, "0") != strings.TrimRight(tc.exact, "0") {
				t.Errorf("%s: %s became %s", l.Tag, tc.exact, l.Number(tc.exact))
			}
			if l.Group == l.Decimal {
				t.Errorf("%s: the separators are alike", l.Tag)
			}
		}
	}
}

func TestLanguageOfABrowser(t *testing.T) {
	for header, want := range map[string]string{
		"": "", "*": "", "xx": "", "en-US,en;q=0.9": "en", "es-MX,es;q=0.9,en;q=0.8": "es", "it,fr;q=0.7,en;q=0.9": "en",
		"zh-TW": "zh", "in-ID": "id", "AR": "ar", "de;q=0": "", "de;q=1.000, es;q=0.999": "de", "de;q=x,pt": "pt", "de;q=0.001": "de",
		"de;q=0.0001": "", strings.Repeat("xx,", 100) + "de": "",
	} {
		got := ""
		if l := Accepted(header); l != nil {
			got = l.Tag
		}
		if got != want {
			t.Errorf("%.40q accepts %q, want %q", header, got, want)
		}
	}
}

func TestPluralForms(t *testing.T) {
	p := Plural{Zero: "zero", One: "one", Two: "two", Few: "few", Many: "many", Other: "{n} other"}
	for n, want := range map[int]string{0: "zero", 1: "one", 2: "two", 3: "few", 10: "few", 11: "many", 99: "many", 100: "100 other", 103: "few"} {
		arabicForm := Language{form: arabic}
		if got := arabicForm.Count(p, n); got != want {
			t.Errorf("%d in Arabic is %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int]string{0: "one", 1: "one", 2: "2 other"} {
		french := Language{form: zeroIsOne}
		if got := french.Count(p, n); got != want {
			t.Errorf("%d in French is %q, want %q", n, got, want)
		}
	}
}

// The forms are those of CLDR, as browsers have them; the digits stay exact.
func TestMoneyIsWrittenAsPeopleWriteIt(t *testing.T) {
	want := map[string][3]string{
		"en": {"$1,234.50", "€50.00", "$0.0000001"},
		"es": {"1.234,50\u00a0US$", "50,00\u00a0€", "0,0000001\u00a0US$"},
		"pt": {"US$\u00a01.234,50", "€\u00a050,00", "US$\u00a00,0000001"},
		"fr": {"1\u202f234,50\u00a0$US", "50,00\u00a0€", "0,0000001\u00a0$US"},
		"de": {"1.234,50\u00a0$", "50,00\u00a0€", "0,0000001\u00a0$"},
		"id": {"US$1.234,50", "€50,00", "US$0,0000001"},
		"zh": {"US$1,234.50", "€50.00", "US$0.0000001"},
		"ar": {"1,234.50\u00a0US$", "50.00\u00a0€", "0.0000001\u00a0US$"},
	}
	for _, l := range Languages {
		got := [3]string{l.Money("1234.5", "USD"), l.Money("50", "EUR"), l.Money("0.0000001", "USD")}
		if diff := cmp.Diff(want[l.Tag], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", l.Tag, diff)
		}
		if got := l.Money("5", "XAU"); got != "" {
			t.Errorf("%s: gold is written %q", l.Tag, got)
		}
	}
}
