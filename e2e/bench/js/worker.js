// The part of the service that the benchmark needs as a plain JavaScript Worker: creating and
// retrieving checkouts, the payment page and its status. Validation, KV records and responses are
// the same.

import { exact, formatAmount } from "./amount.js";
import { createCheckout, fill, getCheckout, muxedOf, paymentURI } from "./checkout.js";
import { configOf } from "./config.js";
import { ApiError, clip, MEANING, notFound, unmeasured } from "./error.js";
import { isId, mayExist, newId, sha256 } from "./id.js";
import { asksForMoney, noPage, payPage, phaseOf, policy } from "./page.js";
import { modeOf, read } from "./record.js";
import { deadlineOf, dueOf, outcomeOf } from "./settle.js";
import { changes, load, look } from "./watch.js";

const MAX_BODY = 64 << 10;
const KEY_LIFETIME = 30_000; // milliseconds
const MAX_KEYS = 512;
const QUIET_START = 30_000; // milliseconds

// An answer is { status, type, keep, tag, headers, body }; omitted members have their usual values.
// keep says how long browsers and Cloudflare's edge may cache it.

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
    const [merchant] = key ? await read(call.env, `merchant/${key.merchant}`, `webhooks/${key.merchant}/${key.mode}`) : [];
    if (!merchant) throw unknown();
    identity = { merchant, livemode: key.mode === "live", until: Date.now() + KEY_LIFETIME };
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

// json also escapes the characters that JSON.stringify leaves alone and that older JavaScript
// treated as line ends.
function json(value, answer) {
  const text = JSON.stringify(value) + "\n";
  const body = /[\u2028\u2029]/.test(text) ? text.replace(/\u2028/g, "\\u2028").replace(/\u2029/g, "\\u2029") : text;
  return { ...answer, type: "application/json; charset=utf-8", body };
}

const html = (body, answer, horizon = "") => ({
  ...answer,
  type: "text/html; charset=utf-8",
  headers: { "Content-Security-Policy": policy(horizon), "Referrer-Policy": "no-referrer", "Strict-Transport-Security": "max-age=31536000" },
  body,
});

async function merchantCall(call, handler, request) {
  await authenticate(call);
  if (call.method === "POST") call.body = await readBody(request);
  return json(await handler(call));
}

const suspensions = new Map(); // merchant: { is, until }
const issuers = new Map(); // key of an asset's issuer: until when it is known

// isSuspended reports whether the operator has suspended a merchant. For a page, it reads the issuer
// of the asset in the same trip; the deployments that are compared know none.
async function isSuspended(env, merchant, issuer) {
  const now = Date.now();
  const known = suspensions.get(merchant);
  const isKnown = known !== undefined && now < known.until;
  const asks = issuer !== undefined && !(now < issuers.get(issuer));
  if (isKnown && !asks) return known.is;
  const records = await read(env, ...(asks ? [issuer] : []), ...(isKnown ? [] : [`merchant/${merchant}`]));
  if (asks) issuers.set(issuer, now + KEY_LIFETIME);
  if (isKnown) return known.is;
  const is = records.at(-1)?.suspended === true;
  suspensions.set(merchant, { is, until: now + KEY_LIFETIME });
  return is;
}

// where says where a payment stands, but for suspensions.
function where({ checkout, cancel }, { status, exception }) {
  const late = status === "open" && Date.now() >= deadlineOf(checkout, cancel);
  return { status, exception, cancelled: cancel !== null, late, suspended: false };
}

const publicStanding = ({ env, id, began }) => (isId("chk_", id) && mayExist(id, began) ? load(env, id) : null);

async function getPage(call) {
  const { env, config, id } = call;
  const standing = await publicStanding(call);
  if (call.headers.has("accept-language") || standing?.checkout.locale) throw unmeasured();
  if (!standing) return html(noPage(), { status: 404, keep: ["no-cache", "max-age=10, stale-if-error=0"] });
  const { checkout, cancel } = standing;
  const now = Date.now();
  const quiet = now - Date.parse(checkout.created_at) < QUIET_START;
  const outcome = quiet ? outcomeOf(standing, 0, now) : await look(env, config, standing);
  const deadline = deadlineOf(checkout, cancel);
  const network = config.networks.get(checkout.mode);
  const stands = where(standing, outcome);
  const { code, issuer } = checkout.asset;
  const isSuspendedNow = await isSuspended(env, checkout.merchant, issuer && `issuer/${checkout.mode}/${code}:${issuer}`);
  stands.suspended = asksForMoney(phaseOf(stands)) && isSuspendedNow;
  const horizon = asksForMoney(phaseOf(stands)) ? network.streams : "";
  const page = payPage({
    ...stands,
    id,
    horizon,
    merchant: checkout.merchant_name,
    description: checkout.description ?? "",
    amount: formatAmount(checkout.amount),
    asset: checkout.asset.code,
    issuer: checkout.asset.issuer ?? "",
    destination: checkout.account,
    memo: checkout.memo,
    muxed: muxedOf(checkout),
    uri: paymentURI(call, checkout, outcome),
    network: network.name,
    deadline: new Date(deadline),
    cancel: fill(checkout.cancel_url, id),
    redirect: outcome.status === "completed" ? fill(checkout.redirect_url, id) : "",
    received: formatAmount(outcome.received),
    due: formatAmount(dueOf(outcome, checkout.amount)),
    payments: outcome.payments.map(({ amount, asset, from, hash, closed_at: closed, reason }) => ({
      amount: formatAmount(amount), asset: asset.code, issuer: asset.issuer ?? "", from: from ?? "", hash, closed: new Date(closed), reason,
    })),
  });
  let keep = ["no-cache", "max-age=15, stale-while-revalidate=15, stale-if-error=0"];
  if (outcome.status !== "open") keep = ["max-age=60", "max-age=86400, stale-while-revalidate=86400"];
  else if (stands.late || stands.cancelled) keep = ["no-cache", "max-age=5, stale-if-error=0"];
  return html(page, { keep, tag: id }, horizon);
}

