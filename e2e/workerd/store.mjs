// The KV namespace and the edge cache behind a Worker's bindings, both in memory in a Worker of
// their own. It implements the protocol of workerd's bindings, is fast enough not to be the
// bottleneck, and is the same for all peers.
//
// Both answer immediately unless they are told to be as slow as Cloudflare's.

const values = new Map(); // key: { value, expiration (seconds, or null) }
const cache = new Map(); // URL: { status, headers, body, until }
const counts = { get: 0, put: 0, delete: 0, list: 0 };

// How long an operation takes when the store is far away, in milliseconds: from, to.
const DISTANCES = {
  hit: [10, 15], miss: [60, 120], put: [100, 200], delete: [100, 200], list: [60, 150],
  match: [2, 5], keep: [2, 5], // the cache, which is in the same data centre
};

// Functions that draw the next delay, by kind of operation; null if there are no delays.
let distances = null;

// draws returns a pseudo-random sequence for each kind (mulberry32), so that the n-th put takes the
// same time for every Worker, whatever else it asks.
function draws(seed) {
  const kinds = Object.entries(DISTANCES).map(([kind, [from, to]], i) => {
    let state = (seed + i * 0x9e3779b9) >>> 0;
    const draw = () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return from + ((to - from) * ((t ^ (t >>> 14)) >>> 0)) / 2 ** 32;
    };
    return [kind, draw];
  });
  return Object.fromEntries(kinds);
}

// Operations as [operation, key, whether another was outstanding]; null if they are not recorded.
let recorded = null;
let outstanding = 0; // operations that are not yet answered
let held = false; // whether reads wait until they are released
let waiting = 0; // reads that are held

// far records, holds and delays an operation as configured. It is called only if near returns
// false, to save time.
async function far(operation, kind, key) {
  recorded?.push([operation, key, outstanding > 0]);
  outstanding++;
  try {
    if (held && operation === "get") await release();
    if (distances !== null) await scheduler.wait(distances[kind]());
  } finally {
    outstanding--;
  }
}

const near = () => distances === null && recorded === null && !held;

// release waits until reads are released. It polls, because one event cannot wake another.
async function release() {
  waiting++;
  try {
    while (held) await scheduler.wait(5);
  } finally {
    waiting--;
  }
}

const live = (entry) => entry !== undefined && (entry.expiration === null || entry.expiration * 1000 > Date.now());

export const KV = {
  async fetch(request) {
    const { url, method } = request;
    const query = url.indexOf("?");
    const slash = url.indexOf("/", url.indexOf("://") + 3);
    if (slash < 0 || (query >= 0 && (slash > query || slash + 1 === query))) return list(new URL(url).searchParams);
    const key = decodeURIComponent(url.slice(slash + 1, query < 0 ? undefined : query));
    switch (method) {
      case "POST": {
        // "bulk/get". Each key counts as a read, since not every peer reads in bulk.
        const { keys } = await request.json();
        counts.get += keys.length;
        const found = keys.map((name) => [name, values.get(name)]);
        // A bulk read takes as long as its slowest key.
        if (!near()) await Promise.all(found.map(([name, entry]) => far("get", live(entry) ? "hit" : "miss", name)));
        return Response.json(Object.fromEntries(found.map(([name, entry]) => [name, live(entry) ? decoder.decode(entry.value) : null])));
      }
      case "GET": {
        counts.get++;
        const entry = values.get(key);
        if (!near()) await far("get", live(entry) ? "hit" : "miss", key);
        return live(entry) ? new Response(entry.value) : new Response(null, { status: 404 });
      }
      case "PUT": {
        counts.put++;
        const expiration = /[?&]expiration=(\d+)/.exec(url);
        const value = await request.arrayBuffer();
        if (!near()) await far("put", "put", key);
        values.set(key, { value, expiration: expiration && Number(expiration[1]) });
        return new Response(null);
      }
      case "DELETE":
        counts.delete++;
        if (!near()) await far("delete", "delete", key);
        values.delete(key);
        return new Response(null);
    }
    return new Response(null, { status: 405 });
  },
};

async function list(query) {
  counts.list++;
  const prefix = query.get("prefix") ?? "";
  if (!near()) await far("list", "list", prefix);
  const after = query.get("cursor") ?? "";
  const limit = Number(query.get("key_count_limit") ?? 1000);
  const names = [];
  for (const [key, entry] of values) if (key.startsWith(prefix) && key > after && live(entry)) names.push(key);
  names.sort();
  const page = names.slice(0, limit);
  const complete = page.length === names.length;
  const keys = page.map((name) => ({ name }));
  return Response.json({ keys, list_complete: complete, cursor: complete ? undefined : page.at(-1), cacheStatus: null });
}

