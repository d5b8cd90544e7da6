package worker

import "edgecheckout/worker/store"

// getEvent is GET /events/{id}.
func getEvent(c *call) (answer, error) {
	e, err := c.ownEvent()
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(eventView(*e))
}

// ownEvent reads the event of the path.
func (c *call) ownEvent() (*store.Event, error) {
	at, ok, err := c.events().Find(c.ctx, c.path("id"))
	if err != nil {
		return nil, err
	}
	if ok {
		events, err := c.events().Listed(c.ctx, []store.Listed{at})
		if err != nil || events[0] != nil {
			return events[0], err
		}
	}
	return nil, notFound("event", c.path("id"))
}
