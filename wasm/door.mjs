// Which route a request asks for, read as worker/route.go reads it: a path has one spelling, and what is spelled in another way is no route.

import { ROUTES } from "./routes.mjs";

const PLAIN = /^\/[a-z0-9/_A-Z.~-]*$/;

// byLength has the routes by the number of their segments, each with what its segments must be: null for a wildcard.
const byLength = [];
for (const route of ROUTES) {
  const segments = route.path.split("/").map((segment) => (segment.startsWith("{") ? null : segment));
  (byLength[segments.length] ??= []).push({ route, segments });
}

// find returns the route of a method and a path; undefined if there is none.
export function find(method, path) {
  if (!PLAIN.test(path)) return undefined;
  const got = path.split("/");
  const asked = method === "HEAD" ? "GET" : method;
  return byLength[got.length]?.find(({ route, segments }) => route.method === asked && segments.every((want, i) => fits(want, got[i])))?.route;
}

const fits = (want, got) => (want === null ? got !== "" && got !== "." && got !== ".." : got === want);
