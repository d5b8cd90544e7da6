// Enforces on a Worker under test what Cloudflare enforces and workerd does not: limits of
// subrequests, connections and waitUntil, and a KV and Cache API as they are in real data centres.
// The local KV itself checks key lengths, metadata and expirations.

import { AsyncLocalStorage } from "node:async_hooks";
import { withEnv } from "cloudflare:workers";

// subrequests are requests to the Internet and calls of the Cache API; kv are operations on KV;
// both are counted per invocation
// (https://developers.cloudflare.com/workers/platform/limits/#subrequests,
// https://developers.cloudflare.com/kv/platform/limits/). Free counts them separately, Paid also
// together. On workers.dev the Cache API keeps nothing
// (https://developers.cloudflare.com/workers/runtime-apis/cache/).
const plans = {
  Free: { subrequests: 50, kv: 1000, together: false, keeps: true },
  Paid: { subrequests: 10_000, kv: 1000, together: true, keeps: true },
  "workers.dev": { subrequests: 10_000, kv: 1000, together: true, keeps: false },
};

// How many connections of an invocation may wait for response headers; further ones are queued
// (https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections).
const CONNECTIONS = 6;

// How long waitUntil may extend an invocation after the response, and the duration of a cron or
// queue event, in seconds (https://developers.cloudflare.com/workers/platform/limits/#duration).
const GRACE = 30;
const EVENT = 15 * 60;

// How many seconds a data centre answers from its cache, misses included
// (https://developers.cloudflare.com/kv/concepts/how-kv-works/).
const CACHE_TTL = 60;

const WRITE_INTERVAL = 1000; // milliseconds between two writes of one key, see the limits of KV
const BULK = 100; // keys of one get

const invocations = new AsyncLocalStorage();

function current() {
  const invocation = invocations.getStore();
  if (invocation === undefined) throw new Error("I/O outside of every invocation that is limited");
  return invocation;
}

// How long operations on KV take if they are far, in milliseconds: from, to.
const HIT = [10, 15];
const MISS = [60, 120];
const WRITE = [100, 200];
const LIST = [60, 150];

class Invocation {
  #plan;
  #subrequests = 0;
  #kv = 0;
  #connections = 0;
  #queue = [];
  #tasks = 0;
  #over = false;
  #cancel;
  cancelled = new Promise((resolve) => {
    this.#cancel = resolve;
  });

  // place is the data centre in which the invocation runs.
  constructor(plan, place) {
    this.#plan = plan;
    this.place = place;
  }

  // keeps says whether the Cache API keeps anything.
  get keeps() {
    return this.#plan.keeps;
  }

  // subrequest performs a request to the Internet or a call of the Cache API.
  async subrequest(run) {
    this.#subrequests++;
    if (this.#subrequests + (this.#plan.together ? this.#kv : 0) > this.#plan.subrequests) {
      throw refused("Too many subrequests by single Worker invocation.");
    }
    return this.#connect(run);
  }

  // operation performs an operation on KV.
  async operation(run) {
    this.#kv++;
    if (this.#kv > this.#plan.kv || (this.#plan.together && this.#subrequests + this.#kv > this.#plan.subrequests)) {
      throw refused("Too many API requests by single Worker invocation.");
    }
    return this.#connect(run);
  }

