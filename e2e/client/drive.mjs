// Calls every endpoint of a running service as a merchant's backend, the operator, a customer and a
// wallet would, and checks it against the contract. It takes BASE_URL, ADMIN_TOKEN, and the URLs of
// the sandboxes for the two modes, TEST_SANDBOX_URL and LIVE_SANDBOX_URL.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Anybody, ApiError, Merchant, Operator } from "./client.mjs";
import { StellarTools } from "./stellartools.mjs";
import { openWallet, submit } from "./wallet.mjs";

const { BASE_URL, ADMIN_TOKEN, TEST_SANDBOX_URL, LIVE_SANDBOX_URL } = process.env;

// All requests, so that the last test can say which ones are missing.
const asked = [];
const watched = (caller) => {
  caller.observe = (method, path, response) => {
    asked.push({ method, path: path.split("?")[0], status: response.status });
    // Static files have no request id.
    if (["/docs", "/llms.txt", "/openapi.json"].includes(path)) return;
    assert.match(response.headers.get("request-id") ?? "", /^req_[0-7][0-9a-hjkmnp-tv-z]{25}$/, `${method} ${path}: ${response.status}`);
  };
  return caller;
};
const operator = watched(new Operator(BASE_URL, ADMIN_TOKEN));
const anybody = watched(new Anybody(BASE_URL));
const merchantWith = (key) => watched(new Merchant(BASE_URL, key));

const sandbox = async (url, path, body) => {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(`${url}/sandbox/${path}`, init);
  const answer = await response.json();
  assert.ok(response.ok, `${path}: ${JSON.stringify(answer)}`);
  return answer;
};
const accountOf = async (name, url = TEST_SANDBOX_URL) => (await sandbox(url, "merchant", { name: `${name}, ${process.pid}` })).address;

/** Pays a checkout from a test wallet, by what its object tells a customer. */
const pay = async (c, amount = c.amount, changes = {}, url = TEST_SANDBOX_URL) => {
  const asset = c.asset_issuer ? `${c.asset_code}:${c.asset_issuer}` : "native";
  const payment = { destination: c.destination, memo: c.memo, memo_type: c.memo_type, asset, amount, wallet: `ada, ${process.pid}` };
  return (await sandbox(url, "pay", { ...payment, ...changes })).hash;
};

