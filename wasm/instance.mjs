// One instance of the Go program: its memory, its clock, its source of random values, and the events that it serves.

import "./wasm_exec.js"; // defines globalThis.Go
import { bound, encoded, kept, lines, text, write } from "./message.mjs";
import { claim, failed, perform } from "./ports.mjs";

// Random values must not be asked for while the module is evaluated, which is when the first instance boots. What the Go
// runtime takes at boot, the seeds of its hash maps and of math/rand, comes from this generator (xorshift), seeded at
// build time: it is predictable, and good enough for them. Nothing secret comes from there: crypto/rand keeps no state in Go
// (crypto/internal/sysrand asks for every byte when it is wanted, outside of FIPS mode, which must stay off). The generator
// exists only while predictably runs, so every event has crypto.getRandomValues, of whatever kind it is.
let seed = null;

// predictably calls boot, which must not wait for anything, with random values made from four 32-bit words.
export function predictably(words, boot) {
  seed = new Uint32Array(words);
  try {
    return boot();
  } finally {
    seed = null;
  }
}

function fillRandom(bytes) {
  if (seed === null) {
    crypto.getRandomValues(bytes); // Go asks for at most the 65,536 bytes that this allows
    return;
  }
  for (let i = 0; i < bytes.length; i++) {
    const [x, y, z, w] = seed;
    const t = x ^ (x << 11);
    seed.set([y, z, w, w ^ (w >>> 19) ^ t ^ (t >>> 8)]);
    bytes[i] = seed[3] >>> 24;
  }
}

// The monotonic clock, in milliseconds. While the module is evaluated Date.now() is 0, which the Go runtime takes for a
// broken clock; afterwards it is the time of the last I/O. Go asks for it at every turn of its scheduler, so it is split into words
// only when it has moved on.
const clock = { now: 0, low: 0, high: 0 };

function readClock() {
  const now = Math.max(clock.now, Date.now(), 1);
  if (now === clock.now) return;
  clock.now = now;
  clock.high = Math.floor((now * 1e6) / 2 ** 32);
  clock.low = now * 1e6 - clock.high * 2 ** 32;
}

// An isolate has 128 MB. An instance that takes more than MAX_MEMORY bytes ends before Cloudflare ends the isolate, since its requests can then
// still be answered.
const MAX_MEMORY = 96 << 20;

const TICK = 4; // milliseconds; see #tick

// Ended is why events fail whose instance is no more. Go ran for the culprit when that happened.
export class Ended extends Error {
  name = "Ended";

  constructor(message, culprit) {
    super(message);
    this.culprit = culprit;
  }
}

// Expired is why an event fails that did not end in time.
export class Expired extends Error {
  name = "Expired";
}

export class Instance {
  #go = new Go();
  #exports;
  #events = []; // by slot
  #free = []; // slots
  #current = null; // the event in which Go runs
  #culprit = null; // the one in which it ended
  #inbox = { at: 0, room: 0 }; // where Go expects messages
  #large = null; // the fields of a message that the inbox has no room for
  #timers = 0;
  #view = new Uint8Array(0); // of the whole memory
  #header = new Int32Array(0); // of the inbox: slot and size

  ended = null; // why; null while it lives
  underway = 0; // events that are served
  lost = 0; // events that were given up and are still waiting in Go, and fibers that cannot be used again

  // context is what syumai/workers binds to while the program boots.
  context = { env: {}, ctx: {}, binding: {} };

