package templates_test

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"edgecheckout/templates/static"
)

// Text needs a contrast of 4.5:1 to its background; borders of controls and icons need 3:1 (WCAG
// 2.2, 1.4.3 and 1.4.11).
func TestColoursHaveContrast(t *testing.T) {
	for scheme, colour := range palettes(t) {
		for _, pair := range []struct {
			front, back string
			ratio       float64
		}{
			{"ink", "ground", 4.5}, {"ink", "paper", 4.5},
			{"quiet", "ground", 4.5}, {"quiet", "paper", 4.5},
			{"accent", "paper", 4.5}, {"accent", "ground", 4.5}, {"accent-strong", "paper", 4.5},
			{"on-accent", "accent", 4.5}, {"on-accent", "accent-strong", 4.5},
			{"accent", "warn-ground", 4.5},
			{"warn", "warn-ground", 4.5}, {"warn", "ground", 4.5},
			{"good", "paper", 3}, {"bad", "paper", 3}, {"border", "paper", 3},
		} {
			if got := contrast(t, colour[pair.front], colour[pair.back]); got < pair.ratio {
				t.Errorf("%s: %s on %s has %.2f:1, want %.1f:1", scheme, pair.front, pair.back, got, pair.ratio)
			}
		}
	}
}

// palettes parses the custom properties of the light and the dark scheme from the stylesheet.
func palettes(t *testing.T) map[string]map[string]string {
	t.Helper()
	var css string
	for _, a := range static.Files() {
		if strings.HasPrefix(a.Path, "/assets/pay.") && strings.HasSuffix(a.Path, ".css") {
			css = string(a.Body)
		}
	}
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(css, -1)
	if len(blocks) < 2 {
		t.Fatalf("%d palettes in the stylesheet, want two", len(blocks))
	}
	palettes := map[string]map[string]string{}
	for i, scheme := range []string{"light", "dark"} {
		palettes[scheme] = map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(blocks[i][1], -1) {
			palettes[scheme][m[1]] = m[2]
		}
	}
	return palettes
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	if len(colour) != 7 {
		t.Fatalf("%q is not a colour", colour)
	}
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
