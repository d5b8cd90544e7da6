// Replaces the main module of a built Worker.

// The first import, so that only this module gets the runtime's own fetch and caches.
import { limited } from "./platform.mjs";
import worker from "./worker.mjs";

export * from "./worker.mjs";
export default limited(worker);
