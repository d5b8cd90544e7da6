package store

import (
	"context"
	"time"

	"edgecheckout/worker/stellar"
)

// payeePrefix is the prefix of the index of the merchants that an account pays out to, in a mode.
// An entry whose merchant has another account by now says nothing.
func payeePrefix(mode stellar.Mode, account stellar.Address) string {
	return "payee/" + string(mode) + "/" + string(account) + "/"
}

// maxPayees is how many merchants of one account are looked at.
const maxPayees = 20

// index adds the entries of a merchant's accounts to what is written along with the merchant.
func (v *View) index(m Merchant) {
	for _, mode := range stellar.Modes {
		if account := m.Account(mode); account != "" {
			v.records = append(v.records, entry{key: Key{payeePrefix(mode, account) + m.ID}, derived: true})
		}
	}
}

// MerchantsOf lists the ids of merchants who are, or were, paid to an account in a mode, at most
// [maxPayees].
func (s Store) MerchantsOf(ctx context.Context, mode stellar.Mode, account stellar.Address) ([]string, error) {
	prefix := payeePrefix(mode, account)
	keys, err := s.first(ctx, "merchants of an account", prefix, maxPayees)
	ids := make([]string, len(keys))
	for i, name := range keys {
		ids[i] = name[len(prefix):]
	}
	return ids, err
}

// SignedOutKey exists as soon as a session of the console was ended by its owner.
func SignedOutKey(session string) Key { return Key{"signed-out/" + session} }

// SignedOut reports whether a session was ended. Elsewhere that is known within a minute.
func (v *View) SignedOut(ctx context.Context, session string) (bool, error) {
	values, err := v.get(ctx, "whether a session was ended", SignedOutKey(session))
	return err == nil && values[0] != nil, err
}

// SignOut ends a session, which would have lasted until a time.
func (s Store) SignOut(ctx context.Context, session string, until time.Time) error {
	return s.put(ctx, "the end of a session", entry{key: SignedOutKey(session), value: []byte("1"), expiresAt: until.Add(time.Minute), derived: true})
}
