// A stand-in for Workers Cache, which workerd lacks: a Worker in front of the Worker that follows
// the documented rules of one cache tier (https://developers.cloudflare.com/workers/cache/). It
// reports in Cf-Cache-Status what it did.

// By key: the cached variants, each { varying, status, headers, body, tags, path, made, age, policy
// }.
const entries = new Map();
const filling = new Map(); // by key: the promise of the request that fills or refreshes the entry
const purges = []; // times of the Worker's purges in the last minute

// How long a response without caching headers is fresh, in seconds by status.
const HEURISTIC = { 200: 7200, 203: 7200, 204: 7200, 300: 1200, 301: 1200, 404: 180, 405: 60, 410: 180, 414: 60, 501: 60 };

// Headers that some frameworks interpret as another method or URL. They are part of the cache key.
const POISONOUS = [
  "x-http-method-override", "x-http-method", "x-method-override", "x-forwarded-host", "x-host", "x-forwarded-scheme", "x-original-url",
  "x-rewrite-url", "forwarded", "cloudflare-workers-version-key",
];
const harmless = (name, value) => name === "x-forwarded-scheme" && (value === "http" || value === "https");

// keyOf returns the cache key: path and query as they were sent, without host, method and cookies.
function keyOf({ url, headers }) {
  const key = [url.slice(url.indexOf("/", url.indexOf("://") + 3))];
  for (const name of POISONOUS) {
    const value = headers.get(name);
    if (value !== null && !harmless(name, value)) key.push(`${name}: ${value}`);
  }
  return key.join("\n");
}

const pathOf = (key) => /^[^?\n]*/.exec(key)[0];

export default {
  async fetch(request, env, ctx) {
    const { method, headers } = request;
    if ((method !== "GET" && method !== "HEAD") || headers.get("upgrade") === "websocket") return bypass(request, env);
    const key = keyOf(request);
    const kept = find(key, headers);
    if (kept === undefined) return fill(key, request, env);
    const age = ageOf(kept);
    if (age < kept.policy.fresh) return answer(kept, request, "HIT");
    if (age < kept.policy.fresh + kept.policy.whileRevalidate) {
      if (!filling.has(key)) ctx.waitUntil(refresh(key, kept, request, env));
      return answer(kept, request, "UPDATING");
    }
    const made = await refresh(key, kept, request, env);
    if (made.failed && age < kept.policy.fresh + kept.policy.ifError) return answer(kept, request, "STALE");
    return answer(made, request, made.failed || made.policy === null ? "BYPASS" : made.status304 ? "REVALIDATED" : "EXPIRED");
  },
};

async function bypass(request, env) {
  const response = await env.WORKER.fetch(request);
  return answer(await read(response, request, ""), request, "BYPASS");
}

// fill sends one request to the Worker for all concurrent requests with the same key. A response
// that must not be cached answers only the request that caused it.
async function fill(key, request, env) {
  const first = filling.get(key);
  if (first !== undefined) {
    const made = await first;
    if (made.policy !== null && !made.failed && varies(made, request.headers)) return answer(made, request, "HIT");
    return answer(await ask(key, request, env), request, "BYPASS");
  }
  const made = await collapse(key, ask(key, request, env));
  return answer(made, request, made.policy === null || made.failed ? "BYPASS" : "MISS");
}

// collapse lets concurrent requests for key wait for promise.
async function collapse(key, promise) {
  filling.set(key, promise);
  try {
    return await promise;
  } finally {
    filling.delete(key);
  }
}

// refresh revalidates a stale response with its ETag and Last-Modified.
async function refresh(key, kept, request, env) {
  const headers = new Headers(request.headers);
  const tag = kept.headers.find(([name]) => name === "etag");
  const date = kept.headers.find(([name]) => name === "last-modified");
  if (tag) headers.set("If-None-Match", tag[1]);
  if (date) headers.set("If-Modified-Since", date[1]);
  return collapse(key, ask(key, new Request(request, { headers }), env, kept));
}

// ask sends a GET to the Worker, whatever the method of the request, and caches the response if
// allowed.
async function ask(key, request, env, old) {
  let response;
  try {
    response = await env.WORKER.fetch(new Request(request.url, { method: "GET", headers: request.headers, redirect: "manual" }));
  } catch (error) {
    return { failed: true, status: 500, headers: [], body: new TextEncoder().encode(String(error)), policy: null };
  }
  if (old !== undefined && response.status === 304) {
    old.made = Date.now();
    old.age = 0;
    return { ...old, status304: true };
  }
  const made = await read(response, request, pathOf(key));
  made.failed = response.status >= 500;
  if (made.policy !== null) keep(key, made);
  else if (!made.failed) drop(key, request.headers);
  return made;
}