/** Asks until the answer fits. */
const until = async (ask, fits, what) => {
  const end = Date.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    assert.ok(Date.now() < end, `still not ${what}: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
};
const awaitStatus = (shop, id, status) => until(() => shop.checkouts.retrieve(id), (c) => c.status === status, status);

const refuses = async (promise, status, code, param) => {
  const error = await promise.then((answer) => assert.fail(`${status} ${code} was due, came ${JSON.stringify(answer)}`), (e) => e);
  assert.ok(error instanceof ApiError, error.stack);
  assert.deepEqual([error.status, error.code, error.param ?? null], [status, code, param ?? null], error.message);
  const types = { 401: "authentication_error", 403: "authentication_error", 429: "rate_limit_error", 500: "api_error", 503: "api_error" };
  const type = code.startsWith("idempotency_") ? "idempotency_error" : types[status] ?? "invalid_request_error";
  assert.equal(error.type, type);
  assert.equal(error.requestId, error.headers.get("request-id"));
  return error;
};

const hasFields = (object, ...names) => assert.deepEqual(Object.keys(object).sort(), names.flatMap((line) => line.split(" ")).sort());
const ids = (page) => page.map(({ id }) => id);
const gather = async (list) => {
  const all = [];
  for await (const object of list) all.push(object);
  return all;
};
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

// Two merchants, and the first one's live mode.
let shop, neighbour, live, accounts;
let spent; // a key that is revoked early, and must be refused at the end

before(async () => {
  accounts = { shop: await accountOf("corner shop"), live: await accountOf("corner shop", LIVE_SANDBOX_URL), neighbour: await accountOf("next door") };
  const merchant = await operator.merchants.create({ name: "Corner Shop", account_test: accounts.shop, account_live: accounts.live });
  assert.match(merchant.id, /^mer_/);
  assert.deepEqual([merchant.name, merchant.account_test, merchant.account_live], ["Corner Shop", accounts.shop, accounts.live]);
  assert.deepEqual(await operator.merchants.retrieve(merchant.id), merchant);
  const key = await operator.createKey(merchant.id, false);
  const liveKey = await operator.createKey(merchant.id, true);
  assert.match(key.secret, /^sk_test_/);
  assert.match(liveKey.secret, /^sk_live_/);
  shop = merchantWith(key.secret);
  live = merchantWith(liveKey.secret);
  const other = await operator.merchants.create({ name: "Next Door", account_test: accounts.neighbour });
  assert.equal(other.account_live, null);
  neighbour = merchantWith((await operator.createKey(other.id, false)).secret);

  spent = { ...(await operator.createKey(merchant.id, false)), merchant: merchant.id };
  await merchantWith(spent.secret).products.list();
  await operator.revokeKey(merchant.id, spent.id);
});

test("the operator stops a merchant", async () => {
  const merchant = await operator.merchants.create({ name: "Runaway", account_test: await accountOf("runaway") });
  const key = await operator.createKey(merchant.id, false);
  const runaway = merchantWith(key.secret);
  const c = await runaway.checkouts.create("direct", { amount: 1, asset_code: "XLM" });
  assert.equal((await operator.merchants.update(merchant.id, { suspended: true })).suspended, true);
  await until(
    () => runaway.checkouts.create("direct", { amount: 1, asset_code: "XLM" }).then(() => "created", (e) => e.code),
    (code) => code === "merchant_suspended",
    "refused",
  );
  assert.equal((await operator.expireCheckout(merchant.id, c.id)).id, c.id);
  await until(() => operator.keys(merchant.id), (keys) => keys.length === 1 && keys[0].id === key.id && !("secret" in keys[0]), "the key is listed");
  assert.deepEqual((await operator.revokeKeys(merchant.id, new Date(Date.now() + 60_000).toISOString())).revoked, []);
  assert.deepEqual((await operator.revokeKeys(merchant.id)).revoked, [key.id]);
  await until(() => runaway.products.list().then(() => "alive", (e) => e.code), (code) => code === "api_key_invalid", "revoked");
});

test("the operator changes a merchant", async () => {
  const merchant = await operator.merchants.create({ name: "Old Name" });
  const changed = await operator.merchants.update(merchant.id, { name: "New Name", account_test: accounts.shop });
  assert.deepEqual([changed.id, changed.name, changed.account_test], [merchant.id, "New Name", accounts.shop]);
  assert.deepEqual(await operator.merchants.retrieve(merchant.id), changed);
  const without = await operator.merchants.update(merchant.id, { account_test: null });
  assert.deepEqual([without.name, without.account_test], ["New Name", null]);
  const brand = {
    logo_url: "https://shop.example/logo.png", brand_color: "#0a7c66", support_email: "help@shop.example",
    website: "https://shop.example/", home_domain: "shop.example",
  };
  const branded = await operator.merchants.update(merchant.id, brand);
  assert.deepEqual({ ...branded, ...brand }, branded);
  assert.equal((await operator.merchants.update(merchant.id, { logo_url: null })).logo_url, null);
  await refuses(operator.merchants.update(merchant.id, { brand_color: "teal" }), 400, "parameter_invalid", "brand_color");
  await refuses(operator.merchants.create({}), 400, "parameter_missing", "name");
  await refuses(operator.merchants.create({ name: "A Shop", account_test: "GABC" }), 400, "parameter_invalid", "account_test");
  await refuses(operator.createKey(merchant.id, "no"), 400, "parameter_invalid", "livemode");
  await refuses(operator.merchants.retrieve(merchant.id.slice(0, -1) + (merchant.id.endsWith("0") ? "1" : "0")), 404, "not_found");
  await refuses(watched(new Operator(BASE_URL, "guess")).merchants.retrieve(merchant.id), 401, "admin_token_invalid");
});

test("products", async () => {
  const made = await shop.products.create({
    name: "Sidamo", description: "250 g", images: ["https://shop.example/sidamo.jpg"], asset_code: "USDC", price_amount: "12.5", metadata: { sku: "S-250" },
  });
  hasFields(made, "id object name description images type status asset_code asset_issuer price_amount price_amount_decimal metadata livemode",
    "environment created_at updated_at");
  assert.match(made.id, /^prod_/);
  assert.deepEqual(
    [made.object, made.name, made.type, made.status, made.price_amount, made.images, made.metadata, made.livemode],
    ["product", "Sidamo", "one_time", "active", "12.5", ["https://shop.example/sidamo.jpg"], { sku: "S-250" }, false],
  );
  assert.match(made.asset_issuer, /^G[A-Z2-7]{55}$/);
  assert.match(made.created_at, time);
  assert.deepEqual(await shop.products.retrieve(made.id), made);

  const changed = await shop.products.update(made.id, { name: "Sidamo, 500 g", description: null, price_amount: 21 });
  assert.deepEqual([changed.name, changed.description, changed.price_amount, changed.metadata], ["Sidamo, 500 g", null, "21", made.metadata]);
  assert.ok(changed.updated_at >= made.updated_at && changed.created_at === made.created_at);

  const c = await shop.checkouts.create("product", { product_id: made.id });
  assert.deepEqual([c.product_id, c.amount, c.asset_code, c.asset_issuer], [made.id, "21", "USDC", made.asset_issuer]);
  assert.equal((await shop.products.update(made.id, { price_amount: "22" })).price_amount, "22");
  assert.equal((await shop.checkouts.retrieve(c.id)).amount, "21", "a checkout keeps the price of its day");

  assert.equal((await shop.products.remove(made.id)).status, "archived");
  assert.equal((await shop.products.retrieve(made.id)).status, "archived");
  await refuses(shop.checkouts.create("product", { product_id: made.id }), 400, "product_archived", "product_id");
  assert.ok(ids(await shop.products.list()).includes(made.id));
  await refuses(shop.products.create({ name: "Air", asset_code: "XLM", price_amount: 0 }), 400, "parameter_invalid", "price_amount");
});

test("customers", async () => {
  const made = await shop.customers.create({ email: "Ada@Example.com", phone: "+1 (415) 555-0123", name: "Ada", metadata: { tier: "gold" } });
  hasFields(made, "id object email name phone image wallets metadata livemode environment created_at updated_at");
  assert.match(made.id, /^cus_/);
  assert.deepEqual([made.object, made.name, made.phone, made.metadata], ["customer", "Ada", "+14155550123", { tier: "gold" }]);
  assert.equal(made.email.toLowerCase(), "ada@example.com");
  assert.deepEqual(await shop.customers.retrieve(made.id), made);
  for (const query of [{ email: "ADA@example.com" }, { phone: "+14155550123" }, { email: "ada@example.com", phone: "+14155550123" }]) {
    assert.deepEqual(ids(await shop.customers.list(query)), [made.id], JSON.stringify(query));
  }
  assert.deepEqual(ids(await shop.customers.list({ email: "bob@example.com" })), []);
  for (const params of [{ customer_email: "ada@example.COM" }, { customer_phone: "+1 415 555 0123" }, { customer_id: made.id }]) {
    const c = await shop.checkouts.create("direct", { amount: 1, asset_code: "XLM", ...params });
    assert.equal(c.customer_id, made.id, JSON.stringify(params));
  }
  const bob = (await shop.checkouts.create("direct", { amount: 1, asset_code: "XLM", customer_email: "bob@example.com" })).customer_id;
  assert.equal((await shop.customers.retrieve(bob)).email, "bob@example.com");

  const changed = await shop.customers.update(made.id, { email: "lovelace@example.com", phone: null });
  assert.deepEqual([changed.email, changed.phone, changed.name], ["lovelace@example.com", null, "Ada"]);
  assert.deepEqual(ids(await shop.customers.list({ email: "lovelace@example.com" })), [made.id]);

  await shop.customers.remove(made.id);
  await refuses(shop.customers.retrieve(made.id), 404, "not_found");
  assert.deepEqual(ids(await shop.customers.list()), [bob]);
  await refuses(shop.customers.create({ email: "ada" }), 400, "parameter_invalid", "email");
  await refuses(shop.customers.list({ phone: "0171 1234567" }), 400, "parameter_invalid", "phone");
});

test("webhook endpoints", async () => {
  const made = await shop.webhooks.create({ name: "Orders", url: "https://shop.example/webhooks", events: ["checkout.completed"] });
  hasFields(made, "id object name url events is_disabled disabled_reason description secret livemode environment created_at updated_at");
  assert.match(made.id, /^wh_/);
  assert.match(made.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.deepEqual([made.object, made.name, made.events, made.is_disabled, made.livemode], ["webhook", "Orders", ["checkout.completed"], false, false]);
  assert.deepEqual(await shop.webhooks.retrieve(made.id), { ...made, secret: null });
  const changed = await shop.webhooks.update(made.id, { events: ["*"], description: "For the till", is_disabled: true });
  assert.deepEqual([changed.events, changed.description, changed.is_disabled, changed.url], [["*"], "For the till", true, made.url]);
  assert.deepEqual([...(await shop.webhooks.list())], [changed]);
  const rotated = await shop.webhooks.rotate(made.id);
  assert.match(rotated.secret, /^whsec_/);
  assert.notEqual(rotated.secret, made.secret);
  await refuses(neighbour.webhooks.rotate(made.id), 404, "not_found");
  await refuses(live.webhooks.retrieve(made.id), 404, "not_found");
  await refuses(shop.webhooks.create({ name: "Orders", url: "https://127.0.0.1/", events: ["*"] }), 400, "parameter_invalid", "url");
  await refuses(shop.webhooks.create({ name: "Orders", url: "https://shop.example/", events: ["paid"] }), 400, "parameter_invalid", "events[0]");
  await shop.webhooks.remove(made.id);
  await refuses(shop.webhooks.retrieve(made.id), 404, "not_found");
  assert.deepEqual(ids(await shop.webhooks.list()), []);
});

test("events", async () => {
  const since = new Date(Date.now() - 60_000).toISOString();
  const endpoint = await shop.webhooks.create({ name: "Nobody", url: "https://nobody.example/", events: ["customer.created"] });
  const ada = await shop.customers.create({ name: "Ada" });
  const of = (events) => events.filter((e) => e.data.object.id === ada.id);
  const [event] = of(await until(() => shop.events.list(), (events) => of(events).length > 0, "told"));
  hasFields(event, "id object type created livemode environment data");
  assert.match(event.id, /^evt_/);
  assert.deepEqual([event.object, event.type, event.created, event.livemode, event.data], ["event", "customer.created", ada.created_at, false, { object: ada }]);
  assert.deepEqual(await shop.events.retrieve(event.id), event);
  assert.deepEqual(of(await gather(shop.events.since(since, { type: "customer.created", limit: 1 }))), [event]);
  await refuses(neighbour.events.retrieve(event.id), 404, "not_found");
  await refuses(shop.events.list({ type: "customer.paid" }), 400, "parameter_invalid", "type");

  const [delivery] = await shop.webhooks.deliveries(endpoint.id);
  hasFields(delivery, "event_id object webhook_id event_type status next_attempt_at attempts");
  assert.deepEqual([delivery.event_id, delivery.webhook_id, delivery.event_type, delivery.status], [event.id, endpoint.id, event.type, "pending"]);
  hasFields(delivery.attempts[0], "created_at status_code error duration_ms response");
  assert.equal((await shop.events.resend(event.id, endpoint.id)).deliveries, 1);
  assert.equal((await shop.webhooks.resend(endpoint.id, since)).object, "resend");
  await shop.webhooks.update(endpoint.id, { is_disabled: true });
  await refuses(shop.webhooks.resend(endpoint.id, since), 409, "webhook_disabled");
  await refuses(shop.events.resend(event.id, endpoint.id), 400, "parameter_invalid", "webhook_id");
  await shop.webhooks.remove(endpoint.id);
});

test("a checkout, from its making to its payment", async () => {
  const made = await shop.checkouts.create("direct", {
    amount: "7.5", asset_code: "USDC", customer_email: "carol@example.com", description: "Coffee ☕, \u2028 \"black\"", metadata: { order: "1042", "": undefined },
    redirect_url: "https://shop.example/thanks?checkout={CHECKOUT_ID}", cancel_url: "https://shop.example/cart/{CHECKOUT_ID}", expires_in: 3600,
  });
  hasFields(made, "id object customer_id product_id amount amount_decimal asset_code asset_issuer status exception amount_received",
    "amount_received_decimal payments refunds payment_url payment_uri",
    "destination memo memo_type destination_muxed locale redirect_url cancel_url description metadata livemode environment expires_at created_at updated_at completed_at");
  assert.match(made.id, /^chk_[0-7][0-9a-hjkmnp-tv-z]{25}$/);
  assert.deepEqual(
    [made.object, made.product_id, made.amount, made.asset_code, made.status, made.exception, made.amount_received, made.payments, made.livemode, made.completed_at],
    ["checkout", null, "7.5", "USDC", "open", null, "0", [], false, null],
  );
  assert.deepEqual([made.destination, made.memo_type, made.metadata, made.description], [accounts.shop, "text", { order: "1042" }, "Coffee ☕, \u2028 \"black\""]);
  assert.equal(Date.parse(made.expires_at) - Date.parse(made.created_at), 3_600_000);
  assert.match(made.created_at, time);
  assert.deepEqual(await shop.checkouts.retrieve(made.id), made);
  const uri = new URL(made.payment_uri);
  assert.equal(uri.protocol + uri.pathname, "web+stellar:pay");
  for (const [name, value] of Object.entries({ destination: made.destination, amount: "7.5", memo: made.memo, memo_type: "MEMO_TEXT", asset_code: "USDC", asset_issuer: made.asset_issuer })) {
    assert.equal(uri.searchParams.get(name), value, name);
  }
  assert.equal(new URL(made.payment_url).pathname, `/pay/${made.id}`);

  const page = await anybody.page(made.id);
  await anybody.pageNow(made.id);
  await anybody.receipt(made.id);
  assert.ok(page.includes("7.5") && page.includes(made.memo) && page.includes(made.destination));
  assert.ok(!page.includes("1042") && !page.includes("carol"), "a stranger sees what is the merchant's");
  const waiting = await anybody.status(made.id);
  hasFields(waiting, "status exception amount_received amount_received_decimal amount_due amount_due_decimal seconds_left redirect_url phase cancelled received_other",
    "ledger_read_at behind");
  assert.deepEqual([waiting.status, waiting.amount_due, waiting.redirect_url], ["open", "7.5", null]);
  assert.ok(waiting.seconds_left > 3000 && waiting.seconds_left <= 3600);

  const first = await pay(made, "2.5");
  const part = await until(() => shop.checkouts.retrieve(made.id), (c) => c.payments.length === 1, "showing a part payment");
  assert.deepEqual([part.status, part.exception, part.amount_received], ["open", "underpaid", "2.5"]);
  const second = await pay(made, "5");
  const paid = await awaitStatus(shop, made.id, "completed");
  assert.deepEqual([paid.exception, paid.amount_received, paid.payments.map((p) => p.transaction_hash)], [null, "7.5", [first, second]]);
  assert.match(paid.completed_at, time);
  for (const p of paid.payments) {
    hasFields(p, "id amount amount_decimal asset_code asset_issuer from transaction_hash ledger created_at counted reason");
    assert.deepEqual([p.asset_code, p.asset_issuer, p.counted, p.reason], ["USDC", made.asset_issuer, true, null]);
    const alone = await shop.payments.retrieve(p.id);
    for (const [name, value] of Object.entries(p)) assert.deepEqual(alone[name], value, name);
  }
  assert.deepEqual(ids(await shop.payments.of(made.id)).sort(), ids(paid.payments).sort());
  const done = await until(() => anybody.status(made.id), (s) => s.status === "completed", "completed for its customer");
  assert.deepEqual([done.amount_due, done.redirect_url], ["0", `https://shop.example/thanks?checkout=${made.id}`]);
  await refuses(shop.checkouts.expire(made.id), 409, "checkout_not_open");
});

