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
		SigningKey string `toml:"SIGNING_KEY"`
		Endpoint   string `toml:"WEB_AUTH_ENDPOINT"`
	}
	unknown, err := toml.Decode(string(reply.Body), &file)
	if err != nil || file.Passphrase != service.Passphrase || len(unknown.Undecoded()) > 0 ||
		len(file.SigningKey) != 56 || file.Endpoint != service.BaseURL+"/auth" {
		t.Errorf("%v in %s", err, reply.Body)
	}
	if reply.Status != http.StatusOK || reply.Header.Get("Access-Control-Allow-Origin") != "*" || reply.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%d %v", reply.Status, reply.Header)
	}
}
