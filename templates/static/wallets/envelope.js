// Reads what a wallet signed: whether it is the transaction that it was given.

import { Refusal } from "./refusal.js";

const SIGNATURE = 72; // bytes: a hint of 4, a length of 4, and 64 of ed25519
const MOST = 20; // signatures of an envelope (Stellar-transaction.x)

// checkSigned refuses an envelope unless it has the hash that the service named, and more signatures
// than before. A wallet could sign another transaction than the one that it was given.
export async function checkSigned(xdr, { hash, network_passphrase: passphrase, signatures: before = 0 }) {
  const signed = await readEnvelope(xdr, passphrase);
  if (signed?.hash !== hash) throw new Refusal("changed");
  if (signed.signatures <= before) throw new Refusal("unsigned");
}

// readEnvelope returns the hash of an envelope's transaction and how many signatures it has; null if
// it is no envelope.
export async function readEnvelope(xdr, passphrase) {
  const envelope = parse(xdr);
  const signatures = envelope ? countSignatures(envelope) : -1;
  if (signatures < 0) return null;
  const transaction = envelope.subarray(0, envelope.length - 4 - signatures * SIGNATURE);
  return { hash: await hashOf(transaction, passphrase), signatures };
}

// hashOf is the hash of a transaction that its envelope's type precedes, as in the envelope, in
// hexadecimal digits.
export async function hashOf(transaction, passphrase) {
  const network = await sha256(new TextEncoder().encode(passphrase));
  const whole = new Uint8Array(network.length + transaction.length);
  whole.set(network);
  whole.set(transaction, network.length);
  return Array.from(await sha256(whole), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

function parse(xdr) {
  try {
    return Uint8Array.from(atob(xdr), (c) => c.charCodeAt(0));
  } catch {
    return null;
  }
}

// countSignatures returns how many signatures end an envelope, or -1 if that cannot be. The end is
// enough: a number, and as many signatures, whose lengths are in them.
function countSignatures(envelope) {
  const view = new DataView(envelope.buffer);
  for (let n = MOST; n >= 0; n--) {
    const at = envelope.length - 4 - n * SIGNATURE;
    if (at < 4 || view.getUint32(at) !== n) continue;
    let fits = true;
    for (let i = 0; i < n; i++) fits &&= view.getUint32(at + 4 + i * SIGNATURE + 4) === 64;
    if (fits) return n;
  }
  return -1;
}
