// Reads the bodies of requests, each for a limited time and all within a limited number of bytes.

import { read } from "./ports.mjs";

const MAX_BODY = 64 * 1024 + 1; // one byte more than is allowed, so that Go can tell
const MAX_DRAIN = 1 << 20; // bytes of a longer body that are let through, so that its sender sees the 413
const MAX_HELD = 16 << 20; // bytes of all bodies that are on their way: an isolate has 128 MB
const TIME_LIMIT = 10_000; // milliseconds, unless BODY_LIMIT_MS says otherwise

export class BodyError extends Error {}
export class TooManyBodies extends Error {}

// arriving has an entry for each body that is being read. An event whose client is gone may end without
// any of its code running again, so an entry counts until its time is over.
const arriving = new Set();
let held = 0;

function release(entry) {
  if (arriving.delete(entry)) held -= entry.size;
}

function hold(size, limit) {
  const now = Date.now();
  if (held + size > MAX_HELD) {
    for (const entry of arriving) if (entry.until < now) release(entry);
    if (held + size > MAX_HELD) throw new TooManyBodies();
  }
  const entry = { size, until: now + limit };
  arriving.add(entry);
  held += size;
  return entry;
}

// bodyOf returns the body, or the beginning of one that is too long; null if there is none. It throws a
// BodyError that may be shown to the client, or TooManyBodies.
export async function bodyOf(request, env) {
  const length = Number(request.headers.get("content-length") ?? NaN);
  const short = length < MAX_BODY; // the runtime lets no more through than was announced
  if (length === 0 || (!short && request.body === null)) return null;
  const limit = Number(env.BODY_LIMIT_MS) || TIME_LIMIT;
  const entry = hold(short ? length : MAX_BODY, limit);
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new BodyError(`The body did not arrive within ${limit / 1000} seconds.`)), limit);
  });
  const body = short ? request.arrayBuffer() : read(request.body, MAX_BODY, MAX_DRAIN);
  try {
    return await Promise.race([body, late]);
  } catch (error) {
    if (error instanceof BodyError) throw error;
    throw new BodyError("The body could not be read to its end."); // its sender may still be there for the answer
  } finally {
    clearTimeout(timer);
    release(entry);
  }
}
