// A Worker that performs the operations in a request's body:
// { op: [name, ...arguments], times, together }.

const say = (key) => `https://kept.example/${key}`;

const operations = {
  fetch: async (env, url) => (await fetch(url)).text(),
  get: (env, keys) => env.KV.get(keys).then((value) => (value instanceof Map ? Object.fromEntries(value) : value)),
  many: async (env, n) => (await env.KV.get(Array.from({ length: n }, (_, i) => `many/${i}`))).size,
  put: async (env, ...args) => env.KV.put(...args),
  each: async (env, i) => env.KV.get(`each/${i}`),
  delete: async (env, key) => env.KV.delete(key),
  list: async (env, options) => env.KV.list(options),
  keep: async (env, key) => caches.default.put(say(key), new Response("kept", { headers: { "Cache-Control": "s-maxage=60" } })),
  recall: async (env, key) => (await (await caches.default.match(say(key)))?.text()) ?? null,
};

async function perform(env, { op: [name, ...args], times = 1, together = false }) {
  const done = [];
  const errors = {};
  const one = async () => {
    try {
      done.push((await operations[name](env, ...args)) ?? null);
    } catch ({ message }) {
      errors[message] = (errors[message] ?? 0) + 1;
    }
  };
  if (together) await Promise.all(Array.from({ length: times }, one));
  else for (let i = 0; i < times; i++) await one();
  return { done: done.length, last: done.at(-1) ?? null, errors };
}

// count writes a key every 100 ms for a while.
async function count(env, prefix, milliseconds) {
  for (let passed = 0; passed < milliseconds; passed += 100) {
    await scheduler.wait(100);
    await env.KV.put(`${prefix}/${passed}`, "");
  }
}

export default {
  async fetch(request, env, ctx) {
    const asked = await request.json();
    if (asked.afterwards) {
      ctx.waitUntil(count(env, "afterwards", asked.afterwards));
      return Response.json(null);
    }
    return Response.json(await perform(env, asked));
  },

  // Each event writes its own keys, because KV refuses a second write of a key within a second.
  scheduled: ({ cron }, env) => count(env, cron, Number(cron.split(" ")[0]) * 100),
};
