package horizon

import (
	"encoding/json"
	"net/http"
	"testing"

	"edgecheckout/sandbox/ledger"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/xdr"
)

func TestAccountShowsWhoCanSignForIt(t *testing.T) {
	none := byte(0)
	const hash = "XBU2RRGLXH3E5CQHTD3ODLDF2BWDCYUSSBLLZ5GNW7JXHDIYKXZWHOKR"
	h := New(ledger.New(ledger.Options{Accounts: []ledger.Account{{
		Address: payer, Balance: 20_0000000, Master: &none, Signers: map[string]byte{issuer: 2, hash: 1}, Low: 1, Medium: 2, High: 3,
		HomeDomain: "shop.example", Flags: xdr.AccountFlagsAuthRevocableFlag, Data: map[string][]byte{"config.memo_required": []byte("1")},
	}}}), Options{})
	var got struct {
		Subentries int             `json:"subentry_count"`
		HomeDomain string          `json:"home_domain"`
		Thresholds map[string]int  `json:"thresholds"`
		Flags      map[string]bool `json:"flags"`
		Signers    []signer
		Data       map[string]string
	}
	if err := json.Unmarshal(asked(h, "/accounts/"+payer).Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := got
	want.Subentries, want.HomeDomain = 3, "shop.example"
	want.Thresholds = map[string]int{"low_threshold": 1, "med_threshold": 2, "high_threshold": 3}
	want.Flags = map[string]bool{"auth_required": false, "auth_revocable": true, "auth_immutable": false, "auth_clawback_enabled": false}
	want.Signers = []signer{{2, issuer, "ed25519_public_key"}, {1, hash, "sha256_hash"}, {0, payer, "ed25519_public_key"}}
	want.Data = map[string]string{"config.memo_required": "MQ=="}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("account (- want, + got):\n%s", diff)
	}
	var entry map[string]string
	data := asked(h, "/accounts/"+payer+"/data/config.memo_required")
	if err := json.Unmarshal(data.Body.Bytes(), &entry); err != nil || !cmp.Equal(entry, map[string]string{"value": "MQ=="}) {
		t.Errorf("data entry %s", data.Body)
	}
	if w := asked(h, "/accounts/"+payer+"/data/none"); w.Code != http.StatusNotFound {
		t.Errorf("status %d", w.Code)
	}
}
