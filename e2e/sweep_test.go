package e2e

import (
	"strings"
	"testing"
	"time"
)

// While something is open the cron stays and reads on, in both ways, and it leaves when all is
// paid.
func TestStayingCronSettlesAPayment(t *testing.T) {
	for name, accounts := range map[string]string{"by account": "8", "by the feed": "0"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t.TempDir())
			o.ExtraVars["SWEEP_STAY"], o.ExtraVars["SWEEP_ACCOUNTS"] = "110", accounts
			s := openShopOn(t, ownService(t, o))
			s.customerKeys() // opened before the cron stays
			c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
			left := make(chan error, 1)
			go func() { left <- s.on.Cron(t.Context()) }()
			time.Sleep(3 * time.Second) // the cron has read all there is
			select {
			case err := <-left:
				t.Fatalf("the cron left although a checkout is open: %v", err)
			default:
			}
			s.pay(c, "5")
			if err := <-left; err != nil {
				t.Fatal(err)
			}
			if html := string(get(t, s.on, pagePath(c)).Body); !strings.Contains(html, `data-status="completed"`) {
				t.Errorf("after the cron the page does not say completed:\n%s", html)
			}
		})
	}
}
