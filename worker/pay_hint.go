package worker

import (
	"fmt"
	"strings"
)

// maxHintBody is the size limit of a hint, in bytes.
const maxHintBody = 1 << 10

// createHint is POST /pay/{id}/hint: a wallet has put a transaction on the ledger. The answer is the
// status, read for that transaction. The hint itself changes nothing: see [watch.Watcher.LookFor].
func createHint(c *call) (answer, error) {
	s, err := c.publicCheckout()
	if err != nil {
		return answer{}, err
	}
	if s == nil {
		return answer{}, notFound("checkout", c.path("id"))
	}
	if len(c.request.Body) > maxHintBody {
		return answer{}, &Error{Code: CodeBodyTooLarge, Message: fmt.Sprintf("The body has more than %d bytes (1 KiB).", maxHintBody)}
	}
	p := newParams(c.request.Body)
	hash := p.transactionHash("hash")
	if err := p.done(); err != nil {
		return answer{}, err
	}
	out, err := c.watcher.LookFor(c.reading(s.Checkout.Account), s, hash)
	if err != nil {
		c.log(c.ctx, "hint", map[string]any{"checkout": s.Checkout.ID.String(), "error": err.Error()})
	}
	o, err := c.statusOf(s, out)
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(o)
}

// transactionHash returns the hash of a transaction; it is required.
func (p *params) transactionHash(name string) string {
	s := p.required(name, 1000, ": the hash of the transaction that pays")
	if p.err == nil && (len(s) != 64 || strings.Trim(s, "0123456789abcdef") != "") {
		p.fail(invalid(name, "%s must be the hash of a transaction: 64 hexadecimal digits in lower case.", name))
	}
	return s
}
