package checkout

import (
	"edgecheckout/worker/codec"
	"edgecheckout/worker/stellar"
)

// What follows writes and reads the records on the path of every request as encoding/json would by their tags, which remain the
// definition: the tests compare the two.

// WriteJSON implements store.Writer.
func (s *Checkout) WriteJSON(w *codec.Writer) {
	w.Raw(`{"id":`)
	s.ID.WriteJSON(w)
	w.String(`,"merchant":`, s.Merchant)
	w.String(`,"merchant_name":`, s.MerchantName)
	w.Plain(`,"mode":`, string(s.Mode))
	w.Filled(`,"customer_id":`, s.CustomerID)
	w.Filled(`,"product_id":`, s.ProductID)
	w.Raw(`,"amount":`)
	s.Amount.WriteJSON(w)
	w.Raw(`,"asset":`)
	s.Asset.WriteJSON(w)
	w.String(`,"account":`, string(s.Account))
	w.String(`,"memo":`, s.Memo)
	w.Filled(`,"redirect_url":`, s.RedirectURL)
	w.Filled(`,"cancel_url":`, s.CancelURL)
	w.Filled(`,"description":`, s.Description)
	if len(s.Metadata) > 0 {
		w.Map(`,"metadata":`, s.Metadata)
	}
	w.Time(`,"created_at":`, s.CreatedAt)
	w.Time(`,"expires_at":`, s.ExpiresAt)
	w.Raw(`}`)
}

// ReadJSON implements store.Reader.
func (s *Checkout) ReadJSON(r *codec.Reader) {
	for r.Enter('{'); r.More('}'); {
		switch r.Name() {
		case "id":
			s.ID.ReadJSON(r)
		case "merchant":
			s.Merchant = r.String()
		case "merchant_name":
			s.MerchantName = r.String()
		case "mode":
			s.Mode = stellar.Mode(r.String())
		case "customer_id":
			s.CustomerID = r.String()
		case "product_id":
			s.ProductID = r.String()
		case "amount":
			s.Amount.ReadJSON(r)
		case "asset":
			s.Asset.ReadJSON(r)
		case "account":
			s.Account = stellar.Address(r.String())
		case "memo":
			s.Memo = r.String()
		case "redirect_url":
			s.RedirectURL = r.String()
		case "cancel_url":
			s.CancelURL = r.String()
		case "description":
			s.Description = r.String()
		case "metadata":
			if s.Metadata != nil {
				r.Refuse() // encoding/json would take the later one
			}
			s.Metadata = r.Map()
		case "created_at":
			s.CreatedAt = r.Time()
		case "expires_at":
			s.ExpiresAt = r.Time()
		default:
			r.Refuse()
		}
	}
}

// WritePayment writes a payment. It is no method, since what embeds a payment is more than one.
func WritePayment(w *codec.Writer, p *Payment) {
	w.Raw(`{`)
	p.writeMembers(w)
	w.Raw(`}`)
}

func (p *Payment) writeMembers(w *codec.Writer) {
	w.Int(`"op":`, p.Operation)
	if p.Index != 0 {
		w.Int(`,"index":`, int64(p.Index))
	}
	w.String(`,"hash":`, p.Hash)
	w.Time(`,"closed_at":`, p.ClosedAt)
	w.Filled(`,"from":`, p.From)
	w.Raw(`,"asset":`)
	p.Asset.WriteJSON(w)
	w.Raw(`,"amount":`)
	p.Amount.WriteJSON(w)
}

// ReadPayment reads what WritePayment wrote.
func ReadPayment(r *codec.Reader) (p Payment) {
	for r.Enter('{'); r.More('}'); {
		p.readMember(r, r.Name())
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

// Payments are those of a checkout that were seen so far.
type Payments []Payment

// WriteJSON implements store.Writer.
func (list Payments) WriteJSON(w *codec.Writer) {
	if list == nil {
		w.Raw("null")
		return
	}
	w.Raw("[")
	for i := range list {
		if i > 0 {
			w.Raw(",")
		}
		WritePayment(w, &list[i])
	}
	w.Raw("]")
}

// ReadJSON implements store.Reader.
func (list *Payments) ReadJSON(r *codec.Reader) {
	*list = Payments{}
	for r.Enter('['); r.More(']'); {
		*list = append(*list, ReadPayment(r))
	}
}

// WriteJSON implements store.Writer.
func (o Outcome) WriteJSON(w *codec.Writer) {
	w.String(`{"status":`, string(o.Status))
	w.Filled(`,"exception":`, string(o.Exception))
	w.Raw(`,"received":`)
	o.Received.WriteJSON(w)
	if !o.CompletedAt.IsZero() {
		w.Time(`,"completed_at":`, o.CompletedAt)
	}
	if len(o.Payments) > 0 {
		w.Raw(`,"payments":[`)
		for i := range o.Payments {
			if i > 0 {
				w.Raw(",")
			}
			w.Raw("{")
			o.Payments[i].writeMembers(w)
			w.Filled(`,"reason":`, string(o.Payments[i].Reason))
			w.Raw("}")
		}
		w.Raw("]")
	}
	w.Raw("}")
}

// ReadJSON implements store.Reader.
func (o *Outcome) ReadJSON(r *codec.Reader) {
	for r.Enter('{'); r.More('}'); {
		switch r.Name() {
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
		if name := r.Name(); name == "reason" {
			j.Reason = Reason(r.String())
		} else {
			j.readMember(r, name)
		}
	}
	return j
}

// WriteJSON implements store.Writer.
func (id ID) WriteJSON(w *codec.Writer) { w.Plain("", id.String()) }

// ReadJSON implements store.Reader.
func (id *ID) ReadJSON(r *codec.Reader) {
	parsed, err := ParseCheckoutID(r.String())
	if err != nil {
		r.Refuse()
		return
	}
	*id = parsed
}
