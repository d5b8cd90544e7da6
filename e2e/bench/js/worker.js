// The same service as a plain JavaScript Worker, as far as the benchmark goes: creating and retrieving checkouts, the
// payment page and its status. Same validation, same KV, same bytes.

import { exact, formatAmount } from "./amount.js";
import { createCheckout, fill, getCheckout, paymentURI, payURL } from "./checkout.js";
import { configOf } from "./config.js";
import { ApiError, clip, MEANING, notFound } from "./error.js";
import { isId, newId, sha256 } from "./id.js";
import { messagePage, payPage, policy } from "./page.js";
import { claim } from "./recent.js";
import { modeOf, read } from "./record.js";
import { deadlineOf, dueOf, outcomeOf } from "./settle.js";
import { load, look } from "./watch.js";

const MAX_BODY = 64 << 10;
const KEY_LIFETIME = 30_000; // milliseconds
const MAX_KEYS = 512;
const QUIET_START = 30_000; // milliseconds

// An answer is { status, type, cache, headers, body }; what is left out has its usual value.

const identities = new Map(); // API key: { merchant, livemode, until }

async function authenticate(call) {
  const secret = call.headers.get("x-api-key");
  if (!secret) {
    throw new ApiError("api_key_missing", "An API key is required: send it in the header x-api-key (sk_test_… or sk_live_…).");
  }
  const unknown = () => new ApiError("api_key_invalid", "The API key in x-api-key is unknown or revoked.");
  const match = /^sk_(test|live)_[0-9a-f]{64}$/.exec(secret);
  if (match === null) throw unknown();
  let identity = identities.get(secret);
  if (!identity || identity.until <= Date.now()) {
    const [key] = await read(call.env, `apikey/${await sha256(secret)}`);
    const [merchant] = key ? await read(call.env, `merchant/${key.merchant}`) : [];
    if (!merchant) throw unknown();
    identity = { merchant, livemode: key.livemode, until: Date.now() + KEY_LIFETIME };
    if (identities.size >= MAX_KEYS) identities.clear();
    identities.set(secret, identity);
  }
  if (identity.livemode !== (match[1] === "live")) throw unknown();
  call.merchant = identity.merchant;
  call.livemode = identity.livemode;
}

async function readBody(request) {
  const type = (request.headers.get("content-type") ?? "").split(";", 1)[0].trim().toLowerCase();
  if (type !== "application/json") {
    throw new ApiError("content_type_unsupported", "The body must be JSON: send the header Content-Type: application/json.");
  }
  const tooLarge = () => new ApiError("body_too_large", `The body has more than ${MAX_BODY} bytes (64 KiB).`);
  if (Number(request.headers.get("content-length")) > MAX_BODY) throw tooLarge();
  const body = new Uint8Array(await request.arrayBuffer());
  if (body.length > MAX_BODY) throw tooLarge();
  return body;
}

// json escapes what JSON.stringify does not and JavaScript once took for the end of a line.
function json(value, answer) {
  const text = JSON.stringify(value) + "\n";
  const body = /[\u2028\u2029]/.test(text) ? text.replace(/\u2028/g, "\\u2028").replace(/\u2029/g, "\\u2029") : text;
  return { ...answer, type: "application/json; charset=utf-8", body };
}

const html = (body, answer, horizon = "") => ({
  ...answer,
  type: "text/html; charset=utf-8",
  headers: { "Content-Security-Policy": policy(horizon), "Referrer-Policy": "no-referrer" },
  body,
});

async function merchantCall(call, handler, request) {
  await authenticate(call);
  if (call.method === "POST") call.body = await readBody(request);
  return json(await handler(call));
}

const publicStanding = ({ env, id }) => (isId("chk_", id) ? load(env, id) : null);

async function getPage(call) {
  const { env, config, id } = call;
  const standing = await publicStanding(call);
  if (!standing) {
    const text = "The link is incomplete, or its checkout ended long ago. Please go back to the shop and start the payment again.";
    return html(messagePage("This payment page does not exist", text), { status: 404, cache: "public, max-age=0, s-maxage=10" });
  }
  const { session, cancel } = standing;
  const now = Date.now();
  const quiet = now - Date.parse(session.created_at) < QUIET_START;
  const outcome = quiet ? outcomeOf(standing, 0, now) : await look(env, config, standing);
  const deadline = deadlineOf(session, cancel);
  const late = outcome.status === "open" && (cancel || now >= deadline);
  const network = config.networks.get(modeOf(session.livemode));
  const horizon = outcome.status === "open" && !late ? network.streams : "";
  const page = payPage({
    id,
    horizon,
    merchant: session.merchant_name,
    description: session.description ?? "",
    amount: formatAmount(session.amount),
    asset: session.asset.code,
    issuer: session.asset.issuer ?? "",
    destination: session.account,
    memo: session.memo,
    uri: paymentURI(call, session, outcome),
    network: network.name,
    url: payURL(call, id),
    deadline: new Date(deadline),
    cancel: fill(session.cancel_url, id),
    redirect: outcome.status === "completed" ? fill(session.redirect_url, id) : "",
    status: outcome.status,
    exception: outcome.exception,
    received: formatAmount(outcome.received),
    due: formatAmount(dueOf(outcome, session.amount)),
    late,
  });
  let cache = "public, max-age=0, s-maxage=60";
  if (outcome.status !== "open") cache = "public, max-age=60, s-maxage=86400";
  else if (late) cache = "public, max-age=0, s-maxage=5";
  return html(page, { cache }, horizon);
}

