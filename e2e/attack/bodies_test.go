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
	want(t, "a transaction of 60 KiB", do(t, anybody(on), "POST", "/pay/"+c.ID+"/transaction", body), http.StatusRequestEntityTooLarge)
	want(t, "for an unknown checkout", do(t, anybody(on), "POST", "/pay/chk_0/transaction", body), http.StatusNotFound)
	want(t, "without a key", do(t, anybody(on), "POST", "/checkout?type=direct", body), http.StatusUnauthorized)
}
