package worker_test

import (
	"errors"

	"edgecheckout/worker/horizon"
	"edgecheckout/worker/kv/kvtest"
	"edgecheckout/worker/stellar"
)

// failing makes all uses of the store of one kind fail.
func failing(op string) func(string, string) kvtest.Fault {
	return func(used, _ string) kvtest.Fault {
		if used == op {
			return kvtest.FaultBefore
		}
		return kvtest.FaultNone
	}
}

// down is a Horizon that does not answer.
func down(string) (horizon.Response, error, bool) {
	return horizon.Response{}, errors.New("connection refused"), true
}

func addr(s string) stellar.Address { return stellar.Address(s) }

var xlm = stellar.XLM
