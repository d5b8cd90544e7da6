// Bundles the script for wallets and the adapters, each with its wallet's package, into
// templates/static/bundled: node build.mjs. It refuses packages under other licences than those
// below, and writes down what is in the bundles, with the texts of the licences.

import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
const root = join(here, "..", "..", "..");
const out = join(here, "..", "bundled");
const allowed = ["Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"];

// packageOf returns the folder of the package that a bundled file is from; undefined if it is ours.
function packageOf(file) {
  return file.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0];
}

// describe returns what is to be said of a package: where it is used, and its licence.
function describe(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json")));
  if (!allowed.includes(license)) throw new Error(`${name} ${version} is under ${license}, which is not one of ${allowed.join(", ")}`);
  const file = readdirSync(join(root, folder)).find((name) => /^licen[cs]e/i.test(name));
  // A package without the text is under the licence that this repository has the text of.
  if (!file && license !== "Apache-2.0") throw new Error(`${name} ${version} has no text of its licence`);
  const text = file ? readFileSync(join(root, folder, file), "utf8").trim() : "The text is that of this project's own licence.";
  return { title: `${name} ${version}, ${license}`, text };
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out);
const notices = new Map();
const bundles = new Map();
for (const name of ["wallets", "console", "freighter", "lobstr", "xbull", "rabet", "albedo"]) {
  const result = await build({
    entryPoints: [join(here, name + ".js")],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    write: false,
  });
  const packages = new Set(Object.keys(result.metafile.inputs).map(packageOf).filter(Boolean));
  const described = [...packages].map(describe);
  for (const { title, text } of described) notices.set(title, text);
  bundles.set(name, { titles: described.map(({ title }) => title), script: result.outputFiles[0].text });
}

const texts = [...notices].sort().map(([title, text]) => `${title}\n\n${text}\n`);
const notice = "What the scripts for wallets contain besides this project's own code.\n\n" + texts.join("\n" + "-".repeat(78) + "\n\n");
writeFileSync(join(out, "notices.txt"), notice);
// As package static names it.
const path = `/assets/notices.${createHash("sha256").update(notice).digest("hex").slice(0, 16)}.txt`;
for (const [name, { titles, script }] of bundles) {
  const banner = titles.length ? `/*! ${titles.join("; ")}: ${path} */\n` : "";
  writeFileSync(join(out, name + ".js"), banner + script);
}