async function getStatus(call) {
  const { env, config, id } = call;
  const standing = await publicStanding(call);
  if (!standing) throw notFound("checkout", id);
  const { session, cancel } = standing;
  const outcome = await look(env, config, standing);
  const open = outcome.status === "open";
  const left = Math.ceil((deadlineOf(session, cancel) - Date.now()) / 1000);
  const status = {
    status: outcome.status,
    exception: outcome.exception || null,
    amount_received: exact(outcome.received),
    amount_due: exact(dueOf(outcome, session.amount)),
    seconds_left: open ? Math.max(left, 0) : 0,
    redirect_url: outcome.status === "completed" ? fill(session.redirect_url, id) || null : null,
  };
  return json(status, { cache: `public, max-age=0, s-maxage=${open ? 1 : 300}` });
}

// routes are [pattern, { method: handler }].
const routes = [
  [/^\/checkout$/, { POST: (call, request) => merchantCall(call, createCheckout, request) }],
  [/^\/checkout\/([^/]+)$/, { GET: (call, request) => merchantCall(call, getCheckout, request) }],
  [/^\/pay\/([^/]+)$/, { GET: getPage }],
  [/^\/pay\/([^/]+)\/status$/, { GET: getStatus }],
];

async function route(call, request) {
  for (const [pattern, methods] of routes) {
    const match = pattern.exec(call.path);
    if (match === null) continue;
    call.id = match[1];
    const handler = methods[call.method === "HEAD" ? "GET" : call.method];
    if (handler) return handler(call, request);
    const allow = methods.GET ? "GET, HEAD" : "POST";
    return problem(call, new ApiError("method_not_allowed", `${clip(call.method)} is not possible here; use ${allow}.`), { Allow: allow });
  }
  throw new ApiError("not_found", `There is nothing at ${clip(call.path)}.`);
}

function problem({ requestId }, { code, message, param }, headers) {
  const [status, type] = MEANING[code];
  return json({ error: { type, code, message, param: param || null, request_id: requestId } }, { status, headers });
}

async function answer(request, env, { origin, path, search }, anonymous) {
  const began = Date.now();
  const call = {
    env,
    config: await configOf(env),
    began,
    requestId: newId("req_", began),
    method: request.method,
    headers: anonymous ? new Headers() : request.headers,
    origin,
    path,
    search,
    query: new URLSearchParams(search),
  };
  let made;
  try {
    made = await route(call, request);
  } catch (error) {
    if (error instanceof ApiError) {
      made = problem(call, error);
    } else {
      console.error(JSON.stringify({ event: "error", request_id: call.requestId, error: String(error) }));
      const message = "Something failed on our side; nothing was charged. Try again, and name the request_id if it happens again.";
      made = problem(call, new ApiError("internal_error", message));
    }
  }
  const { status = 200, type, cache = "no-store", headers, body } = made;
  return {
    status,
    body,
    headers: { ...headers, "Request-Id": call.requestId, "Content-Type": type, "X-Content-Type-Options": "nosniff", "Cache-Control": cache },
  };
}

// The edge cache.

const CACHEABLE = /^\/pay\/[^/]+(\/status)?$/;
const OPEN_PAGE = 60; // seconds
const FRESH = 15_000; // milliseconds after which an open page is rendered again behind the reader's back

const sharedFor = (control) => (/(^|[\s,])public/.test(control) ? Number(/s-maxage=(\d+)/.exec(control)?.[1] ?? 0) : 0);

async function render(request, env, place, ctx) {
  const made = await answer(request, env, { ...place, search: "" }, true);
  if (made.status < 500 && sharedFor(made.headers["Cache-Control"]) > 0) {
    const headers = { ...made.headers, "X-Rendered-At": String(Date.now()) };
    ctx.waitUntil(caches.default.put(place.origin + place.path, new Response(made.body, { status: made.status, headers })));
  }
  return made;
}

async function cached(request, env, place, ctx) {
  const key = place.origin + place.path;
  const hit = await caches.default.match(key);
  if (!hit) {
    const { status, headers, body } = await render(request, env, place, ctx);
    return new Response(body, { status, headers: { ...headers, "X-Cache": "miss" } });
  }
  const headers = new Headers(hit.headers);
  const age = Date.now() - Number(headers.get("X-Rendered-At"));
  const page = !place.path.endsWith("/status");
  if (page && age > FRESH && sharedFor(headers.get("Cache-Control")) <= OPEN_PAGE && claim(`render ${key}`, FRESH)) {
    ctx.waitUntil(render(request, env, place, ctx));
  }
  headers.delete("X-Rendered-At");
  headers.set("Request-Id", newId("req_", Date.now()));
  headers.set("X-Cache", "hit");
  return new Response(hit.body, { status: hit.status, headers });
}

function placeOf(url) {
  const slash = url.indexOf("/", url.indexOf("://") + 3);
  const query = url.indexOf("?", slash);
  const end = query < 0 ? url.length : query;
  return { origin: url.slice(0, slash), path: url.slice(slash, end), search: url.slice(end + 1) };
}

export default {
  async fetch(request, env, ctx) {
    const place = placeOf(request.url);
    const { method, headers } = request;
    if (method === "GET" && CACHEABLE.test(place.path) && !headers.has("x-api-key") && !headers.has("authorization")) {
      return cached(request, env, place, ctx);
    }
    const made = await answer(request, env, place, false);
    return new Response(made.body, made);
  },
};
