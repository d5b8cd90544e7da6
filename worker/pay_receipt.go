package worker

import "edgecheckout/templates"

// getReceipt is GET /pay/{id}/receipt: what arrived, and how to check it against the ledger. While
// the checkout is open, it says that it may change.
func getReceipt(c *call) (answer, error) { return c.forPeople((*call).receipt) }

func (c *call) receipt() (answer, error) {
	s, l, err := c.pageOf()
	if s == nil {
		return c.noPage(l, err)
	}
	out := c.look(s)
	view := c.pageView(s, out)
	view.Language, view.AnyLanguage = l, l == nil
	a, err := c.html(templates.Receipt(view), view.ContentSecurityPolicy(""))
	a.keep, a.tag = keepClosingPage, view.ID
	if out.Status.Terminal() {
		a.keep = keepTerminalReceipt
	}
	return a, err
}

// keepTerminalReceipt is shorter than that of the page: the receipt also names money that arrived
// after the end.
var keepTerminalReceipt = keep{"no-cache", "max-age=60, stale-while-revalidate=600"}