test("amounts are exact", async () => {
  for (const [amount, want] of [["0.0000001", "0.0000001"], [50, "50"], ["922337203685.4775807", "922337203685.4775807"], ["1.50", "1.5"]]) {
    const c = await shop.checkouts.create("direct", { amount, asset_code: "XLM" });
    assert.deepEqual([c.amount, c.amount_decimal], [want, want]);
    assert.equal((await shop.checkouts.retrieve(c.id)).amount, want);
  }
  const written = await shop.send("POST", "/checkout", { query: { type: "direct" }, body: '{"amount": 922337203685.4775807, "asset_code": "XLM"}' });
  assert.match(await written.text(), /"amount":922337203685\.4775807,"amount_decimal":"922337203685\.4775807",/);
  assert.equal((await shop.checkouts.create("direct", { amount_decimal: "0.10", asset_code: "XLM" })).amount, "0.1");
  for (const amount of [0, -1, "0.00000001", "922337203685.4775808", 1e21, "1e3", "", "NaN", true, null]) {
    await refuses(shop.checkouts.create("direct", { amount, asset_code: "XLM" }), 400, amount === null ? "parameter_missing" : "parameter_invalid", "amount");
  }
});

test("too much, and money that belongs to nothing", async () => {
  const since = new Date(Date.now() - 60_000).toISOString();
  const c = await shop.checkouts.create("direct", { amount: 3, asset_code: "XLM" });
  await pay(c, "4");
  const paid = await awaitStatus(shop, c.id, "completed");
  assert.deepEqual([paid.exception, paid.amount_received], ["overpaid", "4"]);
  const hash = await pay(c, "1.25", { memo: "thank you" });
  const stray = await until(() => shop.payments.unmatched(since), ([newest]) => newest?.amount === "1.25", "listing the payment without a usable memo");
  assert.deepEqual([stray[0].transaction_hash, stray[0].asset_code], [hash, "XLM"]);
  assert.ok(stray.every((p) => !paid.payments.some(({ id }) => id === p.id)));
  assert.deepEqual(await shop.payments.retrieve(stray[0].id), stray[0]);
  const [newest, before] = await shop.payments.list();
  assert.deepEqual([newest.id, newest.status, before.transaction_hash, before.checkout_id, before.status], [stray[0].id, "unexpected", paid.payments[0].transaction_hash, c.id, "confirmed"]);
});