  async #connect(run) {
    this.#check();
    if (this.#connections === CONNECTIONS) {
      // A connection that ends passes its place on.
      await new Promise((resolve) => this.#queue.push(resolve));
      this.#check();
    } else {
      this.#connections++;
    }
    try {
      return await run();
    } finally {
      if (this.#queue.length > 0) this.#queue.shift()();
      else this.#connections--;
    }
  }

  #check() {
    if (this.#over) throw new Error("The invocation has been cancelled.");
  }

  // extend is waitUntil. It returns a promise for which the runtime waits instead of the task.
  extend(task) {
    this.#tasks++;
    const done = () => this.#tasks--;
    Promise.resolve(task).then(done, done);
    return Promise.race([task, this.cancelled]);
  }

  // endIn cancels what is still running after a time. Its timer ends with the event.
  endIn(milliseconds) {
    setTimeout(() => {
      this.#over = true;
      if (this.#tasks > 0) tell("waitUntil() tasks did not complete within the allowed time after invocation end and have been cancelled.");
      this.#cancel();
    }, milliseconds);
  }
}

const tell = (message) => console.error(`platform: ${message}`);

// refused returns the error for an exceeded limit.
function refused(message) {
  tell(message);
  return new Error(message);
}

// A namespace as data centres see it: each sees its own writes at once, and others' writes once its
// cached value has expired.
class Namespace {
  #kv;
  #ttl; // milliseconds that replace a second
  #far; // whether operations take as long as Cloudflare's
  #views = new Map(); // of each data centre: key to { value, metadata, until }
  #written = new Map(); // key to time of the write, oldest first

  constructor(kv, second, far) {
    this.#kv = kv;
    this.#ttl = second;
    this.#far = far;
  }

  async #travel([from, to]) {
    if (this.#far) await scheduler.wait(from + Math.random() * (to - from));
  }

  #view() {
    const { place } = current();
    if (!this.#views.has(place)) this.#views.set(place, new Map());
    return this.#views.get(place);
  }

  async #read(key, seconds = CACHE_TTL) {
    const view = this.#view();
    const seen = view.get(key);
    if (seen !== undefined && Date.now() < seen.until) {
      await this.#travel(HIT);
      return seen;
    }
    await this.#travel(MISS);
    const until = Date.now() + seconds * this.#ttl;
    const { value, metadata } = await this.#kv.getWithMetadata(key, { type: "arrayBuffer", cacheTtl: seconds });
    // Otherwise the key was written here in the meantime.
    if (view.get(key) === seen) view.set(key, { value, metadata, until });
    return { value, metadata };
  }

  #several(keys, options, pick) {
    return current().operation(async () => {
      const { type, cacheTtl } = optionsOf(options);
      if (!Array.isArray(keys)) return pick(await this.#read(keys, cacheTtl), type);
      if (keys.length > BULK) throw new Error(`KV GET_BULK failed: 400 You can request a maximum of ${BULK} keys`);
      const read = await Promise.all(keys.map((key) => this.#read(key, cacheTtl)));
      return new Map(keys.map((key, i) => [key, pick(read[i], type)]));
    });
  }

  get(keys, options) {
    return this.#several(keys, options, ({ value }, type) => as(type, value));
  }

  getWithMetadata(keys, options) {
    return this.#several(keys, options, ({ value, metadata }, type) => ({ value: as(type, value), metadata, cacheStatus: null }));
  }

  put(key, value, options = {}) {
    return current().operation(async () => {
      this.#take(key, "PUT");
      await this.#travel(WRITE);
      const bytes = await new Response(value).arrayBuffer();
      await this.#kv.put(key, bytes, options);
      this.#view().set(key, { value: bytes, metadata: options.metadata ?? null, until: Date.now() + CACHE_TTL * this.#ttl });
    });
  }

  delete(key) {
    return current().operation(async () => {
      this.#take(key, "DELETE");
      await this.#travel(WRITE);
      await this.#kv.delete(key);
      this.#view().set(key, { value: null, metadata: null, until: Date.now() + CACHE_TTL * this.#ttl });
    });
  }

  #take(key, method) {
    const now = Date.now();
    for (const [old, at] of this.#written) {
      if (now - at < WRITE_INTERVAL) break;
      this.#written.delete(old);
    }
    if (this.#written.has(key)) throw refused(`KV ${method} failed: 429 Too Many Requests`);
    this.#written.set(key, now);
  }

  // list begins with an empty page that continues, as after recent deletions
  // (https://developers.cloudflare.com/kv/api/list-keys/#pagination).
  list(options = {}) {
    return current().operation(async () => {
      await this.#travel(LIST);
      if (!options.cursor) return { keys: [], list_complete: false, cursor: DELETED, cacheStatus: null };
      return this.#kv.list(options.cursor === DELETED ? { ...options, cursor: undefined } : options);
    });
  }
}

const DELETED = "deleted";

const optionsOf = (options) => (typeof options === "string" ? { type: options } : (options ?? {}));

function as(type = "text", bytes) {
  if (bytes === null) return null;
  switch (type) {
    case "arrayBuffer":
      return bytes.slice(0);
    case "stream":
      return new Response(bytes).body;
    case "json":
      return JSON.parse(new TextDecoder().decode(bytes));
  }
  return new TextDecoder().decode(bytes);
}

const { fetch: outside, caches: kept } = globalThis;

// Every data centre has a cache of its own.
function cacheNamed(name) {
  const use = (method, nothing, ...args) => {
    const { keeps, place } = current();
    return current().subrequest(async () => (keeps ? (await kept.open(`${place}/${name}`))[method](...args) : nothing));
  };
  return {
    match: (...args) => use("match", undefined, ...args),
    put: (...args) => use("put", undefined, ...args),
    delete: (...args) => use("delete", false, ...args),
  };
}

globalThis.fetch = async (...args) => current().subrequest(() => outside(...args));
Object.defineProperty(globalThis, "caches", {
  value: { default: cacheNamed("default"), open: async (name) => cacheNamed(name) },
});

// limited enforces the limits of a plan on a Worker's default export. Its settings are environment
// variables: PLATFORM_PLAN, and how many milliseconds replace a second of KV's staleness
// (PLATFORM_KV_SECOND) and of waitUntil (PLATFORM_WAIT_SECOND). With PLATFORM_FAR, KV takes its time.
//
// The header X-Data-Centre says where a request arrives; cron and queue events have a data centre
// of their own.
export function limited(worker) {
  const environments = new WeakMap();
  const environmentOf = (env) => {
    if (!environments.has(env)) {
      const second = Number(env.PLATFORM_KV_SECOND ?? 1000);
      const wrapped = Object.entries(env).map(([name, it]) => [name, it?.getWithMetadata ? new Namespace(it, second, !!env.PLATFORM_FAR) : it]);
      environments.set(env, Object.fromEntries(wrapped));
    }
    return environments.get(env);
  };
  const invoke = (place, handle, env, ctx, begun) => {
    const plan = plans[env.PLATFORM_PLAN];
    if (plan === undefined) throw new Error(`PLATFORM_PLAN is ${env.PLATFORM_PLAN}, not one of ${Object.keys(plans)}`);
    const invocation = new Invocation(plan, place);
    const around = new Proxy(ctx, {
      get(target, name) {
        if (name === "waitUntil") return (task) => target.waitUntil(invocation.extend(task));
        const value = target[name];
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const second = Number(env.PLATFORM_WAIT_SECOND ?? 1000);
    const inside = environmentOf(env);
    return invocations.run(invocation, () => withEnv(inside, () => begun(invocation, second, () => handle(inside, around))));
  };
  const event = (method) => (it, env, ctx) =>
    invoke("events", (...args) => worker[method](it, ...args), env, ctx, (invocation, second, handle) => {
      invocation.endIn(EVENT * second);
      const late = invocation.cancelled.then(() => Promise.reject(new Error(`The ${method} event exceeded its wall time.`)));
      return Promise.race([handle(), late]);
    });
  const handlers = {
    fetch: (request, env, ctx) => {
      const place = request.headers.get("x-data-centre") ?? "here";
      return invoke(place, (...args) => worker.fetch(request, ...args), env, ctx, async (invocation, second, handle) => {
        try {
          return await handle();
        } finally {
          invocation.endIn(GRACE * second);
        }
      });
    },
    scheduled: event("scheduled"),
    queue: event("queue"),
  };
  return Object.fromEntries(Object.entries(handlers).filter(([name]) => worker[name]));
}
