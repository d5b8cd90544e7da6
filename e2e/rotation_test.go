package e2e

import (
	"net/http"
	"strings"
	"testing"

	"edgecheckout/sandbox/stack"
)

// The operator rotates both secrets as docs/operations.md says: first adds the new ones in front,
// later removes the old ones.
func TestRotatedSecretsLoseNoOpenCheckout(t *testing.T) {
	t.Parallel()
	before := stack.Secrets{AdminToken: strings.Repeat("a1", 32), MemoKeys: strings.Repeat("0123456789fedca2", 4)}
	after := stack.Secrets{AdminToken: strings.Repeat("b1", 32), MemoKeys: strings.Repeat("0123456789fedcb2", 4)}
	o := options(t.TempDir())
	restart := func(s *shop, secrets stack.Secrets) {
		s.on.Stop()
		o.Secrets = secrets
		s.on = ownService(t, o)
		s.BaseURL = s.on.BaseURL
	}
	may := func(s *shop, token string, want int) {
		t.Helper()
		reply, err := stack.Client{BaseURL: s.BaseURL, AdminToken: token}.Do(t.Context(), http.MethodGet, "/merchants/"+s.id, nil)
		if err != nil || reply.Status != want {
			t.Errorf("with the token %.4s…: %d %s, %v, want %d", token, reply.Status, reply.Body, err, want)
		}
	}

	o.Secrets = before
	s := openShopOn(t, ownService(t, o))
	first := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	may(s, before.AdminToken, http.StatusOK)
	may(s, after.AdminToken, http.StatusUnauthorized)

	restart(s, stack.Secrets{AdminToken: after.AdminToken + "," + before.AdminToken, MemoKeys: after.MemoKeys + "," + before.MemoKeys})
	second := s.charge(fields{"amount": 6, "asset_code": "XLM"})
	s.pay(first, "5")
	wantVerdict(t, s.awaitStatus(first.ID, "completed"), paidOnce("5"))
	may(s, before.AdminToken, http.StatusOK)
	may(s, after.AdminToken, http.StatusOK)
	if reply, err := s.on.Operator().CreateKey(t.Context(), s.id, false); err != nil {
		t.Errorf("a key during the rotation: %s, %v", reply.Body, err)
	}

	restart(s, after)
	s.pay(second, "6")
	wantVerdict(t, s.awaitStatus(second.ID, "completed"), paidOnce("6"))
	wantVerdict(t, s.read(first.ID), paidOnce("5"))
	may(s, before.AdminToken, http.StatusUnauthorized)
	may(s, after.AdminToken, http.StatusOK)
}
