package store

import (
	"context"
	"time"
)

// Note is what an owner has noted of a payment. It says nothing about the money.
type Note struct {
	Seen     bool   `json:"seen,omitempty"`
	Customer string `json:"customer,omitempty"` // to whom it was assigned
}

func noteKey(o Owner, payment string) Key {
	return Key{"note/" + o.Merchant.ID + "/" + string(o.Mode) + "/" + payment}
}

// Notes reads what an owner has noted of payments, in their order; zero where there is nothing.
func (v *View) Notes(ctx context.Context, o Owner, payments ...string) ([]Note, error) {
	keys := make([]Key, len(payments))
	for i, id := range payments {
		keys[i] = noteKey(o, id)
	}
	values, err := v.store.get(ctx, "notes of payments", keys...)
	if err != nil {
		return nil, err
	}
	notes, err := decodeAll[Note](values)
	if err != nil {
		return nil, err
	}
	all := make([]Note, len(payments))
	for i, n := range notes {
		if n != nil {
			all[i] = *n
		}
	}
	return all, nil
}

// PutNote writes what an owner has noted of a payment, until the time at which it is forgotten.
func (v *View) PutNote(o Owner, payment string, n Note, until time.Time) {
	v.records = append(v.records, entry{key: noteKey(o, payment), value: Encode(n), expiresAt: until})
}
