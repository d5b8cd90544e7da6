//go:build js && wasm

package edge

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// A message is what crosses between JavaScript and Go in one copy: a list of fields, each a little-endian 32-bit length
// and its bytes. The first field is text of one or more lines, since a text that crosses costs JavaScript as much as all of them
// together; what may be any bytes follows in fields of its own. message.mjs is its twin.
type message []byte

// missing is the length of a field that is not there, such as the value of an unknown key.
const missing = math.MaxUint32

// say begins a message with lines; more of them may follow. None may have a line break in it, or it is two.
func say(lines ...string) message {
	m := newMessage()
	m = append(m, 0, 0, 0, 0)
	for i, line := range lines {
		if i > 0 {
			m = append(m, '\n')
		}
		m = append(m, line...)
	}
	binary.LittleEndian.PutUint32(m, uint32(len(m)-4))
	return m
}

// line adds a line to a message that has no other fields yet.
func (m message) line(s string) message {
	m = append(append(m, '\n'), s...)
	binary.LittleEndian.PutUint32(m, uint32(len(m)-4))
	return m
}

func (m message) add(field []byte) message {
	m = binary.LittleEndian.AppendUint32(m, uint32(len(field)))
	return append(m, field...)
}

// outbox is the room for what fibers send: JavaScript reads a message before the call that it is for
// returns.
var outbox = make(message, 0, 4096)

// maxOutbox is how much room is kept, in bytes.
const maxOutbox = 64 << 10

// newMessage returns an empty message, which must be sent before another one is begun.
func newMessage() message {
	if running == nil || running.self != goroutine() {
		return make(message, 0, 256) // what the scheduler runs may take turns anywhere
	}
	return outbox[:0]
}

// fields takes a message apart. They are parts of m, not copies; a missing one is nil and an empty one is not.
func (m message) fields() [][]byte {
	count := 0
	for rest := m; len(rest) > 0; count++ {
		_, rest = rest.cut()
	}
	fields := make([][]byte, count)
	for i := range fields {
		fields[i], m = m.cut()
	}
	return fields
}

// cut takes the first field off.
func (m message) cut() (field []byte, rest message) {
	size := binary.LittleEndian.Uint32(m)
	if m = m[4:]; size == missing {
		return nil, m
	}
	return m[:size:size], m[size:]
}

// text is a field of a message that was received, which nobody changes, as a string that needs no copy.
func text(field []byte) string { return unsafe.String(unsafe.SliceData(field), len(field)) }
