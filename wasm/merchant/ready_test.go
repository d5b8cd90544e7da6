package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"edgecheckout/sandbox/stack"
	"edgecheckout/worker"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
)

var (
	usdc = stellar.Asset{Code: "USDC", Issuer: another}
	eurc = stellar.Asset{Code: "EURC", Issuer: another}
	gold = stellar.Asset{Code: "GOLD", Issuer: another}
)

// ledgerWith returns a network whose Horizon knows one account, with these trustlines, and answers
// requests for its root with a status.
func ledgerWith(t *testing.T, status int, lines ...string) network {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"network_passphrase": "a network of its own"})
	})
	mux.HandleFunc("/accounts/"+shop, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"account_id":%q,"balances":[%s{"balance":"5.0000000","asset_type":"native"}],"data":{"config.memo_required":"MQ=="}}`, shop, strings.Join(append(lines, ""), ","))
	})
	mux.Handle("/accounts/", http.NotFoundHandler())
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return network{Network: worker.Network{
		Network: horizon.Network{Horizons: []string{server.URL}, Passphrase: "a network of its own"},
		Assets:  map[string]stellar.Asset{"XLM": stellar.XLM, "USDC": usdc, "EURC": eurc},
	}}
}

func trusting(asset stellar.Asset, balance, limit, more string) string {
	return fmt.Sprintf(`{"asset_code":%q,"asset_issuer":%q,"balance":%q,"limit":%q,"buying_liabilities":"1.0000000"%s}`, asset.Code, asset.Issuer, balance, limit, more)
}

func TestCheckSaysWhyAnAccountCannotBePaid(t *testing.T) {
	const most = "922337203685.4775807"
	down := ledgerWith(t, http.StatusServiceUnavailable)
	good := ledgerWith(t, http.StatusOK, trusting(usdc, "0.0000000", most, `,"is_authorized":true`), trusting(eurc, "9.0000000", "10.0000001", ""))
	second := good
	second.Horizons = append(down.Horizons, good.Horizons...)
	elsewhere := good
	elsewhere.Passphrase = stack.TestNetworkPassphrase
	boxed := ledgerWith(t, http.StatusOK)
	boxed.sandbox = true
	for name, test := range map[string]struct {
		on      network
		account stellar.Address
		assets  string
		want    []string // in the error; no error if empty
	}{
		"all that is known":           {on: good},
		"another Horizon has to help": {on: second},
		"the lumen needs nothing":     {on: ledgerWith(t, http.StatusOK), assets: "XLM"},
		"an issuer needs nothing": {
			on: network{Network: worker.Network{Network: good.Network.Network, Assets: map[string]stellar.Asset{"OWN": {Code: "OWN", Issuer: shop}}}},
		},
		"an asset nobody knows": {on: good, assets: "GOLD", want: []string{"ASSETS", "GOLD:ISSUER"}},
		"trustlines are missing": {on: ledgerWith(t, http.StatusOK, trusting(usdc, "0.0000000", most, "")), assets: "XLM USDC EURC " + gold.String(), want: []string{
			"no trustline for EURC:" + another, "asset code EURC, issuer " + another, "no trustline for GOLD:" + another, `ASSETS="XLM USDC"`,
		}},
		"the same code of somebody else": {on: ledgerWith(t, http.StatusOK, trusting(stellar.Asset{Code: "USDC", Issuer: shop}, "0", most, "")), assets: "USDC",
			want: []string{"no trustline for USDC:" + another}},
		"not authorized":       {on: ledgerWith(t, http.StatusOK, trusting(usdc, "0", most, `,"is_authorized":false`)), assets: "USDC", want: []string{"ask " + another + " to authorize"}},
		"full":                 {on: ledgerWith(t, http.StatusOK, trusting(usdc, "9.0000000", "10.0000000", "")), assets: "USDC", want: []string{"is full (10.0000000)", "raise its limit"}},
		"not on the sandbox":   {on: boxed, assets: "USDC", want: []string{boxed.Horizons[0] + "/sandbox/merchant -d seed="}},
		"nobody on a network":  {on: good, account: another, want: []string{another + " is not on the test network yet", "Send it XLM", "0.5 XLM for each trustline"}},
		"nobody on a sandbox":  {on: boxed, account: another, want: []string{"curl -s " + boxed.Horizons[0] + "/sandbox/merchant -d name=shop"}},
		"another network":      {on: elsewhere, want: []string{`serves the network "a network of its own"`, "nothing was made"}},
		"nothing can be asked": {on: down, want: []string{"not known", "answers 503", "nothing was made"}},
	} {
		if test.account == "" {
			test.account = shop
		}
		assets, err := test.on.wanted(strings.Fields(test.assets))
		if err == nil {
			err = test.on.check(t.Context(), payee{stellar.Test, test.account}, assets)
		}
		if len(test.want) == 0 && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want to read %q", name, err, want)
			}
		}
	}
	testnet := good
	testnet.Passphrase = stack.TestNetworkPassphrase
	if got, want := testnet.howToFund(shop), "friendbot.stellar.org/?addr="+shop; !strings.Contains(got, want) {
		t.Errorf("%s, want to read %s", got, want)
	}
}

func TestSettingsComeFromWranglerToml(t *testing.T) {
	config, err := readSettings("../../wrangler.toml", vars("TEST_HORIZON_URLS", "http://127.0.0.1:8000", "ORG_URL", "nonsense"))
	if err != nil {
		t.Fatal(err)
	}
	test, live := config.Networks[stellar.Test], config.Networks[stellar.Live]
	if test.Passphrase != stack.TestNetworkPassphrase || len(test.Horizons) != 1 || test.Horizons[0] != "http://127.0.0.1:8000" || test.Assets["USDC"].Issuer == "" {
		t.Errorf("test: %+v", test)
	}
	if live.Passphrase != stellar.PublicPassphrase || len(live.Horizons) == 0 || live.Assets["USDC"].Issuer == test.Assets["USDC"].Issuer {
		t.Errorf("live: %+v", live)
	}
}
