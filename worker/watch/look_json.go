package watch

import (
	"strconv"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/codec"
	"edgecheckout/worker/horizon"
)

// encode writes a look for decodeLook, which every status call needs.
func (l look) encode() []byte {
	b := make([]byte, 0, 1024)
	b = append(b, `{"At":`...)
	b = codec.AppendTime(b, l.At)
	b = append(b, `,"Root":{"Passphrase":`...)
	b = codec.AppendString(b, l.Root.Passphrase)
	b = append(b, `,"LatestLedger":`...)
	b = strconv.AppendInt(b, l.Root.LatestLedger, 10)
	b = append(b, `,"ClosedAt":`...)
	b = codec.AppendTime(b, l.Root.ClosedAt)
	b = append(b, `,"ElderLedger":`...)
	b = strconv.AppendInt(b, l.Root.ElderLedger, 10)
	b = append(b, `},"After":`...)
	b = strconv.AppendInt(b, l.After, 10)
	b = append(b, `,"Floor":`...)
	b = strconv.AppendInt(b, l.Floor, 10)
	b = append(b, `,"Through":`...)
	b = strconv.AppendInt(b, l.Through, 10)
	b = append(b, `,"Payments":[`...)
	for i, f := range l.Payments {
		if i > 0 {
			b = append(b, ',')
		}
		b = f.appendJSON(b)
	}
	b = append(b, `],"Proven":`...)
	b = codec.AppendTime(b, l.Proven)
	return append(b, '}')
}

// decodeLook reads what encode wrote. Anything else, such as what another version of this program remembered, is as good as nothing.
func decodeLook(value []byte) (l look, ok bool) {
	r := codec.NewReader(value)
	l.readJSON(&r)
	if !r.Done() {
		return look{}, false
	}
	return l, true
}

func (l *look) readJSON(r *codec.Reader) {
	for r.Enter('{'); r.More('}'); {
		switch string(r.Name()) {
		case "At":
			l.At = r.Time()
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
			l.Proven = r.Time()
		default:
			r.Refuse()
		}
	}
}

func readRoot(r *codec.Reader, root *horizon.Root) {
	for r.Enter('{'); r.More('}'); {
		switch string(r.Name()) {
		case "Passphrase":
			root.Passphrase = r.String()
		case "LatestLedger":
			root.LatestLedger = r.Int()
		case "ClosedAt":
			root.ClosedAt = r.Time()
		case "ElderLedger":
			root.ElderLedger = r.Int()
		default:
			r.Refuse()
		}
	}
}

// appendJSON keeps of a payment what a look needs of it: the memo has become ids, and the amount has been read.
func (f found) appendJSON(b []byte) []byte {
	b = append(b, `{"Payment":`...)
	b = checkout.AppendPayment(b, f.Payment)
	b = append(b, `,"IDs":[`...)
	for i, id := range f.IDs {
		if i > 0 {
			b = append(b, ',')
		}
		b = id.AppendJSON(b)
	}
	return append(b, "]}"...)
}

func readFound(r *codec.Reader) (f found) {
	for r.Enter('{'); r.More('}'); {
		switch string(r.Name()) {
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
