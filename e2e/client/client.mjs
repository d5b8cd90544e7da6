// A client of the checkout API that needs nothing but fetch. It relies on the contract alone: if it
// had to know anything else, the contract would be incomplete.
//
//   const shop = new Merchant("https://pay.example.com", "sk_test_…");
//   const checkout = await shop.checkouts.create("direct", { amount: "5", asset_code: "USDC" });
//   for await (const c of shop.checkouts.all({ status: "completed" })) …
//
// It returns amounts as strings, "0.0000001", because a JavaScript number cannot represent all of
// them.

import { randomUUID } from "node:crypto";

/** An error response of the API. */
export class ApiError extends Error {
  constructor(status, { type, code, message, param, request_id }, headers) {
    super(message);
    Object.assign(this, { name: "ApiError", status, type, code, param, requestId: request_id, headers });
  }
}

/** A page of a list: an array of objects, newest first, with the path of the next page. */
export class Page extends Array {
  static get [Symbol.species]() {
    return Array;
  }
  static of(list, response) {
    const page = Page.from(list.data);
    const [, path, rel] = /^<([^>]+)>; rel="(\w+)"$/.exec(response.headers.get("link") ?? "") ?? [];
    return Object.assign(page, { hasMore: list.has_more, url: list.url, next: path, rel });
  }
}

/** A caller with a merchant's key, with the operator's token, or without credentials. */
class Caller {
  /** Called with every response. */
  observe = () => {};

  constructor(baseURL, credentials = {}) {
    this.baseURL = baseURL.replace(/\/$/, "");
    this.credentials = credentials;
  }

  get = (path, query) => this.call("GET", path, { query });
  put = (path, body) => this.call("PUT", path, { body });
  delete = (path) => this.call("DELETE", path);

  /** A POST gets an Idempotency-Key unless it has one, so that a retry creates no second object. */
  post = (path, body = {}, { idempotencyKey = randomUUID(), query } = {}) =>
    this.call("POST", path, { body, query, headers: { "idempotency-key": idempotencyKey } });

  async call(method, path, options) {
    const response = await this.send(method, path, options);
    const text = await response.text();
    const answer = parse(text);
    if (!response.ok) throw new ApiError(response.status, answer.error, response.headers);
    return answer.object === "list" && Array.isArray(answer.data) ? Page.of(answer, response) : answer;
  }

  /** Sends a request, and repeats it after a 429 or 503, three attempts in all. */
  async send(method, path, { query = {}, body, headers = {} } = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const url = this.baseURL + path + (given.length ? "?" + new URLSearchParams(given) : "");
    const init = { method, redirect: "manual", headers: { ...this.credentials, ...headers } };
    if (body !== undefined) {
      init.body = typeof body === "string" ? body : JSON.stringify(body);
      init.headers["content-type"] ??= "application/json";
    }
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(url, init);
      this.observe(method, path, response);
      const wait = Number(response.headers.get("retry-after") ?? 1);
      if ((response.status !== 429 && response.status !== 503) || attempt === 3) return response;
      await response.body?.cancel();
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
  }
}

/** JSON.parse, but with amounts as strings of the same digits. */
const amounts = /(?<!\\)"((?:price_)?amount(?:_received|_due)?|excess)":(-?[\d.]+)/g;
const parse = (text) => JSON.parse(text.replace(amounts, '"$1":"$2"'));

const segment = encodeURIComponent;

/** The objects of one kind. */
class Resource {
  constructor(caller, path) {
    Object.assign(this, { caller, path });
  }
  at = (id) => `${this.path}/${segment(id)}`;
  create = (params, options) => this.caller.post(this.path, params, options);
  retrieve = (id) => this.caller.get(this.at(id));
  update = (id, changes) => this.caller.put(this.at(id), changes);
  remove = (id) => this.caller.delete(this.at(id));
  list = (query) => this.caller.get(this.path, query);

  /** All objects of a list: from the newest to older ones, or from `ending_before` to newer ones. */
  async *all(query = {}) {
    const upwards = query.ending_before !== undefined;
    for (let page = await this.list(query); ; page = await this.caller.get(page.next)) {
      yield* upwards ? [...page].reverse() : page;
      if (!page.hasMore) return;
    }
  }
}

class Checkouts extends Resource {
  create = (type, params, options) => this.caller.post(this.path, params, { ...options, query: { type } });
  expire = (id, options) => this.caller.post(`${this.at(id)}/expire`, {}, options);
}

