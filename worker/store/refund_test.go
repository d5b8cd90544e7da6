package store

import (
	"strings"
	"testing"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv/kvtest"
	"edgecheckout/worker/stellar"
)

func TestARefundThatWasFoundIsListedWheneverItsRecordExists(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	owner := Owner{&Merchant{ID: "mer_01kay3t4w5x6y7z8a90123456z"}, stellar.Live}
	r := Refund{ID: "rf_3wwn0tp61jwpszr1aynzeesj4x", Merchant: owner.Merchant.ID, Mode: owner.Mode, CreatedAt: now}
	record, listed := refundKey(r.ID).name, listPrefix(owner, checkout.KindRefund)
	for _, failing := range []string{record, listed} {
		memory := kvtest.NewMemory(func() time.Time { return now })
		memory.SetFault(func(_, key string) kvtest.Fault {
			if strings.HasPrefix(key, failing) {
				return kvtest.FaultBefore
			}
			return kvtest.FaultNone
		})
		err := New(memory.Edge()).PutPaidRefunds(t.Context(), PaidRefunds{Mode: owner.Mode, Found: []Refund{r}}, now)
		if err == nil {
			t.Errorf("a failure at %s was not reported", failing)
		}
		memory.SetFault(nil)
		if keys := memory.Keys(""); failing == listed && len(keys) > 0 || failing == record && !strings.Contains(strings.Join(keys, " "), listed) {
			t.Errorf("with a failure at %s there is %q", failing, keys)
		}
	}
}
