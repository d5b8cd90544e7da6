// Adds ctx.cache to the Worker, as Cloudflare does if Workers Cache is enabled. workerd lacks it.

import worker from "main";

const withCache = (ctx, { FRONT }) => ({
  waitUntil: (promise) => ctx.waitUntil(promise),
  passThroughOnException: () => ctx.passThroughOnException(),
  cache: {
    async purge(options) {
      const response = await FRONT.fetch("http://front/", { method: "POST", body: JSON.stringify(options) });
      return response.json();
    },
  },
});

export default {
  fetch: (request, env, ctx) => worker.fetch(request, env, withCache(ctx, env)),
  scheduled: (event, env, ctx) => worker.scheduled(event, env, withCache(ctx, env)),
};
