package e2e

import (
	"net/http"
	"testing"

	"github.com/BurntSushi/toml"
)

func TestWalletsReadTheStellarTOML(t *testing.T) {
	t.Parallel()
	const path = "/.well-known/stellar.toml"
	reply := get(t, service, path)
	var file struct {
		Passphrase string `toml:"NETWORK_PASSPHRASE"`
	}
	unknown, err := toml.Decode(string(reply.Body), &file)
	if err != nil || file.Passphrase != service.Passphrase || len(unknown.Undecoded()) > 0 {
		t.Errorf("%v in %s", err, reply.Body)
	}
	if reply.Status != http.StatusOK || reply.Header.Get("Access-Control-Allow-Origin") != "*" || reply.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%d %v", reply.Status, reply.Header)
	}
}
