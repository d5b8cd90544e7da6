package checkout

// Metadata is what a merchant attached to an object: names and their values.
type Metadata map[string]string

// Object returns the metadata as the API shows it: an object without names if there is none, never nil.
func (m Metadata) Object() Metadata {
	if m == nil {
		return Metadata{}
	}
	return m
}
