package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"edgecheckout/sandbox/stack"
	"edgecheckout/worker"
	"edgecheckout/worker/stellar"
)

// service is the service on which the merchant is created, and its networks.
type service struct {
	client   stack.Client // as the operator
	networks map[stellar.Mode]network
}

// network is a Stellar network that the service uses.
type network struct {
	worker.Network
	sandbox bool
}

// findService returns the service that the request means. A service does not disclose its Horizons,
// so those settings come from wrangler.toml or, by the same names, from the environment. The
// service does report which modes it serves.
func findService(ctx context.Context, root string, r request, getenv func(string) string) (service, error) {
	local := r.URL == ""
	client := stack.Client{BaseURL: r.URL, AdminToken: r.AdminToken}
	replaced := getenv
	if local {
		dev, err := stack.ReadDev(root)
		if err != nil {
			return service{}, err
		}
		client = stack.Client{BaseURL: dev.BaseURL, AdminToken: dev.AdminToken}
		if replaced, err = localSettings(ctx, dev.HorizonURL); err != nil {
			return service{}, err
		}
	}
	served, err := servedModes(ctx, client)
	if err != nil && local {
		return service{}, fmt.Errorf("%w: run `make dev` in another terminal first", err)
	}
	if err != nil {
		return service{}, err
	}
	config, err := readSettings(filepath.Join(root, "wrangler.toml"), replaced)
	if err != nil {
		return service{}, err
	}
	s := service{client: client, networks: map[stellar.Mode]network{}}
	for mode, n := range config.Networks {
		if slices.Contains(served, mode) {
			s.networks[mode] = network{n, local && n.Passphrase == replaced("TEST_PASSPHRASE")}
		}
	}
	return s, nil
}

// localSettings are the settings that `make dev` uses instead of those in wrangler.toml, as far as
// the sandbox describes itself.
func localSettings(ctx context.Context, horizon string) (func(string) string, error) {
	settings := map[string]string{"TEST_HORIZON_URLS": horizon}
	reply, err := stack.Client{BaseURL: horizon}.Do(ctx, http.MethodGet, "/sandbox/", nil)
	if err != nil {
		return nil, fmt.Errorf("nothing answers at %s: run `make dev` in another terminal first (%w)", horizon, err)
	}
	var sandbox struct {
		Passphrase string   `json:"network_passphrase"`
		Assets     []string `json:"assets"`
	}
	if reply.Status == http.StatusOK && json.Unmarshal(reply.Body, &sandbox) == nil && sandbox.Passphrase != "" {
		settings["TEST_PASSPHRASE"] = sandbox.Passphrase
		settings["TEST_ASSETS"] = strings.Join(slices.DeleteFunc(sandbox.Assets, func(asset string) bool { return asset == "native" }), " ")
	}
	return func(name string) string { return settings[name] }, nil
}

// readSettings parses wrangler.toml as the service does, with some settings replaced.
func readSettings(path string, replaced func(string) string) (worker.Config, error) {
	var file struct {
		Vars map[string]string `toml:"vars"`
	}
	if _, err := toml.DecodeFile(path, &file); err != nil {
		return worker.Config{}, err
	}
	return worker.ParseConfig(func(name string) string {
		switch {
		case name == "MEMO_KEYS":
			return strings.Repeat("0123456789abcdef", 4) // a secret of the deployment, not needed here
		case name == "BASE_URL":
			return "https://service.invalid" // required, but not needed here
		case strings.HasPrefix(name, "TEST_"), strings.HasPrefix(name, "LIVE_"):
			return cmp.Or(replaced(name), file.Vars[name])
		}
		return ""
	})
}

// servedModes asks the service which networks it reads.
func servedModes(ctx context.Context, client stack.Client) ([]stellar.Mode, error) {
	reply, err := stack.Client{BaseURL: client.BaseURL}.Do(ctx, http.MethodGet, "/health", nil)
	if err != nil {
		return nil, fmt.Errorf("nothing answers at %s (%w)", client.BaseURL, err)
	}
	var health struct {
		Networks map[stellar.Mode]json.RawMessage `json:"networks"`
	}
	if err := json.Unmarshal(reply.Body, &health); err != nil || len(health.Networks) == 0 {
		return nil, fmt.Errorf("GET %s/health answers %d, and names no networks: is this an Edge Checkout?", client.BaseURL, reply.Status)
	}
	return slices.Collect(maps.Keys(health.Networks)), nil
}

// wanted resolves the words of ASSETS; without words, it returns all known assets of the network.
func (n network) wanted(words []string) ([]stellar.Asset, error) {
	if len(words) == 0 {
		words = slices.Sorted(maps.Keys(n.Assets))
	}
	var assets []stellar.Asset
	for _, word := range words {
		code, issuer, hasIssuer := strings.Cut(word, ":")
		asset, known := n.Assets[code]
		if hasIssuer {
			asset, known = stellar.Asset{Code: code, Issuer: stellar.Address(issuer)}, true
		}
		if !known {
			return nil, fmt.Errorf("ASSETS: %s is none of %s here; write %s:ISSUER", code, strings.Join(slices.Sorted(maps.Keys(n.Assets)), ", "), code)
		}
		assets = append(assets, asset)
	}
	return assets, nil
}
