//go:build !bite

// Package protect names the protections that settlement rests on. They are constants, so that the compiler leaves nothing of
// them in the program. Only a build with the tag bite can switch one off, to show that the simulator notices.
package protect

const (
	// Overlap: every pass reads at least ten minutes of the ledger again.
	Overlap = true
	// Behind: an account that could not be finished begins where it was left.
	Behind = true
	// Coverage: nothing ends unpaid before the ledger was read past its deadline, whatever the clock says.
	Coverage = true
	// TwoPasses: a second pass, and both beyond a margin, must agree that nothing came.
	TwoPasses = true
	// WriteOnce: an outcome that was recorded stays.
	WriteOnce = true
	// SeenGrows: what was seen is only ever added to.
	SeenGrows = true
	// IntegerAmounts: amounts are never floats.
	IntegerAmounts = true
	// Issuer: an asset is its code and its issuer.
	Issuer = true
	// MemoBytes: the memo is the bytes that were signed, not the text that Horizon shows.
	MemoBytes = true
	// MemoType: only a memo of type text names a session.
	MemoType = true
	// MemoCase: a memo names its session in either case.
	MemoCase = true
	// Direction: only what others sent to the account was received.
	Direction = true
	// Success: a failed transaction moved nothing.
	Success = true
	// OwnAccount: a payment counts only at the session's own account.
	OwnAccount = true
	// DeadlineIsExclusive: a ledger that closes at the deadline is late.
	DeadlineIsExclusive = true
	// DerivedIDs: requests under one Idempotency-Key make the same id.
	DerivedIDs = true
	// IndexFirst: a checkout that can be found is watched.
	IndexFirst = true
	// CancelGrace: a cancellation takes effect when every edge can know of it.
	CancelGrace = true
	// PresentRoot: a Horizon whose ledger closes in the future is not believed.
	PresentRoot = true
	// IdleMark: an account that was idle is read again from where it was left.
	IdleMark = true
)
