// Rabet, the extension: window.rabet (docs.rabet.io). It signs with its active account.

import { Refusal, refusalOf } from "./refusal.js";

const PUBLIC = "Public Global Stellar Network ; September 2015";

export async function connect() {
  if (!window.rabet) throw new Refusal("absent");
  const { publicKey, error } = await call(() => window.rabet.connect());
  if (error) throw refusalOf(error);
  if (!publicKey) throw new Refusal("locked");
  return publicKey;
}

export async function sign(xdr, { networkPassphrase }) {
  const network = networkPassphrase === PUBLIC ? "mainnet" : "testnet";
  const { xdr: signed, error } = await call(() => window.rabet.sign(xdr, network));
  if (error) throw refusalOf(error);
  return signed;
}

// call waits for an answer, which is an object; errors are objects or strings.
async function call(ask) {
  try {
    return (await ask()) ?? {};
  } catch (error) {
    throw refusalOf(error);
  }
}
