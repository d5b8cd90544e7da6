// Ids are a prefix and a lower-case ULID; a memo is the id as one AES block under a key.

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const VALUES = new Map([...ALPHABET].map((character, value) => [character, value]));

// format encodes 16 bytes in base 32: 26 digits, the first of which has three bits.
function format(bytes) {
  let text = "";
  let buffer = 0;
  let bits = 2; // 26 digits have 130 bits, 16 bytes have 128
  for (let i = 0; i < 16; i++) {
    buffer = ((buffer << 8) | bytes[i]) & 0xffff;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(buffer >> (bits - 5)) & 31];
  }
  return text;
}

// parse returns the 16 bytes of a ULID, or null.
function parse(text) {
  if (text.length !== 26 || text > "7zzzzzzzzzzzzzzzzzzzzzzzzz") return null;
  const bytes = new Uint8Array(16);
  let buffer = 0;
  let bits = -2;
  let at = 0;
  for (const character of text) {
    const value = VALUES.get(character);
    if (value === undefined) return null;
    buffer = ((buffer << 5) | value) & 0xffff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = buffer >> bits;
    }
  }
  return bytes;
}

function setTime(bytes, milliseconds) {
  new DataView(bytes.buffer).setUint16(0, Math.floor(milliseconds / 2 ** 32));
  new DataView(bytes.buffer).setUint32(2, milliseconds % 2 ** 32);
}

function timeOf(bytes) {
  const view = new DataView(bytes.buffer);
  return view.getUint16(0) * 2 ** 32 + view.getUint32(2);
}

export function newId(prefix, now) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  setTime(bytes, now);
  return prefix + format(bytes);
}

// paymentId encodes the ledger's close time, the operation, the payment's index within it, and the
// mode.
export function paymentId(closed, op, index, livemode) {
  const bytes = new Uint8Array(16);
  setTime(bytes, closed);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(6, op);
  view.setUint16(14, (index << 1) | (livemode ? 1 : 0));
  return "pay_" + format(bytes);
}

export function isId(prefix, text) {
  return text.startsWith(prefix) && parse(text.slice(prefix.length)) !== null;
}

const DAY = 24 * 3600 * 1000;

// mayExist reports whether a checkout with this id can still be stored, by the time in the id.
export function mayExist(id, now) {
  const at = timeOf(parse(id.slice("chk_".length)));
  return at > now - 92 * DAY && at < now + MEMO_SKEW;
}

const ZERO = new Uint8Array(16);

// aes encrypts one block and drops the padding that CBC appends.
const aes = async (key, block) => new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv: ZERO }, key, block), 0, 16);

export async function importMemoKeys(list) {
  const raw = list.split(",").map((word) => Uint8Array.from(word.trim().match(/../g), (digits) => parseInt(digits, 16)));
  return Promise.all(raw.map((key) => crypto.subtle.importKey("raw", key, "AES-CBC", false, ["encrypt", "decrypt"])));
}

export const seal = async (keys, id) => format(await aes(keys[0], parse(id.slice("chk_".length))));

// mux returns the number of a checkout's muxed address: its day and 48 bits of its memo, encrypted
// by a Feistel network of four rounds of AES.
export async function mux(keys, id, memo) {
  const day = Math.floor(timeOf(parse(id.slice("chk_".length))) / DAY);
  const tag = new DataView(parse(memo).buffer);
  let left = ((day << 16) | tag.getUint16(0)) >>> 0;
  let right = tag.getUint32(2);
  const block = new Uint8Array(16);
  block[0] = 0xff;
  for (let round = 0; round < 4; round++) {
    block[1] = round;
    new DataView(block.buffer).setUint32(12, right);
    const mixed = await aes(keys[0], block);
    [left, right] = [right, (left ^ new DataView(mixed.buffer).getUint32(0)) >>> 0];
  }
  return String((BigInt(left) << 32n) | BigInt(right));
}

const MEMO_LIFETIME = 91 * 24 * 3600 * 1000;
const MEMO_SKEW = 3600 * 1000;

// open returns the checkouts that a memo can refer to.
export async function open(keys, memo, now) {
  const block = memo.length === 26 ? parse(memo.toLowerCase()) : null;
  if (block === null) return [];
  const found = [];
  for (const key of keys) {
    // CBC expects a padding block: the encryption of an empty message that follows this block.
    const padding = await crypto.subtle.encrypt({ name: "AES-CBC", iv: block }, key, new Uint8Array(0));
    const both = new Uint8Array(32);
    both.set(block);
    both.set(new Uint8Array(padding), 16);
    const opened = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv: ZERO }, key, both));
    const time = timeOf(opened);
    if (time >= now - MEMO_LIFETIME && time <= now + MEMO_SKEW) found.push("chk_" + format(opened));
  }
  return found;
}

export async function sha256(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
