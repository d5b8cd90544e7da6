// The KV namespace and the edge cache that a Worker has behind its bindings: both in memory, in a Worker of their own
// beside it, spoken to as workerd's bindings speak. Nothing here is the bottleneck, and it is the same for all.

const values = new Map(); // key: { value, expiration (seconds, or null) }
const cache = new Map(); // URL: { status, headers, body, until }
const counts = { get: 0, put: 0, delete: 0, list: 0 };

const live = (entry) => entry !== undefined && (entry.expiration === null || entry.expiration * 1000 > Date.now());

export const KV = {
  async fetch(request) {
    const { url, method } = request;
    const query = url.indexOf("?");
    const slash = url.indexOf("/", url.indexOf("://") + 3);
    if (slash < 0 || (query >= 0 && slash > query)) return list(new URL(url).searchParams);
    const key = decodeURIComponent(url.slice(slash + 1, query < 0 ? undefined : query));
    switch (method) {
      case "POST": {
        const { keys } = await request.json(); // "bulk/get"; keys are counted, since not every peer reads in bulk
        counts.get += keys.length;
        const found = keys.map((name) => [name, values.get(name)]);
        return Response.json(Object.fromEntries(found.map(([name, entry]) => [name, live(entry) ? decoder.decode(entry.value) : null])));
      }
      case "GET": {
        counts.get++;
        const entry = values.get(key);
        return live(entry) ? new Response(entry.value) : new Response(null, { status: 404 });
      }
      case "PUT": {
        counts.put++;
        const expiration = /[?&]expiration=(\d+)/.exec(url);
        const value = await request.arrayBuffer();
        values.set(key, { value, expiration: expiration && Number(expiration[1]) });
        return new Response(null);
      }
      case "DELETE":
        counts.delete++;
        values.delete(key);
        return new Response(null);
    }
    return new Response(null, { status: 405 });
  },
};

function list(query) {
  counts.list++;
  const prefix = query.get("prefix") ?? "";
  const after = query.get("cursor") ?? "";
  const limit = Number(query.get("key_count_limit") ?? 1000);
  const names = [];
  for (const [key, entry] of values) if (key.startsWith(prefix) && key > after && live(entry)) names.push(key);
  names.sort();
  const page = names.slice(0, limit);
  const complete = page.length === names.length;
  const keys = page.map((name) => ({ name }));
  return Response.json({ keys, list_complete: complete, cursor: complete ? undefined : page.at(-1), cacheStatus: null });
}

export const Cache = {
  async fetch(request) {
    if (request.method === "PUT") {
      const kept = parse(new Uint8Array(await request.arrayBuffer()));
      if (kept.until > Date.now()) cache.set(request.url, kept);
      return new Response(null, { status: 204 });
    }
    const kept = cache.get(request.url);
    if (kept === undefined || kept.until <= Date.now()) {
      return new Response(null, { status: 504, headers: { "CF-Cache-Status": "MISS" } });
    }
    return new Response(kept.body, { status: kept.status, headers: kept.headers });
  },
};

const decoder = new TextDecoder();

// parse reads an HTTP response as cache.put writes it: its body is never chunked, whatever the header says.
function parse(bytes) {
  let end = 0;
  while (!(bytes[end] === 13 && bytes[end + 1] === 10 && bytes[end + 2] === 13 && bytes[end + 3] === 10)) end++;
  const [first, ...lines] = decoder.decode(bytes.subarray(0, end)).split("\r\n");
  const headers = [["CF-Cache-Status", "HIT"]];
  let seconds = 0;
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "cache-control") seconds = Number(/s-maxage=(\d+)/.exec(value)?.[1] ?? /max-age=(\d+)/.exec(value)?.[1] ?? 0);
    if (name !== "transfer-encoding" && name !== "content-length") headers.push([name, value]);
  }
  return { status: Number(first.split(" ")[1]), headers, body: bytes.slice(end + 4), until: Date.now() + seconds * 1000 };
}

// What the Go program beside asks for: see store.go.
export default {
  async fetch(request, env) {
    switch (`${request.method} ${new URL(request.url).pathname}`) {
      case "POST /values": // [[key, value, expiration in seconds or 0], …]
        for (const [key, value, expiration] of await request.json()) {
          values.set(key, { value: new TextEncoder().encode(value).buffer, expiration: expiration || null });
        }
        return new Response("ok");
      case "GET /values":
        return Response.json([...values].map(([key, { value, expiration }]) => [key, decoder.decode(value), expiration ?? 0]));
      case "GET /counts":
        return Response.json(counts);
      case "POST /clear-cache":
        cache.clear();
        return new Response("ok");
      case "POST /clear-values":
        values.clear();
        return new Response("ok");
      case "POST /cron": {
        const { outcome } = await env.WORKER.scheduled({ cron: "* * * * *", scheduledTime: Date.now() });
        return new Response(outcome);
      }
    }
    return new Response("no such thing", { status: 404 });
  },
};
