#!/bin/sh
# Measures how long a newcomer waits: from a fresh clone, with empty caches of Go and npm, to the
# answer to the README's first POST /checkout. Each commit is measured in turn, HEAD if none is named:
#
#   e2e/cold.sh [COMMIT…]
#
# The processor time includes that of ending it. On a busy machine only that can be compared.
set -eu
root=$(git rev-parse --show-toplevel)
PORT=${PORT:-21787} SANDBOX_PORT=${SANDBOX_PORT:-21800}
export PORT SANDBOX_PORT

# spend sets spent to the processor time of all that has ended, in seconds.
spend() {
	times >"$folder/times"
	spent=$(awk 'NR == 2 { split($0, t, /[ms ]+/); print int(t[1] * 60 + t[2] + t[3] * 60 + t[4]) }' "$folder/times")
}

measure() {
	folder=$(mktemp -d)
	spend
	before=$spent
	began=$(date +%s)
	git clone -q "$root" "$folder/clone"
	git -C "$folder/clone" checkout -q --detach "$1"
	mkdir "$folder/go" "$folder/cache" "$folder/npm"
	GOPATH=$folder/go GOMODCACHE=$folder/go/pkg/mod GOCACHE=$folder/cache GOFLAGS="${GOFLAGS:-} -modcacherw" npm_config_cache=$folder/npm \
		make -C "$folder/clone" dev >"$folder/log" 2>&1 &
	dev=$!
	trap 'kill $dev' EXIT
	built=
	until grep -q 'is running' "$folder/log"; do
		if ! kill -0 $dev 2>/dev/null; then
			trap - EXIT
			cat "$folder/log" >&2
			exit 1
		fi
		if [ -z "$built" ] && grep -q Starting "$folder/log"; then built=$(($(date +%s) - began)); fi
		sleep 0.1
	done
	key=$(sed -n 's/^  API key *//p' "$folder/log")
	curl -sf "http://127.0.0.1:$PORT/checkout?type=direct" -H "x-api-key: $key" -H 'content-type: application/json' \
		-d '{"amount": 5, "asset_code": "USDC", "redirect_url": "https://shop.example/thanks?checkout={CHECKOUT_ID}"}' |
		grep -q '"payment_url"'
	took=$(($(date +%s) - began))
	trap - EXIT
	kill $dev
	wait $dev 2>/dev/null || true
	spend
	echo "$(git -C "$folder/clone" log -1 --format='%h %s' | cut -c1-60): built after ${built:-?} s, a payment URL after $took s; $((spent - before)) s of processor time"
	rm -rf "$folder"
}

revisions=
for commit in "${@:-HEAD}"; do
	revisions="$revisions $(git rev-parse "$commit^{commit}")"
done
for commit in $revisions; do
	measure "$commit"
done
