package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// line is a result on one line, for whoever watches.
func (r result) line() string {
	return fmt.Sprintf("%-12s ours %s, stock %s, js %s %s; ours/stock %s, ours/js %s %s", r.name,
		r.figure(ours), r.figure(stock), r.figure(js), r.unit, r.ratio(stock), r.ratio(js), r.said)
}

func (r result) figure(peer string) string {
	v, ok := r.figures[peer]
	if !ok {
		return "–"
	}
	switch {
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}

// against is ours divided by another peer's.
func (r result) against(peer string) (float64, bool) {
	a, ok1 := r.figures[ours]
	b, ok2 := r.figures[peer]
	return a / b, ok1 && ok2 && b != 0
}

func (r result) ratio(peer string) string {
	v, ok := r.against(peer)
	if !ok {
		return "–"
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func markdown(results []result, about []string) string {
	var b strings.Builder
	b.WriteString("| row | ours | stock | js | ours / stock | ours / js | at least |\n|---|--:|--:|--:|--:|--:|---|\n")
	for _, r := range results {
		fmt.Fprintf(&b, "| `%s` (%s) | %s | %s | %s | %s | %s | %s |\n",
			r.name, r.unit, r.figure(ours), r.figure(stock), r.figure(js), r.ratio(stock), r.ratio(js), r.aim)
	}
	b.WriteString("\n")
	for _, line := range about {
		b.WriteString("- " + line + "\n")
	}
	for _, r := range results {
		fmt.Fprintf(&b, "- `%s`: %s.%s\n", r.name, r.what, sentence(r.said))
	}
	return b.String()
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

// writeJSON writes {"rows": [...]}; what was not measured is null.
func writeJSON(path string, results []result) error {
	type line struct {
		Name       string   `json:"name"`
		Unit       string   `json:"unit"`
		Ours       *float64 `json:"ours"`
		Stock      *float64 `json:"stock"`
		JS         *float64 `json:"js"`
		RatioStock *float64 `json:"ratio_stock"`
		RatioJS    *float64 `json:"ratio_js"`
	}
	optional := func(v float64, ok bool) *float64 {
		if !ok {
			return nil
		}
		return &v
	}
	var document struct {
		Rows []line `json:"rows"`
	}
	for _, r := range results {
		of := func(peer string) *float64 {
			v, ok := r.figures[peer]
			return optional(v, ok)
		}
		document.Rows = append(document.Rows, line{r.name, r.unit, of(ours), of(stock), of(js),
			optional(r.against(stock)), optional(r.against(js))})
	}
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
