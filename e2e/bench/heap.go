package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/net/websocket"
)

// inspector asks V8 about the isolate of a Worker, as a debugger would.
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
		i := &inspector{conn: conn}
		return i, i.call("Runtime.enable", nil, nil)
	}
	return nil, fmt.Errorf("workerd has nothing to inspect under the name %s", service)
}

// heap is what an isolate holds, in megabytes: objects with their garbage, the buffers behind them, and the memories of
// WebAssembly instances, which V8 counts to neither, in their full size whether touched or not.
type heap struct{ objects, buffers, instances float64 }

func (h heap) total() float64 { return h.objects + h.buffers + h.instances }

func (i *inspector) heap() (heap, error) {
	var usage struct {
		UsedSize           float64 `json:"usedSize"`
		BackingStorageSize float64 `json:"backingStorageSize"`
	}
	if err := i.call("Runtime.getHeapUsage", nil, &usage); err != nil {
		return heap{}, err
	}
	instances, err := i.instances()
	return heap{usage.UsedSize / 1e6, usage.BackingStorageSize / 1e6, instances / 1e6}, err
}

// object is a value inside the isolate, or a number.
type object struct {
	ObjectID string  `json:"objectId"`
	Value    float64 `json:"value"`
}

// instances is the size of all living WebAssembly memories, in bytes. V8 collects garbage to find them.
func (i *inspector) instances() (float64, error) {
	type args map[string]any
	var prototype, sum struct {
		Result object `json:"result"`
	}
	var found struct {
		Objects object `json:"objects"`
	}
	if err := i.call("Runtime.evaluate", args{"expression": "WebAssembly.Memory.prototype", "contextId": i.context}, &prototype); err != nil {
		return 0, err
	}
	if err := i.call("Runtime.queryObjects", args{"prototypeObjectId": prototype.Result.ObjectID, "objectGroup": "memories"}, &found); err != nil {
		return 0, err
	}
	const add = "function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0); }"
	err := i.call("Runtime.callFunctionOn", args{"objectId": found.Objects.ObjectID, "functionDeclaration": add, "returnByValue": true}, &sum)
	if err != nil {
		return 0, err
	}
	return sum.Result.Value, i.call("Runtime.releaseObjectGroup", args{"objectGroup": "memories"}, nil)
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

func (i *inspector) close() { i.conn.Close() }
