package templates

import (
	"context"
	"io"
	"math/bits"
	"strconv"
	"sync"

	"rsc.io/qr/coding"
)

// quietZone is the white margin that ISO/IEC 18004 asks for around a code, in modules.
const quietZone = 4

// drawing is a QR code as an SVG path in a square of size by size modules, quiet zone included: the middle lines of its rows, a module wide.
type drawing struct {
	size int
	path []byte
}

// Render writes the path as it is: it consists of digits and commands, and is half of the page.
func (d drawing) Render(_ context.Context, w io.Writer) error {
	for _, part := range [][]byte{[]byte(`<path d="`), d.path, []byte(`" stroke="#000"></path>`)} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// draw makes the QR code of text, or returns false when text is too long for one (2,953 bytes). The correction level is
// the lowest: a screen has no scratches, and fewer modules are larger ones, which is what a camera needs.
func draw(text string) (drawing, bool) {
	code, ok := encode(text)
	if !ok {
		return drawing{}, false
	}
	path := make([]byte, 0, 8<<10)
	for y := range code.Size {
		row := code.Bitmap[y*code.Stride:][:code.Stride]
		end := -1 // of the run before, in this row
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

// next is where the first black module of a row stands from x on, or with other = 0xff the first white one; behind the row if there is none.
func next(row []byte, x int, other byte) int {
	for ; x < 8*len(row); x = (x | 7) + 1 {
		if rest := (row[x/8] ^ other) << (x % 8); rest != 0 {
			return x + bits.LeadingZeros8(rest)
		}
	}
	return x
}

// appendSmall writes a number from 0 to 999, of which a path has thousands.
func appendSmall(b []byte, n int) []byte {
	switch {
	case n < 10:
		return append(b, '0'+byte(n))
	case n < 100:
		return append(b, '0'+byte(n/10), '0'+byte(n%10))
	}
	return append(b, '0'+byte(n/100), '0'+byte(n/10%10), '0'+byte(n%10))
}

// plans remembers where the bits of a code of each version go. To work that out takes longer than all the rest, and most
// payment links are of one length.
var plans [coding.MaxVersion + 1]struct {
	once sync.Once
	plan *coding.Plan
}

// encode does as qr.Encode does for a text that is neither of digits nor of capitals, which no link is.
func encode(text string) (*coding.Code, bool) {
	data := coding.String(text)
	version := coding.Version(coding.MinVersion)
	for data.Bits(version) > version.DataBytes(coding.L)*8 {
		if version++; version > coding.MaxVersion {
			return nil, false
		}
	}
	p := &plans[version]
	p.once.Do(func() { p.plan, _ = coding.NewPlan(version, coding.L, 0) }) // fails only for versions that do not exist
	code, err := p.plan.Encode(data)
	return code, err == nil
}

// side is how wide to show the drawing, in CSS pixels: what fits a phone of 320, in whole pixels a module, since uneven
// modules are harder to read.
func (d drawing) side() string { return strconv.Itoa(d.size * max(1, 280/d.size)) }

func (d drawing) viewBox() string {
	side := strconv.Itoa(d.size)
	return "0 0 " + side + " " + side
}
