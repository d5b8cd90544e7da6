// How much one caller may ask for, before Go wakes. Cloudflare's rate-limiting bindings count, in each data centre for itself; wrangler.toml has
// the numbers, and may leave all of them out.
//
// What Cloudflare answers by itself, from its cache or with a file, never comes here.

import { problem, reply, requestId } from "./problem.mjs";

const PERIOD = 10; // seconds, of every binding; none tells how much of it is left

const KEY = /^sk_(test|live)_[0-9a-f]{64}$/;

// buckets holds the API keys that Go has accepted in this isolate, each with the SHA-256 under which it
// is counted. Only these keys have a limit of their own. All other keys count by address, so that a
// made-up key is not without a limit, and nobody can use up the limit of a key that is not theirs.
const buckets = new Map();
const MAX_BUCKETS = 4096;

// refuse counts a request for a route (undefined: there is none), and returns what to answer if it is one too many; null if it is not.
export async function refuse(request, route, env) {
  const { limit, caller } = countedBy(request, route);
  try {
    if (!env[limit] || (await env[limit].limit({ key: caller })).success) return null;
  } catch (error) {
    console.error(JSON.stringify({ level: "ERROR", msg: "requests are not limited", limit, error: String(error) }));
    return null; // who cannot count lets everybody in
  }
  const id = requestId();
  const wait = { "Retry-After": String(PERIOD) };
  if (route?.page) return reply(id, 429, "text/html; charset=utf-8", page, { ...wait, ...pageHeaders });
  const whose = limit === "KEY_LIMIT" ? "with this API key" : "from this address";
  return problem(id, 429, "rate_limit_error", "rate_limited", `Too many requests ${whose}; try again in ${PERIOD} seconds.`, wait);
}

// learn notes whether Go accepted the key of a request. Only a merchant's route looks at keys.
export async function learn({ headers }, route, status) {
  if (route?.audience !== "merchant") return;
  const key = headers.get("x-api-key");
  if (status === 401) {
    buckets.delete(key);
  } else if (status < 300 && !buckets.has(key) && KEY.test(key)) {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
    buckets.set(key, Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join(""));
    if (buckets.size > MAX_BUCKETS) buckets.delete(buckets.keys().next().value); // it will be learned again
  }
}

// couldBeAuthorized reports whether a request has what its route needs to let it in, as far as that
// shows without looking anything up. The body of one that has not is never read.
export function couldBeAuthorized({ headers }, route) {
  if (route?.audience === "merchant") return KEY.test(headers.get("x-api-key"));
  if (route?.audience === "operator") return headers.has("authorization");
  return true;
}

// countedBy chooses the limit of a request, and the name of its caller in it.
function countedBy({ headers }, route) {
  if (route?.audience !== "merchant") {
    const cheap = route?.audience === "everybody" && route.method === "GET"; // a POST makes a transaction, which reads the ledger
    return { limit: cheap ? "ADDRESS_LIMIT" : "COSTLY_LIMIT", caller: addressOf(headers) };
  }
  const key = headers.get("x-api-key");
  if (buckets.has(key)) return { limit: "KEY_LIMIT", caller: buckets.get(key) };
  return { limit: KEY.test(key) ? "ADDRESS_LIMIT" : "COSTLY_LIMIT", caller: addressOf(headers) };
}

// addressOf is the caller's IPv4 address, or the first 64 bits of an IPv6 one: whoever has one address has all that begin so.
function addressOf(headers) {
  const address = headers.get("cf-connecting-ip") ?? "";
  if (!address.includes(":") || address.includes(".")) return address;
  const [head, tail] = address.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = tail ? Array(Math.max(8 - head.length - tail.length, 0)).fill("0") : [];
  return [...head, ...zeros, ...(tail ?? [])].slice(0, 4).join(":");
}

const page = `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="${PERIOD}">
<title>One moment, please</title>
<style>body { font: 1.125rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 15vh auto; padding: 0 1.25rem } h1 { font-size: 1.5rem; line-height: 1.3 }</style>
<h1>One moment, please</h1>
<p>Many people are asking from where you are. Nothing happened to your payment: this page opens by itself in ${PERIOD} seconds.</p>
`;

const pageHeaders = {
  "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
};
