package worker

import (
	"encoding/json"

	"edgecheckout/worker/event"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// eventObject is an event as the API shows it and as endpoints receive it.
type eventObject struct {
	ID          string          `json:"id"`
	Object      string          `json:"object"`
	Type        string          `json:"type"`
	Created     string          `json:"created"`
	Livemode    bool            `json:"livemode"`
	Environment string          `json:"environment"`
	Data        json.RawMessage `json:"data"`
}

func eventView(e store.Event) eventObject {
	return eventObject{e.ID, "event", e.Type, timestamp(e.CreatedAt), e.Mode.IsLive(), environment(e.Mode), json.RawMessage(e.Data)}
}

// eventData is what happened. Which members there are depends on the type.
type eventData struct {
	Object             json.RawMessage            `json:"object"`
	PreviousAttributes map[string]json.RawMessage `json:"previous_attributes,omitempty"` // of *.updated
	AmountDue          *stellar.Amount            `json:"amount_due,omitempty"`          // of payment.confirmed
	DecimalDue         *stellar.Decimal           `json:"amount_due_decimal,omitempty"`
	Reason             string                     `json:"reason,omitempty"`     // of payment.unexpected
	Difference         *stellar.Amount            `json:"difference,omitempty"` // of payment.unexpected
	DecimalDifference  *stellar.Decimal           `json:"difference_decimal,omitempty"`
}

// recordOf makes the record of an event about object.
func recordOf(e event.Event, merchant string, mode stellar.Mode, data eventData) (store.Event, error) {
	raw, err := encodeItem(data)
	return store.Event{ID: e.ID, Type: string(e.Type), Merchant: merchant, Mode: mode, CreatedAt: e.CreatedAt, Data: string(raw)}, err
}
