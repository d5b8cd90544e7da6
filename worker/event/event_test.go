package event_test

import (
	"testing"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/event"
)

// A data centre that does not know of a cancellation yet sees another deadline.
func TestEndHasOneIDWhateverItsTime(t *testing.T) {
	created := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	facts := checkout.Facts{Checkout: checkout.Checkout{ID: checkout.ID{1}, CreatedAt: created, ExpiresAt: created.Add(time.Hour)}}
	cancelled := facts
	cancelled.CancelledBy = created.Add(10 * time.Minute)
	for _, out := range []checkout.Outcome{{Status: checkout.Expired}, {Status: checkout.Failed}} {
		a, b := event.Of(&facts, out), event.Of(&cancelled, out)
		if len(a) != 1 || len(b) != 1 || a[0].ID != b[0].ID || a[0].CreatedAt.Equal(b[0].CreatedAt) {
			t.Errorf("%s: %+v and %+v", out.Status, a, b)
		}
	}
	first := checkout.Outcome{Status: checkout.Completed, CompletedAt: created.Add(time.Minute)}
	second := checkout.Outcome{Status: checkout.Completed, CompletedAt: created.Add(2 * time.Minute)}
	if a, b := event.Of(&facts, first), event.Of(&facts, second); a[0].ID != b[0].ID {
		t.Errorf("%s and %s", a[0].ID, b[0].ID)
	}
}
