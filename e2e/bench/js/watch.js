// Finds payments in Horizon on behalf of somebody who looks at a session, and settles it.

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

export const standingKeys = (id) => [`checkout/${id}`, `outcome/${id}`, `seen/${id}`, `cancel/${id}`];

export const standingOf = ([session, recorded, seen, cancel]) => session && { session, recorded, seen: seen ?? [], cancel };

export const load = async (env, id) => standingOf(await read(env, ...standingKeys(id)));

async function connect(config, mode) {
  const network = config.networks.get(mode);
  for (const base of network.horizons) {
    if ((await recall(`backoff/${base}`)) !== null) continue;
    try {
      const root = await readRoot(base);
      if (root.passphrase !== network.passphrase) continue;
      await keep(`root/${mode}`, JSON.stringify({ base, root }), ROOT_LIFETIME);
      return { base, root };
    } catch (error) {
      console.error(String(error));
    }
  }
  throw new HorizonError("no usable Horizon");
}

async function recentRoot(config, mode, fresh) {
  const kept = JSON.parse(fresh ? null : await recall(`root/${mode}`));
  return kept && (await recall(`backoff/${kept.base}`)) === null ? kept : connect(config, mode);
}

// startOf is the ledger after which an account must be read for a session made at a time.
function startOf(cursor, root, account, created) {
  const after = ledgerBefore(root, created);
  if (!cursor || cursor.from.ledger > root.latest) return after;
  return Math.max(after, cursor.behind?.[account] ?? cursor.from.ledger);
}

// covers says whether a look that began for another session says everything about this one, too.
const covers = (last, session) => last.after <= Math.max(ledgerBefore(last.root, Date.parse(session.created_at)), last.floor);

// look brings an open session's standing up to date, reading the account at most once in LOOK_WINDOW.
export async function look(env, config, standing) {
  const known = () => outcomeOf(standing, 0, Date.now());
  if (standing.recorded) return known();
  const { session, cancel } = standing;
  const mode = session.mode;
  const key = `look/${mode}/${session.account}`;
  try {
    let last = decode(await recall(key));
    const fresh = last !== null && Date.now() - last.at < LOOK_WINDOW && covers(last, session);
    if (!fresh) {
      if (!claim(key, LOOK_WINDOW)) return known();
      const [cursor] = await read(env, `cursor/${mode}`);
      last = await lookAt(config, mode, standing, cursor, last);
      await keep(key, encode(last), LOOK_LIFETIME);
    }
    const proven = last.proven;
    const payments = last.payments.filter(({ ids }) => ids.includes(session.id)).map(({ payment }) => payment);
    if (payments.length === 0 && proven < deadlineOf(session, cancel)) return known();
    return await settleSession(env, standing, payments, proven);
  } catch (error) {
    console.error(String(error));
    return known();
  }
}

// lookAt reads the account of a session; one whose time is over from its beginning, so that it can end, the others
// from where the last look ended.
async function lookAt(config, mode, { session, cancel }, cursor, last) {
  const due = Date.now() >= deadlineOf(session, cancel);
  const { base, root } = await recentRoot(config, mode, due);
  let after = startOf(cursor, root, session.account, Date.parse(session.created_at));
  const floor = startOf(cursor, root, session.account, 0); // for a session older than all ledgers
  let from = after;
  let payments = [];
  const goesOn = !due && last?.root.elder === root.elder && last.after <= after && last.through >= from && last.payments.length < MAX_LOOKED;
  if (goesOn) ({ after, through: from, payments } = last);
  const pass = await readPayments(base, session.account, from, due);
  if (pass.error) throw pass.error;
  for (const { payment, memo } of pass.payments) {
    const ids = await open(config.memoKeys, memo, Date.now());
    if (ids.length > 0) payments.push({ payment, ids });
  }
  const proven = due && pass.complete ? provenBy(config, cursor, session.account, root.closedAt) : 0;
  return { at: Date.now(), root, after, floor, through: pass.read, payments, proven };
}

// provenBy is the deadline up to which sessions of an account may end unpaid, after a pass up to coverage.
function provenBy(config, cursor, account, coverage) {
  const once = coverage - OVERLAP;
  if (!cursor || cursor.behind?.[account] !== undefined) return once;
  return Math.max(Math.min(Date.parse(cursor.covered.closed_at), coverage) - config.settleMargin, once);
}

// settleSession records what is new.
async function settleSession(env, standing, payments, proven) {
  const { session } = standing;
  const known = relevant([...standing.seen, ...(standing.recorded?.payments ?? [])], session.asset);
  standing.seen = relevant([...known, ...payments], session.asset);
  const out = outcomeOf(standing, proven, Date.now());
  if (!standing.recorded && out.status !== "open") {
    const { exception, ...plain } = out;
    await write(env, [`outcome/${session.id}`, encode(exception ? out : plain), expiryOf(session)]);
    standing.recorded = out;
  } else if (standing.seen.length !== known.length || standing.seen.some(({ op }, i) => op !== known[i].op)) {
    await write(env, [`seen/${session.id}`, encode(standing.seen), expiryOf(session)]);
  }
  return out;
}
