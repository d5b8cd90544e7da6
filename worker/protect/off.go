//go:build bite

// Package protect, in this build, lets a test switch each protection off.
package protect

var (
	Overlap             = true
	Behind              = true
	Coverage            = true
	TwoPasses           = true
	WriteOnce           = true
	SeenGrows           = true
	IntegerAmounts      = true
	Issuer              = true
	MemoBytes           = true
	MemoType            = true
	MemoCase            = true
	Direction           = true
	Success             = true
	OwnAccount          = true
	DeadlineIsExclusive = true
	DerivedIDs          = true
	IndexFirst          = true
	CancelGrace         = true
	PresentRoot         = true
	IdleMark            = true
)

// Switches lists them by name.
var Switches = map[string]*bool{
	"Overlap":             &Overlap,
	"Behind":              &Behind,
	"Coverage":            &Coverage,
	"TwoPasses":           &TwoPasses,
	"WriteOnce":           &WriteOnce,
	"SeenGrows":           &SeenGrows,
	"IntegerAmounts":      &IntegerAmounts,
	"Issuer":              &Issuer,
	"MemoBytes":           &MemoBytes,
	"MemoType":            &MemoType,
	"MemoCase":            &MemoCase,
	"Direction":           &Direction,
	"Success":             &Success,
	"OwnAccount":          &OwnAccount,
	"DeadlineIsExclusive": &DeadlineIsExclusive,
	"DerivedIDs":          &DerivedIDs,
	"IndexFirst":          &IndexFirst,
	"CancelGrace":         &CancelGrace,
	"PresentRoot":         &PresentRoot,
	"IdleMark":            &IdleMark,
}
