// Reads many bodies through the fetch port, from a network that is made up here, and prints what
// happened as JSON.

import { perform } from "../../wasm/ports.mjs";

const CHUNK = 64 << 10;
const encoder = new TextEncoder();

globalThis.scheduler = { wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)) };

let held = 0; // bytes of bodies that are not complete
let most = 0;

// The URL says how many chunks arrive of a body, and whether its end does.
globalThis.fetch = async (url, { signal }) => {
  const { chunks, stalls } = JSON.parse(url);
  let sent = 0;
  const body = new ReadableStream(
    {
      type: "bytes",
      async pull(controller) {
        await scheduler.wait(0);
        signal.throwIfAborted();
        if (sent < chunks) {
          sent++;
          held += CHUNK;
          most = Math.max(most, held);
          controller.enqueue(new Uint8Array(CHUNK));
        } else if (!stalls) {
          held -= sent * CHUNK;
          controller.close();
          controller.byobRequest?.respond(0); // what is being read ends, too
        } else {
          await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        }
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body);
};

function message(...lines) {
  const text = encoder.encode(lines.join("\n"));
  const bytes = new Uint8Array(4 + text.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  return bytes;
}

// read returns how long one body took, in milliseconds, and whether it was read to its end.
async function read(chunks, stalls, limit) {
  const begun = Date.now();
  const [, body] = await perform(message("fetch", limit, 8 << 20, JSON.stringify({ chunks, stalls })));
  return { took: Date.now() - begun, complete: body !== null && body.reduce((size, chunk) => size + chunk.length, 0) === chunks * CHUNK };
}

// run reads stalled bodies of some chunks each, and then others of a megabyte.
async function run({ stalled, chunks, others }) {
  held = most = 0;
  const slow = Array.from({ length: stalled }, () => read(chunks, true, 8000));
  await scheduler.wait(200);
  const results = await Promise.all(Array.from({ length: others }, () => read(16, false, 20000)));
  await Promise.all(slow);
  return { complete: results.filter(({ complete }) => complete).length, took: Math.max(...results.map(({ took }) => took)), most };
}

const alive = setInterval(() => {}, 1000); // Node.js does not wait for a signal's timeout alone
console.log(JSON.stringify(await run(JSON.parse(process.argv[2]))));
clearInterval(alive);
