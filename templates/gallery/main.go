// Command gallery shows the payment page in every state that it can be in.
//
//	go run ./templates/gallery                        write build/gallery/*.html
//	go run ./templates/gallery -serve 127.0.0.1:8090  serve them, with a status call, until interrupted
//	go run ./templates/gallery -screens               take pictures of them with Chromium as well
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"edgecheckout/templates/samples"
	"edgecheckout/templates/static"
	"edgecheckout/templates/text"
)

func main() {
	dir := flag.String("dir", "build/gallery", "folder to write to")
	serve := flag.String("serve", "", "address to serve the pages at instead of writing them")
	pictures := flag.Bool("screens", false, "also take a picture of every page (needs Chromium)")
	only := flag.String("only", "", "take pictures only of these pages, separated by commas")
	flag.Parse()
	if err := run(context.Background(), *dir, *serve, *pictures, *only); err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir, address string, pictures bool, only string) error {
	if address != "" {
		h, err := handler("http://" + address)
		if err != nil {
			return err
		}
		fmt.Println("http://" + address + "/")
		return http.ListenAndServe(address, h)
	}
	names, err := write(ctx, dir)
	if err != nil {
		return err
	}
	if !pictures {
		return nil
	}
	if only != "" {
		names = strings.Split(only, ",")
	}
	return withServer(func(origin string) error { return screens(ctx, origin, filepath.Join(dir, "screens"), names) })
}

// write writes the pages and their assets so that they can be opened from disk, and returns the
// names of the pages.
func write(ctx context.Context, dir string) ([]string, error) {
	const origin = "http://127.0.0.1:8787"
	all, err := pages(ctx, origin)
	if err != nil {
		return nil, err
	}
	for _, folder := range []string{"assets", "samples"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return nil, err
		}
	}
	files := map[string][]byte{"index.html": []byte(index(all, file))}
	for _, a := range static.Files() {
		files[strings.TrimPrefix(a.Path, "/")] = a.Body
	}
	for path, image := range samples.Images {
		files[strings.TrimPrefix(path, "/")] = []byte(image)
	}
	var names []string
	for _, p := range all {
		names = append(names, p.name+"?lang="+p.language.Tag)
		html := strings.NewReplacer(`"/assets/`, `"assets/`, `"`+origin+`/samples/`, `"samples/`).Replace(p.html)
		for _, l := range text.Languages {
			html = strings.ReplaceAll(html, `href="?lang=`+l.Tag+`"`, `href="`+file(rendered{name: p.name, language: l})+`"`)
		}
		files[file(p)] = []byte(html)
	}
	for name, body := range files {
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o644); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// file is the name of a page's file.
func file(p rendered) string { return p.name + "." + p.language.Tag + ".html" }

// withServer serves the gallery on a free port while work runs.
func withServer(work func(origin string) error) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	origin := "http://" + listener.Addr().String()
	h, err := handler(origin)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: h}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	err = work(origin)
	closed := server.Close()
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		return errors.Join(err, served)
	}
	return errors.Join(err, closed)
}
