// LOBSTR's extension: @lobstrco/signer-extension-api. It signs for the public network with the
// account that is active in it, whatever it is told; the ledger refuses what does not fit.

import { getPublicKey, isConnected, signTransaction } from "@lobstrco/signer-extension-api";
import { Refusal, refusalOf } from "./refusal.js";

export async function connect() {
  if (!(await isConnected())) throw new Refusal("absent");
  const address = await getPublicKey().catch((error) => Promise.reject(refusalOf(error)));
  if (!address) throw new Refusal("locked");
  return address;
}

export async function sign(xdr) {
  const signed = await signTransaction(xdr).catch((error) => Promise.reject(refusalOf(error)));
  if (!signed) throw new Refusal("rejected");
  return signed;
}
