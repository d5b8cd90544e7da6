// Stellar accounts and assets.

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const DIGITS = new Int8Array(128).fill(-1);
for (let i = 0; i < 32; i++) DIGITS[BASE32.charCodeAt(i)] = i;

function crc16(bytes, end) {
  let crc = 0;
  for (let i = 0; i < end; i++) {
    crc ^= bytes[i] << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}

// decode returns the 35 bytes of a G… address, or null.
function decode(text) {
  if (text.length !== 56 || text[0] !== "G") return null;
  const bytes = new Uint8Array(35);
  let buffer = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < 56; i++) {
    const digit = DIGITS[text.charCodeAt(i)] ?? -1;
    if (digit < 0) return null;
    buffer = ((buffer << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = buffer >> bits;
    }
  }
  return bytes;
}

// isAccount checks version byte and checksum (CRC-16/XMODEM) of a G… address.
export function isAccount(text) {
  const bytes = decode(text);
  if (bytes === null) return false;
  const crc = crc16(bytes, 33);
  return bytes[0] === 6 << 3 && bytes[33] === (crc & 0xff) && bytes[34] === crc >> 8;
}

// muxedAddress returns the M… address of an account with a number in it (SEP-23).
export function muxedAddress(account, number) {
  const bytes = new Uint8Array(43);
  bytes.set(decode(account));
  bytes[0] = 12 << 3;
  const view = new DataView(bytes.buffer);
  view.setBigUint64(33, BigInt(number));
  view.setUint16(41, crc16(bytes, 41), true);
  let text = "";
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32[(buffer >> (bits - 5)) & 31];
  }
  return text + BASE32[(buffer << (5 - bits)) & 31];
}

export const isAssetCode = (code) => /^[a-zA-Z0-9]{1,12}$/.test(code);

export const XLM = { code: "XLM" };

export const sameAsset = (a, b) => a.code === b.code && (a.issuer ?? "") === (b.issuer ?? "");
