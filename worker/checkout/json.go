package checkout

import (
	"slices"
	"strconv"

	"github.com/oklog/ulid/v2"

	"edgecheckout/worker/codec"
)

// What follows writes and reads the records on the path of every request as encoding/json would by their tags, which remain the
// definition: the tests compare the two.

// AppendJSON implements record.Appender.
func (s Session) AppendJSON(b []byte) []byte {
	b = append(b, `{"id":`...)
	b = s.ID.AppendJSON(b)
	b = member(b, "merchant", s.Merchant)
	b = member(b, "merchant_name", s.MerchantName)
	b = append(b, `,"livemode":`...)
	b = codec.AppendBool(b, s.Livemode)
	b = filled(b, "customer_id", s.CustomerID)
	b = filled(b, "product_id", s.ProductID)
	b = append(b, `,"amount":`...)
	b = s.Amount.AppendJSON(b)
	b = append(b, `,"asset":`...)
	b = s.Asset.AppendJSON(b)
	b = member(b, "account", string(s.Account))
	b = member(b, "memo", s.Memo)
	b = filled(b, "redirect_url", s.RedirectURL)
	b = filled(b, "cancel_url", s.CancelURL)
	b = filled(b, "description", s.Description)
	if len(s.Metadata) > 0 {
		b = append(b, `,"metadata":`...)
		b = AppendMetadata(b, s.Metadata)
	}
	b = append(b, `,"created_at":`...)
	b = codec.AppendTime(b, s.CreatedAt)
	b = append(b, `,"expires_at":`...)
	b = codec.AppendTime(b, s.ExpiresAt)
	return append(b, '}')
}

// ReadJSON implements record.Reader.
func (s *Session) ReadJSON(r *codec.Reader) {
	for r.Enter('{'); r.More('}'); {
		switch string(r.Name()) {
		case "id":
			s.ID.ReadJSON(r)
		case "merchant":
			s.Merchant = r.String()
		case "merchant_name":
			s.MerchantName = r.String()
		case "livemode":
			s.Livemode = r.Bool()
		case "customer_id":
			s.CustomerID = r.String()
		case "product_id":
			s.ProductID = r.String()
		case "amount":
			s.Amount.ReadJSON(r)
		case "asset":
			s.Asset.ReadJSON(r)
		case "account":
			s.Account = Address(r.String())
		case "memo":
			s.Memo = r.String()
		case "redirect_url":
			s.RedirectURL = r.String()
		case "cancel_url":
			s.CancelURL = r.String()
		case "description":
			s.Description = r.String()
		case "metadata":
			if s.Metadata == nil {
				s.Metadata = map[string]string{}
			}
			for r.Enter('{'); r.More('}'); {
				key := r.Key()
				s.Metadata[key] = r.String()
			}
		case "created_at":
			s.CreatedAt = r.Time()
		case "expires_at":
			s.ExpiresAt = r.Time()
		default:
			r.Refuse()
		}
	}
}

// AppendMetadata writes metadata in the order of its keys.
func AppendMetadata(b []byte, metadata map[string]string) []byte {
	var room [8]string
	keys := room[:0]
	for key := range metadata {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	b = append(b, '{')
	for i, key := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = codec.AppendString(b, key)
		b = append(b, ':')
		b = codec.AppendString(b, metadata[key])
	}
	return append(b, '}')
}

// AppendPayment writes a payment. It is no method, since what embeds a payment is more than one.
func AppendPayment(b []byte, p Payment) []byte {
	b = append(b, '{')
	b = p.appendMembers(b)
	return append(b, '}')
}

func (p Payment) appendMembers(b []byte) []byte {
	b = append(b, `"op":`...)
	b = strconv.AppendInt(b, p.Operation, 10)
	if p.Index != 0 {
		b = append(b, `,"index":`...)
		b = strconv.AppendInt(b, int64(p.Index), 10)
	}
	b = member(b, "hash", p.Hash)
	b = append(b, `,"closed_at":`...)
	b = codec.AppendTime(b, p.ClosedAt)
	b = filled(b, "from", p.From)
	b = append(b, `,"asset":`...)
	b = p.Asset.AppendJSON(b)
	b = append(b, `,"amount":`...)
	return p.Amount.AppendJSON(b)
}

// ReadPayment reads what AppendPayment wrote.
func ReadPayment(r *codec.Reader) (p Payment) {
	for r.Enter('{'); r.More('}'); {
		p.readMember(r, string(r.Name()))
	}
	return p
}

