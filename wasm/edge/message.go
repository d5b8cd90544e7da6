//go:build js && wasm

package edge

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// A message carries data between JavaScript and Go in one copy. It is a list of fields, each a
// little-endian 32-bit length followed by its bytes. The first field is text of one or more lines,
// since one string costs JavaScript as much as all lines together. Values that may be arbitrary
// bytes follow in fields of their own. message.mjs implements the same format.
type message []byte

// missing is the length that marks a missing field, such as the value of an unknown key.
const missing = math.MaxUint32

// say begins a message with lines; [message.line] adds more. A line must not contain a line break,
// which would split it in two.
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

// line adds a line to a message that has only its first field.
func (m message) line(s string) message {
	m = append(append(m, '\n'), s...)
	binary.LittleEndian.PutUint32(m, uint32(len(m)-4))
	return m
}

func (m message) add(field []byte) message {
	m = binary.LittleEndian.AppendUint32(m, uint32(len(field)))
	return append(m, field...)
}

// outbox is the buffer for messages from fibers. It can be reused because JavaScript reads a
// message before the call that sends it returns.
var outbox = make(message, 0, 4096)

// maxOutbox is the largest buffer that outbox keeps, in bytes.
const maxOutbox = 64 << 10

// newMessage returns an empty message. It must be sent before the next one is begun.
func newMessage() message {
	if running == nil || running.self != goroutine() {
		// The scheduler may switch between such goroutines at any time, so they cannot share
		// outbox.
		return make(message, 0, 256)
	}
	return outbox[:0]
}

// fields returns the fields of a message as slices of m, not copies. A missing field is nil; an
// empty one is not.
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

// cut splits off the first field.
func (m message) cut() (field []byte, rest message) {
	size := binary.LittleEndian.Uint32(m)
	if m = m[4:]; size == missing {
		return nil, m
	}
	return m[:size:size], m[size:]
}

// text returns a field of a received message as a string without copying it, since nothing modifies
// received messages.
func text(field []byte) string { return unsafe.String(unsafe.SliceData(field), len(field)) }
