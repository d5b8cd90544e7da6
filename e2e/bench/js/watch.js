// Finds payments in Horizon when a client views a checkout, and settles the checkout.

import { HorizonError, ledgerBefore, readPayments, readRoot } from "./horizon.js";
import { open } from "./id.js";
import { claim, keep, recall } from "./recent.js";
import { decode, encode, expiryOf, modeOf, read, write } from "./record.js";
import { deadlineOf, outcomeOf, relevant } from "./settle.js";

const OVERLAP = 10 * 60_000;
const LOOK_WINDOW = 3000; // milliseconds
const LOOK_LIFETIME = 60; // seconds
const ROOT_LIFETIME = 60; // seconds
const MAX_LOOKED = 500;

// load reads what is known about a checkout, with what was paid back if wanted.
export async function load(env, id, withRefunds) {
  const keys = [`checkout/${id}`, `outcome/${id}`, `seen/${id}`, `cancel/${id}`];
  if (withRefunds) keys.push(`refunded/${id}`);
  const [checkout, recorded, seen, cancel, refunds] = await read(env, ...keys);
  return checkout && { checkout, recorded, seen: seen ?? [], cancel, refunds: refunds ?? [] };
}

// changes reads what can have changed of an open checkout that was read a moment ago.
export async function changes(env, { checkout, seen }) {
  const [recorded, cancel] = await read(env, `outcome/${checkout.id}`, `cancel/${checkout.id}`);
  return { checkout, seen: [...seen], recorded, cancel, refunds: [] };
}

// cursors are those that looks have read, by mode. By an older one a look only reads more.
const cursors = new Map();
const CURSOR_LIFETIME = 60_000; // milliseconds

async function recentCursor(env, mode, fresh) {
  const now = Date.now();
  const known = cursors.get(mode);
  if (!fresh && known?.until > now) return known.cursor;
  const [cursor] = await read(env, `cursor/${mode}`);
  cursors.set(mode, { cursor, until: now + CURSOR_LIFETIME });
  return cursor;
}

const rootKey = (network) => `root/${network.horizons.join(" ")}`;

async function connect(config, mode) {
  const network = config.networks.get(mode);
  for (const base of network.horizons) {
    if ((await recall(`closed/visitors/${base}`)) !== null) continue;
    try {
      const root = await readRoot(base);
      if (root.passphrase !== network.passphrase) continue;
      await keep(rootKey(network), JSON.stringify({ base, root }), ROOT_LIFETIME);
      return { base, root };
    } catch (error) {
      console.error(String(error));
    }
  }
  throw new HorizonError("no usable Horizon");
}

async function recentRoot(config, mode, fresh) {
  const kept = JSON.parse(fresh ? null : await recall(rootKey(config.networks.get(mode))));
  return kept && (await recall(`closed/visitors/${kept.base}`)) === null ? kept : connect(config, mode);
}

// startOf returns the ledger after which to read an account for a checkout that was created at a
// time.
function startOf(cursor, root, account, created) {
  const after = ledgerBefore(root, created);
  if (!cursor || cursor.from.ledger > root.latest) return after;
  return Math.max(after, cursor.behind?.[account] ?? cursor.from.ledger);
}

// covers reports whether a look that began for another checkout also covers this one.
const covers = (last, checkout) => last.after <= Math.max(ledgerBefore(last.root, Date.parse(checkout.created_at)), last.floor);

// look updates an open checkout's state, reading the account at most once in LOOK_WINDOW.
export async function look(env, config, standing) {
  const known = () => outcomeOf(standing, 0, Date.now());
  if (standing.recorded) return known();
  const { checkout, cancel } = standing;
  const mode = checkout.mode;
  const key = `look/${mode}/${checkout.account}`;
  try {
    let last = decode(await recall(key));
    const fits = last !== null && Date.now() - last.at < LOOK_LIFETIME * 1000 && covers(last, checkout);
    const reads = (!fits || Date.now() - last.at >= LOOK_WINDOW) && claim(key, LOOK_WINDOW);
    if (!fits && !reads) return known(); // somebody else is reading
    if (reads) {
      const cursor = await recentCursor(env, mode, Date.now() >= deadlineOf(checkout, cancel));
      last = await lookAt(config, mode, standing, cursor, last);
      await keep(key, encode(last), LOOK_LIFETIME);
    }
    standing.readAt = last.at;
    const proven = last.proven;
    const payments = last.payments.filter(({ ids }) => ids.includes(checkout.id)).map(({ payment }) => payment);
    if (payments.length === 0 && proven < deadlineOf(checkout, cancel)) return known();
    return await settleCheckout(env, standing, payments, proven);
  } catch (error) {
    console.error(String(error));
    return known();
  }
}

// lookAt reads the account of a checkout. For a checkout past its deadline it reads from the
// checkout's beginning, so that the checkout can end; otherwise from the end of the last look.
async function lookAt(config, mode, { checkout, cancel }, cursor, last) {
  const due = Date.now() >= deadlineOf(checkout, cancel);
  const { base, root } = await recentRoot(config, mode, due);
  let after = startOf(cursor, root, checkout.account, Date.parse(checkout.created_at));
  // For a checkout that is older than all ledgers.
  const floor = startOf(cursor, root, checkout.account, 0);
  let from = after;
  let payments = [];
  const goesOn = !due && last?.root.elder === root.elder && last.after <= after && last.through >= from && last.payments.length < MAX_LOOKED;
  if (goesOn) ({ after, through: from, payments } = last);
  const pass = await readPayments(base, checkout.account, from, due);
  if (pass.error) throw pass.error;
  for (const { payment, memo } of pass.payments) {
    const ids = await open(config.memoKeys, memo, Date.now());
    if (ids.length > 0) payments.push({ payment, ids });
  }
  const proven = due && pass.complete ? provenBy(config, cursor, checkout.account, root.closedAt) : 0;
  return { at: Date.now(), root, after, floor, through: pass.read, payments, proven };
}

// provenBy returns the latest deadline whose checkouts may end unpaid, after a pass up to coverage.
function provenBy(config, cursor, account, coverage) {
  const once = coverage - OVERLAP;
  if (!cursor || cursor.behind?.[account] !== undefined) return once;
  return Math.max(Math.min(Date.parse(cursor.covered.closed_at), coverage) - config.settleMargin, once);
}

// settleCheckout records new payments and a new state.
async function settleCheckout(env, standing, payments, proven) {
  const { checkout } = standing;
  const known = relevant([...standing.seen, ...(standing.recorded?.payments ?? [])], checkout.asset);
  standing.seen = relevant([...known, ...payments], checkout.asset);
  const out = outcomeOf(standing, proven, Date.now());
  if (!standing.recorded && out.status !== "open") {
    const { exception, ...plain } = out;
    await write(env, [`outcome/${checkout.id}`, encode(exception ? out : plain), expiryOf(checkout)]);
    standing.recorded = out;
  } else if (standing.seen.length !== known.length || standing.seen.some(({ op }, i) => op !== known[i].op)) {
    await write(env, [`seen/${checkout.id}`, encode(standing.seen), expiryOf(checkout)]);
  }
  return out;
}