test("a wallet signs the transaction that it is given", async () => {
  const wallet = await openWallet(TEST_SANDBOX_URL);
  const c = await shop.checkouts.create("direct", { amount: "1.5", asset_code: "XLM" });
  const quotes = await anybody.quotes(c.id, wallet.address);
  assert.deepEqual([quotes.account, quotes.amount_due, quotes.problem], [wallet.address, "1.5", null]);
  const given = await anybody.transaction(c.id, wallet.address);
  const hash = await submit(wallet, given.xdr, given.network_passphrase);
  assert.equal(hash, given.hash);
  assert.equal((await anybody.hint(c.id, hash)).status, "completed");
  const paid = await awaitStatus(shop, c.id, "completed");
  assert.deepEqual([paid.payments[0].transaction_hash, paid.payments[0].from], [hash, wallet.address]);
  await refuses(anybody.transaction(c.id, "GABC"), 400, "parameter_invalid", "account");
  await refuses(anybody.hint(c.id, "0f1c"), 400, "parameter_invalid", "hash");
});

test("changing a checkout", async () => {
  const c = await shop.checkouts.create("direct", { amount: 2, asset_code: "XLM", description: "Tea", metadata: { a: "1", b: "2" } });
  const changed = await shop.checkouts.update(c.id, { metadata: { a: null, n: 3 }, description: null });
  assert.deepEqual([changed.metadata, changed.description, changed.amount], [{ b: "2", n: "3" }, null, "2"]);
  await refuses(shop.checkouts.update(c.id, { status: "completed" }), 400, "parameter_unknown", "status");
  assert.ok((await shop.checkouts.remove(c.id)).expires_at < c.expires_at);
});

