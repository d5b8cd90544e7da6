package store

import (
	"encoding/json"
	"fmt"
	"unsafe"

	"edgecheckout/worker/codec"
)

// Writer is a record that encodes itself exactly as encoding/json would.
type Writer interface {
	WriteJSON(w *codec.Writer)
}

// Reader is a pointer to a record that decodes what WriteJSON wrote and refuses everything else.
type Reader interface {
	ReadJSON(r *codec.Reader)
}

// Encode encodes a record for the store.
func Encode(v any) []byte {
	if record, ok := v.(Writer); ok {
		w := codec.NewWriter(1024)
		record.WriteJSON(w)
		return w.Bytes()
	}
	value, err := json.Marshal(v)
	if err != nil {
		// Only a programming error makes it fail.
		panic(fmt.Sprintf("store: %T cannot be encoded: %v", v, err))
	}
	return value
}

// Decode decodes a record; it reports false for a missing one (nil). The record refers to parts of
// value, which must not be changed afterwards.
func Decode[T any](value []byte) (v T, ok bool, err error) {
	if value == nil {
		return v, false, nil
	}
	read := new(T)
	if reader, is := any(read).(Reader); is {
		err = decode(reader, read, value)
	} else {
		err = unmarshal(read, value)
	}
	return *read, err == nil, err
}

func decode[T any](reader Reader, v *T, value []byte) error {
	r := codec.NewReader(unsafe.String(unsafe.SliceData(value), len(value)))
	if reader.ReadJSON(&r); r.Done() {
		return nil
	}
	*v = *new(T)
	return unmarshal(v, value)
}

func unmarshal[T any](v *T, value []byte) error {
	if err := json.Unmarshal(value, v); err != nil {
		return fmt.Errorf("store: stored %T: %w", *v, err)
	}
	return nil
}
