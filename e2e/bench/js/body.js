// Parses a request body as exactly one JSON object. JSON.parse would accept duplicate names and
// round amounts, so this parser keeps numbers as text and objects as Maps.

import { ApiError, clip } from "./error.js";

export class NumberText {
  constructor(text) {
    this.text = text;
  }
}

const MAX_DEPTH = 8;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const invalid = (message, param) => new ApiError("body_invalid", message, param);

export function parseObject(bytes) {
  let text;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw invalid("The body is not valid UTF-8.");
  }
  if (text.trim() === "") throw invalid("The body is empty; send a JSON object, {} if there is nothing to say.");
  if (hasLoneSurrogate(text)) {
    throw invalid("The body has half of a surrogate pair (\\ud800 to \\udfff); write both halves or the character itself.");
  }
  const parser = new Parser(text);
  const value = parser.value("", 0);
  parser.blanks();
  if (parser.at < text.length) throw invalid("There is something after the JSON object; send exactly one object.");
  if (!(value instanceof Map)) throw invalid('The body is not a JSON object; send one such as {"amount": 50}.');
  return value;
}

// hasLoneSurrogate reports whether a string has an escape of half a surrogate pair, which
// JSON.parse accepts.
function hasLoneSurrogate(text) {
  if (!/\\u[dD][89a-fA-F]/.test(text)) return false;
  for (const [escapes] of text.matchAll(/(?:\\u[0-9a-fA-F]{4}|\\[^u])+/g)) {
    if (/[\ud800-\udfff]/u.test(escapes.replace(/\\u([0-9a-fA-F]{4})|\\./g, (_, hex) => (hex ? String.fromCharCode(parseInt(hex, 16)) : " ")))) return true;
  }
  return false;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"[^"\\\u0000-\u001f]*"/y; // fast path: a string without escapes
const ESCAPED = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

class Parser {
  at = 0;

  constructor(text) {
    this.text = text;
  }

  fail() {
    return invalid(`The body is not valid JSON at byte ${new TextEncoder().encode(this.text.slice(0, this.at)).length}.`);
  }

  blanks() {
    for (;;) {
      const c = this.text.charCodeAt(this.at);
      if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return;
      this.at++;
    }
  }

  // take consumes a character if it comes next.
  take(character) {
    this.blanks();
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  string() {
    this.blanks();
    const plain = this.match(STRING);
    if (plain !== undefined) return plain.slice(1, -1);
    const escaped = this.match(ESCAPED);
    if (escaped === undefined) throw this.fail();
    return JSON.parse(escaped);
  }

  value(path, depth) {
    this.blanks();
    switch (this.text[this.at]) {
      case "{":
        return this.object(path, depth);
      case "[":
        return this.array(path, depth);
      case '"':
        return this.string();
    }
    for (const [word, value] of [["null", null], ["true", true], ["false", false]]) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    const number = this.match(NUMBER);
    if (number === undefined) throw this.fail();
    return new NumberText(number);
  }

  deeper(path, depth) {
    if (depth === MAX_DEPTH) throw invalid(`The body nests deeper than ${MAX_DEPTH} levels.`, path);
    this.at++;
  }

  object(path, depth) {
    this.deeper(path, depth);
    const members = new Map();
    if (this.take("}")) return members;
    do {
      const name = this.string();
      const inner = path === "" ? name : `${path}.${name}`;
      if (members.has(name)) throw new ApiError("parameter_duplicate", `${clip(inner)} is given twice; give it once.`, inner);
      if (!this.take(":")) throw this.fail();
      members.set(name, this.value(inner, depth + 1));
    } while (this.take(","));
    if (!this.take("}")) throw this.fail();
    return members;
  }

  array(path, depth) {
    this.deeper(path, depth);
    const values = [];
    if (this.take("]")) return values;
    do values.push(this.value(path, depth + 1));
    while (this.take(","));
    if (!this.take("]")) throw this.fail();
    return values;
  }
}
