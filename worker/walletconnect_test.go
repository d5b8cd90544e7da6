package worker_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Without a project of the operator's, nothing of WalletConnect is on a page. With one, the page has
// it, names the network as wallets do, and may connect to the relay while it asks for money.
func TestPageOffersWalletConnectToAProjectAlone(t *testing.T) {
	s := deploy(t)
	const project = "0123456789abcdef0123456789abcdef"
	live := []string{"LIVE_HORIZON_URLS", "https://horizon.example", "LIVE_PASSPHRASE", s.settings()["TEST_PASSPHRASE"]}
	without := s.edge(live...)
	with := s.edge(append(live, "WALLETCONNECT_PROJECT_ID", project)...)
	merchant := s.operator(with).post("/merchants", fmt.Sprintf(`{"name":"Corner Shop","account_test":%q,"account_live":%[1]q}`, s.Merchant().Address()))
	for mode, chain := range map[bool]string{false: "stellar:testnet", true: "stellar:pubnet"} {
		key := s.operator(with).post("/merchants/"+merchant.text("id")+"/keys", fmt.Sprintf(`{"livemode":%t}`, mode))
		shop := client{t, with, http.Header{"X-Api-Key": {key.text("secret")}}}
		id := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM"}`).text("id")
		page := client{t, with, nil}.get("/pay/" + id)
		for _, want := range []string{`data-walletconnect="/assets/walletconnect.`, `data-project="` + project + `"`, `data-chain="` + chain + `"`} {
			if !strings.Contains(page.body, want) {
				t.Errorf("the page does not have %s", want)
			}
		}
		if policy := page.header.Get("Content-Security-Policy"); !strings.Contains(policy, "; connect-src 'self' https://horizon.example wss://relay.walletconnect.org; form-action") {
			t.Errorf("policy %s", policy)
		}
		plain := client{t, without, nil}.get("/pay/" + id)
		if policy := plain.header.Get("Content-Security-Policy"); strings.Contains(plain.body, "alletconnect") || !strings.Contains(policy, "; connect-src 'self' https://horizon.example; form-action") {
			t.Errorf("without a project there is something of it, policy %s", policy)
		}
		shop.post("/checkout/"+id+"/expire", "{}")
		if policy := (client{t, with, nil}).get("/pay/" + id).header.Get("Content-Security-Policy"); strings.Contains(policy, "wss:") {
			t.Errorf("after the end, policy %s", policy)
		}
	}
}
