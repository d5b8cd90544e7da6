package main

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

// heap is what an isolate holds after its garbage was collected, in bytes: objects, the buffers behind them, and the
// memories of WebAssembly instances, which V8 counts to neither, in their full size whether touched or not.
type heap struct {
	objects, buffers, memories float64
	instances                  int
}

// script is what JavaScript holds.
func (h heap) script() float64 { return h.objects + h.buffers }

func (h heap) total() float64 { return h.script() + h.memories }

// look collects the garbage of a service's isolate and says what is left. It connects as a debugger does, and only for
// as long as it takes: V8 keeps for a debugger what was logged meanwhile.
func look(ctx context.Context, address, service string) (heap, error) {
	i, err := inspect(ctx, address, service)
	if err != nil {
		return heap{}, fmt.Errorf("connecting to the inspector: %w", err)
	}
	defer i.conn.Close()
	// V8 remembers the last thousand lines that were logged, with the values in them; they are nobody's leak.
	if err := i.call("Runtime.discardConsoleEntries", nil, nil); err != nil {
		return heap{}, err
	}
	// V8 collects all garbage before it lists objects. (HeapProfiler.collectGarbage puts that off until a task runs, which
	// workerd does not do for a Worker at rest.) What one collection finds dead may have held something whose end only the
	// next one notices.
	var h heap
	for range 3 {
		if h, err = i.memories(); err != nil {
			return heap{}, err
		}
	}
	var usage struct {
		UsedSize           float64 `json:"usedSize"`
		BackingStorageSize float64 `json:"backingStorageSize"`
	}
	if err := i.call("Runtime.getHeapUsage", nil, &usage); err != nil {
		return heap{}, err
	}
	h.objects, h.buffers = usage.UsedSize, usage.BackingStorageSize
	return h, nil
}

// inspector is a connection to the debugger's side of V8.
type inspector struct {
	conn    *websocket.Conn
	last    int
	context int // in which expressions are evaluated
}

// inspect connects to the isolate of the service with this name.
func inspect(ctx context.Context, address, service string) (*inspector, error) {
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
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		i := &inspector{conn: conn}
		if err := i.call("Runtime.enable", nil, nil); err != nil {
			conn.Close()
			return nil, err
		}
		return i, nil
	}
	return nil, fmt.Errorf("workerd has nothing to inspect under the name %s", service)
}

// memories finds all living WebAssembly memories.
func (i *inspector) memories() (heap, error) {
	type args map[string]any
	var prototype, found, sum struct {
		Result, Objects struct {
			ObjectID string     `json:"objectId"`
			Value    [2]float64 `json:"value"`
		}
	}
	evaluate := args{"expression": "WebAssembly.Memory.prototype", "contextId": i.context, "objectGroup": "memories"}
	if err := i.call("Runtime.evaluate", evaluate, &prototype); err != nil {
		return heap{}, err
	}
	query := args{"prototypeObjectId": prototype.Result.ObjectID, "objectGroup": "memories"}
	if err := i.call("Runtime.queryObjects", query, &found); err != nil {
		return heap{}, err
	}
	const add = "function () { return [this.length, this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0)]; }"
	count := args{"objectId": found.Objects.ObjectID, "functionDeclaration": add, "returnByValue": true}
	if err := i.call("Runtime.callFunctionOn", count, &sum); err != nil {
		return heap{}, err
	}
	h := heap{instances: int(sum.Result.Value[0]), memories: sum.Result.Value[1]}
	return h, i.call("Runtime.releaseObjectGroup", args{"objectGroup": "memories"}, nil)
}

func (i *inspector) call(method string, params, into any) error {
	i.last++
	request := struct {
		ID     int    `json:"id"`
		Method string `json:"method"`
		Params any    `json:"params,omitempty"`
	}{i.last, method, params}
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
