package workerd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/websocket"
)

// Inspector queries V8 about one isolate through the debugger protocol. It must be closed, because
// V8 keeps console messages for a connected debugger.
type Inspector struct {
	conn    *websocket.Conn
	last    int
	context int // execution context in which expressions are evaluated
}

// Inspect connects to the isolate of a service, "worker" or "store". The process must have been
// started with [Config].Inspect.
func (p *Process) Inspect(ctx context.Context, service string) (*Inspector, error) {
	i, err := inspect(ctx, p.debug, service)
	if err != nil {
		return nil, fmt.Errorf("connecting to the inspector: %w", err)
	}
	return i, nil
}

func inspect(ctx context.Context, address, service string) (*Inspector, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/json", nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var targets []struct {
		URL string `json:"webSocketDebuggerUrl"`
	}
	if err := json.NewDecoder(response.Body).Decode(&targets); err != nil {
		return nil, err
	}
	for _, target := range targets {
		if !strings.HasSuffix(target.URL, "/"+service) {
			continue
		}
		conn, err := websocket.Dial(target.URL, "", "http://"+address)
		if err != nil {
			return nil, err
		}
		i := &Inspector{conn: conn}
		if err := i.call("Runtime.enable", nil, nil); err != nil {
			i.Close()
			return nil, err
		}
		return i, nil
	}
	return nil, fmt.Errorf("workerd has nothing to inspect under the name %s", service)
}

// Close closes the connection.
func (i *Inspector) Close() { i.conn.Close() }

// args has the parameters of a method of V8's inspector protocol.
type args map[string]any

// call calls a method and waits up to a minute for its result.
func (i *Inspector) call(method string, params args, into any) error {
	i.last++
	request := struct {
		ID     int    `json:"id"`
		Method string `json:"method"`
		Params args   `json:"params,omitempty"`
	}{i.last, method, params}
	if err := i.conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	if err := websocket.JSON.Send(i.conn, request); err != nil {
		return err
	}
	for {
		var message struct {
			ID     int             `json:"id"`
			Result json.RawMessage `json:"result"`
			Params struct {
				Context struct {
					ID int `json:"id"`
				} `json:"context"`
			} `json:"params"`
			Error *struct {
				Message string `json:"message"`
			} `json:"error"`
		}
		if err := websocket.JSON.Receive(i.conn, &message); err != nil {
			return err
		}
		switch {
		case message.ID != i.last: // an event
			i.context = max(i.context, message.Params.Context.ID)
		case message.Error != nil:
			return errors.New(method + ": " + message.Error.Message)
		case into == nil:
			return nil
		default:
			return json.Unmarshal(message.Result, into)
		}
	}
}
