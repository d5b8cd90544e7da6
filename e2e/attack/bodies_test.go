package attack

import (
	"net/http"
	"strings"
	"testing"
)

func TestStrangersCannotSendLargeBodies(t *testing.T) {
	t.Parallel()
	on := limited
	shop := open(t, on, "shop", false)
	c := shop.charge(nil)
	body := `{"account":"` + strings.Repeat("G", 60<<10) + `"}`
	for _, path := range []string{"/transaction", "/quotes", "/hint"} {
		want(t, "60 KiB", do(t, anybody(on), "POST", "/pay/"+c.ID+path, body), http.StatusRequestEntityTooLarge)
	}
	want(t, "for an unknown checkout", do(t, anybody(on), "POST", "/pay/chk_0/transaction", body), http.StatusNotFound)
	want(t, "without a key", do(t, anybody(on), "POST", "/checkout?type=direct", body), http.StatusUnauthorized)
}
