package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// line returns a result on one line, to report progress.
func (r result) line() string {
	return fmt.Sprintf("%-12s ours %s, stock %s, js %s %s; ours/stock %s, ours/js %s %s", r.name,
		r.figure(ours), r.figure(stock), r.figure(js), r.units(), r.ratio(stock), r.ratio(js), r.said)
}

func (r result) figure(peer string) string {
	v, ok := r.figures[peer]
	if !ok {
		return "–"
	}
	if all := r.latencies[peer]; len(all) > 0 {
		return fmt.Sprintf("%s (%s / %s)", digits(v), digits(all.at(0.5)), digits(all.at(0.99)))
	}
	return digits(v)
}

func digits(v float64) string {
	switch {
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}

// against returns ours divided by another peer's figure.
func (r result) against(peer string) (float64, bool) {
	a, ok1 := r.figures[ours]
	b, ok2 := r.figures[peer]
	return a / b, ok1 && ok2 && b != 0
}

// against99 returns the ratio of the 99th percentiles of the latencies.
func (r result) against99(peer string) (float64, bool) {
	a, b := r.latencies[ours], r.latencies[peer]
	return a.at(0.99) / b.at(0.99), len(a) > 0 && len(b) > 0
}

func (r result) ratio(peer string) string {
	v, ok := r.against(peer)
	if !ok {
		return "–"
	}
	text := strconv.FormatFloat(v, 'f', 2, 64)
	if late, ok := r.against99(peer); ok {
		text += fmt.Sprintf(" (p99 %.2f)", late)
	}
	return text
}

// units describes a figure, and the values in parentheses after it.
func (r result) units() string {
	if len(r.latencies[ours]) > 0 {
		return r.unit + ", p50 / p99 in ms"
	}
	return r.unit
}

func markdown(results []result, about []string) string {
	var b strings.Builder
	b.WriteString("| row | ours | stock | js | ours / stock | ours / js | minimum |\n|---|--:|--:|--:|--:|--:|---|\n")
	for _, r := range results {
		fmt.Fprintf(&b, "| `%s` (%s) | %s | %s | %s | %s | %s | %s |\n",
			r.name, r.units(), r.figure(ours), r.figure(stock), r.figure(js), r.ratio(stock), r.ratio(js), r.aim)
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

// writeJSON writes {"rows": [...]}. Figures that were not measured are null.
func writeJSON(path string, results []result) error {
	type line struct {
		Name       string   `json:"name"`
		Unit       string   `json:"unit"`
		Ours       *float64 `json:"ours"`
		Stock      *float64 `json:"stock"`
		JS         *float64 `json:"js"`
		RatioStock *float64 `json:"ratio_stock"`
		RatioJS    *float64 `json:"ratio_js"`
		// Percentiles of the latencies, in milliseconds.
		P50        map[string]float64 `json:"p50,omitempty"`
		P99        map[string]float64 `json:"p99,omitempty"`
		RatioJSP99 *float64           `json:"ratio_js_p99,omitempty"`
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
		percentile := func(part float64) map[string]float64 {
			at := map[string]float64{}
			for peer, all := range r.latencies {
				at[peer] = all.at(part)
			}
			return at
		}
		document.Rows = append(document.Rows, line{r.name, r.unit, of(ours), of(stock), of(js),
			optional(r.against(stock)), optional(r.against(js)), percentile(0.5), percentile(0.99), optional(r.against99(js))})
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
