// Finds payments in Horizon and settles the sessions they belong to: for one who looks, and for the cron.

import { HorizonError, ledgerBefore, readPayments, readRoot } from "./horizon.js";
import { open } from "./id.js";
import { decode, encode, expiryOf, modeOf, OPEN_PREFIX, openKey, parseOpenKey, read, write } from "./record.js";
import { claim, keep, recall } from "./recent.js";
import { deadlineOf, outcomeOf, union } from "./settle.js";

const OVERLAP = 10 * 60_000;
const LOOK_WINDOW = 3; // seconds
const ROOT_LIFETIME = 60; // seconds
const PARALLEL = 6;

export async function load(env, id) {
  const [session, recorded, seen, cancel] = await read(env, `checkout/${id}`, `outcome/${id}`, `seen/${id}`, `cancel/${id}`);
  return session && { session, recorded, seen: seen ?? [], cancel };
}

async function connect(config, mode) {
  const network = config.networks.get(mode);
  for (const base of network.horizons) {
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
  const kept = fresh ? null : await recall(`root/${mode}`);
  return kept ? JSON.parse(kept) : connect(config, mode);
}

// startOf is the ledger after which an account must be read for a session made at a time.
function startOf(cursor, root, account, created) {
  const after = ledgerBefore(root, created);
  if (!cursor || cursor.from.ledger > root.latest) return after;
  return Math.max(after, cursor.behind?.[account] ?? cursor.from.ledger);
}

// bySession sorts payments by the sessions that their memos can mean.
async function bySession(config, payments) {
  const by = new Map();
  for (const { payment, memo } of payments) {
    for (const id of await open(config.memoKeys, memo, Date.now())) by.set(id, [...(by.get(id) ?? []), payment]);
  }
  return by;
}

// look brings an open session's standing up to date, reading the account at most once in LOOK_WINDOW.
export async function look(env, config, standing) {
  const known = () => outcomeOf(standing, 0, Date.now());
  if (standing.recorded) return known();
  const { session } = standing;
  const mode = modeOf(session.livemode);
  const key = `look/${mode}/${session.account}`;
  try {
    let seen = decode(await recall(key));
    if (!seen) {
      if (!claim(key, LOOK_WINDOW * 1000)) return known();
      seen = await lookAt(env, config, mode, standing);
      await keep(key, encode(seen), LOOK_WINDOW);
    }
    // A look that began too late cannot say what did not happen.
    const enough = seen.all || seen.after <= ledgerBefore(seen.root, Date.parse(session.created_at));
    const coverage = enough ? seen.coverage : 0;
    const payments = seen.payments.filter(({ ids }) => ids.includes(session.id)).map(({ payment }) => payment);
    if (payments.length === 0 && coverage < deadlineOf(session, standing.cancel)) return known();
    return await settleSession(env, standing, payments, coverage);
  } catch (error) {
    console.error(String(error));
    return known();
  }
}

async function lookAt(env, config, mode, { session, cancel }) {
  const due = Date.now() >= deadlineOf(session, cancel);
  const [{ base, root }, [cursor]] = await Promise.all([recentRoot(config, mode, due), read(env, `cursor/${mode}`)]);
  const after = startOf(cursor, root, session.account, Date.parse(session.created_at));
  const pass = await readPayments(base, session.account, after, due);
  if (pass.error) throw pass.error;
  const payments = [];
  for (const { payment, memo } of pass.payments) {
    const ids = await open(config.memoKeys, memo, Date.now());
    if (ids.length > 0) payments.push({ payment, ids });
  }
  return { root, after, payments, all: after <= (cursor?.from.ledger ?? 0), coverage: due && pass.complete ? root.closedAt : 0 };
}

// settleSession records what is new: the outcome first, then the removal from the index of open sessions.
async function settleSession(env, standing, payments, coverage) {
  const { session } = standing;
  const known = union(standing.seen, standing.recorded?.payments ?? []);
  standing.seen = union(known, payments);
  const out = outcomeOf(standing, coverage, Date.now());
  if (!standing.recorded && out.status !== "open") {
    const { exception, ...rest } = out;
    await write(env, [`outcome/${session.id}`, encode(exception ? out : rest), expiryOf(session)]);
    standing.recorded = out;
    await env.KV.delete(openKey(session));
  } else if (standing.seen.length > known.length) {
    await write(env, [`seen/${session.id}`, encode(standing.seen), expiryOf(session)]);
  }
  return out;
}

// sweep reads every active account from where the last sweeps left off.
export async function sweep(env, config) {
  const accounts = new Map();
  for (let cursor; ; ) {
    const page = await env.KV.list({ prefix: OPEN_PREFIX, cursor });
    for (const entry of page.keys.map(({ name }) => parseOpenKey(name))) {
      const key = `${entry.mode}/${entry.account}`;
      if (!accounts.has(key)) accounts.set(key, []);
      accounts.get(key).push(entry);
    }
    if (page.list_complete) break;
    cursor = page.cursor;
  }
  for (const mode of config.networks.keys()) {
    const work = [...accounts].filter(([key]) => key.startsWith(`${mode}/`)).map(([, entries]) => entries);
    if (work.length > 0) await sweepNetwork(env, config, mode, work);
  }
}

async function sweepNetwork(env, config, mode, work) {
  const [cursor] = await read(env, `cursor/${mode}`);
  const { base, root } = await connect(config, mode);
  const behind = {};
  let next = 0;
  async function run() {
    while (next < work.length) {
      const entries = work[next++];
      const { account } = entries[0];
      const pass = await sweepAccount(env, config, base, root, cursor, account, entries);
      if (!pass.complete) behind[account] = pass.read;
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, run));
  await advance(env, mode, cursor, root, behind);
}

async function sweepAccount(env, config, base, root, cursor, account, entries) {
  const after = startOf(cursor, root, account, Math.min(...entries.map(({ created }) => created)));
  const pass = await readPayments(base, account, after, true);
  const coverage = pass.complete ? root.closedAt : 0;
  const payments = await bySession(config, pass.payments);
  const concerned = new Set(payments.keys());
  for (const { id, due } of entries) if (coverage >= due - 60_000) concerned.add(id);
  try {
    await Promise.all(
      [...concerned].map(async (id) => {
        const standing = await load(env, id);
        if (standing?.session.account === account) await settleSession(env, standing, payments.get(id) ?? [], coverage);
      }),
    );
  } catch (error) {
    console.error(String(error));
    return { complete: false, read: after };
  }
  return pass;
}

// advance moves the cursor, which trails by one to two OVERLAPs.
async function advance(env, mode, cursor, root, behind) {
  const newest = { ledger: root.latest, closed_at: new Date(root.closedAt).toISOString() };
  let moved = cursor;
  if (!cursor || cursor.from.ledger > root.latest || cursor.next.ledger > root.latest) {
    const trailing = root.closedAt - OVERLAP;
    moved = { from: { ledger: ledgerBefore(root, trailing), closed_at: new Date(trailing).toISOString() }, next: newest };
  } else if (root.closedAt - Date.parse(cursor.next.closed_at) >= OVERLAP) {
    moved = { from: cursor.next, next: newest };
  }
  const late = JSON.stringify(behind);
  if (moved === cursor && late === JSON.stringify(cursor?.behind ?? {})) return;
  await write(env, [`cursor/${mode}`, encode({ from: moved.from, next: moved.next, ...(late !== "{}" && { behind }) })]);
}
