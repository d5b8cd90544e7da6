package templates

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Brand is how a merchant wants its pages to look, and whom they name. Any of it may be empty.
type Brand struct {
	LogoURL      string // https:
	PictureURL   string // https:; of what is sold
	Color        string // #rrggbb
	SupportEmail string
	Website      string // https:
}

// Backgrounds of text in both schemes of the stylesheet: --paper, --ground and --warn-ground.
var (
	lightGrounds = []rgb{{0xff, 0xff, 0xff}, {0xf3, 0xf5, 0xf9}, {0xff, 0xf6, 0xdf}}
	darkGrounds  = []rgb{{0x16, 0x1b, 0x24}, {0x0e, 0x12, 0x18}, {0x2a, 0x23, 0x12}}
	white, black = rgb{0xff, 0xff, 0xff}, rgb{}
)

// textContrast is the contrast that text needs (WCAG 2.2, 1.4.3).
const textContrast = 4.5

// style is the content of the style element that gives a page its merchant's colour; "" if it has
// none. The button has the colour itself, with black or white text. Links, icons and the outline of
// what has the focus have it as dark or as light as it must be to be read on every background.
func (b Brand) style() string {
	color, ok := parseColor(b.Color)
	if !ok {
		return ""
	}
	onButton, away := white, black
	if contrast(color, white) < textContrast {
		onButton, away = black, white
	}
	light, dark := readable(color, black, lightGrounds), readable(color, white, darkGrounds)
	return fmt.Sprintf(":root{--button:%s;--button-strong:%s;--on-button:%s;--accent:%s;--accent-strong:%s}"+
		"@media screen and (prefers-color-scheme:dark){:root{--accent:%s;--accent-strong:%s}}",
		color, color.mix(away, hover), onButton, light, light.mix(black, hover), dark, dark.mix(white, hover))
}

// hover is how much of black or white is added to a colour under the pointer.
const hover = 0.2

// readable mixes as little of black or white into a colour as it needs on these backgrounds.
func readable(color, end rgb, grounds []rgb) rgb {
	const steps = 64
	for i := range steps {
		mixed, enough := color.mix(end, float64(i)/steps), true
		for _, ground := range grounds {
			enough = enough && contrast(mixed, ground) >= textContrast
		}
		if enough {
			return mixed
		}
	}
	return end
}

// rgb is a colour in sRGB.
type rgb [3]uint8

// parseColor parses #rrggbb.
func parseColor(s string) (rgb, bool) {
	if len(s) != 7 || s[0] != '#' {
		return rgb{}, false
	}
	n, err := strconv.ParseUint(s[1:], 16, 32)
	return rgb{uint8(n >> 16), uint8(n >> 8), uint8(n)}, err == nil
}

func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// mix returns the colour with a part of another one in it, 0 to 1.
func (c rgb) mix(other rgb, part float64) rgb {
	for i := range c {
		c[i] = uint8(math.Round(float64(c[i])*(1-part) + float64(other[i])*part))
	}
	return c
}

// luminance is the relative luminance of WCAG 2.2.
func (c rgb) luminance() float64 {
	sum := 0.0
	for i, weight := range [3]float64{0.2126, 0.7152, 0.0722} {
		v := float64(c[i]) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

// contrast is the contrast ratio of WCAG 2.2, 1 to 21.
func contrast(a, b rgb) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// mailto is a link that writes to the merchant about a checkout; "" if it gives no address.
func (b Brand) mailto(reference string) string {
	if b.SupportEmail == "" {
		return ""
	}
	return "mailto:" + url.PathEscape(b.SupportEmail) + "?subject=" + url.QueryEscape(reference)
}

// siteName is the host name of a website; "" if it has none.
func siteName(website string) string {
	if origin(website) == "" {
		return ""
	}
	u, _ := url.Parse(website) // origin has parsed it
	return strings.TrimPrefix(u.Hostname(), "www.")
}

// initial is what stands in the place of a picture that does not load: the first letter of a name.
func initial(name string) string {
	r, _ := utf8.DecodeRuneInString(name)
	return string(r)
}
