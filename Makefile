.DEFAULT_GOAL := help

GOROOT   := $(shell go env GOROOT 2>/dev/null)
NODE     := node_modules/.bin
# Without a number the size is not checked, which would take two seconds after each change.
MAX_GZIP := 3145728
# Compiles what runs on this machine beside the Worker. Without inlining and with fewer collections
# of the compiler's garbage it takes little more than half the processor time; without C, no C
# compiler.
COMPILE = @mkdir -p build/bin && CGO_ENABLED=0 GOGC=400 go build -gcflags=all=-l -ldflags='-s -w' -o
# Runs a program for js/wasm. Its environment may have at most 8 KiB.
NODE_WASM = env -i "PATH=$(PATH)" node "$(GOROOT)/lib/wasm/wasm_exec_node.js"
GENERATED = worker/json_codec.go worker/*/json_codec.go templates/*_templ.go templates/*/*_templ.go templates/names.go worker/openapi/reference.html worker/openapi/llms.txt wasm/routes.mjs templates/static/bundled/*
export WRANGLER_SEND_METRICS := false
export PATH := $(CURDIR)/$(NODE):$(PATH)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^##@ /{printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Run

.PHONY: dev
dev: ports ## Run everything on this machine until Ctrl-C; PORT= and SANDBOX_PORT= choose the ports
	@$(MAKE) --no-print-directory -j3 MAX_GZIP= node_modules/.stamp build build/bin/dev
	@exec build/bin/dev

# npm waits for the network while Go compiles.
.PHONY: build/bin/dev
build/bin/dev:
	$(COMPILE) $@ ./sandbox/dev

.PHONY: demo
demo: node_modules/.stamp build build/bin/dev ## Create and pay one checkout of each type, and print what happens
	@exec build/bin/dev demo

# What is missing is said before anything is installed.
.PHONY: tools ports
tools:
	@go list -m >/dev/null 2>&1 || { echo 'error: Go is missing or cannot get version 1.26: install it from https://go.dev/dl' >&2; exit 1; }
	@node --version >/dev/null 2>&1 || { echo 'error: Node.js is missing: install version 20 or newer, from https://nodejs.org' >&2; exit 1; }
	@node sandbox/ready/ready.cjs
ports: tools
	@node sandbox/ready/ready.cjs ports

.PHONY: pay
pay: ## Pay a checkout of `make dev`: CHECKOUT=chk_… [AMOUNT= ASSET= MEMO=none FROM=]
	$(COMPILE) build/bin/pay ./sandbox/pay && exec build/bin/pay

.PHONY: refund
refund: ## Pay money of `make dev` back: PAYMENT=pay_… or CHECKOUT=chk_… [AMOUNT= DESTINATION= MEMO= REASON=]
	$(COMPILE) build/bin/refund ./sandbox/refund && exec build/bin/refund

# The key of a deployed service is taken from the environment, where the process list does not show it.
.PHONY: listen
listen: ## Forward events to a receiver on this machine: FORWARD=http://localhost:3000/webhooks [SINCE=… URL=https://…, with API_KEY]
	$(COMPILE) build/bin/listen ./sandbox/listen && exec build/bin/listen

.PHONY: trigger
trigger: ## Make an event happen at `make dev`: EVENT=checkout.completed, underpaid, late, duplicate, expired, …
	$(COMPILE) build/bin/trigger ./sandbox/trigger && exec build/bin/trigger

.PHONY: gallery
gallery: ## Take a picture of every state of the payment page and the console into build/gallery/screens: [ONLY=console-home,…]
	go run ./templates/gallery -screens $(if $(ONLY),-only '$(ONLY)')

##@ Check a change

# make test runs the rest: the gallery needs Chromium, the stack needs workerd, ready needs Node.js,
# the mutants take minutes.
.PHONY: check
check: lint ## Lint and run the unit tests; takes less than a minute once built and needs only Go
	go test $$(go list ./worker/... ./wasm/merchant ./sandbox/... ./templates/... | grep -v -e /sim/mutants -e /templates/gallery -e /sandbox/stack -e /sandbox/ready)

.PHONY: test
test: node_modules/.all e2e/clients/node_modules/.stamp chromium build ## Test everything: the race detector, js/wasm in Node.js, workerd within Cloudflare's limits, Chromium
	$(MAKE) generate-check
	$(MAKE) lint
	go test -race $$(go list ./... | grep -v -e /e2e -e /sim/mutants)
	go test -count=1 -run 'Dust|Unpaid|BrokenEndpoints' ./worker ./worker/watch # too slow for the race detector
	go test -count=1 -v ./worker/sim/mutants
	$(MAKE) test-wasm
	go test -count=1 -p 1 ./e2e/...
	go test -count=1 ./e2e -plan workers.dev

# staticcheck does not see uses from assembly and linked names, hence -U1000 for js/wasm.
.PHONY: lint
lint: ## Check formatting, go.mod, vet and staticcheck, for js/wasm as well
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "gofmt would change: $$unformatted" >&2; exit 1; fi
	@go mod tidy -diff || { echo 'go.mod or go.sum is not tidy: run go mod tidy' >&2; exit 1; }
	go vet ./...
	GOOS=js GOARCH=wasm go vet ./wasm ./wasm/edge ./worker/... ./e2e/runtime/...
	@mkdir -p build/bin && go build -o build/bin/staticcheck honnef.co/go/tools/cmd/staticcheck
	build/bin/staticcheck ./...
	GOOS=js GOARCH=wasm build/bin/staticcheck -checks inherit,-U1000 ./wasm ./wasm/edge ./e2e/runtime/...

# Not part of lint: it needs the network, and its findings change without a change of the code.
.PHONY: vulncheck
vulncheck: ## Look for known vulnerabilities in what the service uses; VULNDB=file:///… where vuln.go.dev cannot be reached
	@mkdir -p build/bin && GOBIN='$(CURDIR)/build/bin' go install golang.org/x/vuln/cmd/govulncheck@v1.9.0
	build/bin/govulncheck $(if $(VULNDB),-db '$(VULNDB)') ./worker/... ./templates/... ./sandbox/... ./wasm/merchant
	GOOS=js GOARCH=wasm build/bin/govulncheck $(if $(VULNDB),-db '$(VULNDB)') ./wasm

.PHONY: test-wasm
test-wasm: node_modules/.stamp ## Test the binding to Cloudflare under Node
	GOOS=js GOARCH=wasm go test -exec '$(CURDIR)/wasm/edge/testdata/node.mjs' ./wasm/edge

.PHONY: generate-check
generate-check: ## Check that generated files are up to date
	@before=$$(cat $(GENERATED) | cksum); $(MAKE) generate; \
	if [ "$$before" != "$$(cat $(GENERATED) | cksum)" ]; then \
		echo "some of $(GENERATED) were out of date and have been generated again: commit them" >&2; exit 1; fi

# The tests of the page need a browser, and one of them reads the page's QR code.
PACKAGES := chromium fonts-dejavu-core zbar-tools
.PHONY: chromium
chromium:
	@command -v chromium >/dev/null && command -v zbarimg >/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo 'Installing Debian packages that the tests of the page need: $(PACKAGES)'; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(PACKAGES); \
		else echo 'chromium or zbarimg is missing; on Debian: sudo apt-get install $(PACKAGES)' >&2; exit 1; fi; }

##@ Build

.PHONY: build
build: build/app.wasm build/assets build/wasm_exec.js $(patsubst wasm/%,build/%,$(wildcard wasm/*.mjs)) ## Build the Worker into build/ and check its size
	@[ -n '$(MAX_GZIP)' ] || exit 0; \
	[ build/app.size -nt build/app.wasm ] || gzip -9 -c build/app.wasm | wc -c > build/app.size; \
	raw=$$(wc -c < build/app.wasm); zipped=$$(cat build/app.size); \
	echo "build/app.wasm: $$raw bytes, $$zipped bytes gzip -9"; \
	if [ $$zipped -gt $(MAX_GZIP) ]; then echo "more than the $(MAX_GZIP) bytes it may have" >&2; exit 1; fi

# The Go tool knows which files matter. An unchanged program is not touched, so that nothing
# reloads. Each new program gets a new seed: see wasm/instance.mjs.
#
# Package unicode fills its maps of tables in functions so large that V8 optimizes them, which takes
# 0.1 s of the start. Without the write barrier they are half as large, and V8 leaves them alone. They
# need none: they store pointers to package variables, which the garbage collector does not manage.
# templ's components are functions that return a closure. Inlined, each call has a copy of the closure.
WASM_FLAGS = -trimpath -gcflags=unicode=-wb=0 -gcflags=edgecheckout/templates/...=-l

.PHONY: build/app.wasm
build/app.wasm:
	@mkdir -p build
	@GOGC=400 GOOS=js GOARCH=wasm go build $(WASM_FLAGS) -ldflags='-s -w' -o build/app.wasm.$$$$ ./wasm && \
	if cmp -s build/app.wasm.$$$$ build/app.wasm && [ -f build/seed.mjs ]; then rm build/app.wasm.$$$$; else \
		printf 'export default [%s];\n' "$$(od -An -N16 -tu4 /dev/urandom | tr -s ' ' ',' | sed 's/^,//')" > build/seed.mjs; \
		mv build/app.wasm.$$$$ build/app.wasm; \
	fi

# The files that Cloudflare serves without calling the Worker, including those of the last release:
# see templates/static. The program that writes them is compiled as the Worker is and after it, so
# that what both need is compiled once.
.PHONY: build/assets
build/assets: build/app.wasm
	@GOGC=400 GOOS=js GOARCH=wasm go run $(WASM_FLAGS) -ldflags='-s -w' -exec '$(NODE_WASM)' ./wasm/assets build/assets

build/wasm_exec.js: $(GOROOT)/lib/wasm/wasm_exec.js
	@mkdir -p build
	@cp $< $@

build/%.mjs: wasm/%.mjs
	@mkdir -p build
	@cp $< $@

.PHONY: generate
generate: node_modules/.all ## Generate Go from the templates and the tags of records, the API's reference from its description, JavaScript's list of the routes, and the scripts for wallets
	node templates/static/wallets/build.mjs
	go run ./templates/static/names templates/names.go
	go tool templ generate -path templates
	go run ./templates/slim templates/*_templ.go templates/*/*_templ.go
	go run ./worker/codec/generate worker/stellar worker/checkout worker/watch worker
	go run ./wasm/routes wasm/routes.mjs
	go run ./worker/openapi/reference worker/openapi

