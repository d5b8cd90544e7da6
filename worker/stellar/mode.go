package stellar

// Mode keeps test and live objects apart. Each mode has one network.
type Mode string

const (
	Test Mode = "test"
	Live Mode = "live"
)

// Modes lists both.
var Modes = []Mode{Test, Live}

// IsLive is what the API calls livemode.
func (m Mode) IsLive() bool { return m == Live }

// ModeOf returns the mode for the API's livemode.
func ModeOf(livemode bool) Mode {
	if livemode {
		return Live
	}
	return Test
}
