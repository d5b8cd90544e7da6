// Limits the request rate of each caller before a request reaches Go. Cloudflare's rate-limiting
// bindings count in each data centre separately. wrangler.toml has the numbers; every binding is
// optional.
//
// Responses from Cloudflare's cache and static files do not pass through here.

import { problem, reply, requestId } from "./problem.mjs";
import { BUSY } from "./routes.mjs";

const PERIOD = 10; // seconds, of every binding; a binding does not tell how much of it is left

const KEY = /^sk_(test|live)_[0-9a-f]{64}$/;

// buckets holds the API keys that Go has accepted in this isolate, each with the SHA-256 under
// which it is counted. Only these keys have their own limit. Requests with any other key are
// counted by address, so that made-up keys do not escape the limit and nobody can exhaust the limit
// of another merchant's key.
const buckets = new Map();
const MAX_BUCKETS = 4096;

// refuse counts a request for a route (undefined if there is none). It returns the reply to send if
// the request exceeds its limit, otherwise null.
export async function refuse(request, route, env) {
  const { limit, caller } = countedBy(request, route);
  try {
    if (!env[limit] || (await env[limit].limit({ key: caller })).success) return null;
  } catch (error) {
    console.error(JSON.stringify({ level: "ERROR", msg: "requests are not limited", limit, error: String(error) }));
    return null; // fail open
  }
  const id = requestId();
  const wait = { "Retry-After": String(PERIOD) };
  if (route?.page) return reply(id, 429, "text/html; charset=utf-8", pageFor(request), { ...wait, ...pageHeaders });
  const whose = limit === "KEY_LIMIT" ? "with this API key" : "from this address";
  return problem(id, 429, "rate_limit_error", "rate_limited", `Too many requests ${whose}; try again in ${PERIOD} seconds.`, wait);
}

// learn records whether Go accepted the API key of a request. Only merchant routes read API keys.
export async function learn({ headers }, route, status) {
  if (route?.audience !== "merchant") return;
  const key = headers.get("x-api-key");
  if (status === 401) {
    buckets.delete(key);
  } else if (status < 300 && !buckets.has(key) && KEY.test(key)) {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
    buckets.set(key, Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join(""));
    // A dropped key is learned again with its next request.
    if (buckets.size > MAX_BUCKETS) buckets.delete(buckets.keys().next().value);
  }
}

// needsAdmission reports whether Go must say, before the body of a request is read, that its caller
// may send one. It need not where anybody may, nor for a key that it has accepted here before.
export function needsAdmission({ headers }, route) {
  if (route === undefined || route.audience === "everybody" || route.audience === "guest") return false;
  return !(route.audience === "merchant" && buckets.has(headers.get("x-api-key")));
}

// isConsole reports whether people use a route in the console.
export const isConsole = (route) => route?.audience === "owner" || route?.audience === "guest";

// countedBy returns the rate limit that applies to a request and the caller to count it for.
function countedBy({ headers }, route) {
  if (route?.audience !== "merchant") {
    // A POST builds a transaction, which reads the ledger. Nobody reads the console's pages faster
    // than the lower limit allows, and nobody else tries to sign in so often.
    const cheap = route?.audience === "everybody" && route.method === "GET";
    return { limit: cheap ? "ADDRESS_LIMIT" : "COSTLY_LIMIT", caller: addressOf(headers) };
  }
  const key = headers.get("x-api-key");
  if (buckets.has(key)) return { limit: "KEY_LIMIT", caller: buckets.get(key) };
  return { limit: KEY.test(key) ? "ADDRESS_LIMIT" : "COSTLY_LIMIT", caller: addressOf(headers) };
}

// addressOf returns the caller's IPv4 address, or the first 64 bits of an IPv6 address: a network
// customer usually controls the whole /64.
function addressOf(headers) {
  const address = headers.get("cf-connecting-ip") ?? "";
  if (!address.includes(":") || address.includes(".")) return address;
  const [head, tail] = address.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = tail ? Array(Math.max(8 - head.length - tail.length, 0)).fill("0") : [];
  return [...head, ...zeros, ...(tail ?? [])].slice(0, 4).join(":");
}

// pageFor asks the reader of a page to wait, in their language: that of the address, or the first one
// of the browser that pages are in.
function pageFor({ url, headers }) {
  const accepted = (headers.get("accept-language") ?? "").split(",").map((tag) => tag.trim().split(/[-;]/)[0].toLowerCase());
  const { tag, direction, title, text } = [new URL(url).searchParams.get("lang"), ...accepted].map((tag) => BUSY.find((b) => b.tag === tag)).find(Boolean) ?? BUSY[0];
  return `<!DOCTYPE html>
<html lang="${tag}" dir="${direction}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="${PERIOD}">
<title>${title}</title>
<style>body { font: 1.125rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 15vh auto; padding: 0 1.25rem } h1 { font-size: 1.5rem; line-height: 1.3 }</style>
<h1>${title}</h1>
<p>${text.replace("{s}", PERIOD)}</p>
`;
}

const pageHeaders = {
  "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
};
