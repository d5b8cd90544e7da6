// Package sdk drives the sandbox with the SDK that wallets are built with.
package sdk

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"edgecheckout/sandbox/ledger"
	"edgecheckout/sandbox/server"
	"edgecheckout/sandbox/wallet"
)

// A dollar costs four XLM here, so that the test sees at which rate something was converted.
func TestStellarSDKDrivesTheSandbox(t *testing.T) {
	s, err := server.New(server.Options{Market: ledger.Market{
		{Give: "native", Take: wallet.USDC}: {N: 1, D: 4},
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx) }()
	web := httptest.NewServer(s.Handler())
	defer func() {
		web.CloseClientConnections()
		web.Close()
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	}()
	node, err := filepath.Abs("../../node_modules/.bin/node")
	if err != nil {
		t.Fatal(err)
	}
	drive := exec.CommandContext(ctx, node, "drive.mjs")
	drive.Env = append(os.Environ(), "SANDBOX_URL="+web.URL)
	output, err := drive.CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, output)
	}
	t.Logf("%s", output)
}
