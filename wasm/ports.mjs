// The operations that a Go program may ask for. Each takes the fields of its message and returns the fields of its
// answer; it runs for all its keys at the same time. Errors become errors in Go. The fields are Go's memory, which is another's after the first await.

import { text } from "./message.mjs";

export const ports = {
  async "kv.get"(keys, env) {
    if (keys.length === 1) return [await env.KV.get(text(keys[0]), "arrayBuffer")];
    return Promise.all(keys.map((key) => env.KV.get(text(key), "arrayBuffer")));
  },

  async "kv.put"(fields, env) {
    const writes = [];
    for (let i = 0; i < fields.length; i += 3) {
      const expiration = Number(text(fields[i + 2]));
      const value = fields[i + 1].length > 0 ? fields[i + 1].slice() : "";
      writes.push(env.KV.put(text(fields[i]), value, expiration ? { expiration } : {}));
    }
    await (writes.length === 1 ? writes[0] : Promise.all(writes));
    return [];
  },

  async "kv.delete"(keys, env) {
    await Promise.all(keys.map((key) => env.KV.delete(text(key))));
    return [];
  },

  async "kv.list"([prefix, cursor, limit], env) {
    const page = await env.KV.list({
      prefix: text(prefix),
      cursor: text(cursor) || undefined,
      limit: Number(text(limit)),
    });
    return [page.list_complete ? "" : page.cursor, ...page.keys.map((key) => key.name)];
  },

  async fetch([method, url, milliseconds, bound, body, ...headers]) {
    const init = { method: text(method), headers: [], redirect: "manual", cache: "no-store" };
    init.signal = AbortSignal.timeout(Number(text(milliseconds)));
    for (let i = 0; i < headers.length; i += 2) init.headers.push([text(headers[i]), text(headers[i + 1])]);
    if (body.length > 0) init.body = body.slice();
    const max = Number(text(bound));
    const response = await fetch(text(url), init);
    const bytes = await read(response.body, max + 1);
    if (bytes.length > max) throw new Error(`answer is larger than ${max} bytes`);
    return [String(response.status), response.headers.get("Retry-After") ?? "", bytes];
  },

  async "recent.recall"([key]) {
    const kept = await caches.default.match(recentURL(key));
    return [kept ? await kept.arrayBuffer() : null];
  },

  async "recent.keep"([key, value, seconds]) {
    const headers = { "Cache-Control": `public, s-maxage=${text(seconds)}` };
    await caches.default.put(recentURL(key), new Response(value.slice(), { headers }));
    return [];
  },
};

// The cache is addressed by URLs; these belong to nobody's site.
const recentURL = (key) => `https://recent.invalid/${encodeURIComponent(text(key))}`;

// read takes at most max bytes from a stream, reads on for at most drain bytes without keeping them, and cancels what
// is left then. A client whose request is cancelled while it is still sending may never see the response.
export async function read(stream, max, drain = 0) {
  if (!stream) return new Uint8Array(0);
  const chunks = [];
  let size = 0; // of what was read, kept or not
  const reader = stream.getReader();
  for (;;) {
    if (size >= max + drain) {
      reader.cancel().catch(() => {});
      break;
    }
    const { done, value } = await reader.read();
    if (done) break;
    if (size < max) chunks.push(value.subarray(0, max - size));
    size += value.length;
  }
  if (chunks.length === 1) return chunks[0];
  const bytes = new Uint8Array(Math.min(size, max));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

// claims maps what was claimed in this isolate to when its window ends, oldest claim first.
const claims = new Map();
const MAX_CLAIMS = 4096;

export function claim(key, window) {
  const now = Date.now();
  if (claims.get(key) > now) return false;
  claims.delete(key);
  claims.set(key, now + window);
  // The bound holds even if every window is open: forgetting a claim costs one read more, not correctness.
  if (claims.size > MAX_CLAIMS) claims.delete(claims.keys().next().value);
  return true;
}
