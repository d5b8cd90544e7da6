package main

// farConnections is the number of connections of a load with KV and Horizon far away.
const farConnections = 64

var (
	createFarRow    = distant(createRow, "create_far", farConnections)
	retrieveFarRow  = distant(retrieveRow, "retrieve_far", farConnections)
	pageFirstFarRow = distant(pageFirstRow, "page_first_far", farConnections)
	statusFarRow    = distant(statusRow, "status_far", farConnections)
	createFar256Row = distant(createRow, "create_far_256", 256)
)
