// POST /checkout and GET /checkout/{id}.

import { exact, formatAmount } from "./amount.js";
import { muxedAddress } from "./asset.js";
import { ApiError, clip, invalid, missing, notFound, unmeasured } from "./error.js";
import { isId, mux, newId, paymentId, seal } from "./id.js";
import { Params } from "./params.js";
import { byMerchantKey, encode, expiryOf, modeOf, muxedKey, openKey, write } from "./record.js";
import { deadlineOf, dueOf, outcomeOf } from "./settle.js";
import { load, look } from "./watch.js";

const DAY = 24 * 3600;
const PUBLIC = "Public Global Stellar Network ; September 2015";

export async function createCheckout(call) {
  const { env, config, merchant, livemode, query } = call;
  const kind = query.get("type") ?? "";
  if (kind === "") throw missing("type", "type is required in the query: /checkout?type=product or /checkout?type=direct.");
  if (kind !== "product" && kind !== "direct") throw invalid("type", `type must be product or direct, not ${clip(kind)}.`);
  if (kind === "product" || call.headers.has("idempotency-key")) throw unmeasured();
  const mode = modeOf(livemode);
  const network = config.networks.get(mode);
  const account = livemode ? merchant.account_live : merchant.account_test;
  if (!network || !account) {
    throw new ApiError("account_missing", "The merchant has no account on the network of this API key; the operator sets account_test or account_live.");
  }

  const params = new Params(call.body);
  const checkout = { merchant: merchant.id, merchant_name: merchant.name, mode, account };
  checkout.amount = params.amount("amount", " for a direct checkout");
  checkout.asset = params.asset(network.assets, " for a direct checkout");
  for (const name of ["customer_id", "customer_email", "customer_phone", "locale"]) {
    if (params.text(name, 1000) !== "") throw unmeasured();
  }
  checkout.redirect_url = params.returnURL("redirect_url", livemode);
  checkout.cancel_url = params.returnURL("cancel_url", livemode);
  checkout.description = params.text("description", 500);
  const metadata = params.metadata("metadata");
  const lifetime = params.seconds("expires_in", config.expiresInMin, DAY, DAY);
  params.done();
  const now = call.began;
  checkout.id = newId("chk_", now);
  checkout.memo = await seal(config.memoKeys, checkout.id);
  checkout.muxed = await mux(config.memoKeys, checkout.id, checkout.memo);
  checkout.created_at = new Date(now).toISOString();
  checkout.expires_at = new Date(now + lifetime * 1000).toISOString();
  if (metadata?.length > 0) checkout.metadata = metadata;
  const expiry = expiryOf(checkout);
  await write(
    env,
    [byMerchantKey(merchant.id, mode, "chk", now, checkout.id), "", expiry],
    [openKey(checkout), "", expiry],
    [muxedKey(checkout), checkout.id, expiry],
    [`checkout/${checkout.id}`, encodeCheckout(checkout), expiry],
  );
  return objectOf(call, { checkout, refunds: [] }, { status: "open", exception: "", received: 0n, payments: [] });
}

// encodeCheckout omits fields without a value.
function encodeCheckout(checkout) {
  const record = {};
  for (const [name, value] of Object.entries(checkout)) if (value !== "") record[name] = value;
  if (checkout.metadata) record.metadata = Object.fromEntries(checkout.metadata);
  return encode(record);
}

export async function getCheckout(call) {
  const { env, config, merchant, livemode, id } = call;
  const standing = isId("chk_", id) ? await load(env, id, true) : null;
  if (!standing || standing.checkout.merchant !== merchant.id || standing.checkout.mode !== modeOf(livemode)) throw notFound("checkout", id);
  return objectOf(call, standing, await look(env, config, standing));
}

const orNull = (text) => text || null;

export const fill = (url, id) => (url ?? "").replaceAll("{CHECKOUT_ID}", id);

// paymentURI returns the SEP-7 request for the amount due, or for the full amount once nothing is
// due.
export function paymentURI({ config }, checkout, outcome) {
  const { passphrase } = config.networks.get(checkout.mode);
  const { code, issuer } = checkout.asset;
  const amount = formatAmount(dueOf(outcome, checkout.amount) || checkout.amount);
  const asset = issuer ? `&asset_code=${code}&asset_issuer=${issuer}` : "";
  const network = passphrase === PUBLIC ? "" : `&network_passphrase=${encodeURIComponent(passphrase)}`;
  const text = [...(checkout.description ?? "")].slice(0, 300).join("");
  const message = text ? `&msg=${encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)}` : "";
  return `web+stellar:pay?destination=${checkout.account}&amount=${amount}${asset}&memo=${checkout.memo}&memo_type=MEMO_TEXT${network}${message}`;
}

export const muxedOf = ({ account, muxed }) => (muxed ? muxedAddress(account, muxed) : "");

export const payURL = ({ config, origin }, id) => `${config.baseURL || origin}/pay/${id}`;

const timestamp = (time) => new Date(time).toISOString();

// updatedAt is the time of the latest fact.
function updatedAt(checkout, cancel, outcome) {
  const times = [checkout.created_at, checkout.updated_at ?? checkout.created_at, ...outcome.payments.map((p) => p.closed_at)].map((t) => Date.parse(t));
  if (cancel) times.push(Date.parse(cancel.deadline) - 120_000);
  if (outcome.status === "expired" || outcome.status === "failed") times.push(deadlineOf(checkout, cancel));
  return Math.max(...times);
}

async function objectOf(call, { checkout, cancel, refunds }, outcome) {
  if (refunds.length > 0) throw unmeasured();
  const payments = outcome.payments.map((payment) => paymentOf(checkout, payment));
  return {
    id: checkout.id,
    object: "checkout",
    customer_id: orNull(checkout.customer_id),
    product_id: orNull(checkout.product_id),
    amount: exact(checkout.amount),
    amount_decimal: formatAmount(checkout.amount),
    asset_code: checkout.asset.code,
    asset_issuer: orNull(checkout.asset.issuer),
    status: outcome.status,
    exception: orNull(outcome.exception),
    amount_received: exact(outcome.received),
    amount_received_decimal: formatAmount(outcome.received),
    payments,
    refunds,
    payment_url: payURL(call, checkout.id),
    payment_uri: paymentURI(call, checkout, outcome),
    destination: checkout.account,
    memo: checkout.memo,
    memo_type: "text",
    destination_muxed: muxedOf(checkout),
    locale: null,
    redirect_url: orNull(checkout.redirect_url),
    cancel_url: orNull(checkout.cancel_url),
    description: orNull(checkout.description),
    metadata: Array.isArray(checkout.metadata) ? Object.fromEntries(checkout.metadata) : (checkout.metadata ?? {}),
    livemode: checkout.mode === "live",
    environment: checkout.mode === "live" ? "mainnet" : "testnet",
    expires_at: timestamp(deadlineOf(checkout, cancel)),
    created_at: timestamp(checkout.created_at),
    updated_at: timestamp(updatedAt(checkout, cancel, outcome)),
    completed_at: outcome.status === "completed" ? timestamp(outcome.completed_at) : null,
  };
}

function paymentOf(checkout, payment) {
  const { op, index = 0, hash, closed_at: closed, from, asset, amount, reason } = payment;
  return {
    id: paymentId(Date.parse(closed), op, index, checkout.mode === "live"),
    amount: exact(amount),
    amount_decimal: formatAmount(amount),
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