test("what StellarTools' client calls", async () => {
  const tools = watched(new StellarTools(BASE_URL, shop.credentials["x-api-key"]));
  const [ada] = await tools.customers.create({ email: `tools-${process.pid}@example.com`, name: "Ada", metadata: { tier: "gold" }, image: "https://shop.example/ada.png" });
  assert.deepEqual([ada.image, ada.wallets, ada.environment], ["https://shop.example/ada.png", [], "testnet"]);
  assert.deepEqual((await tools.customers.update(ada.id, { metadata: { since: "2026" } })).metadata, { since: "2026", tier: "gold" });
  assert.deepEqual(ids((await tools.customers.list({ email: ada.email })).data), [ada.id]);
  const product = await tools.products.create({ name: "Tea", type: "one_time", images: [], price_amount: 2, asset_code: "XLM" });
  assert.deepEqual(await tools.products.retrieve(product.id), product);
  assert.ok(ids((await tools.products.list()).data).includes(product.id));
  const c = await tools.checkouts.create({ product_id: product.id, customer_id: ada.id, metadata: { order: 7 } });
  assert.deepEqual([c.metadata, c.customer_id, c.environment], [{ order: "7" }, ada.id, "testnet"]);
  await pay(c);
  const paid = await until(() => tools.checkouts.retrieve(c.id), ({ status }) => status === "completed", "completed");
  const payment = await tools.payments.retrieve(paid.payments[0].id);
  assert.deepEqual((await tools.payments.list({ customer: ada.id })).data, [payment]);
  assert.equal((await tools.payments.list({ limit: "1" })).data.length, 1);
  assert.deepEqual([payment.status, payment.customer_id, payment.metadata], ["confirmed", ada.id, { order: "7" }]);
  const refund = await tools.refunds.create({ payment_id: payment.id, reason: "One was broken", metadata: { ticket: 7 } });
  assert.deepEqual([refund.status, refund.metadata, refund.environment], ["pending", { ticket: "7" }, "testnet"]);
  await assert.rejects(tools.refunds.create({ payment_id: payment.id, wallet_address: refund.destination }), /send destination/);
  const open = await tools.checkouts.createDirect({ amount: 1, asset_code: "XLM" });
  assert.deepEqual((await tools.checkouts.update(open.id, { metadata: { packed: true } })).metadata, { packed: "true" });
  assert.equal((await tools.checkouts.delete(open.id)).status, "open"); // for two minutes
  await assert.rejects(tools.checkouts.update(open.id, { status: "completed" }), /what the ledger proves/);
  await assert.rejects(tools.checkouts.createDirect({ amount_cents: 100, currency_code: "USD" }), /send amount, in units of the asset/);
  const hook = await tools.webhooks.create({ name: "Orders", url: "https://shop.example/hooks", events: ["payment.confirmed"] });
  assert.equal((await tools.webhooks.update(hook.id, { is_disabled: true })).is_disabled, true);
  assert.ok((await tools.webhooks.delete(hook.id)).deleted);
  assert.ok((await tools.customers.delete(ada.id)).deleted);
});

