// Remembers for seconds: values in the edge cache, claims in the isolate.

const urlOf = (key) => `https://recent.invalid/${encodeURIComponent(key)}`;

export async function recall(key) {
  const kept = await caches.default.match(urlOf(key));
  return kept ? kept.text() : null;
}

export async function keep(key, value, seconds) {
  await caches.default.put(urlOf(key), new Response(value, { headers: { "Cache-Control": `public, s-maxage=${seconds}` } }));
}

const claims = new Map();
const MAX_CLAIMS = 4096;

// claim returns true to one caller of this isolate in every window, in milliseconds.
export function claim(key, window) {
  const now = Date.now();
  if (claims.get(key) > now) return false;
  claims.delete(key);
  claims.set(key, now + window);
  if (claims.size > MAX_CLAIMS) claims.delete(claims.keys().next().value);
  return true;
}
