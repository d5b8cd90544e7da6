// An instance of the Go program: its memory, its clock, its random values, and the events it
// serves.

import "./wasm_exec.js"; // defines globalThis.Go
import { bound, encoded, kept, lines, text, write } from "./message.mjs";
import { claim, failed, perform, reuse } from "./ports.mjs";

// Workers may not generate random values while the module is evaluated, and the first instance
// boots then. At boot the Go runtime needs seeds for its hash maps and for math/rand. They come
// from this generator (xorshift), which is seeded at build time: its output is predictable, which
// is good enough for them. Secrets never come from it: crypto/rand keeps no state in Go, because
// crypto/internal/sysrand requests every byte when it is needed. That holds only outside of FIPS
// mode, which must stay off. The generator exists only while predictably runs, so every event gets
// its random values from crypto.getRandomValues.
let seed = null;

// predictably calls boot with random values generated from four 32-bit words. boot must be
// synchronous.
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
    crypto.getRandomValues(bytes); // Go requests at most the 65,536 bytes that this allows
    return;
  }
  for (let i = 0; i < bytes.length; i++) {
    const [x, y, z, w] = seed;
    const t = x ^ (x << 11);
    seed.set([y, z, w, w ^ (w >>> 19) ^ t ^ (t >>> 8)]);
    bytes[i] = seed[3] >>> 24;
  }
}

// The monotonic clock, in milliseconds. While the module is evaluated, Date.now() is 0, which the
// Go runtime takes for a broken clock; afterwards it is the time of the last I/O. The Go scheduler
// reads the clock in every iteration, so the time is split into words only when it has changed.
const clock = { now: 0, low: 0, high: 0 };

function readClock() {
  const now = Math.max(clock.now, Date.now(), 1);
  if (now === clock.now) return;
  clock.now = now;
  clock.high = Math.floor((now * 1e6) / 2 ** 32);
  clock.low = now * 1e6 - clock.high * 2 ** 32;
}

// An isolate has 128 MB. An instance that grows beyond MAX_MEMORY bytes is ended before Cloudflare
// ends the isolate, because its requests can then still be answered.
const MAX_MEMORY = 96 << 20;

const TICK = 4; // milliseconds; see #tick

// Ended is the error of events whose instance has ended. culprit is true for the event that Go was
// serving at that moment.
export class Ended extends Error {
  name = "Ended";

  constructor(message, culprit) {
    super(message);
    this.culprit = culprit;
  }
}

// Expired is the error of an event that did not end in time.
export class Expired extends Error {
  name = "Expired";
}

export class Instance {
  #go = new Go();
  #exports;
  #events = []; // by slot
  #free = []; // slots
  #current = null; // the event that Go is serving
  #culprit = null; // the event that Go was serving when the instance ended
  #inbox = { at: 0, room: 0 }; // where in memory Go expects messages
  #large = null; // the fields of a message that does not fit into the inbox
  #timers = 0;
  #view = new Uint8Array(0); // the whole memory
  #header = new Int32Array(0); // the inbox's header: slot and size

  ended = null; // the reason why the instance ended; null while it runs
  underway = 0; // events being served
  // Events that were given up and are still waiting in Go, and fibers that cannot be reused.
  lost = 0;

  // context is what syumai/workers uses as its runtime context while the program boots.
  context = { env: {}, ctx: {}, binding: {} };

  constructor(program, env) {
    const go = this.#go;
    this.context.env = env;
    go._resolveExitPromise = () => {}; // exit reports the end, during the event that caused it
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
      // Go's timers use no JavaScript timers, which would belong to whichever event Go is serving.
      // An event that waits for a Go timer is ticked instead.
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
        const more = []; // headers whose name occurs more than once, which an object cannot hold
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
    // Packages of syumai/workers read globalThis.context when they are initialized, which happens
    // before run returns. Other instances never see it.
    globalThis.context = this.context;
    go.run(instance).catch((error) => this.#end(String(error)));
    delete globalThis.context;
  }

  // memory is the size of the instance's memory in bytes. It never shrinks.
  get memory() {
    return this.#memory().length;
  }

  // serve begins an event. fields are its message, whose first line is the event's kind or, for a
  // request, its method. It returns the event, whose result is a promise of a reply (see
  // problem.mjs) that rejects with Ended, Expired or the error of the Go program. All work for an
  // event is done within it, because the platform binds each promise, timer and stream to the event
  // that created it.
  serve(fields, env, ctx, limit) {
    const { promise: result, resolve, reject } = Promise.withResolvers();
    const slot = this.#free.pop() ?? this.#events.length;
    const event = {
      instance: this, result, resolve, reject, slot, env, ctx,
      until: Date.now() + limit, // when it is given up
      over: false, // its result is settled
      waits: false, // it waits for an operation of the platform
      done: false, // Go has finished it
      drifts: false, // see #tick
      later: [], // calls that Go made for it while serving another event
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

  // expire gives up an event. Go may continue with it.
  expire(event) {
    if (event.over) return;
    if (this.ended === null) this.#conclude(event, new Expired("there was no answer in time"));
    else this.#look(event);
  }

  // #run lets Go begin or continue an event, until the event waits or is done.
  #run(event, fields, enter) {
    this.#current = event;
    try {
      this.#hand(event.slot, fields);
      enter();
    } catch (error) {
      this.#end(String(error)); // after a trap or a stack overflow the program's state is unknown
    }
    this.#current = null;
    this.#look(event);
  }

  // #look decides how an event continues after Go has run for it.
  #look(event) {
    if (event.over || event.done) return;
    if (this.ended !== null) this.#conclude(event, new Ended(this.ended, event === this.#culprit));
    else if (!event.waits) this.#tick(event);
  }

  // #tick runs the Go scheduler repeatedly for an event that is neither done nor waiting for the
  // platform: its handler sleeps or waits for another goroutine. It runs within the event. Calls
  // that goroutines made for it during another event are deferred until then.
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

  // #within runs a task now if Go is serving the task's event, otherwise at that event's next tick.
  #within(slot, value, task) {
    const event = this.#events[slot];
    if (event === this.#current) return task(event, value);
    if (value instanceof Uint8Array) value = value.slice(); // a view of Go's memory
    event.later.push(() => task(event, value));
  }

  // #call performs an operation. The message is a view of Go's memory, so a port must copy what it
  // needs after its first await.
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
    reuse(answer);
  }

  // #finish is called when Go is done with an event.
  #finish(event, error, reply) {
    event.done = true;
    if (!event.drifts) this.#free.push(event.slot);
    if (!event.over) this.#conclude(event, error, reply);
    else if (!event.drifts) this.lost--; // it was given up, but its fiber is free again
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

  // forget stops counting an event that its client or the platform has ended, so that none of its
  // code will run again.
  forget(event) {
    if (event.over) return;
    event.over = true;
    this.underway--;
    this.lost++;
  }

  // #hand writes a message to Go's inbox: the fields of a new event, or the result of a call.
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

  // #end records that the instance has ended. Each event checks for that itself, because no event
  // may settle the promise of another.
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
      this.#view = new Uint8Array(this.#exports.mem.buffer); // growth replaces the buffer
      this.#header = new Int32Array(0);
    }
    return this.#view;
  }
}
