package worker

import "edgecheckout/worker/codec"

// WriteJSON implements store.Writer: every open page asks for this once a second.
func (o statusObject) WriteJSON(w *codec.Writer) {
	w.String(`{"status":`, string(o.Status))
	writePointed(w, `,"exception":`, o.Exception)
	w.Raw(`,"amount_received":`)
	o.AmountReceived.WriteJSON(w)
	w.Raw(`,"amount_due":`)
	o.AmountDue.WriteJSON(w)
	w.Int(`,"seconds_left":`, o.SecondsLeft)
	writePointed(w, `,"redirect_url":`, o.RedirectURL)
	w.Raw("}")
}

// writePointed writes a string that may be missing.
func writePointed(w *codec.Writer, before string, s *string) {
	if s == nil {
		w.Raw(before)
		w.Raw("null")
		return
	}
	w.String(before, *s)
}
