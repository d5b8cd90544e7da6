// Under which keys KV holds what, and in which form.

import { exact, parseAmount } from "./amount.js";

const KEEP_AFTER_EXPIRY = 90 * 24 * 3600; // seconds
const MAX_MILLIS = 9_999_999_999_999;

export const expiryOf = (session) => Math.floor(Date.parse(session.expires_at) / 1000) + KEEP_AFTER_EXPIRY;

export const modeOf = (livemode) => (livemode ? "live" : "test");

export function byMerchantKey(merchant, mode, kind, created, id) {
  return `by-merchant/${merchant}/${mode}/${kind}/${String(MAX_MILLIS - created).padStart(13, "0")}/${id}`;
}

export function openKey(session) {
  const due = Math.ceil(Date.parse(session.expires_at) / 60_000);
  const created = Math.floor(Date.parse(session.created_at) / 60_000);
  const minutes = (n) => String(n).padStart(8, "0");
  return `open/${minutes(due)}/${minutes(created)}/${session.mode}/${session.account}/${session.id}`;
}

// Amounts and operation ids do not fit a double: they are BigInts here and exact numbers in JSON.
const AMOUNTS = new Set(["amount", "received", "price"]);

export function decode(text) {
  if (text === null) return null;
  return JSON.parse(text, (name, value, { source }) => {
    if (typeof value !== "number") return value;
    if (AMOUNTS.has(name)) return parseAmount(source);
    return name === "op" ? BigInt(source) : value;
  });
}

export function encode(record) {
  return JSON.stringify(record, (name, value) => {
    if (typeof value !== "bigint") return value;
    return AMOUNTS.has(name) ? exact(value) : JSON.rawJSON(String(value));
  });
}

export async function read(env, ...keys) {
  if (keys.length === 1) return [decode(await env.KV.get(keys[0]))];
  const values = await env.KV.get(keys);
  return keys.map((key) => decode(values.get(key)));
}

// remembering reads keys as one operation, and returns an env whose KV knows them.
export async function remembering(env, keys) {
  const known = keys.length === 0 ? new Map() : keys.length === 1 ? new Map([[keys[0], await env.KV.get(keys[0])]]) : await env.KV.get(keys);
  const KV = {
    get(asked) {
      if (!Array.isArray(asked)) return known.has(asked) ? known.get(asked) : env.KV.get(asked);
      return asked.every((key) => known.has(key)) ? known : env.KV.get(asked);
    },
    put: (...args) => env.KV.put(...args),
  };
  return { ...env, KV };
}

// write stores [key, value, expiration in seconds] entries at the same time.
export async function write(env, ...entries) {
  await Promise.all(entries.map(([key, value, expiration]) => env.KV.put(key, value, expiration ? { expiration } : undefined)));
}
