package workerd

// Heap is the memory that an isolate holds, in bytes: objects, the buffers behind them, and the
// memories of WebAssembly instances. V8 counts the latter as neither objects nor buffers; they
// count in full, whether touched or not.
type Heap struct {
	Objects, Buffers, Memories float64
	Instances                  int // number of live memories
}

// Script is the memory that JavaScript holds, in bytes.
func (h Heap) Script() float64 { return h.Objects + h.Buffers }

// Total is the sum of all, in bytes.
func (h Heap) Total() float64 { return h.Script() + h.Memories }

// Heap returns the memory that the isolate holds now. Objects and buffers include garbage unless
// [Inspector.Collect] was called before.
func (i *Inspector) Heap() (Heap, error) {
	var usage struct {
		UsedSize           float64 `json:"usedSize"`
		BackingStorageSize float64 `json:"backingStorageSize"`
	}
	if err := i.call("Runtime.getHeapUsage", nil, &usage); err != nil {
		return Heap{}, err
	}
	instances, size, err := i.memories()
	return Heap{Objects: usage.UsedSize, Buffers: usage.BackingStorageSize, Memories: size, Instances: instances}, err
}

// Collect clears V8's console log and collects all garbage.
func (i *Inspector) Collect() error {
	// V8 keeps the last thousand console messages and the values in them, which are no leak of the
	// Worker.
	if err := i.call("Runtime.discardConsoleEntries", nil, nil); err != nil {
		return err
	}
	// V8 collects garbage before it lists objects. (HeapProfiler.collectGarbage is deferred until a
	// task runs, which workerd does not do for an idle Worker.) It takes several collections,
	// because objects that one collection frees may have kept others alive until the next.
	for range 3 {
		if _, _, err := i.memories(); err != nil {
			return err
		}
	}
	return nil
}

// memories returns the number of live WebAssembly memories and their total size in bytes.
func (i *Inspector) memories() (n int, size float64, err error) {
	var prototype, found, sum struct {
		Result, Objects struct {
			ObjectID string     `json:"objectId"`
			Value    [2]float64 `json:"value"`
		}
	}
	evaluate := args{"expression": "WebAssembly.Memory.prototype", "contextId": i.context, "objectGroup": "memories"}
	if err := i.call("Runtime.evaluate", evaluate, &prototype); err != nil {
		return 0, 0, err
	}
	query := args{"prototypeObjectId": prototype.Result.ObjectID, "objectGroup": "memories"}
	if err := i.call("Runtime.queryObjects", query, &found); err != nil {
		return 0, 0, err
	}
	const add = "function () { return [this.length, this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0)]; }"
	count := args{"objectId": found.Objects.ObjectID, "functionDeclaration": add, "returnByValue": true}
	if err := i.call("Runtime.callFunctionOn", count, &sum); err != nil {
		return 0, 0, err
	}
	return int(sum.Result.Value[0]), sum.Result.Value[1], i.call("Runtime.releaseObjectGroup", args{"objectGroup": "memories"}, nil)
}
