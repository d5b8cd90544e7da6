package templates_test

import (
	"strings"
	"testing"

	"edgecheckout/templates"
)

// smallReference has one of each part, and text that would be markup if it were not escaped.
func smallReference() templates.Reference {
	const hostile = `"><img src=x onerror=alert(1)>`
	return templates.Reference{
		Title: "Shop", Summary: "Sells <things>.", Document: "/openapi.json",
		Sections: []templates.Section{{Text: "First `GET /thing`, then more.\n\nA second paragraph."}, {Heading: "Keys", Text: "Keep them."}},
		Groups: []templates.Group{{
			Name: "Small things", Text: "They are small.",
			Operations: []templates.Operation{{
				ID: "putThing", Method: "PUT", Path: "/thing/{id}", Summary: "Change a thing", Text: hostile, Audience: "Everybody",
				Parameters: []templates.Field{{Name: "id", Place: "path", Type: templates.Type{Words: "string"}, Text: "Its id."}},
				Bodies: []templates.Object{
					{Name: "A", Fields: []templates.Field{{
						Name: "colour", Type: templates.Type{Words: "string or null"}, Required: true, Text: "Its colour.",
						Limits: []string{"at most 5 characters", "otherwise red"}, Words: []templates.Word{{Word: "red", Text: "As `blood`."}, {Word: "blue"}},
					}}},
					{Name: "B", Shared: []string{"colour"}},
				},
				Requests: []templates.Sample{
					{Title: "a", Text: "curl -d '{\n  \"colour\": \"<red>\",\n  \"at\": 5\n}'"}, {Title: "b", Text: "curl"},
				},
				Answers: []templates.Sample{{Text: "{\n  \"list\": [\n    \"a\",\n    null\n  ],\n  \"none\": {}\n}"}},
				Success: templates.Answer{Status: "200", Text: "The `thing`.", Object: templates.Type{Object: "Thing"}},
				Failures: []templates.Answer{
					{Status: "404", Text: "None.", Codes: []string{"not_found"}},
				},
			}},
			Objects: []templates.Object{{Name: "Thing", Text: "A thing.", Fields: []templates.Field{{Name: "parts", Type: templates.Type{Words: "list of", Object: "Thing"}}}}},
		}},
		Error:  templates.Object{Name: "Error", Fields: []templates.Field{{Name: "code", Type: templates.Type{Words: "string"}}}},
		Errors: []templates.ErrorCode{{Code: "not_found", Status: "404", Type: "invalid_request_error", Text: "It is not there."}},
	}
}

func TestReferenceShowsWhatItIsGiven(t *testing.T) {
	d := document(t, templates.Docs(markup(t, templates.Contents(smallReference()))))
	for id, want := range map[string]string{
		"title":             "Shop API",
		"putThing-method":   "PUT",
		"putThing-path":     "/thing/{id}",
		"putThing-audience": "Everybody",
		"putThing.id":       "id string path Its id.",
		"putThing-A.colour": "colour string or null required Its colour. at most 5 characters, otherwise red red As blood. blue",
		"putThing-B.colour": "colour",
		"putThing-answers":  "200 The thing. Thing 404 None. not_found",
		"Thing.parts":       "parts list of Thing",
		"Error.code":        "code string",
		"error-not_found":   "not_found 404 invalid_request_error It is not there.",
	} {
		if got := shown(byTestID(d, id)); got != want {
			t.Errorf("%s shows %q, want %q", id, got, want)
		}
	}
	if n := d.Find("img").Length(); n != 0 {
		t.Errorf("%d injected elements", n)
	}
	if got := d.Find(".about p").Text(); got != "First GET /thing, then more.A second paragraph.Keep them." {
		t.Errorf("the introduction is %q", got)
	}
	if got := d.Find(".about code").Text(); got != "GET /thing" {
		t.Errorf("the words in backquotes are %q", got)
	}
	for _, link := range []string{"#putThing", "#group-small-things", "#object-thing", "#about-keys", "#errors", "#error-not_found"} {
		if d.Find(`a[href="`+link+`"]`).Length() == 0 || d.Find(link).Length() != 1 {
			t.Errorf("there is no link to %s, or no such element", link)
		}
	}
}

func TestGuideShowsAnExampleInOneLanguageAtATime(t *testing.T) {
	r := smallReference()
	r.Guides = []templates.Guide{{Title: "Begin here", Text: "So.", Steps: []templates.Step{{Heading: "First step", Blocks: []templates.Block{
		{Text: "Say `make`."},
		{Codes: []templates.Code{{Language: "sh", Name: "curl", Role: "setup", Text: "export A=<1>"}}},
		{Codes: []templates.Code{
			{Language: "sh", Name: "curl", Text: "curl"}, {Language: "go", Name: "Go", Role: "prelude", Text: "package main"},
			{Language: "go", Name: "Go", Text: "call()"},
		}},
	}}}}}
	d := document(t, templates.Docs(markup(t, templates.Contents(r))))
	if got, want := shown(byTestID(d, "guide-begin-here")), "Begin here So. First stepSay make. curlexport A=<1> curl Gocurlpackage maincall()"; got != want {
		t.Errorf("the guide shows %q, want %q", got, want)
	}
	for _, link := range []string{"#guide-begin-here", "#guide-begin-here-first-step"} {
		if d.Find(`nav a[href="`+link+`"]`).Length() != 1 || d.Find(link).Length() != 1 {
			t.Errorf("the contents do not link to %s, or there is no such element", link)
		}
	}
	if all, chosen := d.Find(".choice input").Length(), d.Find(".choice input[checked]"); all != 2 || chosen.Length() != 1 || chosen.AttrOr("value", "") != "sh" {
		t.Errorf("of %d languages %q is chosen", all, chosen.AttrOr("value", ""))
	}
}

// Previews of links show the description. What a customer pays is not for them.
func TestOnlyDocsDescribeThemselves(t *testing.T) {
	const description = `meta[name="description"]`
	docs := document(t, templates.Docs(markup(t, templates.Contents(smallReference()))))
	if got := docs.Find(description).AttrOr("content", ""); len(got) < 50 || len(got) > 160 {
		t.Errorf("the docs describe themselves in %d characters, want 50 to 160: %q", len(got), got)
	}
	pay := document(t, templates.Pay(sample(t, "waiting")))
	if pay.Find(description).Length() != 0 || pay.Find(`meta[name="robots"]`).AttrOr("content", "") != "noindex" {
		t.Error("a payment page may be shown elsewhere")
	}
}

// Samples are meant to be copied, so highlighting must not change a byte of them.
func TestHighlightingKeepsSamplesUnchanged(t *testing.T) {
	r := smallReference()
	d := document(t, templates.Docs(markup(t, templates.Contents(r))))
	o := r.Groups[0].Operations[0]
	for i, s := range append(o.Requests, o.Answers...) {
		if got := d.Find("pre").Eq(i).Text(); got != s.Text {
			t.Errorf("the page has %q, want %q", got, s.Text)
		}
	}
	for class, want := range map[string]string{"name": `"colour" "at" "list" "none"`, "string": `"<red>" "a"`, "literal": "5"} {
		var got []string
		for _, s := range d.Find("pre ." + class).EachIter() {
			got = append(got, s.Text())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", class, got, want)
		}
	}
}
