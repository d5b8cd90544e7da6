package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Dev is the content of build/dev.json, by which `make dev` tells other programs about the service.
type Dev struct {
	BaseURL         string `json:"base_url"`
	HorizonURL      string `json:"horizon_url"`
	APIKey          string `json:"api_key"`
	AdminToken      string `json:"admin_token"`
	MerchantAccount string `json:"merchant_account"`
	ProductID       string `json:"product_id"`
}

// ErrNoDev is returned by [ReadDev] if `make dev` has not run yet.
var ErrNoDev = errors.New("build/dev.json is missing: run `make dev` in another terminal first")

func devFile(root string) string { return filepath.Join(root, "build", "dev.json") }

// WriteDev replaces build/dev.json atomically. The file contains secrets, so only its owner can
// read it.
func WriteDev(root string, d Dev) error {
	if err := os.MkdirAll(filepath.Dir(devFile(root)), 0o755); err != nil {
		return err
	}
	content, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(devFile(root), append(content, '\n'))
}

// ReadDev reads build/dev.json. The service need not be running any more. The error is [ErrNoDev]
// if the file does not exist.
func ReadDev(root string) (Dev, error) {
	var d Dev
	content, err := os.ReadFile(devFile(root))
	if errors.Is(err, fs.ErrNotExist) {
		return d, ErrNoDev
	}
	if err != nil {
		return d, err
	}
	if err := json.Unmarshal(content, &d); err != nil {
		return d, fmt.Errorf("build/dev.json is not what `make dev` writes, run it again: %w", err)
	}
	return d, nil
}

// KeepSecrets reads the secrets in a file, or creates them and the file. The secrets must be kept
// because memos of earlier checkouts are encrypted with them.
func KeepSecrets(path string) (Secrets, error) {
	var s Secrets
	content, err := os.ReadFile(path)
	switch {
	case err == nil:
		if err := json.Unmarshal(content, &s); err != nil {
			return s, fmt.Errorf("%s is broken, remove the folder it is in to start anew: %w", path, err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return s, err
	}
	before := s
	if err := s.complete(); err != nil || s == before {
		return s, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return s, err
	}
	if content, err = json.MarshalIndent(s, "", "  "); err != nil {
		return s, err
	}
	return s, writeFile(path, append(content, '\n'))
}
