package watch

import "edgecheckout/worker/codec"

// encode writes a look for decodeLook, which every status call needs.
func (l look) encode() []byte {
	w := codec.NewWriter(1024)
	l.WriteJSON(w)
	return w.Bytes()
}

// decodeLook reads what encode wrote. Anything else, such as what another version of this program
// remembered, is as good as nothing.
func decodeLook(value []byte) (l look, ok bool) {
	r := codec.NewReader(string(value))
	l.ReadJSON(&r)
	if !r.Done() {
		return look{}, false
	}
	return l, true
}
