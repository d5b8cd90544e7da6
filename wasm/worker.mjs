// The Worker: hands requests, cron events and batches of queues to the Go program. Who asks for too much is answered before Go wakes; what Cloudflare keeps
// (Workers Cache) and the files of the pages are answered before this wakes.

import { env as deployment } from "cloudflare:workers";
import program from "./app.wasm";
import seed from "./seed.mjs"; // made by the build
import { BodyError, bodyOf } from "./body.mjs";
import { find } from "./door.mjs";
import { boot, Overloaded, run } from "./isolate.mjs";
import { couldBeAuthorized, learn, refuse } from "./limits.mjs";
import { problem, requestId } from "./problem.mjs";

// The headers that Go reads, by their canonical names; no others are passed in.
const HEADERS = ["Authorization", "Content-Type", "Idempotency-Key", "X-Api-Key"];
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
    return busy(id);
  }
  const message = "Something failed on our side. Try again, and name the request_id if it happens again.";
  return problem(id, 500, "api_error", "internal_error", message);
}

// unread is what a client is told whose body was not read.
function unread(error) {
  if (error instanceof BodyError) return problem(requestId(), 400, "invalid_request_error", "body_invalid", error.message);
  return busy(requestId());
}

const busy = (id) => problem(id, 503, "api_error", "unavailable", "The service is busy. Try again in a second.", { "Retry-After": "1" });

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

export default {
  async fetch(request, env, ctx) {
    const { method, url } = request;
    const limited = env.ADDRESS_LIMIT !== undefined; // a deployment may have no limits
    const route = find(method, pathOf(url));
    const refused = limited ? await refuse(request, route, env) : null;
    if (refused) return respond(refused, method);
    const headers = [];
    for (const name of HEADERS) {
      const value = request.headers.get(name);
      if (value !== null) headers.push(name, value);
    }
    let body = null;
    if (method !== "GET" && (route === undefined || couldBeAuthorized(request, route))) {
      try {
        body = await bodyOf(request, env);
      } catch (error) {
        return respond(unread(error), method);
      }
    }
    const reply = await ask(method, url, body, headers, env, ctx);
    if (limited) await learn(request, route, reply.status);
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
