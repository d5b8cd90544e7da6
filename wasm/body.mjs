// Reads request bodies. The time for each body and the memory for all of them are limited.

import { read } from "./ports.mjs";

const MAX_BODY = 64 * 1024 + 1; // one byte over the limit, so that Go can detect a longer body
// Bytes to read and discard beyond MAX_BODY, so that the client sees the 413 response.
const MAX_DRAIN = 1 << 20;
const MAX_HELD = 16 << 20; // bytes of all bodies being read; an isolate has 128 MB
const TIME_LIMIT = 10_000; // milliseconds; BODY_LIMIT_MS overrides it

export class BodyError extends Error {}
export class TooManyBodies extends Error {}

// arriving has an entry for each body that is being read. If a client disconnects, the event may
// end without running any more of its code, so an entry counts until its time limit has passed.
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

// bodyOf returns the body, or the beginning of one that is too long, or null if there is none. It
// throws a BodyError, whose message may be shown to the client, or TooManyBodies.
export async function bodyOf(request, env) {
  const length = Number(request.headers.get("content-length") ?? NaN);
  const short = length < MAX_BODY; // the runtime delivers no more than Content-Length
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
    // The client may still be connected and read the answer.
    throw new BodyError("The body could not be read to its end.");
  } finally {
    clearTimeout(timer);
    release(entry);
  }
}
