// What JavaScript answers where Go does not, in the form that worker/error.go gives to errors.

// requestId is req_ and a ULID: 48 bits of milliseconds and 80 random ones, in Crockford's base 32.
export function requestId() {
  let bits = BigInt(Date.now());
  for (const byte of crypto.getRandomValues(new Uint8Array(10))) bits = (bits << 8n) | BigInt(byte);
  let id = "";
  for (let i = 0; i < 26; i++, bits >>= 5n) id = "0123456789abcdefghjkmnpqrstvwxyz"[Number(bits & 31n)] + id;
  return "req_" + id;
}

// problem is an error as a reply: { status, headers, body }. Status, type and code are of the table in worker/error.go.
export function problem(id, status, type, code, message, more = []) {
  const error = { type, code, message, param: null, request_id: id };
  return reply(id, status, "application/json; charset=utf-8", JSON.stringify({ error }), more);
}

// reply is one that nobody keeps.
export function reply(id, status, type, body, more = []) {
  const headers = [
    ["Content-Type", type],
    ["Cache-Control", "no-store"],
    ["Request-Id", id],
    ["X-Content-Type-Options", "nosniff"],
    ...more,
  ];
  return { status, headers, body };
}