test("refunds, signed by the merchant's wallet", async () => {
  const c = await shop.checkouts.create("direct", { amount: "3", asset_code: "XLM" });
  await pay(c, "4");
  const { payments } = await awaitStatus(shop, c.id, "completed");
  const of = { payment_id: payments[0].id };
  await refuses(shop.refunds.create({ ...of, amount: "4.5" }), 400, "refund_too_large", "amount");
  const made = await shop.refunds.create({ ...of, amount: "1", reason: "Too much", metadata: { ticket: "7" } });
  hasFields(made, "id object payment_id checkout_id customer_id amount amount_decimal asset_code asset_issuer destination memo status",
    "transaction_hash excess excess_decimal paid_at transaction payment_uri expires_at warnings reason metadata livemode environment created_at updated_at");
  assert.deepEqual(
    [made.payment_id, made.checkout_id, made.amount, made.amount_decimal, made.destination, made.status, made.transaction_hash, made.reason],
    [payments[0].id, c.id, "1", "1", payments[0].from, "pending", null, "Too much"],
  );
  assert.ok(made.payment_uri.startsWith(`web+stellar:tx?xdr=${encodeURIComponent(made.transaction)}&pubkey=${c.destination}`));
  assert.deepEqual(await shop.refunds.retrieve(made.id), made);
  const { hash } = await sandbox(TEST_SANDBOX_URL, "sign", { transaction: made.transaction, merchant: `corner shop, ${process.pid}` });
  const paid = await until(() => shop.refunds.retrieve(made.id), (r) => r.status === "succeeded", "paid back");
  assert.deepEqual([paid.transaction_hash, paid.transaction, paid.payment_uri, paid.excess], [hash, null, null, "0"]);
  assert.deepEqual([...(await shop.refunds.of(payments[0].id))], [paid]);
  assert.ok(ids(await shop.refunds.list()).includes(made.id));
  const after = await shop.checkouts.retrieve(c.id);
  assert.deepEqual([after.status, after.exception, after.refunds.map((r) => [r.id, r.payment_id, r.amount, r.transaction_hash])],
    ["completed", "overpaid", [[made.id, payments[0].id, "1", hash]]]);
  await refuses(shop.refunds.create({ ...of, amount: "3.0000001" }), 400, "refund_too_large", "amount");
  await refuses(neighbour.refunds.create(of), 400, "parameter_invalid", "payment_id");
  await refuses(neighbour.refunds.retrieve(made.id), 404, "not_found");
});

test("payment links", async () => {
  const made = await shop.links.create({ amount: "1.5", asset_code: "XLM", description: "Espresso", metadata: { till: "2" } });
  hasFields(made, "id object url qr_url product_id amount amount_decimal asset_code asset_issuer description redirect_url metadata active livemode environment created_at updated_at");
  assert.match(made.id, /^link_/);
  assert.deepEqual([made.amount, made.active, new URL(made.url).pathname], ["1.5", true, `/buy/${made.id}`]);
  assert.deepEqual(await shop.links.retrieve(made.id), made);
  assert.ok(ids(await shop.links.list()).includes(made.id));
  assert.match(await anybody.buyPage(made.id), /Espresso/);
  assert.match(await anybody.linkCode(made.id), /^<svg /);
  const pressed = await anybody.buy(made.id);
  assert.equal(pressed.status, 303);
  const c = await shop.checkouts.retrieve(pressed.headers.get("location").split("/").pop());
  assert.deepEqual([c.amount, c.description, c.metadata, c.payment_url], ["1.5", "Espresso", { till: "2" }, pressed.headers.get("location")]);
  await pay(c);
  await awaitStatus(shop, c.id, "completed");

  const open = await shop.links.update(made.id, { amount: null });
  assert.equal(open.amount, null);
  await until(() => anybody.buy(made.id, { amount: "2,5" }), (r) => r.status === 303 && r.headers.get("location") !== c.payment_url, "asking for the amount");
  await until(() => anybody.buy(made.id, { amount: "free" }), (r) => r.status === 400, "refusing what is no amount");
  assert.equal((await shop.links.update(made.id, { active: false })).active, false);
  await until(() => anybody.buy(made.id, { amount: "1" }), (r) => r.status === 410, "closed");
  await refuses(neighbour.links.retrieve(made.id), 404, "not_found");
  await refuses(shop.links.create({ amount: 1 }), 400, "parameter_missing", "asset_code");
});

test("cancelling", async () => {
  const c = await shop.checkouts.create("direct", { amount: 2, asset_code: "XLM" });
  const cancelled = await shop.checkouts.expire(c.id);
  assert.equal(cancelled.id, c.id);
  assert.ok(cancelled.expires_at < c.expires_at);
  // A body is optional.
  assert.equal((await shop.call("POST", `/checkout/${c.id}/expire`)).expires_at, cancelled.expires_at);
  await pay(c); // a payment in transit counts
  await awaitStatus(shop, c.id, "completed");
});

