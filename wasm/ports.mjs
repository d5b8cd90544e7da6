// The operations that the Go program can call. Each takes the lines of its message and the fields
// after them, handles all its keys concurrently, and returns the answer. Exceptions become errors
// in Go. The fields are views of Go's memory, which may change after the first await.
//
// Values in KV and the cache are text, since strings cost the runtime less than buffers, which it
// must free.

import { lines, text, unpack } from "./message.mjs";

// An answer is a message, too. Its first line is empty on success, otherwise the error.
const well = "";
const said = (...lines) => `\n${lines.join("\n")}`;

const ports = {
  async "kv.get"(keys, _, env) {
    return [well, ...(await readKeys(keys, env))];
  },

  // The first line is how many lists there are; then come a prefix and a limit for each of them, and
  // the keys. The fields are the pages and then the values.
  async "kv.read"([count, ...lines], _, env) {
    const lists = [];
    for (let i = 0; i < 2 * Number(count); i += 2) lists.push(list(lines[i], "", lines[i + 1], env));
    const [values, ...pages] = await Promise.all([readKeys(lines.slice(2 * Number(count)), env), ...lists]);
    return [well, ...pages, ...values];
  },

  // The lines are triples of key, expiration and "derived" (or empty); the fields are the values.
  async "kv.put"(lines, values, env) {
    const writes = values.map((value, i) => {
      const [key, expiration, derived] = lines.slice(3 * i, 3 * i + 3);
      const content = text(value);
      // KV rejects expirations less than 60 seconds ahead. One more second allows for the time
      // until KV reads its own clock.
      const options = () => (expiration === "0" ? {} : { expiration: Math.max(Number(expiration), Math.ceil(Date.now() / 1000) + 61) });
      // A derived value that exists needs no second write: any writer would have written an
      // equivalent one.
      return written(() => env.KV.put(key, content, options()), async () => derived !== "" && (await env.KV.get(key)) !== null);
    });
    await (writes.length === 1 ? writes[0] : Promise.all(writes));
    return [well];
  },

  async "kv.delete"(keys, _, env) {
    await Promise.all(keys.map((key) => written(() => env.KV.delete(key), () => false)));
    return [well];
  },

  async "kv.list"([prefix, cursor, limit], _, env) {
    return [said(await list(prefix, cursor, limit, env))];
  },

  // Performs GET requests that share a time limit in milliseconds and a bound on the bytes of each
  // answer. For each request the result has four lines (status, Retry-After, X-Ratelimit-Remaining
  // and error) and the body.
  async fetch([milliseconds, bound, ...urls]) {
    const signal = AbortSignal.timeout(Number(milliseconds));
    const share = { bytes: 0, asked: 0, until: Date.now() + Number(milliseconds) };
    try {
      const answers = await Promise.all(urls.map((url) => get(url, signal, share, Number(bound))));
      return [said(...answers.flatMap(({ lines }) => lines)), ...answers.map(({ body }) => body)];
    } finally {
      giveBack(share);
    }
  },

  // Everything that is ready to run does so before the timer fires.
  async rest() {
    await scheduler.wait(0);
    return [well];
  },

  // POST requests to merchants with the same time limit in milliseconds and the same bounds on the
  // bytes that are read and kept of an answer. Of each there are its URL, how many headers it has,
  // and their names and values; the fields are the bodies. The answer has four lines for each, and
  // how its body begins: status, Retry-After, how many milliseconds it took, or what went wrong.
  async send([milliseconds, read, kept, ...lines], bodies) {
    const messages = bodies.map((body) => {
      const [url, count] = lines.splice(0, 2);
      const headers = new Headers();
      for (let i = 0; i < Number(count); i++) headers.append(...lines.splice(0, 2));
      return { url, headers, body: body.slice() };
    });
    const answers = new Array(messages.length);
    const waiting = messages.entries();
    const senders = Array.from({ length: MAX_SENDERS }, async () => {
      for (const [i, message] of waiting) answers[i] = await post(message, Number(milliseconds), Number(read), Number(kept));
    });
    await Promise.all(senders);
    return [said(...answers.flatMap(({ lines }) => lines)), ...answers.map(({ body }) => body)];
  },

  // Adds messages to queues: the lines are pairs of the queue's binding and a delay in seconds, the
  // fields the bodies. The program does not wait for the queues, since what they refuse is sent by the
  // cron.
  async "queue.send"(lines, bodies, env, ctx) {
    const messages = new Map(); // by queue
    for (const [i, body] of bodies.entries()) {
      const [name, delay] = lines.slice(2 * i, 2 * i + 2);
      if (!messages.has(name)) messages.set(name, []);
      messages.get(name).push({ body: text(body), contentType: "text", delaySeconds: Number(delay) });
    }
    for (const [name, some] of messages) ctx.waitUntil(enqueue(env[name], some));
    return [well];
  },

  async sleep([milliseconds]) {
    await scheduler.wait(Number(milliseconds));
    return [well];
  },

  async "recent.recall"([key]) {
    const kept = await caches.default.match(recentURL(key));
    return [well, kept ? await kept.text() : null];
  },

  // The purge is not awaited. It may be rejected, since Cloudflare allows five a minute, which is
  // harmless because cached responses expire soon. wrangler dev has no such cache.
  async "cache.purge"(tags, _, env, ctx) {
    if (ctx.cache) ctx.waitUntil(purge(ctx.cache, tags));
    return [well];
  },

  async "recent.keep"([key, seconds], [value]) {
    const headers = { "Cache-Control": `public, s-maxage=${seconds}` };
    await caches.default.put(recentURL(key), new Response(text(value), { headers }));
    return [well];
  },
};

