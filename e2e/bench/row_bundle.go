package main

import (
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
)

var bundleRow = row{
	name: "bundle", unit: "MiB", aim: "at most 3 MiB; 2.0 is the aim", fewer: true, once: true,
	what: "all modules, each compressed by gzip -9",
	measure: func(_ context.Context, _ *bench, p *peer) (float64, error) {
		entries, err := os.ReadDir(p.modules)
		if err != nil {
			return 0, err
		}
		total := counter(0)
		for _, entry := range entries {
			if filepath.Ext(entry.Name()) == ".capnp" {
				continue
			}
			content, err := os.ReadFile(filepath.Join(p.modules, entry.Name()))
			if err != nil {
				return 0, err
			}
			if err := compress(&total, content); err != nil {
				return 0, err
			}
		}
		return float64(total) / (1 << 20), nil
	},
}

func compress(to io.Writer, content []byte) error {
	w, err := gzip.NewWriterLevel(to, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(content); err != nil {
		return err
	}
	return w.Close()
}

// counter is an [io.Writer] that counts bytes.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
