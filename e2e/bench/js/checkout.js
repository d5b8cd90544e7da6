// POST /checkout and GET /checkout/{id}.

import { exact, formatAmount } from "./amount.js";
import { ApiError, clip, invalid, missing, notFound } from "./error.js";
import { deriveId, isId, newId, paymentId, seal, sha256 } from "./id.js";
import { Params } from "./params.js";
import { byMerchantKey, encode, expiryOf, modeOf, openKey, read, remembering, write } from "./record.js";
import { deadlineOf, dueOf, outcomeOf } from "./settle.js";
import { load, look } from "./watch.js";

const DAY = 24 * 3600;
const PUBLIC = "Public Global Stellar Network ; September 2015";

export async function createCheckout(call) {
  const { config, merchant, livemode, query } = call;
  const kind = query.get("type") ?? "";
  if (kind === "") throw missing("type", "type is required in the query: /checkout?type=product or /checkout?type=direct.");
  if (kind !== "product" && kind !== "direct") throw invalid("type", `type must be product or direct, not ${clip(kind)}.`);
  const mode = modeOf(livemode);
  const network = config.networks.get(mode);
  const account = livemode ? merchant.account_live : merchant.account_test;
  if (!network || !account) {
    throw new ApiError("account_missing", "The merchant has no account on the network of this API key; the operator sets account_test or account_live.");
  }

  const params = new Params(call.body);
  const session = { merchant: merchant.id, merchant_name: merchant.name, mode, account };
  if (kind === "direct") {
    session.amount = params.amount("amount", " for a direct checkout");
    session.asset = params.asset(network.assets, " for a direct checkout");
  } else {
    session.product_id = params.required("product_id", 1000, " for a product checkout");
  }
  session.customer_id = params.text("customer_id", 1000);
  const email = params.email("customer_email");
  const phone = params.phone("customer_phone");
  session.redirect_url = params.returnURL("redirect_url", livemode);
  session.cancel_url = params.returnURL("cancel_url", livemode);
  session.description = params.text("description", 500);
  const metadata = params.metadata("metadata");
  const lifetime = params.seconds("expires_in", config.expiresInMin, DAY, DAY);
  params.done();
  if (session.customer_id !== "" && (email !== "" || phone !== "")) {
    throw invalid("customer_id", "customer_id already names the customer; leave out customer_email and customer_phone.");
  }

  // What is read is read as one operation.
  const idempotency = await idempotencyOf(call, mode);
  const customers = await customerIds(merchant, mode, email, phone);
  const env = (call.env = await remembering(call.env, [
    ...(idempotency?.derived ?? []).flatMap((id) => [`checkout/${id}`, `outcome/${id}`, `seen/${id}`, `cancel/${id}`]),
    ...(isId("prod_", session.product_id ?? "") ? [`product/${session.product_id}`] : []),
    ...(isId("cus_", session.customer_id) ? [`customer/${session.customer_id}`] : []),
    ...customers.flatMap((id) => [`customer/${id}`, `customer-alias/${id}`]),
    ...(idempotency ? [idempotency.name] : []),
  ]));
  const earlier = idempotency ? await idempotency.earlier(env) : [];
  for (const id of earlier) {
    const standing = await load(env, id);
    if (standing) return objectOf(call, standing, outcomeOf(standing, 0, Date.now()));
  }
  if (session.product_id) await fillProduct(call, session);
  if (session.customer_id !== "") {
    const [customer] = isId("cus_", session.customer_id) ? await read(env, `customer/${session.customer_id}`) : [];
    if (!customer || customer.merchant !== merchant.id || customer.mode !== modeOf(livemode)) {
      throw invalid("customer_id", `No customer has the id ${clip(session.customer_id)}.`);
    }
  }
  const made = { indexes: [], records: [] };
  if (customers.length > 0) session.customer_id = await findOrCreateCustomer(call, mode, email, phone, customers, made);

  const now = call.began;
  session.id = idempotency?.id ?? newId("chk_", now);
  session.memo = await seal(config.memoKeys, session.id);
  session.created_at = new Date(now).toISOString();
  session.expires_at = new Date(now + lifetime * 1000).toISOString();
  if (metadata?.length > 0) session.metadata = metadata;
  const expiry = expiryOf(session);
  // Whoever finds the checkout can rely on it being listed, and so being watched.
  await write(
    env,
    ...made.indexes,
    ...(idempotency ? [idempotency.entry(session.id)] : []),
    [byMerchantKey(merchant.id, mode, "chk", now, session.customer_id ? `${session.id}/${session.customer_id}` : session.id), "", expiry],
    [openKey(session), "", expiry],
  );
  await write(env, ...made.records, [`checkout/${session.id}`, encodeSession(session), expiry]);
  return objectOf(call, { session }, { status: "open", exception: "", received: 0n, payments: [] });
}

// encodeSession leaves out what has no value.
function encodeSession(session) {
  const record = {};
  for (const [name, value] of Object.entries(session)) if (value !== "") record[name] = value;
  if (session.metadata) record.metadata = Object.fromEntries(session.metadata);
  return encode(record);
}

