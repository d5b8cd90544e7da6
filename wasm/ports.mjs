// The operations that a Go program may ask for. Each takes the lines of its message and the fields behind them, runs for all its keys at
// the same time, and returns the answer. Errors become errors in Go. The fields are Go's memory, which is another's after the first await.
//
// What KV and the cache hold is text: the runtime makes strings of what it keeps for less than buffers, which it must free.

import { lines, text, unpack } from "./message.mjs";

// An answer is a message, too; its first line is empty, which says that it went well, or what went wrong.
const well = "";
const said = (...lines) => `\n${lines.join("\n")}`;

const ports = {
  // Several keys are one operation, up to a hundred of them
  // (https://developers.cloudflare.com/kv/api/read-key-value-pairs/#limits).
  async "kv.get"(keys, _, env) {
    if (keys.length === 1) return [well, await env.KV.get(keys[0])];
    const reads = [];
    for (let i = 0; i < keys.length; i += BULK) reads.push(env.KV.get([...new Set(keys.slice(i, i + BULK))]));
    const values = await Promise.all(reads);
    return [well, ...keys.map((key, i) => values[Math.floor(i / BULK)].get(key))];
  },

  // A key, when it expires and whether it is derived, by turns, and the values.
  async "kv.put"(lines, values, env) {
    const writes = values.map((value, i) => {
      const [key, expiration, derived] = lines.slice(3 * i, 3 * i + 3);
      const content = text(value);
      // KV refuses what expires in less than a minute. One more second covers what passes until it looks at its own clock.
      const options = () => (expiration === "0" ? {} : { expiration: Math.max(Number(expiration), Math.ceil(Date.now() / 1000) + 61) });
      // What is derived is there if it can be seen: whoever was faster meant the same by it.
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
    const page = await env.KV.list({ prefix, cursor: cursor || undefined, limit: Number(limit) });
    const names = page.keys.map((key) => key.name).filter((name) => !name.includes("\n")); // nobody could ask for those
    return [said(page.list_complete ? "" : page.cursor, ...names)];
  },

  // GET requests with the same time limit in milliseconds and the same bound on the bytes of an answer. The answer has four lines for each, and
  // its body: status, Retry-After and X-Ratelimit-Remaining, or what went wrong.
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

  // Whatever is ready runs before a timer.
  async rest() {
    await scheduler.wait(0);
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

  // Nobody waits for a purge, and one that is refused (there may be five a minute) harms nobody: what is kept does not grow old. wrangler dev
  // has no such cache.
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

const BULK = 100;

const ATTEMPTS = 4;

// written performs a write, which KV refuses within a second of another one of the same key
// (https://developers.cloudflare.com/kv/api/write-key-value-pairs/#limits-to-kv-writes-to-the-same-key). It is tried again
// after that time, unless it is needless by then.
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

// perform does what a message asks for, by the name of a port in its first line, and returns a promise of the answer.
export function perform(message, env, ctx) {
  const [head, ...fields] = unpack(message);
  const [name, ...rest] = lines(head);
  return ports[name](rest, fields, env, ctx);
}

// failed is the answer that says what went wrong.
export const failed = (error) => [error?.name === "TimeoutError" ? "timeout" : String(error).replaceAll("\n", " ")];

// get returns four lines, status, Retry-After, X-Ratelimit-Remaining and error, and the body.
async function get(url, signal, share, bound) {
  try {
    const headers = { Accept: "application/json" };
    const response = await fetch(url, { headers, redirect: "manual", cache: "no-store", signal });
    const body = await read(response.body, bound + 1, 0, (size) => room(share, size, signal));
    if (body.reduce((size, chunk) => size + chunk.length, 0) > bound) throw new Error(`answer is larger than ${bound} bytes`);
    return { lines: [response.status, response.headers.get("Retry-After") ?? "", response.headers.get("X-Ratelimit-Remaining") ?? "", ""], body };
  } catch (error) {
    return { lines: [0, "", "", ...failed(error)], body: null };
  }
}

// A page of Horizon may have a megabyte, and many requests may read one at the same time. Of bodies that are not complete they hold MAX_HELD bytes
// together, and beyond that what FIRST of them read, the oldest of those that have not been waiting for the network for STALLED milliseconds. So
// somebody always gets to the end, and a slow body keeps the others waiting for no longer than that. What may not be read yet stays with the network.
const MAX_HELD = 2 << 20;
const FIRST = 2;
const STALLED = 500;

// shares has what each fetch holds of bodies: in bytes, when it last asked for room, and when its time is over, in case its event ends before it does.
const shares = new Set();
let held = 0; // by all of them

// room returns when a fetch may read another part of a body; size is that of the last one. Who waits asks again and again, since one event cannot
// wake another.
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

// isFirst reports whether fewer than FIRST others that are older, and not stalled, hold something.
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

// The cache is addressed by URLs; these belong to nobody's site.
const recentURL = (key) => `https://recent.invalid/${encodeURIComponent(key)}`;

// read returns at most max bytes of a stream as a list of chunks, reads on for at most drain bytes without keeping them, and cancels
// what is left then. A client whose request is cancelled while it is still sending may never see the response. Before it reads a chunk it waits for
// room, if there is such a function, which is told the size of the one before.
export async function read(stream, max, drain = 0, room = null) {
  const chunks = [];
  if (!stream) return chunks;
  let size = 0; // of what was read, kept or not
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
