package worker

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTimestampHasMilliseconds(t *testing.T) {
	const year9999 = 253402300799999 // milliseconds
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(0, year9999).Draw(t, "milliseconds"))
		if got, want := timestamp(at), at.UTC().Format("2006-01-02T15:04:05.000Z"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}
