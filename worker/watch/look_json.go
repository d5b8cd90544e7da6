package watch

import (
	"time"
	"unsafe"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/codec"
	"edgecheckout/worker/horizon"
)

// encode writes a look for decodeLook, which every status call needs.
func (l *look) encode() []byte {
	w := codec.NewWriter(1024)
	w.Int(`{"At":`, unixMilli(l.At))
	w.String(`,"Root":{"Passphrase":`, l.Root.Passphrase)
	w.Int(`,"LatestLedger":`, l.Root.LatestLedger)
	w.Int(`,"ClosedAt":`, unixMilli(l.Root.ClosedAt))
	w.Int(`,"ElderLedger":`, l.Root.ElderLedger)
	w.Int(`},"After":`, l.After)
	w.Int(`,"Floor":`, l.Floor)
	w.Int(`,"Through":`, l.Through)
	w.Raw(`,"Payments":[`)
	for i := range l.Payments {
		if i > 0 {
			w.Raw(",")
		}
		l.Payments[i].writeJSON(w)
	}
	w.Int(`],"Proven":`, unixMilli(l.Proven))
	w.Raw("}")
	return w.Bytes()
}

// unixMilli is a time of a look, in whole milliseconds since 1970, which is read for a fraction of what a date costs; 0 if there is none. Cutting
// the rest off ends no checkout early.
func unixMilli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func timeOf(milliseconds int64) time.Time {
	if milliseconds == 0 {
		return time.Time{}
	}
	return time.UnixMilli(milliseconds).UTC()
}

// decodeLook reads what encode wrote, and keeps parts of it. Anything else, such as what another version of this program remembered, is as good as nothing.
func decodeLook(value []byte) (l look, ok bool) {
	r := codec.NewReader(unsafe.String(unsafe.SliceData(value), len(value)))
	l.readJSON(&r)
	if !r.Done() {
		return look{}, false
	}
	return l, true
}

func (l *look) readJSON(r *codec.Reader) {
	for r.Enter('{'); r.More('}'); {
		switch r.Name() {
		case "At":
			l.At = timeOf(r.Int())
		case "Root":
			readRoot(r, &l.Root)
		case "After":
			l.After = r.Int()
		case "Floor":
			l.Floor = r.Int()
		case "Through":
			l.Through = r.Int()
		case "Payments":
			if l.Payments != nil {
				r.Refuse()
			}
			l.Payments = []found{}
			for r.Enter('['); r.More(']'); {
				l.Payments = append(l.Payments, readFound(r))
			}
		case "Proven":
			l.Proven = timeOf(r.Int())
		default:
			r.Refuse()
		}
	}
}

func readRoot(r *codec.Reader, root *horizon.Root) {
	for r.Enter('{'); r.More('}'); {
		switch r.Name() {
		case "Passphrase":
			root.Passphrase = r.String()
		case "LatestLedger":
			root.LatestLedger = r.Int()
		case "ClosedAt":
			root.ClosedAt = timeOf(r.Int())
		case "ElderLedger":
			root.ElderLedger = r.Int()
		default:
			r.Refuse()
		}
	}
}

// writeJSON keeps of a payment what a look needs of it: the memo has become ids, and the amount has been read.
func (f *found) writeJSON(w *codec.Writer) {
	w.Raw(`{"Payment":`)
	checkout.WritePayment(w, &f.Payment)
	w.Raw(`,"IDs":[`)
	for i, id := range f.IDs {
		if i > 0 {
			w.Raw(",")
		}
		id.WriteJSON(w)
	}
	w.Raw("]}")
}

func readFound(r *codec.Reader) (f found) {
	for r.Enter('{'); r.More('}'); {
		switch r.Name() {
		case "Payment":
			f.Payment = checkout.ReadPayment(r)
		case "IDs":
			for r.Enter('['); r.More(']'); {
				var id checkout.ID
				id.ReadJSON(r)
				f.IDs = append(f.IDs, id)
			}
		default:
			r.Refuse()
		}
	}
	return f
}
