// In-memory fakes of Cloudflare's KV namespace and cache, as the ports see them.

export class KV {
  #entries = new Map(); // name: { value: string, expiration: seconds or undefined }
  #written = new Map(); // name: time of the last write in milliseconds; KV accepts one a second

  #check(name) {
    if (name === "") throw new TypeError("Key name cannot be empty.");
    if (name === "." || name === "..") throw new TypeError(`"${name}" is not allowed as a key name.`);
    if (Buffer.byteLength(name) > 512) throw new Error("414 UTF-8 encoded length exceeds key length limit of 512.");
  }

  #take(name, method) {
    if (Date.now() - this.#written.get(name) < 1000) throw new Error(`KV ${method} failed: 429 Too Many Requests`);
    this.#written.set(name, Date.now());
  }

  #alive(name) {
    const entry = this.#entries.get(name);
    return entry && !(entry.expiration <= Date.now() / 1000) ? entry : undefined;
  }

  async get(name) {
    if (Array.isArray(name)) {
      if (name.length > 100) throw new Error("400 You can request a maximum of 100 keys");
      return new Map(await Promise.all(name.map(async (one) => [one, await this.get(one)])));
    }
    this.#check(name);
    await tick();
    const entry = this.#alive(name);
    return entry ? entry.value : null;
  }

  async put(name, value, { expiration } = {}) {
    this.#check(name);
    if (expiration !== undefined) {
      if (!Number.isInteger(expiration)) throw new Error("400 Invalid expiration.");
      if (expiration < Date.now() / 1000 + 60) throw new Error("400 Expiration must be at least 60 seconds in the future.");
    }
    if (typeof value !== "string") throw new Error("this namespace takes text only");
    await tick();
    this.#take(name, "PUT");
    this.#entries.set(name, { value, expiration });
  }

  async delete(name) {
    await tick();
    this.#take(name, "DELETE");
    this.#entries.delete(name);
  }

  async list({ prefix = "", cursor, limit = 1000 }) {
    if (limit < 1 || limit > 1000) throw new Error("400 Invalid key_count_limit.");
    await tick();
    const after = cursor === undefined ? "" : Buffer.from(cursor, "base64").toString();
    const names = [...this.#entries.keys()]
      .filter((name) => name.startsWith(prefix) && name > after && this.#alive(name))
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const keys = names.slice(0, limit).map((name) => ({ name }));
    if (names.length <= limit) return { keys, list_complete: true };
    return { keys, list_complete: false, cursor: Buffer.from(keys.at(-1).name).toString("base64") };
  }
}

export class Cache {
  #kept = new Map();

  async match(url) {
    await tick();
    const kept = this.#kept.get(url);
    return kept && Date.now() < kept.until ? new Response(kept.body, { headers: kept.headers }) : undefined;
  }

  async put(url, response) {
    const seconds = /s-maxage=(\d+)/.exec(response.headers.get("Cache-Control"))[1];
    const body = await response.arrayBuffer();
    this.#kept.set(url, { body, headers: response.headers, until: Date.now() + seconds * 1000 });
  }
}

// Answers always arrive asynchronously.
const tick = () => new Promise((resolve) => setImmediate(resolve));
