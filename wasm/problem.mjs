// Replies that JavaScript sends instead of Go. Errors have the form of worker/error.go.

// requestId returns "req_" and a ULID in lower case: 48 bits of milliseconds and 80 random bits, in
// Crockford's base 32.
export function requestId() {
  const random = new DataView(crypto.getRandomValues(new Uint8Array(10)).buffer);
  // Encodes 40 bits.
  const half = (at) => base32(random.getUint8(at) * 2 ** 32 + random.getUint32(at + 1), 8);
  return "req_" + base32(Date.now(), 10) + half(0) + half(5);
}

function base32(number, digits) {
  let text = "";
  for (; digits > 0; digits--, number = Math.floor(number / 32)) text = "0123456789abcdefghjkmnpqrstvwxyz"[number % 32] + text;
  return text;
}

// A reply is { status, headers, more, body }. headers is an object, because a Response is built
// from one in half the time that a list of pairs takes; more lists the pairs whose names headers
// already has.

// problem returns an error as a reply. Status, type and code are those of the table in
// worker/error.go; extra has additional headers.
export function problem(id, status, type, code, message, extra) {
  const error = { type, code, message, param: null, request_id: id };
  return reply(id, status, "application/json; charset=utf-8", JSON.stringify({ error }), extra);
}

// reply returns a reply that must not be cached.
export function reply(id, status, type, body, extra) {
  const headers = {
    "Content-Type": type,
    "Cache-Control": "private, no-store",
    "Request-Id": id,
    "X-Content-Type-Options": "nosniff",
    ...extra,
  };
  return { status, headers, more: [], body };
}
