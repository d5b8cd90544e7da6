//go:build js && wasm

package edge

import (
	"encoding/binary"
	"math"
)

// A message is what crosses between JavaScript and Go in one copy: a list of fields, each a little-endian 32-bit length
// and its bytes. message.mjs is its twin.
type message []byte

// missing is the length of a field that is not there, such as the value of an unknown key.
const missing = math.MaxUint32

func pack(fields ...string) message {
	size := 0
	for _, field := range fields {
		size += 4 + len(field)
	}
	m := make(message, 0, size)
	for _, field := range fields {
		m = m.add(field)
	}
	return m
}

func (m message) add(field string) message {
	m = binary.LittleEndian.AppendUint32(m, uint32(len(field)))
	return append(m, field...)
}

func (m message) addBytes(field []byte) message {
	m = binary.LittleEndian.AppendUint32(m, uint32(len(field)))
	return append(m, field...)
}

// fields takes a message apart. The fields are parts of m, not copies; a missing one is nil and an empty one is not.
func (m message) fields() [][]byte {
	fields := make([][]byte, 0, 16)
	for len(m) > 0 {
		size := binary.LittleEndian.Uint32(m)
		m = m[4:]
		if size == missing {
			fields = append(fields, nil)
			continue
		}
		fields = append(fields, m[:size:size])
		m = m[size:]
	}
	return fields
}
