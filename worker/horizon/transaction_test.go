package horizon_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker/horizon"
)

func TestReceivedByATransaction(t *testing.T) {
	const hash = "80ae188b565ca32a15de1eace7b518ae277cc8a264425fe91bf7f2d787ac7af5"
	r := &replay{recording: load(t, "payment-credit-alphanum4")}
	client := horizon.Client{Base: "https://horizon.example", Transport: r}
	received, err := client.ReceivedBy(context.Background(), hash, account)
	if err != nil || len(received) != 1 {
		t.Fatalf("%v, %v", received, err)
	}
	got := []string{received[0].Amount.String(), received[0].Asset.String(), received[0].Memo}
	if diff := cmp.Diff([]string{"49.99", usdc.String(), "ORDER-1003"}, got); diff != "" {
		t.Error(diff)
	}
	if want := "https://horizon.example/transactions/" + hash + "/payments?join=transactions&limit=2"; r.url != want {
		t.Errorf("asked for %s", r.url)
	}
	if others, err := client.ReceivedBy(context.Background(), hash, issuer); err != nil || len(others) != 0 {
		t.Errorf("another account received %v, %v", others, err)
	}
}

func TestUnknownTransactionBringsNothing(t *testing.T) {
	client := horizon.Client{Base: "https://horizon.example", Transport: &replay{recording: load(t, "transaction-not-found")}}
	if received, err := client.ReceivedBy(context.Background(), "00", account); err != nil || received != nil {
		t.Errorf("%v, %v", received, err)
	}
}
