// Where a checkout stands by what is known of the ledger. Times are milliseconds.

import { plus } from "./amount.js";
import { sameAsset } from "./asset.js";

const keyOf = (payment) => `${payment.op}/${payment.index ?? 0}`;

// union returns the payments in ledger order, each once.
function union(payments) {
  const all = new Map();
  for (const payment of payments) if (!all.has(keyOf(payment))) all.set(keyOf(payment), payment);
  if (all.size < 2) return [...all.values()];
  return [...all.values()].sort((a, b) => (a.op < b.op ? -1 : a.op > b.op ? 1 : (a.index ?? 0) - (b.index ?? 0)));
}

const MAX_OWN = 200;
const MAX_FOREIGN = 20;

// relevant returns what a checkout remembers of its payments, in ledger order: the largest, if there are too many.
export function relevant(payments, asset) {
  const all = union(payments);
  if (all.length <= MAX_FOREIGN) return all;
  let own = 0;
  let foreign = 0;
  const largest = all.toSorted((a, b) => (a.amount > b.amount ? -1 : a.amount < b.amount ? 1 : 0));
  return union(largest.filter((payment) => (sameAsset(payment.asset, asset) ? own++ < MAX_OWN : foreign++ < MAX_FOREIGN)));
}

export function deadlineOf(checkout, cancel) {
  const expires = Date.parse(checkout.expires_at);
  return cancel ? Math.min(expires, Date.parse(cancel.deadline)) : expires;
}

function settle(checkout, deadline, payments, proven, now) {
  const { amount, asset } = checkout;
  const out = { status: "open", exception: "", received: 0n, payments: [] };
  let wrongAsset = false;
  for (const payment of union(payments)) {
    const closed = Date.parse(payment.closed_at);
    const judged = { ...payment };
    if (!sameAsset(payment.asset, asset)) {
      judged.reason = "wrong_asset";
      wrongAsset ||= closed < deadline;
    } else if (out.status === "completed" && closed > Date.parse(out.completed_at)) {
      judged.reason = "duplicate";
    } else if (closed >= deadline) {
      judged.reason = "late";
    } else {
      out.received = plus(out.received, payment.amount);
      if (out.received >= amount) {
        out.status = "completed";
        out.completed_at = payment.closed_at;
      }
    }
    out.payments.push(judged);
  }
  const over = proven >= deadline && now >= deadline;
  if (out.status === "completed") {
    if (out.received > amount) out.exception = "overpaid";
  } else if (out.received > 0n) {
    out.exception = "underpaid";
    if (over) out.status = "failed";
  } else if (over) {
    out.status = wrongAsset ? "failed" : "expired";
    if (wrongAsset) out.exception = "wrong_asset";
  }
  return out;
}

// extend adds payments to a terminal outcome, without changing its status.
function extend(outcome, payments, asset) {
  const known = new Set((outcome.payments ?? []).map(keyOf));
  const late = outcome.status === "completed" ? "duplicate" : "late";
  const more = union(payments)
    .filter((payment) => !known.has(keyOf(payment)))
    .map((payment) => ({ ...payment, reason: sameAsset(payment.asset, asset) ? late : "wrong_asset" }));
  return { exception: "", ...outcome, payments: [...(outcome.payments ?? []), ...more] };
}

// outcomeOf says where a checkout stands; proven is the deadline up to which it may end unpaid.
export function outcomeOf({ checkout, recorded, seen, cancel }, proven, now) {
  if (recorded) return extend(recorded, seen, checkout.asset);
  return settle(checkout, deadlineOf(checkout, cancel), seen, proven, now);
}

export function dueOf(outcome, amount) {
  return outcome.status !== "open" || outcome.received >= amount ? 0n : amount - outcome.received;
}