  constructor(program, env) {
    const go = this.#go;
    this.context.env = env;
    go._resolveExitPromise = () => {}; // exit tells, and within the event that it happens in
    go.exit = (code) => this.#end(`the Go program exited with code ${code}`);
    const resetView = go.importObject.gojs["runtime.resetMemoryDataView"];
    Object.assign(go.importObject.gojs, {
      "runtime.resetMemoryDataView": (sp) => {
        resetView(sp);
        if (go.mem.buffer.byteLength > MAX_MEMORY) throw new Error(`the Go program needs more than ${MAX_MEMORY} bytes`);
      },
      "runtime.getRandomData": (sp) => {
        fillRandom(this.#bytes(go.mem.getUint32(sp + 8, true), go.mem.getUint32(sp + 16, true)));
      },
      "runtime.nanotime1": (sp) => {
        readClock();
        go.mem.setUint32(sp + 8, clock.low, true);
        go.mem.setUint32(sp + 12, clock.high, true);
      },
      "runtime.walltime": (sp) => {
        const now = Date.now();
        go.mem.setUint32(sp + 8, now / 1000, true);
        go.mem.setUint32(sp + 12, now / 1000 / 2 ** 32, true);
        go.mem.setInt32(sp + 16, (now % 1000) * 1e6, true);
      },
      // Go's timers have none of JavaScript's, which would belong to whatever event Go runs in. An event that waits for one ticks.
      "runtime.scheduleTimeoutEvent": (sp) => go.mem.setInt32(sp + 16, ++this.#timers, true),
      "runtime.clearTimeoutEvent": () => {},
    });
    go.importObject.workers = { ready() {} };
    go.importObject.edge = {
      inbox: (at, room) => {
        this.#inbox = { at, room };
      },
      take: (p) => {
        write(this.#large, this.#memory(), p);
        this.#large = null;
      },
      call: (slot, p, size) => this.#within(slot, this.#bytes(p, size), (event, message) => this.#call(event, message)),
      respond: (slot, status, head, headSize, body, bodySize) => {
        const pairs = lines(this.#bytes(head, headSize)); // alternating names and values
        const headers = {};
        const more = []; // what an object cannot hold: names that are there twice
        for (let i = 0; i + 1 < pairs.length; i += 2) {
          if (headers[pairs[i]] === undefined) headers[pairs[i]] = pairs[i + 1];
          else more.push([pairs[i], pairs[i + 1]]);
        }
        const reply = { status, headers, more, body: kept(this.#bytes(body, bodySize)) };
        this.#within(slot, reply, (event) => this.#finish(event, null, reply));
      },
      fail: (slot, p, size) => {
        const error = new Error(text(this.#bytes(p, size)));
        this.#within(slot, error, (event) => this.#finish(event, error));
      },
      claim: (p, size, window) => Number(claim(text(this.#bytes(p, size)), window)),
      log: (slot, p, size) => {
        const line = text(this.#bytes(p, size));
        if (slot < 0) console.log(line);
        else this.#within(slot, line, () => console.log(line));
      },
    };
    const instance = new WebAssembly.Instance(program, go.importObject);
    this.#exports = instance.exports;
    // Packages of syumai/workers look for globalThis.context while they are initialised, which run does before it
    // returns; no other instance can see this one's.
    globalThis.context = this.context;
    go.run(instance).catch((error) => this.#end(String(error)));
    delete globalThis.context;
  }

  // memory is the size of the instance in bytes; it never shrinks.
  get memory() {
    return this.#memory().length;
  }

  // serve begins an event; fields are its message, whose first line is its kind or its method. It returns the event, whose result is a promise of
  // a reply (see problem.mjs), and fails with Ended or Expired, or with what went wrong in Go. Whatever is done for an event is done within it:
  // the platform binds each promise, timer and stream to the event that made it.
  serve(fields, env, ctx, limit) {
    const { promise: result, resolve, reject } = Promise.withResolvers();
    const slot = this.#free.pop() ?? this.#events.length;
    const event = {
      instance: this, result, resolve, reject, slot, env, ctx,
      until: Date.now() + limit, // when it is given up
      over: false, // its result is known
      waits: false, // for an operation of the platform
      done: false, // Go is done with it
      drifts: false, // see #tick
      later: [], // what Go asked for on its behalf in the time of another event
      timer: undefined,
    };
    this.#events[slot] = event;
    this.underway++;
    this.#run(event, fields, this.#exports.begin);
    if (!event.over && limit < Infinity) {
      event.timer = setTimeout(() => this.expire(event), limit);
    }
    return event;
  }

  // expire gives an event up; Go may go on with it.
  expire(event) {
    if (event.over) return;
    if (this.ended === null) this.#conclude(event, new Expired("there was no answer in time"));
    else this.#look(event);
  }

  // #run has Go serve an event, or go on with it, until it waits or is done.
  #run(event, fields, enter) {
    this.#current = event;
    try {
      this.#hand(event.slot, fields);
      enter();
    } catch (error) {
      this.#end(String(error)); // a trap or an exhausted stack leaves the program in no known state
    }
    this.#current = null;
    this.#look(event);
  }

  // #look decides how an event goes on after Go ran for it.
  #look(event) {
    if (event.over || event.done) return;
    if (this.ended !== null) this.#conclude(event, new Ended(this.ended, event === this.#culprit));
    else if (!event.waits) this.#tick(event);
  }

  // #tick lets the Go scheduler run, again and again, for an event that waits neither for the platform nor is done: its handler sleeps or
  // waits for another goroutine. It does so within the event. What goroutines ask for in the time of another event waits until then.
  #tick(event) {
    event.drifts = true;
    setTimeout(() => {
      if (event.over || this.ended !== null) return this.#look(event);
      this.#current = event;
      try {
        for (const task of event.later.splice(0)) task();
        if (!event.done && !event.waits) {
          this.#exports.interrupt();
          this.#go._resume();
        }
      } catch (error) {
        this.#end(String(error));
      }
      this.#current = null;
      this.#look(event);
    }, TICK);
  }

  // #within does a task now if Go runs in the event that the task is for, else when that one ticks next.
  #within(slot, value, task) {
    const event = this.#events[slot];
    if (event === this.#current) return task(event, value);
    if (value instanceof Uint8Array) value = value.slice(); // Go's memory
    event.later.push(() => task(event, value));
  }

  // #call performs an operation. The message is Go's memory: a port copies what it needs after it has waited for anything.
  async #call(event, message) {
    event.waits = true;
    let answer;
    try {
      answer = await perform(message, event.env, event.ctx);
    } catch (error) {
      answer = failed(error);
    }
    event.waits = false;
    if (this.ended !== null) return this.#look(event);
    this.#run(event, answer, this.#exports.settle);
  }

  // #finish is Go's word that it is done with an event.
  #finish(event, error, reply) {
    event.done = true;
    if (!event.drifts) this.#free.push(event.slot);
    if (!event.over) this.#conclude(event, error, reply);
    else if (!event.drifts) this.lost--; // it was given up, and its fiber is free again after all
  }

  // #conclude settles an event's result.
  #conclude(event, error, reply) {
    event.over = true;
    clearTimeout(event.timer);
    this.underway--;
    if (!event.done || event.drifts) this.lost++;
    if (error) event.reject(error);
    else event.resolve(reply);
  }

  // forget takes an event out of the count whose client or platform ended it, so that nothing in it will ever run again.
  forget(event) {
    if (event.over) return;
    event.over = true;
    this.underway--;
    this.lost++;
  }

  // #hand puts a message where Go looks for it: the fields of a new event, or the result of a call.
  #hand(slot, fields) {
    const { at, room } = this.#inbox;
    const inbox = this.#bytes(at, room);
    if (this.#header.length === 0) this.#header = new Int32Array(inbox.buffer, at, 2);
    this.#header[0] = slot;
    if (bound(fields) <= room - 8) {
      this.#header[1] = write(fields, inbox, 8) - 8;
      return;
    }
    const exact = encoded(fields);
    const size = bound(exact);
    this.#header[1] = size;
    if (size <= room - 8) write(exact, inbox, 8);
    else this.#large = exact;
  }

  // #end notes that the instance is no more. Each event finds that out by itself, since none may settle the promise of another.
  #end(reason) {
    if (this.ended !== null) return;
    this.ended = reason;
    this.#culprit = this.#current;
  }

  #bytes(p, size) {
    return this.#memory().subarray(p, p + size);
  }

  #memory() {
    if (this.#view.length === 0) {
      this.#view = new Uint8Array(this.#exports.mem.buffer); // memory that has grown is another buffer
      this.#header = new Int32Array(0);
    }
    return this.#view;
  }
}
