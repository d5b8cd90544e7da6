// The Worker: hands requests, cron events and batches of queues to the Go program. Who asks for too much is answered before Go wakes; what Cloudflare keeps
// (Workers Cache) and the files of the pages are answered before this wakes.

import { env as deployment } from "cloudflare:workers";
import program from "./app.wasm";
import seed from "./seed.mjs"; // made by the build
import { find } from "./door.mjs";
import { boot, Overloaded, run } from "./isolate.mjs";
import { learn, refuse } from "./limits.mjs";
import { read } from "./ports.mjs";
import { problem, requestId } from "./problem.mjs";

// The headers that Go reads, by their canonical names; no others are passed in.
const HEADERS = ["Authorization", "Content-Type", "Idempotency-Key", "X-Api-Key"];
const MAX_BODY = 64 * 1024 + 1; // one byte more than is allowed, so that Go can tell
const MAX_DRAIN = 1 << 20; // bytes of a longer body that are let through, so that its sender sees the 413
const REQUEST_LIMIT = 30_000; // milliseconds, unless REQUEST_LIMIT_MS says otherwise
const SCHEDULED_LIMIT = 5 * 60_000;
const QUEUE_LIMIT = 5 * 60_000;

boot(program, deployment, seed); // Cloudflare evaluates the module before the first request reaches it

// ask has Go answer a request with a reply (see problem.mjs).
async function ask(method, url, body, headers, env, ctx) {
  const limit = Number(env.REQUEST_LIMIT_MS) || REQUEST_LIMIT;
  const safe = method === "GET" || method === "HEAD";
  try {
    return await run([[method, url, ...headers].join("\n"), body], env, ctx, limit, safe);
  } catch (error) {
    return broken(error, method, pathOf(url));
  }
}

// broken is what a client is told when Go could not: nothing of the inside, but the id under which it is in the log.
function broken(error, method, path) {
  const id = requestId();
  console.error(JSON.stringify({ level: "ERROR", msg: "request failed", request_id: id, method, path, error: String(error) }));
  if (error instanceof Overloaded) {
    return problem(id, 503, "api_error", "unavailable", "The service is busy. Try again in a second.", { "Retry-After": "1" });
  }
  const message = "Something failed on our side. Try again, and name the request_id if it happens again.";
  return problem(id, 500, "api_error", "internal_error", message);
}

function respond({ status, headers, more, body }, method) {
  const bodiless = method === "HEAD" || status === 204 || status === 304;
  const response = new Response(bodiless ? null : body, { status, headers });
  for (const [name, value] of more) response.headers.append(name, value);
  return response;
}

// pathOf cuts the path out of a URL, for less than new URL costs: as it was sent, since Go gets the same.
function pathOf(url) {
  const slash = url.indexOf("/", url.indexOf("://") + 3);
  const path = url.slice(slash);
  const end = path.search(/[?#]/);
  return end < 0 ? path : path.slice(0, end);
}

// bodyOf returns the body, or the beginning of one that is too long; null if there is none.
function bodyOf(request) {
  if (request.method === "GET") return null; // nobody wants what a GET may bring along
  const length = Number(request.headers.get("content-length") ?? NaN);
  if (length < MAX_BODY) return length > 0 ? request.arrayBuffer() : null; // the runtime lets no more through than was announced
  if (request.body === null) return null;
  return read(request.body, MAX_BODY, MAX_DRAIN);
}

export default {
  async fetch(request, env, ctx) {
    const { method, url } = request;
    const limited = env.ADDRESS_LIMIT !== undefined; // a deployment may have no limits
    const route = limited ? find(method, pathOf(url)) : undefined;
    const refused = limited ? await refuse(request, route, env) : null;
    if (refused) return respond(refused, method);
    const headers = [];
    for (const name of HEADERS) {
      const value = request.headers.get(name);
      if (value !== null) headers.push(name, value);
    }
    let body = null;
    try {
      const sent = bodyOf(request);
      if (sent !== null) body = await sent;
    } catch {
      const message = "The body could not be read to its end."; // its sender may still be there for the answer
      return respond(problem(requestId(), 400, "invalid_request_error", "body_invalid", message), method);
    }
    const reply = await ask(method, url, body, headers, env, ctx);
    if (limited) learn(request, route, reply.status);
    return respond(reply, method);
  },

  async scheduled(event, env, ctx) {
    try {
      await run(["scheduled"], env, ctx, SCHEDULED_LIMIT, false);
    } catch (error) {
      console.error(JSON.stringify({ level: "ERROR", msg: "cron task failed", cron: event.cron, error: String(error) }));
      throw error;
    }
  },

  // A batch that fails as a whole is delivered again by the platform.
  async queue({ messages }, env, ctx) {
    const head = messages.flatMap(({ id, attempts }) => [id, attempts]);
    const bodies = messages.map(({ body }) => (typeof body === "string" ? body : JSON.stringify(body)));
    const reply = await run([["queue", ...head].join("\n"), ...bodies], env, ctx, QUEUE_LIMIT, false);
    for (const [i, delay] of reply.body.split("\n").slice(0, messages.length).entries()) {
      if (delay === "") messages[i].ack();
      else messages[i].retry({ delaySeconds: Number(delay) });
    }
  },
};
