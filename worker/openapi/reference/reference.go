package main

import (
	"slices"
	"strings"

	"edgecheckout/templates"
	"edgecheckout/worker/openapi"
)

// describe converts the description to the page's view model.
func describe(text []byte) (templates.Reference, error) {
	document, err := parse(text)
	if err != nil {
		return templates.Reference{}, err
	}
	r := reader{document: document, placed: map[string]bool{"Error": true}}
	out := templates.Reference{
		Title:    document.at("info", "title").text(),
		Summary:  document.at("info", "summary").text(),
		Document: "/openapi.json",
		Sections: sections(document.at("info", "description").text()),
		Error:    r.object("Error", document.at("components", "schemas", "Error", "properties", "error")),
		Errors:   r.errorCodes(),
	}
	for _, tag := range document.at("tags").parts {
		out.Groups = append(out.Groups, r.group(tag))
	}
	return out, nil
}

type reader struct {
	document tree
	placed   map[string]bool // objects that are already on the page
}

// sections splits the introduction at its headings.
func sections(text string) []templates.Section {
	var out []templates.Section
	for i, part := range strings.Split("\n\n"+text, "\n\n## ") {
		heading := ""
		if i > 0 {
			heading, part, _ = strings.Cut(part, "\n\n")
		}
		out = append(out, templates.Section{Heading: heading, Text: strings.TrimSpace(part)})
	}
	return out
}

// group collects the operations of a tag, followed by the objects that first occur in their
// responses.
func (r reader) group(tag tree) templates.Group {
	g := templates.Group{Name: tag.at("name").text(), Text: tag.at("description").text()}
	paths := r.document.at("paths")
	for i, path := range paths.names {
		for j, method := range paths.parts[i].names {
			op := paths.parts[i].parts[j]
			if slices.Contains(op.at("tags").texts(), g.Name) {
				g.Operations = append(g.Operations, r.operation(path, strings.ToUpper(method), op))
				for _, media := range r.success(op).at("content").parts {
					g.Objects = r.objects(g.Objects, media.at("schema"))
				}
			}
		}
	}
	return g
}

// success is an operation's response with status 200.
func (r reader) success(op tree) tree {
	answer, _ := op.at("responses", "200").resolve(r.document)
	return answer
}

// objects adds the objects in a schema that are not on the page yet.
func (r reader) objects(list []templates.Object, schema tree) []templates.Object {
	if !schema.exists() {
		return list
	}
	schema, name := schema.resolve(r.document)
	fields := schema.at("properties")
	if name != "" && fields.exists() {
		if r.placed[name] {
			return list
		}
		r.placed[name] = true
		list = append(list, r.object(name, schema))
	}
	for _, inner := range append(slices.Clone(fields.parts), schema.at("items"), schema.at("additionalProperties")) {
		list = r.objects(list, inner)
	}
	return list
}

func (r reader) object(name string, schema tree) templates.Object {
	o := templates.Object{Name: name, Text: schema.at("description").text()}
	required := schema.at("required").texts()
	fields := schema.at("properties")
	for i, field := range fields.names {
		f := r.field(field, fields.parts[i])
		// Fields of responses are always present, so only fields of requests are marked as
		// required.
		f.Required = slices.Contains(required, field) && len(required) < len(fields.names)
		o.Fields = append(o.Fields, f)
	}
	return o
}

