package stellar

// Mode separates test objects from live ones. Each mode has one network.
type Mode string

const (
	Test Mode = "test"
	Live Mode = "live"
)

// Modes lists all modes.
var Modes = []Mode{Test, Live}

// IsLive is the API's livemode.
func (m Mode) IsLive() bool { return m == Live }

// ModeOf returns the mode for the API's livemode.
func ModeOf(livemode bool) Mode {
	if livemode {
		return Live
	}
	return Test
}