class Payments extends Resource {
  of = (checkout_id) => this.list({ checkout_id });
  unmatched = (since) => this.list({ unmatched: true, since });
}

class Refunds extends Resource {
  of = (payment_id) => this.list({ payment_id });
}

class Webhooks extends Resource {
  rotate = (id, options) => this.caller.post(`${this.at(id)}/rotate`, {}, options);
  deliveries = (id, query) => this.caller.get(`${this.at(id)}/deliveries`, query);
  resend = (id, since) => this.caller.post(`${this.at(id)}/resend`, { since });
}

class Events extends Resource {
  resend = (id, webhook_id) => this.caller.post(`${this.at(id)}/resend`, { webhook_id });

  /** Every event since a time, oldest first. */
  async *since(since, query = {}) {
    for (let page = await this.list({ ...query, since }); ; page = await this.caller.get(page.next)) {
      yield* page;
      if (!page.hasMore) return;
    }
  }
}

/** A merchant's backend. */
export class Merchant extends Caller {
  constructor(baseURL, key) {
    super(baseURL, { "x-api-key": key });
    this.checkouts = new Checkouts(this, "/checkout");
    this.products = new Resource(this, "/product");
    this.customers = new Resource(this, "/customers");
    this.webhooks = new Webhooks(this, "/webhooks");
    this.events = new Events(this, "/events");
    this.payments = new Payments(this, "/payment");
    this.refunds = new Refunds(this, "/refunds");
    this.links = new Resource(this, "/payment_links");
  }
}

/** The operator of the service. */
export class Operator extends Caller {
  constructor(baseURL, token) {
    super(baseURL, { authorization: `Bearer ${token}` });
    this.merchants = new Resource(this, "/merchants");
  }
  createKey = (merchant, livemode, options) => this.post(`/merchants/${segment(merchant)}/keys`, { livemode }, options);
  healthDetails = () => this.get("/health/details");
  keys = (merchant) => this.get(`/merchants/${segment(merchant)}/keys`);
  /** Revokes all keys of a merchant, or those that were made since a time. */
  revokeKeys = (merchant, created_since) => this.call("DELETE", `/merchants/${segment(merchant)}/keys`, { query: { created_since } });
  expireCheckout = (merchant, id, options) => this.post(`/merchants/${segment(merchant)}/checkouts/${segment(id)}/expire`, {}, options);
  revokeKey = (merchant, key) => this.delete(`/merchants/${segment(merchant)}/keys/${segment(key)}`);
  // reconcile runs all steps.
  reconcile = async (merchant, since) => {
    for (let cursor; ; ) {
      const step = await this.post(`/merchants/${segment(merchant)}/reconcile`, { since, cursor });
      if (!step.has_more) return step;
      cursor = step.cursor;
    }
  };
}

/** A customer, a wallet, or anyone else. */
export class Anybody extends Caller {
  page = async (id) => (await this.send("GET", `/pay/${segment(id)}`)).text();
  /** The page of a payment link, what its button does with an amount, and its QR code. */
  buyPage = async (id) => (await this.send("GET", `/buy/${segment(id)}`)).text();
  buy = (id, fields = {}) =>
    this.send("POST", `/buy/${segment(id)}`, { body: new URLSearchParams(fields).toString(), headers: { "content-type": "application/x-www-form-urlencoded" } });
  linkCode = async (id) => (await this.send("GET", `/buy/${segment(id)}/qr.svg`)).text();
  pageNow = async (id) => (await this.send("GET", `/pay/${segment(id)}/check`)).text();
  receipt = async (id) => (await this.send("GET", `/pay/${segment(id)}/receipt`)).text();
  status = (id) => this.get(`/pay/${segment(id)}/status`);
  transaction = (id, account, more) => this.call("POST", `/pay/${segment(id)}/transaction`, { body: { account, ...more } });
  quotes = (id, account) => this.call("POST", `/pay/${segment(id)}/quotes`, { body: { account } });
  hint = (id, hash) => this.call("POST", `/pay/${segment(id)}/hint`, { body: { hash } });
  challenge = (account, livemode) => this.get("/auth", { account, livemode });
  session = (transaction) => this.call("POST", "/auth", { body: { transaction } });
  stellarToml = async () => (await this.send("GET", "/.well-known/stellar.toml")).text();
  description = () => this.get("/openapi.json");
  reference = async () => (await this.send("GET", "/docs")).text();
  pages = async () => (await this.send("GET", "/llms.txt")).text();
  health = () => this.get("/health");
}