// placeOf removes the scheme, which is lost on the way to a store in another process.
const placeOf = (url) => url.slice(url.indexOf("://") + 3);

export const Cache = {
  async fetch(request) {
    if (request.method === "PUT") {
      const kept = parse(new Uint8Array(await request.arrayBuffer()));
      if (!near()) await far("keep", "keep", placeOf(request.url));
      if (kept.until > Date.now()) cache.set(placeOf(request.url), kept);
      return new Response(null, { status: 204 });
    }
    if (!near()) await far("match", "match", placeOf(request.url));
    const kept = cache.get(placeOf(request.url));
    if (kept === undefined || kept.until <= Date.now()) {
      return new Response(null, { status: 504, headers: { "CF-Cache-Status": "MISS" } });
    }
    return new Response(kept.body, { status: kept.status, headers: kept.headers });
  },
};

const decoder = new TextDecoder();

// parse parses an HTTP response as cache.put sends it. Its body is never chunked, whatever the
// header says.
function parse(bytes) {
  let end = 0;
  while (!(bytes[end] === 13 && bytes[end + 1] === 10 && bytes[end + 2] === 13 && bytes[end + 3] === 10)) end++;
  const [first, ...lines] = decoder.decode(bytes.subarray(0, end)).split("\r\n");
  const headers = [["CF-Cache-Status", "HIT"]];
  let seconds = 0;
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "cache-control") seconds = Number(/s-maxage=(\d+)/.exec(value)?.[1] ?? /max-age=(\d+)/.exec(value)?.[1] ?? 0);
    if (name !== "transfer-encoding" && name !== "content-length") headers.push([name, value]);
  }
  return { status: Number(first.split(" ")[1]), headers, body: bytes.slice(end + 4), until: Date.now() + seconds * 1000 };
}

// Queues. Each message is delivered by itself, after its delay, and again if the Worker asks for
// it.
export const Queue = {
  async fetch(request, env, ctx) {
    const { messages } = await request.json();
    for (const { body, delaySecs } of messages) ctx.waitUntil(deliver(env, atob(body), delaySecs ?? 0, 1));
    return Response.json({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: 0 } } });
  },
};

async function deliver(env, body, delay, attempts) {
  await scheduler.wait(1000 * delay);
  const text = decoder.decode(Uint8Array.from(body, (character) => character.charCodeAt(0)));
  const message = { id: crypto.randomUUID(), timestamp: new Date(), body: text, attempts };
  const { outcome, retryMessages } = await env.WORKER.queue("queue", [message]);
  if (outcome !== "ok") await deliver(env, body, 1, attempts + 1);
  for (const { delaySeconds } of retryMessages) await deliver(env, body, delaySeconds ?? 0, attempts + 1);
}

// The control interface for store.go.
export default {
  async fetch(request, env) {
    switch (`${request.method} ${new URL(request.url).pathname}`) {
      case "POST /values": // [[key, value, expiration in seconds or 0], …]
        for (const [key, value, expiration] of await request.json()) {
          values.set(key, { value: new TextEncoder().encode(value).buffer, expiration: expiration || null });
        }
        return new Response("ok");
      case "GET /values":
        return Response.json([...values].map(([key, { value, expiration }]) => [key, decoder.decode(value), expiration ?? 0]));
      case "GET /counts":
        return Response.json(counts);
      case "POST /clear-cache":
        cache.clear();
        return new Response("ok");
      case "POST /clear-values":
        values.clear();
        return new Response("ok");
      case "POST /far": // the seed
        distances = draws(Number(await request.text()));
        return new Response("ok");
      case "POST /near":
        distances = null;
        return new Response("ok");
      case "POST /record":
        recorded = [];
        return new Response("ok");
      case "GET /recorded": // stops recording
        try {
          return Response.json(recorded ?? []);
        } finally {
          recorded = null;
        }
      case "POST /hold":
        held = true;
        return new Response("ok");
      case "POST /release":
        held = false;
        return new Response("ok");
      case "GET /held":
        return Response.json(waiting);
      case "POST /cron": {
        const { outcome } = await env.WORKER.scheduled({ cron: "* * * * *", scheduledTime: Date.now() });
        return new Response(outcome);
      }
    }
    return new Response("no such thing", { status: 404 });
  },
};
