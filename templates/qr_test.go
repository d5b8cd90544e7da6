package templates_test

import (
	"fmt"
	"strings"
	"testing"

	"edgecheckout/templates"
	"edgecheckout/templates/samples"

	"rsc.io/qr"
)

// The drawing is parsed module by module and compared with the code of the button's link.
func TestQRCodeEncodesTheWalletLink(t *testing.T) {
	for _, s := range samples.All("http://127.0.0.1:8787") {
		d := document(t, templates.Pay(s.Checkout))
		svg := byTestID(d, "qr")
		if svg.Length() == 0 {
			continue
		}
		uri, _ := byTestID(d, "wallet-link").Attr("href")
		code, err := qr.Encode(uri, qr.L)
		if err != nil {
			t.Fatal(err)
		}
		const quiet = 4
		if box, _ := svg.Attr("viewBox"); box != fmt.Sprintf("0 0 %d %[1]d", code.Size+2*quiet) {
			t.Errorf("%s: the view box is %q for %d modules and a quiet zone", s.Name, box, code.Size)
		}
		path, _ := svg.Find("path").Attr("d")
		black := modules(t, path)
		for y := -quiet; y < code.Size+quiet; y++ {
			for x := -quiet; x < code.Size+quiet; x++ {
				if black[[2]int{x + quiet, y + quiet}] != code.Black(x, y) {
					t.Fatalf("%s: module %d, %d differs", s.Name, x, y)
				}
			}
		}
	}
}

// modules parses a path of lines through the centres of rows.
func modules(t *testing.T, path string) map[[2]int]bool {
	t.Helper()
	black := map[[2]int]bool{}
	x, y := 0, 0
	for line := range strings.SplitAfterSeq(strings.NewReplacer("M", "\nM", "m", "\nm").Replace(path)[1:], "\n") {
		var gap, width int
		if _, err := fmt.Sscanf(line, "M%d %d.5h%d", &x, &y, &width); err != nil {
			if _, err := fmt.Sscanf(line, "m%d 0h%d", &gap, &width); err != nil {
				t.Fatalf("%q is not a line: %v", line, err)
			}
		}
		x += gap
		for range width {
			black[[2]int{x, y}] = true
			x++
		}
	}
	return black
}

func TestTextTooLongForAQRCodeIsOnlyLinked(t *testing.T) {
	c := sample(t, "waiting")
	c.PaymentURI = "web+stellar:pay?msg=" + strings.Repeat("x", 3000)
	d := document(t, templates.Pay(c))
	if byTestID(d, "qr").Length() != 0 || byTestID(d, "wallet-link").Length() != 1 {
		t.Error("want the link and no code")
	}
}