.PHONY: dry-run
dry-run: node_modules/.stamp ## Build and bundle as a deployment would, without one
	@mkdir -p build && wrangler deploy --dry-run --outdir build/dry-run --env '' > build/dry-run.txt 2>&1; failed=$$?; cat build/dry-run.txt; \
	if grep -q WARNING build/dry-run.txt; then echo 'wrangler warns of something' >&2; exit 1; fi; exit $$failed

.PHONY: release
release: ## Keep this release's files for the pages that are still open when the next one is deployed; commit them
	go run ./wasm/assets -release templates/static/released

##@ Operate

# A token given as an argument would appear in the process list and in the shell's history.
.PHONY: merchant
merchant: ## Create a merchant and its API key: NAME= ACCOUNT=G… [LIVE=1 ACCOUNT_LIVE=G… ASSETS="XLM USDC" URL=https://…]
	$(if $(filter command line,$(origin ADMIN_TOKEN)),$(error put ADMIN_TOKEN into the environment: read -rs ADMIN_TOKEN && export ADMIN_TOKEN))
	$(COMPILE) build/bin/merchant ./wasm/merchant && exec build/bin/merchant

##@ Measure

.PHONY: sim
sim: ## Simulate deployments, looking for false statuses: SEEDS=20000, or SEED=n with its trace
	GOGC=400 go test -count=1 -v -timeout 60m -run TestAnswersAgreeWithTheLedger ./worker/sim -seeds $(or $(SEEDS),20000) -seed $(or $(SEED),0)

