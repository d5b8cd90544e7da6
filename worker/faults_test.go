package worker_test

import (
	"errors"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/kv"
)

// failing makes every use of the store of one sort fail.
func failing(op string) func(string, string) kv.Fault {
	return func(used, _ string) kv.Fault {
		if used == op {
			return kv.FaultBefore
		}
		return kv.FaultNone
	}
}

// down is a Horizon that does not answer.
func down(string) (horizon.Response, error, bool) {
	return horizon.Response{}, errors.New("connection refused"), true
}

func addr(s string) checkout.Address { return checkout.Address(s) }

var xlm = checkout.XLM
