// Reads payments from Horizon.

import { parseAmount } from "./amount.js";
import { isAccount, isAssetCode, XLM } from "./asset.js";

const PAGE_LIMIT = 200;
const MAX_PAGES = 50;
const TIMEOUT = 5000;

export class HorizonError extends Error {}

async function get(base, path) {
  const response = await fetch(base + path, {
    headers: { Accept: "application/json" },
    redirect: "manual",
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT),
  });
  const document = await response.json();
  if (response.status === 200) return document;
  if (response.status === 404 && document.type?.endsWith("/not_found")) return null;
  throw new HorizonError(`${path}: status ${response.status}`);
}

export async function readRoot(base) {
  const document = await get(base, "/");
  const root = {
    passphrase: document?.network_passphrase,
    latest: document?.history_latest_ledger,
    closedAt: Date.parse(document?.history_latest_ledger_closed_at),
    elder: document?.history_elder_ledger,
  };
  if (!root.passphrase || !(root.latest > 0) || !(root.elder >= 0) || !(root.closedAt > 0)) throw new HorizonError("root without a ledger");
  return root;
}

// ledgerBefore returns a ledger that certainly closed before a time, using that close times are
// whole seconds and strictly increase.
export function ledgerBefore(root, time) {
  const back = root.closedAt > time ? Math.floor((root.closedAt - time) / 1000) + 1 : 0;
  return Math.max(root.latest - back - 1, 0);
}

function amountOf(text) {
  const amount = parseAmount(text ?? "");
  if (amount === undefined) throw new HorizonError("a payment without an amount");
  return amount;
}

function assetOf({ asset_type: type, asset_code: code, asset_issuer: issuer }) {
  if (type === "native") return XLM;
  if (!type?.startsWith("credit_alphanum") || !isAssetCode(code ?? "") || !isAccount(issuer ?? "")) throw new HorizonError("a payment without an asset");
  return { code, issuer };
}

// received returns what an account received by an operation.
async function received(base, record, op, account) {
  if (record.transaction_successful === false) return [];
  const movements = [];
  switch (record.type) {
    case "payment":
    case "path_payment_strict_receive":
    case "path_payment_strict_send":
      if (record.to === account && record.from !== account) movements.push([record, 0]);
      break;
    case "create_account":
      if (record.account === account) movements.push([{ asset_type: "native", from: record.funder, amount: record.starting_balance }, 0]);
      break;
    case "account_merge":
      if (record.into === account) {
        const effects = await get(base, `/operations/${op}/effects`);
        const credit = effects?._embedded.records.find((e) => e.type === "account_credited" && e.account === account && e.asset_type === "native");
        movements.push([{ asset_type: "native", from: record.account, amount: credit?.amount }, 0]);
      }
      break;
    case "invoke_host_function":
      for (const [index, change] of (record.asset_balance_changes ?? []).entries()) {
        const moved = change.type === "transfer" || change.type === "mint";
        if (moved && change.to === account && change.from !== account) movements.push([change, index]);
      }
  }
  return movements
    .map(([movement, index]) => ({
      op,
      ...(index > 0 && { index }),
      hash: record.transaction_hash,
      closed_at: record.created_at,
      ...(movement.from && { from: movement.from }),
      asset: assetOf(movement),
      amount: amountOf(movement.amount),
    }))
    .filter(({ amount }) => amount > 0n);
}

function memoOf({ transaction }) {
  if (!transaction?.memo_type) throw new HorizonError("a payment without its transaction");
  if (transaction.memo_type !== "text") return "";
  return transaction.memo_bytes === undefined ? (transaction.memo ?? "") : atob(transaction.memo_bytes);
}

// readPayments reads the payments that an account received after a ledger, until an empty page or,
// unless untilEmpty is true, a page that is not full. Payments in a ledger that was not read
// completely are left out.
export async function readPayments(base, account, after, untilEmpty) {
  const pass = { payments: [], complete: false, read: after, error: null };
  let cursor = ((BigInt(after) + 1n) << 32n) - 1n;
  try {
    for (let page = 0; page < MAX_PAGES; page++) {
      const query = `cursor=${cursor}&join=transactions&limit=${PAGE_LIMIT}&order=asc`;
      const document = await get(base, `/accounts/${account}/payments?${query}`);
      const records = document === null ? [] : document._embedded.records;
      let last = cursor;
      for (const record of records) {
        const op = BigInt(record.id);
        if (op > last) last = op;
        if (op <= cursor) continue;
        for (const payment of await received(base, record, op, account)) pass.payments.push({ payment, memo: memoOf(record) });
      }
      if (records.length === 0 || (!untilEmpty && records.length < PAGE_LIMIT)) {
        pass.complete = true;
        return pass;
      }
      if (last === cursor) throw new HorizonError("a page that repeats what came before it");
      cursor = last;
      pass.read = Number(last >> 32n) - 1; // the page may end in the middle of its last ledger
    }
  } catch (error) {
    pass.error = error;
  }
  pass.payments = pass.payments.filter(({ payment }) => payment.op >> 32n <= BigInt(pass.read));
  return pass;
}
