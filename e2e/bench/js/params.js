// Reads the members of a body. Each is read once and returned with its expected type; otherwise an
// ApiError is thrown.

import { parseAmount } from "./amount.js";
import { isAccount, isAssetCode } from "./asset.js";
import { NumberText, parseObject } from "./body.js";
import { ApiError, clip, invalid, missing, unmeasured } from "./error.js";

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
const PLACEHOLDER = "{CHECKOUT_ID}";
const MAX_URL = 2048;

const length = (text) => (/[\ud800-\udfff]/.test(text) ? [...text].length : text.length);

export class Params {
  #asked = [];

  constructor(bytes) {
    this.members = parseObject(bytes);
  }

  // take returns a member, or null if it is absent or null.
  take(name) {
    this.#asked.push(name);
    return this.members.get(name) ?? null;
  }

  done() {
    for (const name of [...this.members.keys()].sort()) {
      if (!this.#asked.includes(name)) {
        throw new ApiError("parameter_unknown", `${clip(name)} is not a parameter here; it takes ${this.#asked.join(", ")}.`, name);
      }
    }
  }

  text(name, max) {
    const value = this.take(name);
    if (value === null) return "";
    if (typeof value !== "string") throw invalid(name, `${name} must be a string.`);
    const size = length(value);
    if (size > max) throw invalid(name, `${name} has ${size} characters; at most ${max} are allowed.`);
    if (CONTROL.test(value)) throw invalid(name, `${name} contains a control character; leave it out.`);
    return value;
  }

  required(name, max, why) {
    const text = this.text(name, max);
    if (text.trim() === "") throw missing(name, `${name} is required${why}.`);
    return text;
  }

  amount(name, why) {
    const value = this.take(name);
    if (this.take(`${name}_decimal`) !== null) throw unmeasured();
    if (value === null) throw missing(name, `${name} is required${why}.`);
    const text = value instanceof NumberText ? value.text : value;
    if (typeof text !== "string" || !/^[0-9]/.test(text)) {
      throw invalid(name, `${name} must be a number above 0, or the same as a decimal string, such as 50 or "0.0000001".`);
    }
    if (/[eE]/.test(text)) throw invalid(name, `${name} must be written without an exponent, such as 0.0000001.`);
    const amount = parseAmount(text);
    if (amount === undefined) throw invalid(name, `${name} must have at most 7 decimals and be at most 922337203685.4775807.`);
    if (amount === 0n) throw invalid(name, `${name} must be more than 0; the smallest amount is 0.0000001.`);
    return amount;
  }

  asset(known, why) {
    const code = this.required("asset_code", 1000, why);
    const issuer = this.text("asset_issuer", 1000);
    if (!isAssetCode(code)) {
      throw invalid("asset_code", "asset_code must be 1 to 12 letters (a-z, A-Z) and digits, such as XLM or USDC.");
    }
    if (issuer === "") {
      const asset = known.get(code);
      if (asset) return asset;
      const codes = [...known.keys()].sort().join(", ");
      throw missing("asset_issuer", `asset_issuer is required for ${code}; it may be left out for ${codes}.`);
    }
    if (!isAccount(issuer)) {
      throw invalid("asset_issuer", "asset_issuer must be a Stellar account (G and 55 more characters, with a valid checksum).");
    }
    return { code, issuer };
  }

  seconds(name, min, max, usual) {
    const value = this.take(name);
    if (value === null) return usual;
    const seconds = value instanceof NumberText && /^-?\d+$/.test(value.text) ? Number(value.text) : NaN;
    if (!(seconds >= min && seconds <= max)) {
      throw invalid(name, `${name} must be a whole number of seconds from ${min} to ${max}.`);
    }
    return seconds;
  }

  metadata(name) {
    const value = this.take(name);
    if (value === null) return null;
    if (!(value instanceof Map)) throw invalid(name, `${name} must be an object whose values are strings, numbers or booleans.`);
    const sorted = [];
    for (const [key, given] of [...value].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (given === null) continue;
      const param = `${name}.${key}`;
      if (key === "" || length(key) > 40) throw invalid(name, `The key ${clip(key)} in ${name} must have 1 to 40 characters.`);
      if (given instanceof Map || Array.isArray(given)) {
        throw invalid(param, `${param} must be a string, a number or a boolean; write what is nested as a string of JSON.`);
      }
      const text = given instanceof NumberText ? given.text : String(given);
      if (length(text) > 500) throw invalid(param, `${param} has more than 500 characters.`);
      sorted.push([key, text]);
    }
    if (sorted.length > 50) throw invalid(name, `${name} has ${sorted.length} keys; at most 50 are allowed.`);
    return sorted;
  }

  returnURL(name, livemode) {
    const text = this.text(name, MAX_URL);
    if (text === "") return "";
    const url = URL.parse(text.replaceAll(PLACEHOLDER, "chk_"));
    const absolute = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\//.test(text);
    if (/[\\\p{C}\p{Z}]/u.test(text) || (url === null && absolute)) throw invalid(name, `${name} is not a valid URL.`);
    const secure = text.startsWith("https://") && url !== null && url.hostname !== "";
    const local = text.startsWith("http://") && !livemode && url?.hostname === "localhost";
    if (!secure && !local) {
      throw invalid(name, `${name} must be an https: URL${livemode ? "" : ", or http://localhost,"} with a host.`);
    }
    if (url.username !== "" || url.password !== "") throw invalid(name, `${name} must not contain a user name or password.`);
    if (/^[^/]*\/\/[^/?#]*\{/.test(text)) throw invalid(name, `${name} may contain ${PLACEHOLDER} only after its host.`);
    return text;
  }
}
