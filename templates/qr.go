package templates

import (
	"context"
	"io"
	"math/bits"
	"strconv"
	"sync"

	"rsc.io/qr/coding"
)

// quietZone is the white margin around a code that ISO/IEC 18004 requires, in modules.
const quietZone = 4

// drawing is a QR code as an SVG path in a square of size by size modules, including the quiet
// zone. The path consists of the centre lines of rows and is stroked one module wide.
type drawing struct {
	size int
	path []byte
}

// Render writes the path without escaping: it consists of digits and commands, and is half of the
// page.
func (d drawing) Render(_ context.Context, w io.Writer) error {
	for _, part := range [][]byte{[]byte(`<path d="`), d.path, []byte(`" stroke="#000"></path>`)} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// draw makes the QR code of text, or returns false if text is too long for one (2,953 bytes). It
// uses the lowest error correction: a screen is not damaged, and a camera reads fewer, larger
// modules more easily.
func draw(text string) (drawing, bool) {
	code, ok := encode(text)
	if !ok {
		return drawing{}, false
	}
	path := make([]byte, 0, 8<<10)
	for y := range code.Size {
		row := code.Bitmap[y*code.Stride:][:code.Stride]
		end := -1 // of the previous run in this row
		for start := next(row, 0, 0); start < code.Size; start = next(row, end, 0) {
			if end < 0 {
				path = append(path, 'M')
				path = appendSmall(path, start+quietZone)
				path = append(path, ' ')
				path = appendSmall(path, y+quietZone)
				path = append(path, '.', '5', 'h')
			} else {
				path = append(path, 'm')
				path = appendSmall(path, start-end)
				path = append(path, ' ', '0', 'h')
			}
			end = min(next(row, start, 0xff), code.Size)
			path = appendSmall(path, end-start)
		}
	}
	return drawing{size: code.Size + 2*quietZone, path: path}, true
}

// CodeSVG is an SVG document with the QR code of a URL, which is at most 2,000 characters long. It
// has a size, so that it can be printed; being drawn from lines, it can have any other.
func CodeSVG(url string) []byte {
	d, ok := draw(url)
	if !ok {
		return nil
	}
	b := []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="` + d.side() + `" height="` + d.side() + `" viewBox="` + d.viewBox() +
		`" shape-rendering="crispEdges"><path d="M0 0h` + strconv.Itoa(d.size) + `v` + strconv.Itoa(d.size) + `h-` + strconv.Itoa(d.size) +
		`z" fill="#fff"/><path d="`)
	b = append(b, d.path...)
	return append(b, "\" stroke=\"#000\"/></svg>\n"...)
}

// next returns the position of the first black module at or after x in a row, or of the first white
// one if other is 0xff; the end of the row if there is none.
func next(row []byte, x int, other byte) int {
	for ; x < 8*len(row); x = (x | 7) + 1 {
		if rest := (row[x/8] ^ other) << (x % 8); rest != 0 {
			return x + bits.LeadingZeros8(rest)
		}
	}
	return x
}

// appendSmall writes a number from 0 to 999. A path contains thousands of them.
func appendSmall(b []byte, n int) []byte {
	switch {
	case n < 10:
		return append(b, '0'+byte(n))
	case n < 100:
		return append(b, '0'+byte(n/10), '0'+byte(n%10))
	}
	return append(b, '0'+byte(n/100), '0'+byte(n/10%10), '0'+byte(n%10))
}

// plans caches the layout of the bits for each version. Computing it takes longer than the rest of
// a code, and most payment links have the same length.
var plans [coding.MaxVersion + 1]struct {
	once sync.Once
	plan *coding.Plan
}

// encode does what qr.Encode does for text that is neither numeric nor alphanumeric. No link is.
func encode(text string) (*coding.Code, bool) {
	data := coding.String(text)
	version := coding.Version(coding.MinVersion)
	for data.Bits(version) > version.DataBytes(coding.L)*8 {
		if version++; version > coding.MaxVersion {
			return nil, false
		}
	}
	p := &plans[version]
	// It fails only for versions that do not exist.
	p.once.Do(func() { p.plan, _ = coding.NewPlan(version, coding.L, 0) })
	code, err := p.plan.Encode(data)
	return code, err == nil
}

// side is the width of the drawing in CSS pixels. It fits a screen of 320 pixels and is a whole
// number of pixels a module, because uneven modules are harder to read.
func (d drawing) side() string { return strconv.Itoa(d.size * max(1, 280/d.size)) }

func (d drawing) viewBox() string {
	side := strconv.Itoa(d.size)
	return "0 0 " + side + " " + side
}