func (p *Payment) readMember(r *codec.Reader, name string) {
	switch name {
	case "op":
		p.Operation = r.Int()
	case "index":
		p.Index = int(r.Int())
	case "hash":
		p.Hash = r.String()
	case "closed_at":
		p.ClosedAt = r.Time()
	case "from":
		p.From = r.String()
	case "asset":
		p.Asset.ReadJSON(r)
	case "amount":
		p.Amount.ReadJSON(r)
	default:
		r.Refuse()
	}
}

// Payments are those of a session that were seen so far.
type Payments []Payment

// AppendJSON implements record.Appender.
func (list Payments) AppendJSON(b []byte) []byte {
	if list == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i, p := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendPayment(b, p)
	}
	return append(b, ']')
}

// ReadJSON implements record.Reader.
func (list *Payments) ReadJSON(r *codec.Reader) {
	*list = Payments{}
	for r.Enter('['); r.More(']'); {
		*list = append(*list, ReadPayment(r))
	}
}

// AppendJSON implements record.Appender.
func (o Outcome) AppendJSON(b []byte) []byte {
	b = append(b, `{"status":`...)
	b = codec.AppendString(b, string(o.Status))
	b = filled(b, "exception", string(o.Exception))
	b = append(b, `,"received":`...)
	b = o.Received.AppendJSON(b)
	if !o.CompletedAt.IsZero() {
		b = append(b, `,"completed_at":`...)
		b = codec.AppendTime(b, o.CompletedAt)
	}
	if len(o.Payments) > 0 {
		b = append(b, `,"payments":[`...)
		for i, j := range o.Payments {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, '{')
			b = j.appendMembers(b)
			b = filled(b, "reason", string(j.Reason))
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

// ReadJSON implements record.Reader.
func (o *Outcome) ReadJSON(r *codec.Reader) {
	for r.Enter('{'); r.More('}'); {
		switch string(r.Name()) {
		case "status":
			o.Status = Status(r.String())
		case "exception":
			o.Exception = Exception(r.String())
		case "received":
			o.Received.ReadJSON(r)
		case "completed_at":
			o.CompletedAt = r.Time()
		case "payments":
			if o.Payments != nil {
				r.Refuse() // encoding/json would mix the two lists
			}
			o.Payments = []Judged{}
			for r.Enter('['); r.More(']'); {
				o.Payments = append(o.Payments, readJudged(r))
			}
		default:
			r.Refuse()
		}
	}
}

func readJudged(r *codec.Reader) (j Judged) {
	for r.Enter('{'); r.More('}'); {
		if name := string(r.Name()); name == "reason" {
			j.Reason = Reason(r.String())
		} else {
			j.readMember(r, name)
		}
	}
	return j
}

// AppendJSON implements record.Appender.
func (id ID) AppendJSON(b []byte) []byte {
	b = append(b, '"')
	b = append(b, KindCheckout...)
	b = appendULID(b, ulid.ULID(id))
	return append(b, '"')
}

// ReadJSON implements record.Reader.
func (id *ID) ReadJSON(r *codec.Reader) {
	parsed, err := ParseCheckoutID(r.String())
	if err != nil {
		r.Refuse()
		return
	}
	*id = parsed
}

// AppendJSON implements record.Appender.
func (a Amount) AppendJSON(b []byte) []byte { return append(b, a.String()...) }

// ReadJSON implements record.Reader.
func (a *Amount) ReadJSON(r *codec.Reader) {
	parsed, err := ParseAmount(string(r.Number()))
	if err != nil {
		r.Refuse()
		return
	}
	*a = parsed
}

// AppendJSON implements record.Appender.
func (a Asset) AppendJSON(b []byte) []byte {
	b = append(b, `{"code":`...)
	b = codec.AppendString(b, a.Code)
	b = filled(b, "issuer", string(a.Issuer))
	return append(b, '}')
}

// ReadJSON implements record.Reader.
func (a *Asset) ReadJSON(r *codec.Reader) {
	for r.Enter('{'); r.More('}'); {
		switch string(r.Name()) {
		case "code":
			a.Code = r.String()
		case "issuer":
			a.Issuer = Address(r.String())
		default:
			r.Refuse()
		}
	}
}

func member(b []byte, name, value string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return codec.AppendString(b, value)
}

// filled leaves out what is empty.
func filled(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return member(b, name, value)
}
