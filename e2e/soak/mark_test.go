package main

import (
	"testing"

	"edgecheckout/e2e/workerd"
)

func TestVerdict(t *testing.T) {
	at := func(after int, objects, memories float64, instances int) mark {
		return mark{after: after, Heap: workerd.Heap{Objects: objects, Memories: memories, Instances: instances}, resident: 200e6}
	}
	outside := at(2, 5e6, 80e6, 2)
	outside.resident = 300e6
	for name, c := range map[string]struct {
		marks []mark
		leak  bool
	}{
		"nothing changes":                {[]mark{at(1, 5e6, 80e6, 2), at(2, 5e6, 80e6, 2)}, false},
		"less is held":                   {[]mark{at(1, 5e6, 80e6, 2), at(2, 4e6, 60e6, 1)}, false},
		"more in between does not count": {[]mark{at(1, 5e6, 50e6, 1), at(2, 5e6, 90e6, 2), at(3, 5e6, 50e6, 1)}, false},
		"a little more":                  {[]mark{at(1, 5e6, 80e6, 2), at(2, 6e6, 90e6, 2)}, false},
		"much more":                      {[]mark{at(1, 5e6, 80e6, 2), at(2, 5e6, 98e6, 2)}, true},
		"more objects":                   {[]mark{at(1, 5e6, 80e6, 2), at(2, 10e6, 80e6, 2)}, true},
		"more outside of V8":             {[]mark{at(1, 5e6, 80e6, 2), outside}, true},
		"an instance too many":           {[]mark{at(1, 5e6, 80e6, 2), at(2, 5e6, 80e6, 3)}, true},
	} {
		if err := verdict(c.marks); (err != nil) != c.leak {
			t.Errorf("%s: %v", name, err)
		}
	}
}
