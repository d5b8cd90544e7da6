// Bundles the script for wallets and the adapters, each with its wallet's package, into
// templates/static/bundled: node build.mjs. It refuses packages under other licences than those
// below, and writes down what is in the bundles, with the texts of the licences.

import { build } from "esbuild";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
const root = join(here, "..", "..", "..");
const out = join(here, "..", "bundled");
const allowed = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"];

// What holds for a package that names its licence without the text of it.
const texts = {
  "Apache-2.0": "The text is that of this project's own licence.",
  MIT: `Copyright (c) {author}

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`,
};

// What is not bundled, although a package imports it.
const leftOut = Object.fromEntries(
  ["viem", "blakejs", "@msgpack/msgpack", "@walletconnect/keyvaluestorage"].map((name) => [name, join(here, "left_out.js")]),
);

// packageOf returns the folder of the package that a bundled file is from; undefined if it is ours.
function packageOf(file) {
  return file.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0];
}

// packagesIn returns the folder of the package that a bundled file is from, and those of the packages
// that it has a copy of, as the map of its sources says.
function packagesIn(file) {
  const folder = packageOf(file);
  if (!folder) return [];
  const map = join(root, file + ".map");
  const { sources } = existsSync(map) ? JSON.parse(readFileSync(map)) : { sources: [] };
  const names = new Set(sources.map((source) => packageOf(source)?.replace(/^.*node_modules\//, "")).filter(Boolean));
  const copied = [...names].map((name) => [join(folder, "node_modules", name), join("node_modules", name)].find((at) => existsSync(join(root, at))));
  return [folder, ...copied];
}

// describe returns what is to be said of a package: where it is used, and its licence.
function describe(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(root, folder, "package.json")));
  const licenses = license.replace(/[()]/g, "").split(" AND ");
  if (!licenses.every((one) => allowed.includes(one))) throw new Error(`${name} ${version} is under ${license}, which is not one of ${allowed.join(", ")}`);
  const files = readdirSync(join(root, folder)).filter((name) => /^licen[cs]e/i.test(name));
  const text = files.map((file) => readFileSync(join(root, folder, file), "utf8").trim()).join("\n\n") || texts[license];
  if (!text) throw new Error(`${name} ${version} has no text of its licence`);
  return { title: `${name} ${version}, ${license}`, text: text.replace("{author}", author) };
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out);
const notices = new Map();
const bundles = new Map();
for (const name of ["wallets", "console", "freighter", "lobstr", "xbull", "rabet", "albedo", "walletconnect"]) {
  const result = await build({
    entryPoints: [join(here, name + ".js")],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    alias: leftOut,
    legalComments: "none",
    metafile: true,
    write: false,
  });
  const [{ inputs }] = Object.values(result.metafile.outputs);
  const bundled = Object.keys(inputs).filter((file) => inputs[file].bytesInOutput > 0);
  const packages = new Set(bundled.flatMap(packagesIn));
  const described = [...packages].map(describe);
  for (const { title, text } of described) notices.set(title, text);
  bundles.set(name, { titles: [...new Set(described.map(({ title }) => title))], script: result.outputFiles[0].text });
}

const all = [...notices].sort().map(([title, text]) => `${title}\n\n${text}\n`);
const notice = "What the scripts for wallets contain besides this project's own code.\n\n" + all.join("\n" + "-".repeat(78) + "\n\n");
writeFileSync(join(out, "notices.txt"), notice);
// As package static names it.
const path = `/assets/notices.${createHash("sha256").update(notice).digest("hex").slice(0, 16)}.txt`;
for (const [name, { titles, script }] of bundles) {
  const banner = titles.length ? `/*! ${titles.join("; ")}: ${path} */\n` : "";
  writeFileSync(join(out, name + ".js"), banner + script);
}
