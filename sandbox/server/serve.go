package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// Serve runs s and answers requests on listener until ctx is done. Requests in progress, streams
// included, are then aborted after a moment.
func Serve(ctx context.Context, s *Server, listener net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	web := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	ran := make(chan error, 1)
	go func() {
		err := s.Run(ctx)
		cancel()
		end, stop := context.WithTimeout(context.Background(), time.Second)
		defer stop()
		if web.Shutdown(end) != nil {
			web.Close()
		}
		ran <- err
	}()
	err := web.Serve(listener)
	cancel()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, <-ran)
}
