// Command dev runs Edge Checkout on one machine: the Worker as Cloudflare would run it, and a
// Stellar network of its own on which to pay.
//
//	make dev    until Ctrl-C, with a merchant, a product and an API key to try it with
//	make demo   creates and pays one checkout of each type, then exits
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"edgecheckout/sandbox/stack"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	if err := run(ctx, os.Args[1:]); err != nil {
		if ctx.Err() != nil {
			os.Exit(130) // interrupted by a signal; its sender needs no message
		}
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	root, err := stack.FindRoot()
	if err != nil {
		return err
	}
	switch {
	case len(args) == 0:
		return runDev(ctx, root)
	case len(args) == 1 && args[0] == "demo":
		return runDemo(ctx, root, os.Stdout)
	}
	return errors.New("usage: dev [demo]")
}

// runDev runs the stack until ctx ends.
func runDev(ctx context.Context, root string) error {
	set, err := parseSettings(os.Getenv)
	if err != nil {
		return err
	}
	if set.HorizonURL != "" {
		if err := reach(ctx, set.HorizonURL); err != nil {
			return err
		}
	}
	dir := filepath.Join(root, "build", set.folder())
	secrets, err := stack.KeepSecrets(filepath.Join(dir, "secrets.json"))
	if err != nil {
		return err
	}
	fmt.Println("Starting; the first time takes a while.")
	s, err := stack.Start(ctx, stack.Options{
		Dir: dir, Root: root,
		Port: set.Port, SandboxPort: set.SandboxPort,
		HorizonURL: set.HorizonURL, Passphrase: set.Passphrase,
		Account: shopName, Secrets: secrets, Watch: true, Terminal: os.Stdout,
	})
	if err != nil {
		return explain(err, set)
	}
	defer s.Stop()

	shop, err := openShop(ctx, s, root, set)
	if err != nil {
		return err
	}
	if err := stack.WriteDev(root, shop.dev); err != nil {
		return err
	}
	if err := welcome(os.Stdout, root, s, shop); err != nil {
		return err
	}
	go s.RunCron(ctx, func(err error) { fmt.Fprintln(os.Stderr, "error:", err) })
	select {
	case <-ctx.Done():
		fmt.Println("\nStopping.")
		return nil
	case <-s.Ended():
		return fmt.Errorf("wrangler has ended; its output is in %s", s.Log)
	}
}

// reach checks that a Horizon answers. Without one nothing can be tried, and the errors of what was
// tried would be many.
func reach(ctx context.Context, horizon string) error {
	reply, err := stack.Client{BaseURL: horizon}.Do(ctx, http.MethodGet, "/", nil)
	if err != nil {
		var inner *url.Error
		if errors.As(err, &inner) {
			err = inner.Err
		}
		return fmt.Errorf("HORIZON_URL: nothing answers at %s (%w): check the address and your connection, or leave it out to use the sandbox", horizon, err)
	}
	if reply.Status != http.StatusOK {
		return fmt.Errorf("HORIZON_URL: %s answers with status %d: check the address, or leave it out to use the sandbox", horizon, reply.Status)
	}
	return nil
}

// explain adds which variable changes a port that is in use.
func explain(err error, set settings) error {
	var inUse *stack.PortInUseError
	if !errors.As(err, &inUse) {
		return err
	}
	name := "PORT"
	if inUse.Port == set.SandboxPort {
		name = "SANDBOX_PORT"
	}
	return fmt.Errorf("%w: end that program, or choose another port with `make dev %s=%d`", err, name, inUse.Port+100)
}
