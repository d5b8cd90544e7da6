package workerd

// Heap is what an isolate holds, in bytes: objects, the buffers behind them, and the memories of WebAssembly instances,
// which V8 counts to neither, in their full size whether touched or not.
type Heap struct {
	Objects, Buffers, Memories float64
	Instances                  int // living memories
}

// Script is what JavaScript holds.
func (h Heap) Script() float64 { return h.Objects + h.Buffers }

// Total is all of it.
func (h Heap) Total() float64 { return h.Script() + h.Memories }

// Heap returns what the isolate holds now: objects and buffers with their garbage, unless Collect was called before.
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

// Collect has V8 forget its log and collect all garbage.
func (i *Inspector) Collect() error {
	// V8 remembers the last thousand lines that were logged, with the values in them; they are nobody's leak.
	if err := i.call("Runtime.discardConsoleEntries", nil, nil); err != nil {
		return err
	}
	// V8 collects before it lists objects. (HeapProfiler.collectGarbage puts that off until a task runs, which workerd does
	// not do for a Worker at rest.) What one collection finds dead may have held something whose end only the next one
	// notices.
	for range 3 {
		if _, _, err := i.memories(); err != nil {
			return err
		}
	}
	return nil
}

// memories finds all living WebAssembly memories: how many, and their size in bytes.
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
