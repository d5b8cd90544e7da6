// The operations that a Go program may ask for. Each takes the lines of its message and the fields behind them, runs for all its keys at
// the same time, and returns the answer. Errors become errors in Go. The fields are Go's memory, which is another's after the first await.
//
// What KV and the cache hold is text: the runtime makes strings of what it keeps for less than buffers, which it must free.

import { lines, text, unpack } from "./message.mjs";

// An answer is a message, too; its first line is empty, which says that it went well, or what went wrong.
const well = "";
const said = (...lines) => `\n${lines.join("\n")}`;

const ports = {
  async "kv.get"(keys, _, env) {
    if (keys.length === 1) return [well, await env.KV.get(keys[0])];
    return [well, ...(await Promise.all(keys.map((key) => env.KV.get(key))))];
  },

  // A key and when it expires, by turns, and the values.
  async "kv.put"(lines, values, env) {
    const writes = values.map((value, i) => {
      const expiration = Number(lines[2 * i + 1]);
      return env.KV.put(lines[2 * i], text(value), expiration ? { expiration } : {});
    });
    await (writes.length === 1 ? writes[0] : Promise.all(writes));
    return [well];
  },

  async "kv.delete"(keys, _, env) {
    await Promise.all(keys.map((key) => env.KV.delete(key)));
    return [well];
  },

  async "kv.list"([prefix, cursor, limit], _, env) {
    const page = await env.KV.list({ prefix, cursor: cursor || undefined, limit: Number(limit) });
    const names = page.keys.map((key) => key.name).filter((name) => !name.includes("\n")); // nobody could ask for those
    return [said(page.list_complete ? "" : page.cursor, ...names)];
  },

  async fetch([method, url, milliseconds, bound, ...pairs], [body]) {
    const headers = [];
    for (let i = 0; i < pairs.length; i += 2) headers.push([pairs[i], pairs[i + 1]]);
    const init = { method, headers, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(Number(milliseconds)) };
    if (body) init.body = body.slice();
    const max = Number(bound);
    const response = await fetch(url, init);
    const bytes = await read(response.body, max + 1);
    if (bytes.length > max) throw new Error(`answer is larger than ${max} bytes`);
    return [said(response.status, response.headers.get("Retry-After") ?? ""), bytes];
  },

  async "recent.recall"([key]) {
    const kept = await caches.default.match(recentURL(key));
    return [well, kept ? await kept.text() : null];
  },

  async "recent.keep"([key, seconds], [value]) {
    const headers = { "Cache-Control": `public, s-maxage=${seconds}` };
    await caches.default.put(recentURL(key), new Response(text(value), { headers }));
    return [well];
  },
};

// perform does what a message asks for, by the name of a port in its first line, and returns a promise of the answer.
export function perform(message, env) {
  const [head, ...fields] = unpack(message);
  const [name, ...rest] = lines(head);
  return ports[name](rest, fields, env);
}

// failed is the answer that says what went wrong.
export const failed = (error) => [error?.name === "TimeoutError" ? "timeout" : String(error).replaceAll("\n", " ")];

// The cache is addressed by URLs; these belong to nobody's site.
const recentURL = (key) => `https://recent.invalid/${encodeURIComponent(key)}`;

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