const MAX_SILENCE = 15_000; // milliseconds

// opened are open checkouts that were read within the last minute, by their ids.
const opened = new Map();
const OPENED_LIFETIME = 60_000; // milliseconds
const MAX_OPENED = 10_000;

async function openAsRead({ env, id }) {
  const known = opened.get(id);
  return known?.until > Date.now() ? changes(env, known) : null;
}

async function getStatus(call) {
  const { env, config, id } = call;
  const again = await openAsRead(call);
  let standing = again ?? (await publicStanding(call));
  if (!standing) throw notFound("checkout", id);
  const seen = [...standing.seen];
  const outcome = await look(env, config, standing);
  const open = outcome.status === "open";
  const same = standing.seen.length === seen.length && seen.every(({ op }, i) => op === standing.seen[i].op);
  if (open && same && !again) {
    if (opened.size >= MAX_OPENED) opened.clear();
    opened.set(id, { checkout: standing.checkout, seen, until: Date.now() + OPENED_LIFETIME });
  } else if (again && !(open && same)) {
    opened.delete(id);
    const fresh = await publicStanding(call);
    if (fresh) standing = { ...standing, checkout: fresh.checkout };
  }
  const { checkout, cancel } = standing;
  const stands = where(standing, outcome);
  stands.suspended = open && (await isSuspended(env, checkout.merchant));
  const others = outcome.payments.filter(({ reason }) => reason === "wrong_asset");
  const left = Math.ceil((deadlineOf(checkout, cancel) - Date.now()) / 1000);
  const status = {
    status: outcome.status,
    exception: outcome.exception || null,
    amount_received: exact(outcome.received),
    amount_received_decimal: formatAmount(outcome.received),
    amount_due: exact(dueOf(outcome, checkout.amount)),
    amount_due_decimal: formatAmount(dueOf(outcome, checkout.amount)),
    seconds_left: open && !stands.suspended ? Math.max(left, 0) : 0,
    redirect_url: outcome.status === "completed" ? fill(checkout.redirect_url, id) || null : null,
    phase: phaseOf(stands),
    cancelled: stands.cancelled,
    received_other: others.map(({ amount, asset }) => ({
      amount: exact(amount), amount_decimal: formatAmount(amount), asset_code: asset.code, asset_issuer: asset.issuer ?? null,
    })),
    ledger_read_at: open && standing.readAt ? new Date(standing.readAt).toISOString() : null,
    behind: open && Date.now() - (standing.readAt ?? Date.parse(checkout.created_at)) >= MAX_SILENCE,
  };
  return json(status, { keep: ["no-cache", open ? "max-age=1, stale-if-error=0" : "max-age=300"], tag: id });
}

// routes lists [pattern, { method: handler }] pairs.
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
    const kept = handler === getPage || handler === getStatus;
    if (kept && call.search !== "") return { status: 302, type: "text/plain; charset=utf-8", headers: { Location: call.path }, body: "" };
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

async function answer(request, env, { origin, path, search }) {
  const began = Date.now();
  const call = {
    env,
    config: await configOf(env),
    began,
    requestId: newId("req_", began),
    method: request.method,
    headers: request.headers,
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
  const { status = 200, type, keep, tag, headers, body } = made;
  const kept = { "Cache-Control": keep ? keep[0] : "private, no-store" };
  if (keep) kept["Cloudflare-CDN-Cache-Control"] = keep[1];
  if (tag) kept["Cache-Tag"] = tag;
  return { status, body, headers: { ...headers, ...kept, "Request-Id": call.requestId, "Content-Type": type, "X-Content-Type-Options": "nosniff" } };
}

function placeOf(url) {
  const slash = url.indexOf("/", url.indexOf("://") + 3);
  const query = url.indexOf("?", slash);
  const end = query < 0 ? url.length : query;
  return { origin: url.slice(0, slash), path: url.slice(slash, end), search: url.slice(end + 1) };
}

export default {
  async fetch(request, env) {
    const place = placeOf(request.url);
    const made = await answer(request, env, place);
    return new Response(made.body, made);
  },
};
