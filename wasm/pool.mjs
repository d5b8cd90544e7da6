// The pool of Go instances. One job at a time owns an instance, so that no I/O object of one event is ever touched by
// another; a job that does not need to wait costs no boot, no timer and no promise of the runtime's.

import { Instance } from "./instance.mjs";

// Instances at the same time, idle or busy. A busy one holds some 11 MB, and an isolate has 128 MB; requests beyond wait.
const MAX_INSTANCES = 8;
const MAX_IDLE_MEMORY = 96 << 20; // bytes; an instance never shrinks, so one that once held much is not kept
const MAX_WAIT = 10_000; // milliseconds until a request that waits is turned away
const POLL = 4; // milliseconds; to be woken by another request is what the runtime does not allow

const idle = [];
const busy = new Map(); // instances that are owned, and when they must be back
let program;

// Overloaded is thrown when no instance became free in time.
export class Overloaded extends Error {
  name = "Overloaded";
}

// boot makes the first instance, and has it answer a request that nobody sent and whose answer nobody gets: the first
// real one then finds its code compiled and its tables filled. Only an answer that needs no I/O counts, since none is
// allowed yet; what is random in it is predictable (see instance.mjs) and gone with it.
export function boot(module, env) {
  program = module;
  const instance = new Instance(program, env);
  const rehearsal = instance.fetch({ method: "GET", url: "https://boot.invalid/", headers: [], body: null }, env, {}, Infinity);
  rehearsal.result.catch(() => {}); // the first real request finds out
  give(rehearsal.over ? instance : new Instance(program, env));
}

// run has an instance do a job, which start begins within limit milliseconds, and returns the job's result. The event
// stays alive until the instance is back, also when its client leaves: what was begun is finished.
export function run(start, limit, env, ctx) {
  const until = Date.now() + limit + 1000;
  const instance = idle.pop();
  if (instance === undefined) return wait(until, env).then((free) => lend(free, start, ctx));
  busy.set(instance, until);
  return lend(instance, start, ctx);
}

function lend(instance, start, ctx) {
  const job = start(instance);
  if (job.over) give(instance);
  else ctx.waitUntil(job.finished.then(() => give(instance)));
  return job.result;
}

// wait returns an instance that is busy from then on.
async function wait(until, env) {
  for (const giveUp = Date.now() + MAX_WAIT; Date.now() < giveUp; await scheduler.wait(POLL)) {
    if (idle.length === 0 && occupied() >= MAX_INSTANCES) continue;
    const instance = idle.pop() ?? new Instance(program, env);
    busy.set(instance, until);
    return instance;
  }
  throw new Overloaded(`${MAX_INSTANCES} instances are busy`);
}

// occupied counts the instances that are owned, and forgets those whose event was ended before they could come back.
function occupied() {
  const now = Date.now();
  for (const [instance, until] of busy) if (until < now) busy.delete(instance);
  return busy.size;
}

function give(instance) {
  busy.delete(instance);
  if (instance.dead) return;
  let memory = instance.memory;
  for (const other of idle) memory += other.memory;
  if (idle.length < MAX_INSTANCES && memory <= MAX_IDLE_MEMORY) idle.push(instance);
}