async function purge(cache, tags) {
  let reason;
  try {
    const { success, errors } = await cache.purge({ tags });
    if (success) return;
    reason = errors.map(({ code, message }) => `${code} ${message}`).join(", ");
  } catch (error) {
    reason = String(error);
  }
  console.warn(JSON.stringify({ level: "WARN", msg: "the cache was not purged", tags: tags.length, error: reason }));
}

// What one call of a queue may have (https://developers.cloudflare.com/queues/platform/limits/).
// Each message takes some bytes for its metadata.
const QUEUE_MESSAGES = 100;
const QUEUE_BYTES = 256_000;
const QUEUE_METADATA = 200;

async function enqueue(queue, messages) {
  let some = [];
  let size = 0;
  const calls = [some];
  for (const message of messages) {
    const bytes = new TextEncoder().encode(message.body).length + QUEUE_METADATA;
    if (some.length === QUEUE_MESSAGES || size + bytes > QUEUE_BYTES) {
      calls.push((some = []));
      size = 0;
    }
    some.push(message);
    size += bytes;
  }
  const results = await Promise.allSettled(calls.map((call) => queue.sendBatch(call)));
  const refused = results.find(({ status }) => status === "rejected");
  if (refused) console.warn(JSON.stringify({ level: "WARN", msg: "the queue refused messages", error: String(refused.reason) }));
}

const BULK = 100;

// How long a data centre may tell an API key again that was revoked elsewhere: see worker/kv/kv.go.
const BRIEF = { cacheTtl: 30 }; // seconds

// readKeys returns the values of keys. Up to a hundred are read in one operation
// (https://developers.cloudflare.com/kv/api/read-key-value-pairs/#limits).
async function readKeys(keys, env) {
  if (keys.length === 1) return [await env.KV.get(keys[0], keys[0].startsWith("apikey/") ? BRIEF : undefined)];
  const reads = [];
  for (let i = 0; i < keys.length; i += BULK) reads.push(env.KV.get([...new Set(keys.slice(i, i + BULK))]));
  const values = await Promise.all(reads);
  return keys.map((key, i) => values[Math.floor(i / BULK)].get(key));
}

// list returns a page: its cursor and its keys, each a line.
async function list(prefix, cursor, limit, env) {
  const page = await env.KV.list({ prefix, cursor: cursor || undefined, limit: Number(limit) });
  // A message cannot carry a key with a line break, so Go could not read such a key.
  const names = page.keys.map((key) => key.name).filter((name) => !name.includes("\n"));
  return [page.list_complete ? "" : page.cursor, ...names].join("\n");
}

const ATTEMPTS = 4;

// written performs a write. KV rejects a second write of the same key within a second
// (https://developers.cloudflare.com/kv/api/write-key-value-pairs/#limits-to-kv-writes-to-the-same-key),
// so a rejected write is retried after that time unless needless reports true by then.
async function written(write, needless) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (attempt === ATTEMPTS || !String(error).includes("429 Too Many Requests")) throw error;
    }
    if (await needless()) return;
    await scheduler.wait(1000 + 250 * Math.random());
  }
}

// perform runs the port that the first line of a message names, and returns a promise of the
// answer.
export function perform(message, env, ctx) {
  const [head, ...fields] = unpack(message);
  const [name, ...rest] = lines(head);
  return ports[name](rest, fields, env, ctx);
}

// failed returns the answer that reports an error.
export const failed = (error) => [error?.name === "TimeoutError" ? "timeout" : String(error).replaceAll("\n", " ")];

// get returns four lines (status, Retry-After, X-Ratelimit-Remaining and error) and the body.
async function get(url, signal, share, bound) {
  try {
    const headers = { Accept: "application/json" };
    const response = await fetch(url, { headers, redirect: "manual", cache: "no-store", signal });
    const body = await readLarge(response.body, bound + 1, (size) => room(share, size, signal));
    const cut = body.reduce((size, chunk) => size + chunk.length, 0) > bound ? "cut" : "";
    return { lines: [response.status, response.headers.get("Retry-After") ?? "", response.headers.get("X-Ratelimit-Remaining") ?? "", cut], body };
  } catch (error) {
    return { lines: [0, "", "", ...failed(error)], body: null };
  }
}

// Cloudflare lets an invocation wait for the headers of six answers at the same time
// (https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections). More
// would wait there, and their time would run.
const MAX_SENDERS = 6;

