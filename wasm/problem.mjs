// What JavaScript answers where Go does not, in the form that worker/error.go gives to errors.

// requestId is req_ and a ULID: 48 bits of milliseconds and 80 random ones, in Crockford's base 32.
export function requestId() {
  let bits = BigInt(Date.now());
  for (const byte of crypto.getRandomValues(new Uint8Array(10))) bits = (bits << 8n) | BigInt(byte);
  let id = "";
  for (let i = 0; i < 26; i++, bits >>= 5n) id = "0123456789abcdefghjkmnpqrstvwxyz"[Number(bits & 31n)] + id;
  return "req_" + id;
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
    "Cache-Control": "no-store",
    "Request-Id": id,
    "X-Content-Type-Options": "nosniff",
    ...extra,
  };
  return { status, headers, more: [], body };
}
