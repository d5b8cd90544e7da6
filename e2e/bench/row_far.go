package main

// farConnections is over how many connections the load comes where KV and Horizon are far away.
const farConnections = 64

var (
	createFarRow    = distant(createRow, "create_far", farConnections)
	retrieveFarRow  = distant(retrieveRow, "retrieve_far", farConnections)
	pageFirstFarRow = distant(pageFirstRow, "page_first_far", farConnections)
	statusFarRow    = distant(statusRow, "status_far", farConnections)
	createFar256Row = distant(createRow, "create_far_256", 256)
)
