// The instance of the Go program that serves the events of this isolate, and what replaces it.

import { Ended, Expired, Instance, predictably } from "./instance.mjs";

// How many events are served at once. Each holds some 40 KB while it waits for KV, and at most 0.2 MB with the longest body; an isolate has 128 MB.
const MAX_UNDERWAY = 512;

// An instance is replaced when so many of its events never came to an end: each keeps what it holds in memory.
const MAX_LOST = 32;

// An instance never gives memory back. One that once held much is replaced when it has more bytes than this.
const MAX_MEMORY = 56 << 20;

const GRACE = 1000; // milliseconds that an event may be late to notice that its time is over

let program;
let instance = null;
const underway = new Map(); // events by their limit in milliseconds, oldest first

// Overloaded is thrown when no further event can be served.
export class Overloaded extends Error {
  name = "Overloaded";
}

export { Ended, Expired };

// boot makes the first instance, and has it answer a request that nobody sent and whose answer nobody gets: the first real one then finds its code
// compiled and its tables filled. It counts only if it needed no I/O, which is not allowed while the module is evaluated.
export function boot(module, env, seed) {
  program = module;
  instance = predictably(seed, () => {
    const first = new Instance(program, env);
    const rehearsal = first.serve(["GET\nhttps://boot.invalid/", null], env, {}, Infinity);
    rehearsal.result.catch(() => {}); // the first real request finds out
    return rehearsal.done && first.ended === null ? first : new Instance(program, env);
  });
}

// run serves an event within limit milliseconds, and returns a promise of its reply. fields are its message (see instance.mjs). The event stays alive
// until then also when its client leaves: what was begun is finished. If repeatable is set and the instance ends because of another event, it is
// served once more.
export function run(fields, env, ctx, limit, repeatable) {
  const event = begin(fields, env, ctx, limit);
  if (event.over) return event.result;
  return finish(event, fields, env, ctx, limit, repeatable);
}

async function finish(event, fields, env, ctx, limit, repeatable) {
  track(event, limit);
  ctx.waitUntil(event.result.catch(() => {}));
  try {
    return await event.result;
  } catch (error) {
    if (!repeatable || !(error instanceof Ended) || error.culprit) throw error;
    return run(fields, env, ctx, limit, false);
  } finally {
    underway.get(limit).delete(event);
  }
}

function begin(fields, env, ctx, limit) {
  let count = 0;
  for (const events of underway.values()) {
    forgetLost(events);
    count += events.size;
  }
  if (count >= MAX_UNDERWAY) throw new Overloaded(`${count} events are under way`);
  if (instance === null || instance.ended !== null || instance.lost >= MAX_LOST || instance.memory > MAX_MEMORY) {
    instance = new Instance(program, env); // the one before ends with the last of its events
  }
  return instance.serve(fields, env, ctx, limit);
}

function track(event, limit) {
  let events = underway.get(limit);
  if (!events) underway.set(limit, (events = new Set()));
  events.add(event);
}

// forgetLost stops counting events that the platform ended: they do not even notice that their time is over.
function forgetLost(events) {
  const now = Date.now() - GRACE;
  for (const event of events) {
    if (event.until > now) return;
    events.delete(event);
    event.instance.forget(event);
  }
}
