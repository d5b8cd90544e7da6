// Stellar accounts and assets.

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const DIGITS = new Int8Array(128).fill(-1);
for (let i = 0; i < 32; i++) DIGITS[BASE32.charCodeAt(i)] = i;

// isAccount checks version byte and checksum (CRC-16/XMODEM) of a G… address.
export function isAccount(text) {
  if (text.length !== 56 || text[0] !== "G") return false;
  const bytes = new Uint8Array(35);
  let buffer = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < 56; i++) {
    const digit = DIGITS[text.charCodeAt(i)] ?? -1;
    if (digit < 0) return false;
    buffer = ((buffer << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = buffer >> bits;
    }
  }
  let crc = 0;
  for (let i = 0; i < 33; i++) {
    crc ^= bytes[i] << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return bytes[0] === 6 << 3 && bytes[33] === (crc & 0xff) && bytes[34] === crc >> 8;
}

export const isAssetCode = (code) => /^[a-zA-Z0-9]{1,12}$/.test(code);

export const XLM = { code: "XLM" };

export const sameAsset = (a, b) => a.code === b.code && (a.issuer ?? "") === (b.issuer ?? "");
