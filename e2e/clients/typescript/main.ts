// Calls the service by the types that openapi-typescript makes of its description, and openapi-fetch.

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./build/description.js";

type Checkout = components["schemas"]["Checkout"];

const { BASE_URL, API_KEY, SANDBOX_URL } = process.env;
assert(BASE_URL && API_KEY && SANDBOX_URL, "BASE_URL, API_KEY and SANDBOX_URL say what to talk to");

const client = createClient<paths>({ baseUrl: BASE_URL, headers: { "x-api-key": API_KEY } });

/** The data of an answer, or an exception with the error's code and message. */
function expect<T>({ data, error }: { data?: T; error?: { error: { code: string; message: string } } }): T {
  if (error) throw new Error(`${error.error.code}: ${error.error.message}`);
  assert(data !== undefined);
  return data;
}

const most = "922337203685.4775807";
const direct: Checkout = expect(await client.POST("/checkout", {
  params: { query: { type: "direct" }, header: { "Idempotency-Key": "typescript direct" } },
  body: { amount_decimal: most, asset_code: "XLM", metadata: { order: "1042" } },
}));
assert.equal(direct.amount_decimal, most);
assert.equal(direct.metadata["order"], "1042");
assert.equal(direct.product_id, null);

const product = expect(await client.POST("/product", { body: { name: "Sidamo", asset_code: "XLM", price_amount: 12345.1234567 } }));
assert.deepEqual([product.price_amount, product.price_amount_decimal], [12345.1234567, "12345.1234567"]);
expect(await client.PUT("/product/{id}", { params: { path: { id: product.id } }, body: { price_amount_decimal: "2.5" } }));
let sold: Checkout = expect(await client.POST("/checkout", {
  params: { query: { type: "product" }, header: { "Idempotency-Key": "typescript product" } },
  body: { product_id: product.id },
}));

const paid = await fetch(`${SANDBOX_URL}/sandbox/pay`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ destination: sold.destination, memo: sold.memo, amount: sold.amount_decimal }),
});
assert(paid.ok, await paid.text());
for (let tries = 0; sold.status === "open" && tries < 60; tries++) {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  sold = expect(await client.GET("/checkout/{id}", { params: { path: { id: sold.id } } }));
}
assert.equal(sold.status, "completed");
assert.equal(sold.amount_received_decimal, "2.5");
assert.equal(sold.payments.length, 1);

const first = expect(await client.GET("/checkout", { params: { query: { limit: 1 } } }));
assert.deepEqual([first.data.map((c) => c.id), first.has_more], [[sold.id], true]);
const second = expect(await client.GET("/checkout", { params: { query: { starting_after: sold.id } } }));
assert.deepEqual(second.data.map((c) => c.id), [direct.id]);

const refused = await client.POST("/checkout", { params: { query: { type: "direct" } }, body: { asset_code: "XLM" } });
assert.equal(refused.error?.error.code, "parameter_missing");
assert.equal(refused.error?.error.param, "amount");
assert.match(refused.error?.error.message ?? "", /amount is required/);
