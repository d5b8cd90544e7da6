package event

import (
	"encoding/base64"
	"testing"
	"time"
)

// The message and its signature are a test vector of the libraries of Standard Webhooks.
func TestSignaturesAreThoseOfStandardWebhooks(t *testing.T) {
	secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := Sign(secret, nil, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if got.Standard != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" || got.Timestamp != "1614265330" {
		t.Errorf("%+v", got)
	}
}

func TestAttemptsAreMadeForThreeDays(t *testing.T) {
	var sum time.Duration
	n := 1
	for ; ; n++ {
		wait, ok := Wait(n, 0)
		if !ok {
			break
		}
		sum += wait
	}
	if n != MaxAttempts || sum < 3*24*time.Hour || sum > 80*time.Hour {
		t.Errorf("%d attempts in %v", n, sum)
	}
	for retryAfter, want := range map[time.Duration]time.Duration{-time.Hour: 5 * time.Second, time.Minute: time.Minute, 365 * 24 * time.Hour: 24 * time.Hour} {
		if got, _ := Wait(1, retryAfter); got != want {
			t.Errorf("asked to wait %v: %v, want %v", retryAfter, got, want)
		}
	}
}
