// The keys and encodings of the records in KV.

import { exact, parseAmount } from "./amount.js";

const KEEP_AFTER_EXPIRY = 90 * 24 * 3600; // seconds
const MAX_MILLIS = 9_999_999_999_999;

export const expiryOf = (checkout) => Math.floor(Date.parse(checkout.expires_at) / 1000) + KEEP_AFTER_EXPIRY;

export const modeOf = (livemode) => (livemode ? "live" : "test");

export function byMerchantKey(merchant, mode, kind, created, id) {
  return `by-merchant/${merchant}/${mode}/${kind}/${String(MAX_MILLIS - created).padStart(13, "0")}/${id}`;
}

export const muxedKey = (checkout) => `muxed/${checkout.account}/${checkout.muxed}`;

export function openKey(checkout) {
  const due = Math.ceil(Date.parse(checkout.expires_at) / 60_000);
  const created = Math.floor(Date.parse(checkout.created_at) / 60_000);
  const minutes = (n) => String(n).padStart(8, "0");
  return `open/${checkout.mode}/${minutes(due)}/${minutes(created)}/${checkout.account}/${checkout.id}`;
}

// Amounts and operation ids do not fit a double, so they are BigInts here and exact numbers in
// JSON.
const AMOUNTS = new Set(["amount", "received"]);

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

// write stores [key, value, expiration in seconds] entries concurrently.
export async function write(env, ...entries) {
  await Promise.all(entries.map(([key, value, expiration]) => env.KV.put(key, value, expiration ? { expiration } : undefined)));
}