test("a request sent again makes nothing twice", async () => {
  const amount = { amount: 5, asset_code: "XLM", metadata: { order: "7" } };
  const made = await shop.checkouts.create("direct", amount, { idempotencyKey: "order 7" });
  assert.deepEqual(await shop.checkouts.create("direct", amount, { idempotencyKey: "order 7" }), made);
  await refuses(shop.checkouts.create("direct", { ...amount, amount: 6 }, { idempotencyKey: "order 7" }), 409, "idempotency_key_reused", "Idempotency-Key");
  assert.notEqual((await shop.checkouts.create("direct", amount, { idempotencyKey: "order 8" })).id, made.id);
  assert.notEqual((await neighbour.checkouts.create("direct", amount, { idempotencyKey: "order 7" })).id, made.id);
  const crowd = await Promise.all(Array.from({ length: 16 }, () => shop.checkouts.create("direct", amount, { idempotencyKey: "order 9" })));
  assert.equal(new Set(ids(crowd)).size, 1);

  const anotherProduct = { name: "Yirgacheffe", asset_code: "XLM", price_amount: 5 };
  for (const [what, make] of Object.entries({
    product: (again, extra) => shop.products.create({ ...anotherProduct, ...extra }, again),
    customer: (again, extra) => shop.customers.create({ name: "Dave", ...extra }, again),
    known: (again, extra) => shop.customers.create({ email: "carol@example.com", ...extra }, again),
    merchant: (again, extra) => operator.merchants.create({ name: "Third Shop", ...extra }, again),
    key: (again, extra) => operator.createKey(spent.merchant, extra !== undefined, again),
  })) {
    const again = { idempotencyKey: `the same ${what}` };
    const first = await make(again);
    assert.deepEqual(await make(again), first, what);
    await refuses(make(again, { name: "Another" }), 409, "idempotency_key_reused", "Idempotency-Key");
  }
  const cancelled = await shop.checkouts.expire(made.id, { idempotencyKey: "stop" });
  assert.equal((await shop.checkouts.expire(made.id, { idempotencyKey: "stop" })).id, cancelled.id);
  await refuses(shop.checkouts.expire(crowd[0].id, { idempotencyKey: "stop" }), 409, "idempotency_key_reused", "Idempotency-Key");
  for (const key of ["", "k".repeat(256)]) {
    await refuses(shop.checkouts.create("direct", amount, { idempotencyKey: key }), 400, "parameter_invalid", "Idempotency-Key");
  }
});

test("lists, both ways", async () => {
  const made = [];
  for (let i = 0; i < 8; i++) made.push(await neighbour.products.create({ name: `Coffee ${i}`, asset_code: "XLM", price_amount: 5 }));
  const newestFirst = ids(made).reverse();
  const own = (all) => ids(all).filter((id) => newestFirst.includes(id));
  const first = await neighbour.products.list({ limit: 3 });
  assert.deepEqual([ids(first), first.hasMore, first.url], [newestFirst.slice(0, 3), true, "/product"]);
  assert.deepEqual(own(await gather(neighbour.products.all({ limit: 3 }))), newestFirst);
  assert.deepEqual(own(await gather(neighbour.products.all({ limit: 3, ending_before: newestFirst.at(-1) }))), newestFirst.slice(0, -1).reverse());
  // By ids alone, as a client does that ignores Link.
  const walked = [];
  for (let page = first; ; page = await neighbour.products.list({ limit: 3, starting_after: page.at(-1).id })) {
    walked.push(...ids(page));
    if (!page.hasMore) break;
  }
  assert.deepEqual(walked, newestFirst);
  assert.deepEqual(ids(await neighbour.products.list({ limit: 2, ending_before: newestFirst[4] })), newestFirst.slice(2, 4));
  await refuses(neighbour.products.list({ limit: 101 }), 400, "parameter_invalid", "limit");
  await refuses(neighbour.products.list({ starting_after: "prod_none" }), 400, "parameter_invalid", "starting_after");
});

test("checkouts by status and by customer", async () => {
  const params = { amount: 1, asset_code: "XLM", customer_phone: "+4930901820" };
  const [unpaid, other] = [await neighbour.checkouts.create("direct", params), await neighbour.checkouts.create("direct", { amount: 1, asset_code: "XLM" })];
  const paid = await neighbour.checkouts.create("direct", params);
  await pay(paid);
  await awaitStatus(neighbour, paid.id, "completed");
  const listed = async (query) => ids(await gather(neighbour.checkouts.all(query)));
  assert.deepEqual(await listed({ customer_id: paid.customer_id }), [paid.id, unpaid.id]);
  assert.deepEqual(await listed({ customer_id: paid.customer_id, status: "completed" }), [paid.id]);
  assert.ok(!(await listed({ status: "open" })).includes(paid.id) && (await listed({ status: "open" })).includes(other.id));
  assert.deepEqual(await listed({ status: "failed" }), []);
  assert.deepEqual((await neighbour.checkouts.list({ limit: 1 }))[0], await neighbour.checkouts.retrieve(paid.id));
  await refuses(neighbour.checkouts.list({ status: "paid" }), 400, "parameter_invalid", "status");
});

test("merchants and modes are apart", async () => {
  const c = await shop.checkouts.create("direct", { amount: 1, asset_code: "XLM", customer_email: "erin@example.com" });
  const product = await shop.products.create({ name: "Harrar", asset_code: "XLM", price_amount: 5 });
  for (const stranger of [neighbour, live]) {
    await refuses(stranger.checkouts.retrieve(c.id), 404, "not_found");
    await refuses(stranger.checkouts.expire(c.id), 404, "not_found");
    await refuses(stranger.products.retrieve(product.id), 404, "not_found");
    await refuses(stranger.products.update(product.id, { name: "Mine" }), 404, "not_found");
    await refuses(stranger.products.remove(product.id), 404, "not_found");
    await refuses(stranger.customers.retrieve(c.customer_id), 404, "not_found");
    await refuses(stranger.customers.remove(c.customer_id), 404, "not_found");
    assert.deepEqual(ids(await stranger.customers.list({ email: "erin@example.com" })), []);
    for (const list of [stranger.checkouts, stranger.products, stranger.customers]) {
      const theirs = ids(await gather(list.all({ limit: 100 })));
      assert.ok(![c.id, product.id, c.customer_id].some((id) => theirs.includes(id)));
    }
  }
  const alive = await live.customers.create({ email: "erin@example.com" });
  assert.ok(alive.livemode && alive.id !== c.customer_id);
  await refuses(shop.customers.retrieve(alive.id), 404, "not_found");
  // Each mode has its network: money of the test network does not count on the public one.
  const dear = await live.checkouts.create("direct", { amount: 2, asset_code: "XLM" });
  assert.deepEqual([dear.livemode, dear.destination], [true, accounts.live]);
  await pay(dear);
  // The test ledger has closed; an account is read every three seconds.
  await new Promise((resolve) => setTimeout(resolve, 4000));
  assert.equal((await live.checkouts.retrieve(dear.id)).amount_received, "0");
  const hash = await pay(dear, "2", {}, LIVE_SANDBOX_URL);
  const { payments } = await awaitStatus(live, dear.id, "completed");
  assert.deepEqual(payments.map((p) => p.transaction_hash), [hash]);
  assert.deepEqual(ids(await live.payments.of(dear.id)), ids(payments));
  await refuses(shop.payments.retrieve(payments[0].id), 404, "not_found");
  await refuses(shop.payments.of(dear.id), 404, "not_found");
});

