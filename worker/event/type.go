// Package event defines what happens to checkouts, payments and customers, and how merchants are
// told: the types of events, the URLs that may be called, the secrets of webhook endpoints. It does
// no I/O; time and entropy are arguments.
package event

// Type says what happened.
type Type string

const (
	CheckoutCreated   Type = "checkout.created"
	CheckoutCompleted Type = "checkout.completed"
	CheckoutExpired   Type = "checkout.expired"
	CheckoutFailed    Type = "checkout.failed"
	PaymentConfirmed  Type = "payment.confirmed"  // money that counts
	PaymentUnexpected Type = "payment.unexpected" // late, duplicate, too much, or in another asset
	CustomerCreated   Type = "customer.created"
	CustomerUpdated   Type = "customer.updated"
	CustomerDeleted   Type = "customer.deleted"
	RefundSucceeded   Type = "refund.succeeded"
	WebhookDisabled   Type = "webhook.disabled"
)

// Types are all types of events.
var Types = []Type{
	CheckoutCreated, CheckoutCompleted, CheckoutExpired, CheckoutFailed, PaymentConfirmed, PaymentUnexpected,
	CustomerCreated, CustomerUpdated, CustomerDeleted, RefundSucceeded, WebhookDisabled,
}

// All stands for every type in the list of an endpoint.
const All = "*"
