// What JavaScript answers where Go does not, in the form that worker/error.go gives to errors.

// requestId is req_ and a ULID: 48 bits of milliseconds and 80 random ones, in Crockford's base 32.
export function requestId() {
  const random = new DataView(crypto.getRandomValues(new Uint8Array(10)).buffer);
  const half = (at) => base32(random.getUint8(at) * 2 ** 32 + random.getUint32(at + 1), 8); // of 40 bits
  return "req_" + base32(Date.now(), 10) + half(0) + half(5);
}

function base32(number, digits) {
  let text = "";
  for (; digits > 0; digits--, number = Math.floor(number / 32)) text = "0123456789abcdefghjkmnpqrstvwxyz"[number % 32] + text;
  return text;
}

// A reply is { status, headers, more, body }: headers is an object, which makes a Response in half the time that pairs take, and more has the pairs
// whose names are in it already.

// problem is an error as a reply. Status, type and code are of the table in worker/error.go; extra are headers.
export function problem(id, status, type, code, message, extra) {
  const error = { type, code, message, param: null, request_id: id };
  return reply(id, status, "application/json; charset=utf-8", JSON.stringify({ error }), extra);
}

// reply is one that nobody keeps.
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
