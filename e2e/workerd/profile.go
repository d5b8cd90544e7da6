package workerd

import "encoding/json"

// Profile is a CPU profile of an isolate: the call tree and, for each sample, the current node and
// the microseconds since the previous sample.
type Profile struct {
	Nodes []struct {
		ID        int `json:"id"`
		CallFrame struct {
			FunctionName string `json:"functionName"`
			URL          string `json:"url"`
		} `json:"callFrame"`
		Children []int `json:"children"`
	} `json:"nodes"`
	Samples    []int         `json:"samples"`
	TimeDeltas []json.Number `json:"timeDeltas"`
}

// Profile samples the isolate while work runs.
func (i *Inspector) Profile(work func() error) (Profile, error) {
	var taken struct {
		Profile Profile `json:"profile"`
	}
	for _, method := range []string{"Profiler.enable", "Profiler.start"} {
		if err := i.call(method, nil, nil); err != nil {
			return Profile{}, err
		}
	}
	if err := work(); err != nil {
		return Profile{}, err
	}
	err := i.call("Profiler.stop", nil, &taken)
	return taken.Profile, err
}