async function idempotencyOf({ headers, merchant, method, path, search, body }, mode) {
  const key = headers.get("idempotency-key");
  if (key === null) return null;
  if (key === "" || key.length > 255) {
    throw invalid("Idempotency-Key", `Idempotency-Key has ${key.length} characters; it must have 1 to 255, or not be sent.`);
  }
  const request = await sha256(`${method} ${path}?${search}\n${new TextDecoder().decode(body)}`);
  const name = `idempotency/${merchant.id}/${mode}/${await sha256(key)}`;
  const salt = Uint8Array.from(atob(merchant.salt), (character) => character.charCodeAt(0));
  const today = Math.floor(Date.now() / (DAY * 1000)) * DAY * 1000;
  const derive = (day) => deriveId("chk_", salt, day, merchant.id, mode, key, request);
  const id = await derive(today);
  const derived = [id, await derive(today - DAY * 1000)];
  return {
    id,
    name,
    derived,
    // earlier are the ids under which the checkout may have been made before.
    async earlier(env) {
      const [made] = await read(env, name);
      if (made && made.request !== request) {
        const message = "This Idempotency-Key was used for another request; take a new key for each thing that you create.";
        throw new ApiError("idempotency_key_reused", message, "Idempotency-Key");
      }
      return made ? [made.id] : derived;
    },
    entry: (id) => [name, JSON.stringify({ request, id }), Math.floor(Date.now() / 1000) + 2 * DAY],
  };
}

async function fillProduct({ env, merchant, livemode }, session) {
  const id = session.product_id;
  const [product] = isId("prod_", id) ? await read(env, `product/${id}`) : [];
  if (!product || product.merchant !== merchant.id || product.mode !== modeOf(livemode)) {
    throw invalid("product_id", `No product has the id ${clip(id)}.`);
  }
  if (product.archived) throw new ApiError("product_archived", "The product is archived and cannot be sold any more.", "product_id");
  session.amount = product.price;
  session.asset = product.asset;
  session.description ||= product.name;
}

// customerIds are the ids that customers with the addresses are made under.
async function customerIds(merchant, mode, email, phone) {
  const salt = Uint8Array.from(atob(merchant.salt), (character) => character.charCodeAt(0));
  const ids = [];
  for (const [kind, address] of [["email", email], ["phone", phone]]) {
    if (address !== "") ids.push(await deriveId("cus_", salt, 0, merchant.id, mode, kind, address));
  }
  return ids;
}

async function findOrCreateCustomer({ env, merchant, livemode }, mode, email, phone, ids, made) {
  for (const id of ids) {
    const known = await env.KV.get([`customer/${id}`, `customer-alias/${id}`]);
    if (known.get(`customer/${id}`)) return id;
    const alias = known.get(`customer-alias/${id}`);
    if (alias) return alias;
  }
  const now = Date.now();
  const at = new Date(now).toISOString();
  const [id] = ids;
  const record = { id, merchant: merchant.id, mode, ...(email && { email }), ...(phone && { phone }), created_at: at, updated_at: at };
  made.records.push([`customer/${id}`, JSON.stringify(record)]);
  made.indexes.push([byMerchantKey(merchant.id, mode, "cus", now, id), ""], ...ids.slice(1).map((other) => [`customer-alias/${other}`, id]));
  return id;
}

export async function getCheckout(call) {
  const { env, config, merchant, livemode, id } = call;
  const standing = isId("chk_", id) ? await load(env, id) : null;
  if (!standing || standing.session.merchant !== merchant.id || standing.session.mode !== modeOf(livemode)) throw notFound("checkout", id);
  return objectOf(call, standing, await look(env, config, standing));
}

const orNull = (text) => text || null;

export const fill = (url, id) => (url ?? "").replaceAll("{CHECKOUT_ID}", id);

// paymentURI is the SEP-7 request for what is still due, or for all once nothing is.
export function paymentURI({ config }, session, outcome) {
  const { passphrase } = config.networks.get(session.mode);
  const { code, issuer } = session.asset;
  const amount = formatAmount(dueOf(outcome, session.amount) || session.amount);
  const asset = issuer ? `&asset_code=${code}&asset_issuer=${issuer}` : "";
  const network = passphrase === PUBLIC ? "" : `&network_passphrase=${encodeURIComponent(passphrase)}`;
  return `web+stellar:pay?destination=${session.account}&amount=${amount}${asset}&memo=${session.memo}&memo_type=MEMO_TEXT${network}`;
}

export const payURL = ({ config, origin }, id) => `${config.baseURL || origin}/pay/${id}`;

const timestamp = (time) => new Date(time).toISOString();

async function objectOf(call, { session, cancel }, outcome) {
  const payments = outcome.payments.map((payment) => paymentOf(session, payment));
  return {
    id: session.id,
    object: "checkout",
    customer_id: orNull(session.customer_id),
    product_id: orNull(session.product_id),
    amount: exact(session.amount),
    asset_code: session.asset.code,
    asset_issuer: orNull(session.asset.issuer),
    status: outcome.status,
    exception: orNull(outcome.exception),
    amount_received: exact(outcome.received),
    payments,
    payment_url: payURL(call, session.id),
    payment_uri: paymentURI(call, session, outcome),
    destination: session.account,
    memo: session.memo,
    memo_type: "text",
    redirect_url: orNull(session.redirect_url),
    cancel_url: orNull(session.cancel_url),
    description: orNull(session.description),
    metadata: Array.isArray(session.metadata) ? Object.fromEntries(session.metadata) : (session.metadata ?? {}),
    livemode: session.mode === "live",
    expires_at: timestamp(deadlineOf(session, cancel)),
    created_at: timestamp(session.created_at),
    completed_at: outcome.status === "completed" ? timestamp(outcome.completed_at) : null,
  };
}

function paymentOf(session, payment) {
  const { op, index = 0, hash, closed_at: closed, from, asset, amount, reason } = payment;
  return {
    id: paymentId(Date.parse(closed), op, index, session.mode === "live"),
    amount: exact(amount),
    asset_code: asset.code,
    asset_issuer: orNull(asset.issuer),
    from: orNull(from),
    transaction_hash: hash,
    ledger: Number(op >> 32n),
    created_at: timestamp(closed),
    counted: !reason,
    reason: orNull(reason),
  };
}
