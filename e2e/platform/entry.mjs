// Stands beside a built Worker, in the place of its main module.

import { limited } from "./platform.mjs"; // first, so that it finds the runtime's own fetch and caches, and nobody else does
import worker from "./worker.mjs";

export * from "./worker.mjs";
export default limited(worker);
