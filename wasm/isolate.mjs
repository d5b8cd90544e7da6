// Manages the instance of the Go program that serves this isolate's events, and replaces it.

import { Ended, Expired, Instance, predictably } from "./instance.mjs";

// The maximum number of concurrent events. Each holds about 40 KB while it waits for KV, and at
// most 0.2 MB with the longest body; an isolate has 128 MB.
const MAX_UNDERWAY = 512;

// An instance is replaced after this many events that never ended, because each keeps its memory.
const MAX_LOST = 32;

// The memory of an instance never shrinks, so an instance with more bytes than this is replaced.
const MAX_MEMORY = 56 << 20;

const GRACE = 1000; // milliseconds that an event's own timer may be late

let program;
let instance = null;
const underway = new Map(); // events by their time limit in milliseconds, oldest first

// Overloaded is thrown when no further event can be served.
export class Overloaded extends Error {
  name = "Overloaded";
}

export { Ended, Expired };

// boot creates the first instance and lets it serve a synthetic request, so that the first real
// request finds its code compiled and its tables initialized. The instance is kept only if it
// needed no I/O, which is not allowed while the module is evaluated.
export function boot(module, env, seed) {
  program = module;
  instance = predictably(seed, () => {
    const first = new Instance(program, env);
    const rehearsal = first.serve(["GET\nhttps://boot.invalid/", null], env, {}, Infinity);
    rehearsal.result.catch(() => {}); // a real request will report the error
    return rehearsal.done && first.ended === null ? first : new Instance(program, env);
  });
}

// run serves an event within limit milliseconds and returns a promise of its reply. fields are its
// message (see instance.mjs). The event stays alive after its client disconnects, so that the work
// it began is completed. If repeatable is true and another event ends the instance, this event is
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
    instance = new Instance(program, env); // the previous instance is freed after its last event
  }
  return instance.serve(fields, env, ctx, limit);
}

function track(event, limit) {
  let events = underway.get(limit);
  if (!events) underway.set(limit, (events = new Set()));
  events.add(event);
}

// forgetLost stops counting events that the platform has ended, whose own timers will never fire.
function forgetLost(events) {
  const now = Date.now() - GRACE;
  for (const event of events) {
    if (event.until > now) return;
    events.delete(event);
    event.instance.forget(event);
  }
}
