package horizon_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
)

// pathsTo answers a request for paths with the given records.
func pathsTo(records string, sources ...stellar.Asset) (paths []horizon.Path, url string, err error) {
	r := &replay{recording: recording{Status: 200, Body: json.RawMessage(`{"_embedded":{"records":[` + records + `]}}`)}}
	client := horizon.Client{Base: "https://horizon.example", Transport: r}
	paths, err = client.PathsTo(context.Background(), usdc, 50*stellar.StroopsPerUnit, sources)
	return paths, r.url, err
}

const wayFromXLM = `{"source_asset_type":"native","source_amount":"151.0000000","destination_asset_type":"credit_alphanum4","destination_asset_code":"USDC","destination_asset_issuer":"` + string(issuer) + `","destination_amount":"50.0000000","path":[]}`

func TestPathsAreTheCheapestOfEachAsset(t *testing.T) {
	gateway := stellar.Asset{Code: "GATEWAYPOINT", Issuer: issuer}
	through := `{"source_asset_type":"native","source_amount":"150.5000001","destination_amount":"50.0000000","path":[{"asset_type":"credit_alphanum12","asset_code":"GATEWAYPOINT","asset_issuer":"` + string(issuer) + `"}]}`
	paths, url, err := pathsTo(wayFromXLM+","+through, gateway, stellar.XLM)
	if err != nil {
		t.Fatal(err)
	}
	want := []horizon.Path{{Send: stellar.XLM, Cost: 150_5000001, Via: []stellar.Asset{gateway}}}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Error(diff)
	}
	const asked = "https://horizon.example/paths/strict-receive?destination_amount=50&destination_asset_type=credit_alphanum4&destination_asset_code=USDC&destination_asset_issuer=" + string(issuer) +
		"&source_assets=GATEWAYPOINT:" + string(issuer) + ",native"
	if url != asked {
		t.Errorf("asked for\n%s, want\n%s", url, asked)
	}
}

func TestNonsensicalPathsAreRefused(t *testing.T) {
	for name, record := range map[string]string{
		"no amount":      `{"source_asset_type":"native","path":[]}`,
		"nothing":        `{"source_asset_type":"native","source_amount":"0.0000000","path":[]}`,
		"no asset":       `{"source_asset_type":"pool","source_amount":"1","path":[]}`,
		"a path of six":  `{"source_asset_type":"native","source_amount":"1","path":[{},{},{},{},{},{}]}`,
		"no asset on it": `{"source_asset_type":"native","source_amount":"1","path":[{"asset_type":"?"}]}`,
	} {
		if paths, _, err := pathsTo(record, stellar.XLM); !errors.Is(err, horizon.ErrAnswer) {
			t.Errorf("%s: %v, %v", name, paths, err)
		}
	}
}
