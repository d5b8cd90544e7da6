// Submits a signed transaction to Horizon, until it is known what became of it.

import { Refusal } from "./refusal.js";

const second = 1000;
const patience = 45 * second; // for one answer; Horizon itself gives up after 30 s
const pauses = [1, 2, 4, 8]; // seconds between attempts

// What the ledger says no to. Other codes get a sentence that names them.
const codes = {
  tx_bad_seq: "sequence",
  tx_too_late: "late",
  tx_insufficient_fee: "fee",
  tx_insufficient_balance: "too-little",
  tx_no_source_account: "unfunded",
  tx_bad_auth: "signature",
  tx_bad_auth_extra: "signature",
  op_underfunded: "too-little",
  op_src_no_trust: "no-trustline",
  op_src_not_authorized: "frozen",
  op_no_trust: "shop-cannot-receive",
  op_no_destination: "shop-cannot-receive",
  op_not_authorized: "shop-cannot-receive",
  op_line_full: "shop-cannot-receive",
  op_over_source_max: "price-moved",
  op_too_few_offers: "price-moved",
};

// submit resolves once the transaction is on the ledger. The same envelope may be sent any number
// of times: the ledger takes it once. So after an answer that leaves open what happened (504, a
// TRY_AGAIN_LATER, no answer at all), it is sent again, until it could not be taken any more.
// slow is called when the customer should know that it takes long; gone says that nobody waits.
export async function submit({ horizon, xdr, hash, until, slow, gone }) {
  const body = new URLSearchParams({ tx: xdr });
  for (let tries = 0; ; tries++) {
    if (gone()) throw new Refusal("gone");
    const answer = await request(`${horizon}/transactions`, { method: "POST", body });
    if (answer.ok) return;
    const refusal = answer.status === 400 && refusalFor(answer.document);
    if (refusal) {
      // An earlier attempt may have been taken without an answer: then this one comes too late.
      const doubtful = tries > 0 && (refusal.code === "sequence" || refusal.code === "late");
      if (doubtful && (await isOnLedger(horizon, hash))) return;
      throw refusal;
    }
    if (Date.now() > until) {
      if (await isOnLedger(horizon, hash)) return;
      throw new Refusal("unconfirmed");
    }
    if (tries > 0) slow();
    const pause = Math.max(answer.retryAfter, pauses[Math.min(tries, pauses.length - 1)]);
    await new Promise((resolve) => setTimeout(resolve, pause * second));
  }
}

function refusalFor(document) {
  const { transaction, operations = [] } = document?.extras?.result_codes ?? {};
  if (!transaction) return new Refusal("refused", { message: document?.title ?? "400" });
  const code = operations.find((code) => code !== "op_success") ?? transaction;
  return new Refusal(codes[code] ?? "refused", { message: code });
}

async function isOnLedger(horizon, hash) {
  const { ok, document } = await request(`${horizon}/transactions/${hash}`, {});
  return ok && document?.successful === true;
}

// request returns what Horizon answered. Without an answer, the status is 0.
async function request(url, options) {
  const abort = new AbortController();
  const limit = setTimeout(() => abort.abort(), patience);
  try {
    const response = await fetch(url, { ...options, signal: abort.signal, cache: "no-store" });
    const retryAfter = Math.min(Number(response.headers.get("Retry-After")) || 0, 60);
    const document = await response.json().catch(() => null);
    return { ok: response.ok && document !== null, status: response.status, retryAfter, document };
  } catch {
    return { ok: false, status: 0, retryAfter: 0, document: null };
  } finally {
    clearTimeout(limit);
  }
}
