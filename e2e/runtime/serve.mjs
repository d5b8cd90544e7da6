// Serves a built Worker in workerd on a free port of 127.0.0.1 and prints its URL:
//   node serve.mjs BUILD_DIRECTORY ISOLATES [NAME=VALUE ...]
// If the directory contains watch.mjs, that module wraps the Worker. With several isolates, the
// first element of a path selects one: /7/ok is /ok of the eighth; there, a body with the header
// X-Break is aborted. A NAME_LIMIT whose value is a number is a limit of that many requests in ten
// seconds.

import { readdirSync } from "node:fs";
import path from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

const [directory, isolates, ...settings] = process.argv.slice(2);
const names = readdirSync(directory);
const main = names.includes("watch.mjs") ? "watch.mjs" : "worker.mjs";
const modules = [main, ...names.filter((name) => name !== main)].map((name) => ({
  type: name.endsWith(".wasm") ? "CompiledWasm" : "ESModule",
  path: path.join(directory, name),
}));
const pairs = settings.map((setting) => setting.split(/=(.*)/s).slice(0, 2));
const isLimit = ([name, value]) => name.endsWith("_LIMIT") && Number(value) > 0;
const limitOf = ([name, value]) => [name, { namespace_id: name, simple: { limit: Number(value), period: 10 } }];
const compatibilityDate = "2026-11-01";
const worker = {
  modules,
  modulesRoot: directory,
  compatibilityDate,
  ...(main === "watch.mjs" && {
    compatibilityFlags: ["nodejs_als"],
    queueProducers: { QUEUE: "queue" },
    queueConsumers: { queue: { maxBatchSize: 1, maxBatchTimeout: 0, maxRetries: 5 } },
  }),
  kvNamespaces: ["KV"],
  bindings: Object.fromEntries(pairs.filter((pair) => !isLimit(pair))),
  ratelimits: Object.fromEntries(pairs.filter(isLimit).map(limitOf)),
};
const services = Array.from({ length: Number(isolates) }, (_, i) => `isolate-${i}`);
const router = {
  name: "router",
  modules: true,
  script: `export default { fetch(request, env) {
    const [, isolate, rest] = /^https?:\\/\\/[^/]+\\/(\\d+)\\/(.*)$/.exec(request.url);
    const broken = () => {
      const { readable, writable } = new FixedLengthStream(100);
      const writer = writable.getWriter();
      writer.write(new Uint8Array(50)).then(() => writer.abort(new Error("gone"))).catch(() => {});
      return readable;
    };
    const init = request.headers.has("x-break") ? { method: request.method, headers: { "content-type": "application/json" }, body: broken() } : request;
    return env["isolate-" + isolate].fetch(new Request(new URL("/" + rest, request.url), init));
  } }`,
  compatibilityDate,
  serviceBindings: Object.fromEntries(services.map((name) => [name, name])),
};
const options = {
  host: "127.0.0.1",
  port: 0,
  cf: false,
  unsafeTriggerHandlers: true, // /cdn-cgi/local/scheduled
  workers: services.length > 1 ? [router, ...services.map((name) => ({ name, ...worker }))] : [{ name: "one", ...worker }],
};
const miniflare = new Miniflare(convertV4MiniflareOptions(options));
console.log(`listening on ${await miniflare.ready}`);
process.stdin.resume().on("end", async () => {
  await miniflare.dispose(); // the test has gone, or asks us to
  process.exit();
});
