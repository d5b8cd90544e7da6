package templates

import (
	"strconv"
	"strings"

	"rsc.io/qr"
)

// quietZone is the white margin that ISO/IEC 18004 asks for around a code, in modules.
const quietZone = 4

// drawing is a QR code as an SVG path in a square of size by size modules, quiet zone included.
type drawing struct {
	size int
	path string
}

// draw makes the QR code of text, or returns false when text is too long for one (2,953 bytes). The correction level is
// the lowest: a screen has no scratches, and fewer modules are larger ones, which is what a camera needs.
func draw(text string) (drawing, bool) {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return drawing{}, false
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; {
			if !code.Black(x, y) {
				x++
				continue
			}
			start := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			run := strconv.Itoa(x - start)
			path.WriteString("M" + strconv.Itoa(start+quietZone) + " " + strconv.Itoa(y+quietZone) + "h" + run + "v1h-" + run + "z")
		}
	}
	return drawing{size: code.Size + 2*quietZone, path: path.String()}, true
}

// side is how wide to show the drawing, in CSS pixels: what fits a phone of 320, in whole pixels a module, since uneven
// modules are harder to read.
func (d drawing) side() string { return strconv.Itoa(d.size * max(1, 280/d.size)) }

func (d drawing) viewBox() string {
	side := strconv.Itoa(d.size)
	return "0 0 " + side + " " + side
}