function keep(key, made) {
  const others = (entries.get(key) ?? []).filter((kept) => JSON.stringify(kept.varying) !== JSON.stringify(made.varying));
  entries.set(key, [...others, made]);
}

function drop(key, headers) {
  const others = (entries.get(key) ?? []).filter((kept) => !varies(kept, headers));
  if (others.length > 0) entries.set(key, others);
  else entries.delete(key);
}

const varies = ({ varying }, headers) => varying.every(([name, value]) => headers.get(name) === value);

const find = (key, headers) => entries.get(key)?.find((kept) => varies(kept, headers));

const ageOf = ({ made, age }) => age + (Date.now() - made) / 1000;

async function read(response, request, path) {
  const policy = policyOf(response, request);
  const vary = response.headers.get("vary");
  const names = vary === null ? [] : vary.split(",").map((name) => name.trim().toLowerCase());
  const tags = (response.headers.get("cache-tag") ?? "").split(",").map((tag) => tag.trim().toLowerCase());
  return {
    status: response.status,
    // Cloudflare removes its own headers.
    headers: [...response.headers].filter(([name]) => name !== "cache-tag" && name !== "cloudflare-cdn-cache-control"),
    body: await response.arrayBuffer(),
    policy,
    varying: names.map((name) => [name, request.headers.get(name)]),
    tags: tags.filter((tag) => /^[!-~]{1,1024}$/.test(tag)),
    path,
    made: Date.now(),
    age: Number(response.headers.get("age") ?? 0),
  };
}

// policyOf returns for how many seconds a response is fresh, and may be served stale during
// revalidation and after errors; null if it must not be cached.
function policyOf(response, request) {
  const { status, headers } = response;
  if (status === 206 || (status >= 520 && status <= 526)) return null;
  const said = headers.get("cloudflare-cdn-cache-control") ?? headers.get("cdn-cache-control") ?? headers.get("cache-control");
  const control = parse(said ?? "");
  const strict = "s-maxage" in control || "must-revalidate" in control || "proxy-revalidate" in control;
  const open = "public" in control || "must-revalidate" in control || "s-maxage" in control;
  if ("private" in control || "no-store" in control || headers.get("vary")?.includes("*") || headers.has("set-cookie")) return null;
  if (request.headers.has("authorization") && !open) return null;
  let fresh = control["s-maxage"] ?? control["max-age"];
  if (fresh === undefined && headers.has("expires")) fresh = (Date.parse(headers.get("expires")) - Date.now()) / 1000 || 0;
  if ("no-cache" in control) fresh = 0;
  if (fresh === undefined) {
    if (HEURISTIC[status] === undefined) return null;
    fresh = HEURISTIC[status];
  }
  return {
    fresh: Number(fresh),
    whileRevalidate: strict ? 0 : Number(control["stale-while-revalidate"] ?? 0),
    ifError: strict ? 0 : Number(control["stale-if-error"] ?? Infinity),
  };
}

// parse parses Cache-Control into an object.
function parse(said) {
  const control = {};
  for (const part of said.split(",")) {
    const [name, value = ""] = part.trim().toLowerCase().split("=");
    if (name !== "") control[name] = value;
  }
  return control;
}

function answer(made, request, did) {
  const bodiless = request.method === "HEAD" || [101, 204, 205, 304].includes(made.status);
  const response = new Response(bodiless ? null : made.body, { status: made.status, headers: made.headers });
  response.headers.set("Cf-Cache-Status", did);
  if (did === "HIT" || did === "UPDATING" || did === "STALE") response.headers.set("Age", String(Math.floor(ageOf(made))));
  return response;
}

const PURGES = 5; // per minute, on every plan
const MAX_TAGS = 100;

// Purge implements ctx.cache.purge: it takes the options as JSON and answers with the result.
export const Purge = {
  async fetch(request) {
    const { tags = [], pathPrefixes = [], purgeEverything = false } = await request.json();
    const now = Date.now();
    while (purges[0] <= now - 60_000) purges.shift();
    const refused = (code, message) => Response.json({ success: false, zoneTag: "", errors: [{ code, message }] });
    if (purges.length >= PURGES) return refused(10429, "rate limited");
    purges.push(now);
    if (tags.length > MAX_TAGS || pathPrefixes.length > MAX_TAGS) return refused(10014, `more than ${MAX_TAGS} at once`);
    const wanted = new Set(tags.map((tag) => tag.toLowerCase()));
    for (const [key, kept] of entries) {
      const gone = ({ tags, path }) => purgeEverything || tags.some((tag) => wanted.has(tag)) || pathPrefixes.some((prefix) => path.startsWith(prefix));
      if (kept.some(gone)) entries.delete(key); // purging one variant of a URL removes all
    }
    return Response.json({ success: true, zoneTag: "", errors: [] });
  },
};
