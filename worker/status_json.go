package worker

import (
	"strconv"

	"edgecheckout/worker/codec"
)

// AppendJSON implements record.Appender: every open page asks for this once a second.
func (o statusObject) AppendJSON(b []byte) []byte {
	b = append(b, `{"status":`...)
	b = codec.AppendString(b, string(o.Status))
	b = append(b, `,"exception":`...)
	b = appendPointed(b, o.Exception)
	b = append(b, `,"amount_received":`...)
	b = o.AmountReceived.AppendJSON(b)
	b = append(b, `,"amount_due":`...)
	b = o.AmountDue.AppendJSON(b)
	b = append(b, `,"seconds_left":`...)
	b = strconv.AppendInt(b, o.SecondsLeft, 10)
	b = append(b, `,"redirect_url":`...)
	b = appendPointed(b, o.RedirectURL)
	return append(b, '}')
}

func appendPointed(b []byte, s *string) []byte {
	if s == nil {
		return append(b, "null"...)
	}
	return codec.AppendString(b, *s)
}
