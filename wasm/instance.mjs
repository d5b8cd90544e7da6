// One instance of the Go program: its memory, its clock and timers, its source of random values, and the job at hand.

import "./wasm_exec.js"; // defines globalThis.Go
import { bound, kept, lines, pack, text, write } from "./message.mjs";
import { claim, failed, perform } from "./ports.mjs";

// Random values must not be asked for while the module is evaluated, which is when the first instance boots. Until
// the first event they come from this generator (xorshift), seeded at build time: predictable, and good enough for
// what the Go runtime takes at boot, the seeds of its hash maps and of math/rand. Nothing secret comes from there:
// crypto/rand keeps no state in Go (crypto/internal/sysrand asks for every byte when it is wanted, outside of FIPS
// mode, which must stay off), so that from the first event on each of its bytes is made by crypto.getRandomValues.
let seed = null;

export function predictableUntilFirstEvent(words) {
  seed = new Uint32Array(words);
}

export function randomFromNowOn() {
  seed = null;
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

export class Instance {
  #go = new Go();
  #exports;
  #job = null; // see #start
  #inbox = { at: 0, room: 0 }; // where Go expects messages
  #arrived = { id: 0, size: 0, large: null }; // the newest one, and itself if there is no room for it
  #timer = null; // Go's wake-up: { id, due, handle }
  #timers = 0;
  #view = new Uint8Array(0); // of the whole memory
  dead = false;

  // context is what syumai/workers binds to: environment, execution context, and the handlers that Go registers.
  context = { env: {}, ctx: {}, binding: {} };

  constructor(program, env) {
    const go = this.#go;
    this.context.env = env;
    go._resolveExitPromise = () => {}; // exit tells, and within the request that it happens in
    go.exit = (code) => this.#die(new Error(`the Go program exited with code ${code}`));
    Object.assign(go.importObject.gojs, {
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
      "runtime.scheduleTimeoutEvent": (sp) => {
        this.#timer = { id: ++this.#timers, due: Date.now() + Number(go.mem.getBigInt64(sp + 8, true)) };
        if (this.#job) this.#arm();
        go.mem.setInt32(sp + 16, this.#timers, true);
      },
      "runtime.clearTimeoutEvent": (sp) => {
        if (this.#timer?.id !== go.mem.getInt32(sp + 8, true)) return;
        clearTimeout(this.#timer.handle);
        this.#timer = null;
      },
    });
    go.importObject.workers = { ready() {} };
    go.importObject.edge = {
      inbox: (at, room) => {
        this.#inbox = { at, room };
      },
      arrived: () => this.#arrived.id,
      size: () => this.#arrived.size,
      take: (p) => this.#bytes(p, this.#arrived.size).set(this.#arrived.large),
      call: (id, p, size) => this.#call(id, this.#bytes(p, size)),
      respond: (status, head, headSize, body, bodySize) => {
        const pairs = lines(this.#bytes(head, headSize)); // a name, its value, the next name, …
        const headers = {};
        const more = []; // what an object cannot hold: names that are there twice
        for (let i = 0; i + 1 < pairs.length; i += 2) {
          if (headers[pairs[i]] === undefined) headers[pairs[i]] = pairs[i + 1];
          else more.push([pairs[i], pairs[i + 1]]);
        }
        this.#job.resolve({ status, headers, more, body: kept(this.#bytes(body, bodySize)) });
      },
      fail: (p, size) => this.#job.reject(new Error(text(this.#bytes(p, size)) || "aborted")),
      done: () => {
        this.#job.done = true;
        this.#finish();
      },
      claim: (p, size, window) => Number(claim(text(this.#bytes(p, size)), window)),
      now: () => Date.now(),
      log: (p, size) => console.log(text(this.#bytes(p, size))),
    };
    const instance = new WebAssembly.Instance(program, go.importObject);
    this.#exports = instance.exports;
    // Packages of syumai/workers look for globalThis.context while they are initialised, which run does before it
    // returns; no other instance can see this one's.
    globalThis.context = this.context;
    go.run(instance).catch((error) => this.#die(error));
    delete globalThis.context;
  }

  // memory is the size of the instance in bytes; it never shrinks.
  get memory() {
    return this.#memory().length;
  }

  // fetch passes a request to Go; headers has names and values by turns. See #start for what comes back; the result is a reply (see problem.mjs).
  fetch({ method, url, headers, body }, env, ctx, limit) {
    return this.#start(env, ctx, limit, (job) => {
      this.#hand(0, [[method, url, ...headers].join("\n"), body]);
      this.#exports.begin();
      this.#wake(job);
    });
  }

  // scheduled runs the cron's task. See #start for what comes back; there is no result.
  scheduled(event, env, ctx, limit) {
    return this.#start(env, ctx, limit, (job) => {
      this.context.binding.runScheduler(event).then(job.resolve, job.reject);
    });
  }

  // #start begins a job. Its promise result is what the job is for, and fails if the job does. Its promise finished is
  // fulfilled when nothing is left to do on its behalf, at the latest when limit (milliseconds) has passed; over says
  // whether that is so already, as it mostly is when no I/O was needed.
  #start(env, ctx, limit, begin) {
    const { promise: result, resolve, reject } = Promise.withResolvers();
    const { promise: finished, resolve: finish } = Promise.withResolvers();
    const job = { result, finished, over: false, resolve, reject, finish, calls: 0, done: false, limit: undefined };
    this.#job = job;
    this.context.env = env;
    this.context.ctx = ctx;
    this.#enter(() => {
      if (this.#timer) this.#arm();
      begin(job);
    });
    if (!job.over && limit < Infinity) {
      job.limit = setTimeout(() => this.#die(new Error(`no answer within ${limit} ms`)), limit);
    }
    return job;
  }

  // #finish ends the job when Go has said that it is done and no operation is under way any more, since what comes back
  // later must not find the instance working for somebody else.
  #finish() {
    const job = this.#job;
    if (!this.dead && !(job.done && job.calls === 0)) return;
    clearTimeout(job.limit);
    clearTimeout(this.#timer?.handle); // a timer belongs to the request that armed it; the next one arms it again
    this.#job = null;
    job.over = true;
    job.finish();
  }

  // #call performs an operation. The message is Go's memory: a port copies what it needs after it has waited for anything.
  async #call(id, message) {
    const job = this.#job;
    job.calls++;
    let answer;
    try {
      answer = await perform(message, this.context.env);
    } catch (error) {
      answer = failed(error);
    }
    job.calls--;
    if (this.dead) return;
    this.#enter(() => {
      this.#hand(id, answer);
      this.#exports.settle();
      this.#wake(job);
    });
    if (this.#job === job) this.#finish();
  }

  // #hand puts a message where Go looks for it: the arguments of a job (id 0), or the result of a call.
  #hand(id, fields) {
    const { at, room } = this.#inbox;
    const inbox = this.#bytes(at, room);
    if (bound(fields) <= room) {
      this.#arrived = { id, size: write(fields, inbox, 0), large: null };
      return;
    }
    const large = pack(fields);
    if (large.length <= room) inbox.set(large);
    this.#arrived = { id, size: large.length, large };
  }

  // #wake goes on with what begin and settle left to do. Mostly the job is done or waits for a call when they return; otherwise somebody sleeps or waits
  // for another goroutine, which is the scheduler's business.
  #wake(job) {
    if (!job.done && job.calls === 0) this.#schedule();
  }

  #schedule() {
    this.#exports.interrupt();
    this.#go._resume();
  }

  #arm() {
    const timer = this.#timer;
    timer.handle = setTimeout(
      () => {
        if (!this.dead && this.#timer === timer) this.#enter(() => this.#schedule());
      },
      Math.max(timer.due - Date.now(), 0),
    );
  }

  // #enter runs Go. What it throws (a trap, an exhausted stack) leaves the program in no known state.
  #enter(run) {
    try {
      run();
    } catch (error) {
      this.#die(error);
    }
  }

  #die(error) {
    if (this.dead) return;
    this.dead = true;
    if (!this.#job) return;
    this.#job.reject(error);
    this.#finish();
  }

  #bytes(p, size) {
    return this.#memory().subarray(p, p + size);
  }

  #memory() {
    if (this.#view.length === 0) this.#view = new Uint8Array(this.#exports.mem.buffer); // memory that has grown is another buffer
    return this.#view;
  }
}