// post returns four lines, status, Retry-After, duration and error, and how the body begins.
async function post({ url, headers, body }, milliseconds, bound, kept) {
  const began = Date.now();
  try {
    const signal = AbortSignal.timeout(milliseconds);
    const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
    const chunks = await read(response.body, kept, bound - kept);
    const status = response.status;
    return { lines: [status, response.headers.get("Retry-After") ?? "", Date.now() - began, ""], body: chunks };
  } catch (error) {
    return { lines: [0, "", Date.now() - began, explain(error)], body: null };
  }
}

// explain says why there was no answer, in at most 200 characters. The runtime calls it an internal
// error if a certificate is not valid, and says no more.
function explain(error) {
  if (error?.name === "TimeoutError") return "no complete answer in time";
  const reason = String(error?.message ?? error).replaceAll("\n", " ");
  if (reason.startsWith("internal error")) return "no connection: check the host name, the port and the TLS certificate of the endpoint";
  return reason.slice(0, 200);
}

// A page of Horizon may have a megabyte, and many requests may read one at the same time.
// Incomplete bodies may hold MAX_HELD bytes in total. Beyond that, only the FIRST oldest fetches
// that have not been waiting for the network for STALLED milliseconds may go on reading. So there
// is always a fetch that makes progress, and a slow body delays the others by at most STALLED. Data
// that may not be read yet stays in the network.
const MAX_HELD = 2 << 20;
const FIRST = 2;
const STALLED = 500;

// shares has an entry for each fetch that holds part of a body: bytes is how many, asked is when it
// last called room, and until is its deadline, in case its event ends without calling giveBack.
const shares = new Set();
let held = 0; // bytes held by all shares

// room waits until a fetch may read another chunk; size is that of the previous one. It polls,
// because one event cannot wake another.
async function room(share, size, signal) {
  if (size > 0) {
    shares.add(share);
    share.bytes += size;
    held += size;
  }
  for (;;) {
    share.asked = Date.now();
    if (held < MAX_HELD) return;
    for (const other of shares) if (other.until < share.asked) giveBack(other);
    if (held < MAX_HELD || isFirst(share)) return;
    await scheduler.wait(5);
    signal.throwIfAborted();
  }
}

// isFirst reports whether fewer than FIRST older shares exist that are not stalled.
function isFirst(share) {
  let before = 0;
  for (const other of shares) {
    if (other === share) return true;
    if (other.asked > share.asked - STALLED && ++before === FIRST) return false;
  }
  return true;
}

function giveBack(share) {
  if (shares.delete(share)) held -= share.bytes;
  share.bytes = 0;
}

// The cache is addressed by URL. No site has these: the top-level domain "invalid" is reserved.
const recentURL = (key) => `https://recent.invalid/${encodeURIComponent(key)}`;

// read returns at most max bytes of a stream as a list of chunks, reads and discards up to drain
// more bytes, and cancels the rest. A client whose request is cancelled while it is still sending
// may never see the response. If room is given, it is awaited before each chunk with the size of
// the previous one.
export async function read(stream, max, drain = 0, room = null) {
  const chunks = [];
  if (!stream) return chunks;
  let size = 0; // bytes read, kept or not
  let last = 0;
  const reader = stream.getReader();
  for (;;) {
    if (size >= max + drain) {
      reader.cancel().catch(() => {});
      return chunks;
    }
    if (room !== null) await room(last);
    const { done, value } = await reader.read();
    if (done) return chunks;
    if (size < max) chunks.push(value.subarray(0, max - size));
    last = value.length;
    size += last;
  }
}

// A page of Horizon has a megabyte. It is read in large chunks, whose buffers are used again: the
// engine counts buffers as its own memory, and collects garbage for every few megabytes of them.
const CHUNK = 64 << 10;
const spare = [];
const MAX_SPARE = 32;

// reuse takes back the buffers of an answer that has been copied.
export function reuse(answer) {
  for (const chunk of answer.filter(Array.isArray).flat()) {
    if (chunk.buffer.byteLength === CHUNK && spare.length < MAX_SPARE) spare.push(chunk.buffer);
  }
}

// readLarge returns at least the first max bytes of a stream, if it has so many, as a list of
// chunks, and cancels the rest. room is awaited before each chunk with the size of the previous
// one.
async function readLarge(stream, max, room) {
  const chunks = [];
  if (!stream) return chunks;
  const reader = stream.getReader({ mode: "byob" });
  let last = 0;
  for (let size = 0; size < max; size += last) {
    await room(last);
    const buffer = spare.pop() ?? new ArrayBuffer(CHUNK);
    const { done, value } = await reader.read(new Uint8Array(buffer), { min: CHUNK });
    last = value?.length ?? 0;
    if (last > 0) chunks.push(value);
    if (done) return chunks;
  }
  reader.cancel().catch(() => {});
  return chunks;
}

// claims maps each claimed key of this isolate to the end of its window, oldest claim first.
const claims = new Map();
const MAX_CLAIMS = 4096;

export function claim(key, window) {
  const now = Date.now();
  if (claims.get(key) > now) return false;
  claims.delete(key);
  claims.set(key, now + window);
  // Claims may be dropped while their windows are open. That costs one extra read, not correctness.
  if (claims.size > MAX_CLAIMS) claims.delete(claims.keys().next().value);
  return true;
}
