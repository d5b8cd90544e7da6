package stack

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDevFileHasExactlyTheDocumentedFields(t *testing.T) {
	root := t.TempDir()
	if _, err := ReadDev(root); !errors.Is(err, ErrNoDev) {
		t.Errorf("ReadDev of nothing = %v, want ErrNoDev", err)
	}
	want := Dev{
		BaseURL: "http://127.0.0.1:8787", HorizonURL: "http://127.0.0.1:8000", APIKey: "sk_test_1",
		AdminToken: "a", MerchantAccount: "GABC", ProductID: "prod_1",
	}
	for range 2 { // the second replaces the first
		if err := WriteDev(root, want); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(root, "build", "dev.json")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{
  "base_url": "http://127.0.0.1:8787",
  "horizon_url": "http://127.0.0.1:8000",
  "api_key": "sk_test_1",
  "admin_token": "a",
  "merchant_account": "GABC",
  "product_id": "prod_1"
}
`, string(content)); diff != "" {
		t.Error(diff)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	if left, err := filepath.Glob(filepath.Join(root, "build", ".*")); err != nil || len(left) > 0 {
		t.Errorf("left over: %q, %v", left, err)
	}
	if got, err := ReadDev(root); err != nil || got != want {
		t.Errorf("ReadDev = %+v, %v", got, err)
	}
}

func TestSecretsAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dev", "secrets.json")
	first, err := KeepSecrets(path)
	if err != nil {
		t.Fatal(err)
	}
	second, err := KeepSecrets(path)
	if err != nil || second != first {
		t.Errorf("the second start has %+v, %v, the first had %+v", second, err, first)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := KeepSecrets(path); err == nil {
		t.Error("a broken file gave no error, so its secrets would be lost")
	}
}

func TestTwoStacksDoNotShareState(t *testing.T) {
	dir := t.TempDir()
	held, err := lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock(dir); err == nil {
		t.Error("the same folder was locked twice")
	}
	held.Close()
	again, err := lock(dir)
	if err != nil {
		t.Fatalf("after it was let go: %v", err)
	}
	again.Close()
}
