package checkout

// Metadata is what a merchant attached to an object: values by name.
type Metadata map[string]string

// Object returns the metadata as the API shows it: an empty object instead of nil.
func (m Metadata) Object() Metadata {
	if m == nil {
		return Metadata{}
	}
	return m
}
