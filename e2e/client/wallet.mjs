// A minimal Stellar wallet: a key pair that signs given transactions.

import { createHash, generateKeyPairSync, sign } from "node:crypto";

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();

const ENVELOPE_TYPE_TX = Buffer.from([0, 0, 0, 2]);

/** A new account, paid for by a test network's friendbot. */
export async function openWallet(horizon) {
  const keys = generateKeyPairSync("ed25519");
  const publicKey = Buffer.from(keys.publicKey.export({ format: "jwk" }).x, "base64url");
  const wallet = { address: address(publicKey), publicKey, privateKey: keys.privateKey, horizon };
  await expectOK(await fetch(`${horizon}/friendbot?addr=${wallet.address}`));
  return wallet;
}

/** Signs and submits an envelope (base64 XDR without signatures); returns the transaction's hash. */
export async function submit(wallet, xdr, passphrase) {
  const envelope = Buffer.from(xdr, "base64");
  if (!envelope.subarray(0, 4).equals(ENVELOPE_TYPE_TX) || envelope.readUInt32BE(envelope.length - 4) !== 0) {
    throw new Error(`${xdr} is no unsigned transaction`);
  }
  // Both the hashed and the signed envelope begin with the type.
  const hash = sha256(sha256(passphrase), envelope.subarray(0, -4));
  const signed = Buffer.concat([
    envelope.subarray(0, -4),
    uint32(1), wallet.publicKey.subarray(-4), // one signature, with the hint of its key
    uint32(64), sign(null, hash, wallet.privateKey),
  ]);
  const body = new URLSearchParams({ tx: signed.toString("base64") });
  await expectOK(await fetch(`${wallet.horizon}/transactions`, { method: "POST", body }));
  return hash.toString("hex");
}

function uint32(n) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(n);
  return bytes;
}

async function expectOK(response) {
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
}

/** The address of an ed25519 key, by SEP-23: a version byte, the key and a CRC16, in base32. */
export function address(publicKey) {
  const payload = Buffer.concat([Buffer.from([6 << 3]), publicKey]);
  const crc = crc16(payload);
  const bits = [...payload, crc & 0xff, crc >> 8].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits.match(/.{5}/g).map((five) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[parseInt(five, 2)]).join("");
}

function crc16(bytes) {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let i = 0; i < 8; i++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc;
}
