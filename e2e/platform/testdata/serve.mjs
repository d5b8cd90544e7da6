// Serves worker.mjs within the limits of platform.mjs on a free port of 127.0.0.1 and prints its
// URL:
//   node serve.mjs [NAME=VALUE ...]

import { readFileSync } from "node:fs";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

const module = (path) => ({ type: "ESModule", path: path.split("/").at(-1), contents: readFileSync(new URL(path, import.meta.url), "utf8") });
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    unsafeTriggerHandlers: true, // /cdn-cgi/local/scheduled
    workers: [
      {
        name: "limited",
        modules: ["../entry.mjs", "../platform.mjs", "worker.mjs"].map(module),
        modulesRoot: "",
        compatibilityDate: "2026-11-01",
        compatibilityFlags: ["nodejs_als"],
        kvNamespaces: ["KV"],
        bindings: Object.fromEntries(process.argv.slice(2).map((setting) => setting.split(/=(.*)/s).slice(0, 2))),
      },
    ],
  }),
);
console.log(`listening on ${await miniflare.ready}`);
process.stdin.resume().on("end", async () => {
  await miniflare.dispose(); // the test has gone, or asks us to
  process.exit();
});