func (r reader) operation(path, method string, op tree) templates.Operation {
	o := templates.Operation{
		ID: op.at("operationId").text(), Method: method, Path: path, Summary: op.at("summary").text(), Text: op.at("description").text(),
	}
	security := op.at("security")
	if !security.exists() {
		security = r.document.at("security")
	}
	scheme := ""
	switch o.Audience = "Everybody"; {
	case len(security.parts) == 0:
	case security.parts[0].at("apiKey").exists():
		o.Audience, scheme = "With an API key", `x-api-key: $API_KEY`
	default:
		o.Audience, scheme = "With the operator's token", `Authorization: Bearer $ADMIN_TOKEN`
	}
	var parameters []tree
	for _, p := range op.at("parameters").parts {
		p, _ = p.resolve(r.document)
		parameters = append(parameters, p)
		f := r.field(p.at("name").text(), p.at("schema"))
		f.Place, f.Text = p.at("in").text(), p.at("description").text()
		f.Required = p.at("required").text() == "true" && f.Place != "path" // parameters in the path are always required
		o.Parameters = append(o.Parameters, f)
	}
	body, _ := op.at("requestBody").resolve(r.document)
	content := body.at("content", "application/json")
	if content.exists() {
		for _, schema := range r.variants(content.at("schema")) {
			schema, name := schema.resolve(r.document)
			body := r.object(name, schema)
			if len(o.Bodies) > 0 {
				body.Fields, body.Shared = unlike(o.Bodies[0].Fields, body.Fields)
			}
			o.Bodies = append(o.Bodies, body)
		}
		for _, e := range r.examples(content) {
			o.Requests = append(o.Requests, templates.Sample{Title: e.title, Text: r.curl(method, path, scheme, parameters, e)})
		}
	} else {
		o.Requests = []templates.Sample{{Text: r.curl(method, path, scheme, parameters, example{})}}
	}
	answers := op.at("responses")
	for i, status := range answers.names {
		answer, _ := answers.parts[i].resolve(r.document)
		a := templates.Answer{Status: status, Text: answer.at("description").text()}
		content := answer.at("content", "application/json")
		a.Codes = answer.at("x-codes").texts()
		if status != "200" {
			o.Failures = append(o.Failures, a)
			continue
		}
		if _, name := content.at("schema").resolve(r.document); name != "" {
			a.Object = templates.Type{Object: name}
		}
		o.Success = a
		for _, e := range r.examples(content) {
			o.Answers = append(o.Answers, templates.Sample{Title: e.title, Text: e.value.indented()})
		}
	}
	return o
}

// variants returns the alternatives of a schema.
func (r reader) variants(schema tree) []tree {
	target, _ := schema.resolve(r.document)
	if one := target.at("oneOf"); one.exists() {
		return one.parts
	}
	return []tree{schema}
}

// unlike separates the fields that differ from those in before from the names of equal ones.
func unlike(before, fields []templates.Field) (other []templates.Field, shared []string) {
	for _, f := range fields {
		same := slices.ContainsFunc(before, func(b templates.Field) bool { return b.Name == f.Name && b.Text == f.Text && b.Required == f.Required })
		if same {
			shared = append(shared, f.Name)
		} else {
			other = append(other, f)
		}
	}
	return other, shared
}

// example is an example with its name in the description.
type example struct {
	name, title string
	value       tree
}

func (r reader) examples(media tree) []example {
	if e := media.at("example"); e.exists() {
		return []example{{value: e}}
	}
	var all []example
	named := media.at("examples")
	for i, name := range named.names {
		e, _ := named.parts[i].resolve(r.document)
		all = append(all, example{name, e.at("summary").text(), e.at("value")})
	}
	return all
}

// curl returns the command that makes a request. If a query parameter has the example's name among
// its possible values, the command uses that value.
func (r reader) curl(method, path, scheme string, parameters []tree, e example) string {
	var query, headers []string
	if scheme != "" {
		headers = append(headers, `"`+scheme+`"`)
	}
	for _, p := range parameters {
		name, value := p.at("name").text(), p.at("example").text()
		switch p.at("in").text() {
		case "path":
			path = strings.ReplaceAll(path, "{"+name+"}", value)
		case "header":
			if name == "Idempotency-Key" {
				value = ownKey(method, path, e) // so that one example does not repeat another
			}
			headers = append(headers, "'"+name+": "+value+"'")
		case "query":
			if slices.Contains(p.at("schema", "enum").texts(), e.name) {
				value = e.name
			}
			if value != "" {
				query = append(query, name+"="+value)
			}
		}
	}
	address := openapi.Origin + path
	if len(query) > 0 {
		address = "'" + address + "?" + strings.Join(query, "&") + "'"
	}
	command := "curl " + address
	if method != "GET" && method != "POST" {
		command = "curl -X " + method + " " + address
	}
	if e.value.exists() {
		headers = append(headers, "'Content-Type: application/json'")
	}
	for _, h := range headers {
		command += " \\\n  -H " + h
	}
	if e.value.exists() {
		command += " \\\n  -d '" + e.value.indented() + "'"
	}
	return command
}

// ownKey is the Idempotency-Key of an example.
func ownKey(method, path string, e example) string {
	words := strings.FieldsFunc(strings.ToLower(path+"/"+e.name), func(r rune) bool { return r < 'a' || r > 'z' })
	return "try-" + strings.Join(words, "-")
}

// errorCodes is the table of errors.
func (r reader) errorCodes() []templates.ErrorCode {
	table := r.document.at("components", "schemas", "ErrorCode", "x-errors")
	var all []templates.ErrorCode
	for i, code := range table.names {
		row := table.parts[i]
		all = append(all, templates.ErrorCode{Code: code, Status: row.at("status").text(), Type: row.at("type").text(), Text: row.at("description").text()})
	}
	return all
}
