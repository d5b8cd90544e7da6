// What JavaScript has to know of the routes in worker/service.go. A test there compares.

// PUBLIC matches what everybody may ask for without a key.
export const PUBLIC = /^\/(pay\/[^/]+(\/status|\/transaction)?|assets\/[^/]+|docs|health|openapi\.json|\.well-known\/stellar\.toml)$/;

// CACHEABLE matches what is the same for everybody, so that Go may let the edge keep it.
export const CACHEABLE = /^\/(pay\/[^/]+(\/status)?|assets\/[^/]+|docs|openapi\.json|\.well-known\/stellar\.toml)$/;

// PAGE matches what a customer opens.
export const PAGE = /^\/pay\/[^/]+$/;