test("what is asked wrongly", async () => {
  const ask = (method, path, options) => shop.call(method, path, options);
  const body = (extra) => ({ query: { type: "direct" }, body: { amount: 5, asset_code: "XLM", ...extra } });
  await refuses(watched(new Anybody(BASE_URL)).get("/checkout"), 401, "api_key_missing");
  await refuses(merchantWith("sk_test_" + "0".repeat(64)).checkouts.list(), 401, "api_key_invalid");
  await refuses(ask("GET", "/nothing"), 404, "not_found");
  const other = await refuses(ask("PATCH", "/product"), 405, "method_not_allowed");
  assert.deepEqual(other.headers.get("allow").split(", ").filter((method) => method !== "HEAD").sort(), ["GET", "POST"]);
  await refuses(ask("POST", "/checkout", body({ colour: "blue" })), 400, "parameter_unknown", "colour");
  await refuses(ask("POST", "/checkout", { ...body(), query: { type: "direct", expand: "customer" } }), 400, "parameter_unknown", "expand");
  await refuses(ask("GET", "/product/prod_01m81j4xp0ad8jsdfhz010r780", { query: { expand: "prices" } }), 400, "parameter_unknown", "expand");
  await refuses(ask("POST", "/checkout", { body: { amount: 5, asset_code: "XLM" } }), 400, "parameter_missing", "type");
  await refuses(ask("POST", "/checkout", { query: { type: "direct" }, body: { amount: 5 } }), 400, "parameter_missing", "asset_code");
  await refuses(ask("POST", "/checkout", body({ expires_in: 86_401 })), 400, "parameter_invalid", "expires_in");
  await refuses(ask("POST", "/checkout", body({ redirect_url: "javascript:alert(1)" })), 400, "parameter_invalid", "redirect_url");
  await refuses(ask("POST", "/checkout", { ...body(), headers: { "content-type": "text/plain" } }), 415, "content_type_unsupported");
  await refuses(ask("POST", "/checkout", body({ description: "x".repeat(64 << 10) })), 413, "body_too_large");
});

test("what anybody may read", async () => {
  const [toml, reference, health] = [await anybody.stellarToml(), await anybody.reference(), await anybody.health()];
  for (const name of ["NETWORK_PASSPHRASE", "SIGNING_KEY", "WEB_AUTH_ENDPOINT"]) assert.match(toml, new RegExp(`^${name}\\s*=\\s*".+"$`, "m"));
  assert.match(reference, /<h1[\s>]/);
  assert.match(await anybody.pages(), /^# .*\n\n> .*\n/);
  assert.ok(health);
  assert.ok((await operator.healthDetails()).networks);
});

test("an owner signs in with a wallet", async () => {
  const name = `signer, ${process.pid}`;
  const account = await accountOf("signer");
  await operator.merchants.create({ name: "Signer", account_test: account });
  const { transaction, network_passphrase } = await anybody.challenge(account, false);
  assert.ok(network_passphrase);
  const signed = await sandbox(TEST_SANDBOX_URL, "sign-in", { name, transaction });
  assert.equal(signed.address, account);
  // A new merchant is known everywhere within a minute.
  const { token } = await until(() => anybody.session(signed.transaction).catch((error) => error), (reply) => reply.token, "signed in");
  const claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  assert.deepEqual([claims.sub, claims.exp - claims.iat], [signed.address, 12 * 3600]);
  await refuses(anybody.session(transaction), 403, "sign_in_refused", "transaction");
  await refuses(anybody.session("AAAA"), 400, "challenge_invalid", "transaction");
});

test("reading the ledger again", async () => {
  const c = await shop.checkouts.create("direct", { amount: 1, asset_code: "XLM" });
  await pay(c);
  await operator.reconcile(spent.merchant, new Date(Date.now() - 600_000).toISOString());
  assert.equal((await shop.checkouts.retrieve(c.id)).status, "completed");
});

test("a revoked key is dead within a minute", async () => {
  const holder = merchantWith(spent.secret);
  await until(() => holder.products.list().then(() => "alive", (e) => e.code), (code) => code === "api_key_invalid", "refused");
});

after(async () => {
  const { paths } = await anybody.description();
  const missed = [];
  for (const [template, operations] of Object.entries(paths)) {
    const pattern = new RegExp("^" + template.replace(/\./g, "\\.").replace(/\{\w+\}/g, "[^/]+") + "$");
    for (const method of ["get", "post", "put", "delete"]) {
      const driven = asked.some((a) => a.method.toLowerCase() === method && (a.status === 200 || a.status === 303) && pattern.test(a.path));
      const ofThePage = template.startsWith("/assets/"); // only browsers request these
      if (operations[method] && !driven && !ofThePage) missed.push(`${method.toUpperCase()} ${template}`);
    }
  }
  assert.deepEqual(missed, [], "described, and not driven");
});
