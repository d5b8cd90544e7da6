// Command slim shortens what templ generates: slim FILE….
//
// templ checks each write for an error, and wraps that of each expression in one that names its
// place in the template. Neither is needed: the buffer keeps its first error and returns it at the
// end, and an expression that is a string has none. In WebAssembly these checks are a third of the
// pages' code.
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"regexp"
)

const check = `\s+if templ_7745c5c3_Err != nil \{\s+return [^\n]+\n\s+\}\n`

var (
	// A string of the template.
	literal = regexp.MustCompile(`templ_7745c5c3_Err = templruntime\.WriteString\(templ_7745c5c3_Buffer, \d+, (".*")\)` + check)
	// A string of the program.
	expression = regexp.MustCompile(`var (templ_7745c5c3_Var\d+) string\s+templ_7745c5c3_Var\d+, templ_7745c5c3_Err = templ\.JoinStringErrs\((.*)\)` + check +
		`\s+_, templ_7745c5c3_Err = templ_7745c5c3_Buffer\.WriteString\(templ\.EscapeString\((templ_7745c5c3_Var\d+)\)\)` + check)
	// An address, which templ checks before it is written.
	address = regexp.MustCompile(`_, templ_7745c5c3_Err = (templ_7745c5c3_Buffer\.WriteString\(templ\.EscapeString\(.*\)\))` + check)
)

func main() {
	for _, file := range os.Args[1:] {
		if err := slim(file); err != nil {
			fmt.Fprintln(os.Stderr, "slim:", err)
			os.Exit(1)
		}
	}
}

func slim(file string) error {
	code, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	short := literal.ReplaceAll(code, []byte("templ_7745c5c3_Buffer.WriteString($1)\n"))
	short = expression.ReplaceAllFunc(short, func(whole []byte) []byte {
		m := expression.FindSubmatch(whole)
		if !bytes.Equal(m[1], m[3]) {
			return whole
		}
		return fmt.Appendf(nil, "templ_7745c5c3_Buffer.WriteString(templ.EscapeString(%s))\n", m[2])
	})
	short = address.ReplaceAll(short, []byte("$1\n"))
	if short, err = format.Source(short); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, short, 0o644)
}
