package worker

import (
	"edgecheckout/templates"
	"edgecheckout/worker/openapi"
)

// cacheReference is for what changes only with the program. After a deployment the edge is right again within five minutes.
const cacheReference = "public, max-age=60, s-maxage=300"

// getOpenAPI is GET /openapi.json: the description of this API that machines read.
func getOpenAPI(c *call) (answer, error) {
	return answer{
		contentType: jsonType, cache: cacheReference, body: openapi.Document,
		header: map[string]string{"Access-Control-Allow-Origin": "*"}, // tools in browsers load it from anywhere
	}, nil
}

// getDocs is GET /docs: the same for people. Each origin has its own, since the commands on it are to be copied.
func getDocs(c *call) (answer, error) {
	a, err := c.html(templates.Docs(openapi.Reference(c.baseURL())), templates.ContentSecurityPolicy(""))
	a.cache = cacheReference
	return a, err
}
