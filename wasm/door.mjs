// Finds the route of a request by the rules of worker/route.go: a path has exactly one spelling,
// and any other spelling matches no route.

import { ROUTES } from "./routes.mjs";

const PLAIN = /^\/[a-z0-9/_A-Z.~-]*$/;

// byLength maps the number of segments to the routes that have so many, each with its segments; a
// wildcard segment is null.
const byLength = [];
for (const route of ROUTES) {
  const segments = route.path.split("/").map((segment) => (segment.startsWith("{") ? null : segment));
  (byLength[segments.length] ??= []).push({ route, segments });
}

// find returns the route of a method and a path, or undefined if there is none.
export function find(method, path) {
  if (!PLAIN.test(path)) return undefined;
  const got = path.split("/");
  const asked = method === "HEAD" ? "GET" : method;
  return byLength[got.length]?.find(({ route, segments }) => route.method === asked && segments.every((want, i) => fits(want, got[i])))?.route;
}

const fits = (want, got) => (want === null ? got !== "" && got !== "." && got !== ".." : got === want);