.PHONY: scale
scale: ## Simulate minutes with up to 10,000 merchant accounts and 100,000 open checkouts, and hold what they cost
	go run ./worker/sim/scale

.PHONY: bench
bench: node_modules/.stamp ## Measure the Worker against the stock runtime and plain JavaScript; BENCH='-rows create,cpu'
	cd e2e/bench && go test -count=1 -run '^TestPeers' .
	@mkdir -p build/bin && go build -C e2e/bench -o ../../build/bin/bench . && exec build/bin/bench $(BENCH)

.PHONY: test-bench
test-bench: node_modules/.stamp ## Test the benchmark: every row can be measured, and the three Workers answer alike
	cd e2e/bench && go vet ./... && go test -count=1 ./...

.PHONY: cold
cold: ## Measure how long a newcomer waits for a payment URL, with empty caches of Go and npm: COMMITS='main HEAD'
	@e2e/cold.sh $(COMMITS)

.PHONY: soak
soak: node_modules/.stamp ## Look for leaks in several minutes under load; SOAK='-requests 50000' for a short run
	@mkdir -p build/bin && go build -o build/bin/soak ./e2e/soak && exec build/bin/soak $(SOAK)

# The generators and linters of the API's description are only for a test of e2e.
e2e/clients/node_modules/.stamp: e2e/clients/package-lock.json
	npm ci --prefix e2e/clients --ignore-scripts --no-fund --no-audit
	touch $@

# Installs the development tools of package-lock.json once.
node_modules/.stamp: package-lock.json | tools
	@echo 'Installing wrangler, workerd and Node.js of package-lock.json into node_modules/, with npm ci'
	@npm ci --omit=dev $(QUIETLY)
	@touch $@

# Tests and make generate need more packages. They are added, and what a running make dev uses
# stays.
node_modules/.all: node_modules/.stamp package-lock.json
	@echo 'Adding the packages for tests'
	@npm install --no-save $(QUIETLY)
	@touch $@

QUIETLY = --no-fund --no-audit --loglevel=error
