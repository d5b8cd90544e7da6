#!/usr/bin/env node
// Runs a js/wasm test binary under Node, with the ports of the Worker bound to fakes that behave
// like Cloudflare's:
//   GOOS=js GOARCH=wasm go test -exec "$PWD/wasm/edge/testdata/node.mjs" ./wasm/...

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { createRequire } from "node:module";
import { bound, encoded, text, write } from "../../message.mjs";
import { claim, failed, perform } from "../../ports.mjs";
import { KV, Cache } from "./cloudflare.mjs";

const goroot = execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
const scheduler = { wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)) };
Object.assign(globalThis, { fs, path, scheduler, caches: { default: new Cache() } });
createRequire(import.meta.url)(`${goroot}/lib/wasm/wasm_exec.js`);

const env = { KV: new KV() };
const site = await serve();
const go = new Go();
let exports;
const bytes = (p, size) => new Uint8Array(exports.mem.buffer, p, size);

go.argv = process.argv.slice(2);
go.env = { ...process.env, SITE: `http://127.0.0.1:${site.address().port}` };
for (const name of Object.keys(go.env)) if (!/^(SITE|PWD|TMPDIR|HOME|GO.*)$/.test(name)) delete go.env[name];
go.exit = process.exit;
go.importObject.workers = { ready() {} };
let inbox;
let large;

// hand writes a message to Go's inbox, calls an entry point of the program and lets the scheduler
// run.
function hand(slot, fields, enter) {
  large = encoded(fields);
  const size = bound(large);
  new Int32Array(exports.mem.buffer, inbox.at, 2).set([slot, size]);
  if (size <= inbox.room - 8) write(large, bytes(inbox.at, inbox.room), 8);
  enter();
  exports.interrupt();
  go._resume();
}

go.importObject.edge = {
  inbox: (at, room) => {
    inbox = { at, room };
  },
  take: (p) => write(large, new Uint8Array(exports.mem.buffer), p),
  async call(slot, p, size) {
    let answer;
    try {
      answer = await perform(bytes(p, size), env);
    } catch (error) {
      answer = failed(error);
    }
    hand(slot, answer, exports.settle);
  },
  claim: (p, size, window) => Number(claim(text(bytes(p, size)), window)),
  // Tests run on goroutines that serve no event, so those that call the platform start one (see
  // event_test.go).
  event: () => setImmediate(() => hand(0, ["scheduled"], exports.begin)),
  log: (slot, p, size) => console.log(text(bytes(p, size))),
  respond() {},
  fail: (slot, p, size) => console.log(text(bytes(p, size))),
};
globalThis.context = { env, ctx: {}, binding: {} };
// Benchmarks measure processor time, so that other load on the machine hardly matters. Reading it
// is slow and the Go runtime reads the clock often, so it is read once a millisecond.
if (process.argv.some((argument) => argument.startsWith("-test.bench="))) {
  const elapsed = performance.now.bind(performance);
  let used = 0;
  let next = 0;
  performance.now = () => {
    if (elapsed() >= next) {
      const { user, system } = process.cpuUsage();
      used = (user + system) / 1000;
      next = elapsed() + 1;
    }
    return used;
  };
}
const { instance } = await WebAssembly.instantiate(fs.readFileSync(process.argv[2]), go.importObject);
exports = instance.exports;
// When Node exits because nothing is left to wait for, the program has deadlocked. Resuming it lets
// the Go runtime report that.
process.on("exit", (code) => {
  if (code === 0 && !go.exited) {
    go._pendingEvent = { id: 0 };
    go._resume();
  }
});
await go.run(instance);

// serve runs the HTTP server for the tests of outgoing fetches.
async function serve() {
  const server = http.createServer((request, response) => {
    switch (request.url) {
      case "/echo":
        response.setHeader("Content-Type", "application/json");
        return response.end(JSON.stringify({ method: request.method, accept: request.headers.accept }));
      case "/limited":
        return response.writeHead(429, { "Retry-After": "17", "X-Ratelimit-Remaining": "0" }).end("slow down");
      case "/redirect":
        return response.writeHead(302, { Location: "/echo" }).end();
      case "/large":
        return response.end(Buffer.alloc((8 << 20) + 1));
      case "/half": // a body that stops in the middle
        return response.writeHead(200, { "Content-Length": "100" }).write("{");
      case "/broken":
        return request.socket.destroy();
    }
    // Anything else is never answered.
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  return server;
}
