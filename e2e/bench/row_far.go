package main

// farConnections is the number of connections of a load with KV and Horizon far away.
const farConnections = 64

var (
	createFarRow    = distant(createRow, "create_far", farConnections)
	retrieveFarRow  = distant(retrieveRow, "retrieve_far", farConnections)
	pageFirstFarRow = distant(pageFirstRow, "page_first_far", farConnections)
	statusFarRow    = distant(statusRow, "status_far", farConnections)
	createFar256Row = without(distant(createRow, "create_far_256", 256), stock)
)

// without leaves out a peer: stock starts a program for each of 256 requests at once, and on a busy
// machine answers some of them with an error.
func without(r row, peer string) row {
	r.without = []string{peer}
	return r
}
