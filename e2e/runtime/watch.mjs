// Wraps the built Worker to check that everything it asks of the platform is asked within the right
// event. The name of an event follows its asynchronous calls (AsyncLocalStorage), and each key, log
// line and cache name contains the name of its event. KV answers after a random delay, so that
// events interleave in every order.

import { AsyncLocalStorage } from "node:async_hooks";
import worker from "./worker.mjs";

const event = new AsyncLocalStorage();
const foreign = []; // what was asked in the wrong event
let asked = 0; // number of calls that were checked

function check(what) {
  const name = /trail(?:\/|%2F)([^/% ]+)/.exec(what)?.[1];
  if (name === undefined) return;
  asked++;
  if (name !== event.getStore()) foreign.push(`${what} in the event of ${event.getStore()}`);
}

const pause = () => scheduler.wait(Math.random() < 0.2 ? 0 : Math.random() * 30);

// KV is a map here: miniflare's KV is on disk and too slow for hundreds of concurrent requests.
const values = new Map();

const KV = Object.fromEntries(
  ["get", "put", "delete"].map((name) => [
    name,
    async (key, value) => {
      if (Array.isArray(key)) return new Map(await Promise.all(key.map(async (one) => [one, await KV.get(one)])));
      check(key);
      if (key === "never") return new Promise(() => {});
      await pause();
      if (name === "put") values.set(key, value);
      if (name === "delete") values.delete(key);
      const answer = name === "get" ? (values.get(key) ?? null) : undefined;
      await pause();
      return answer;
    },
  ]),
);

const log = console.log;
console.log = (line) => {
  check(line);
  log(line);
};
for (const name of ["match", "put"]) {
  const original = caches.default[name].bind(caches.default);
  caches.default[name] = (url, ...rest) => {
    check(url);
    return original(url, ...rest);
  };
}

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/watched") return Response.json({ asked, foreign });
    if (pathname === "/enqueue") {
      await env.QUEUE.sendBatch([{ body: searchParams.get("body") }]);
      return new Response("ok");
    }
    const name = /^\/trail\/([^/]+)$/.exec(pathname)?.[1] ?? "nobody";
    return event.run(name, () => worker.fetch(request, { ...env, KV }, ctx));
  },
  scheduled: (controller, env, ctx) => event.run("cron", () => worker.scheduled(controller, { ...env, KV }, ctx)),
  queue: (batch, env, ctx) => event.run(batch.messages[0].body, () => worker.queue(batch, { ...env, KV }, ctx)),
};
