// Freighter, the extension: @stellar/freighter-api, which speaks to it by messages to the window.

import { getNetworkDetails, isConnected, requestAccess, signTransaction } from "@stellar/freighter-api";
import { Refusal, refusalOf } from "./refusal.js";

export async function connect() {
  if (!(await isConnected()).isConnected) throw new Refusal("absent");
  const { address, error } = await requestAccess();
  if (error) throw refusalOf(error);
  if (!address) throw new Refusal("locked");
  return address;
}

export async function sign(xdr, { address, networkPassphrase }) {
  const details = await getNetworkDetails();
  if (!details.error && details.networkPassphrase && details.networkPassphrase !== networkPassphrase) {
    throw new Refusal("network");
  }
  const { signedTxXdr, error } = await signTransaction(xdr, { address, networkPassphrase });
  if (error) throw refusalOf(error);
  return signedTxXdr;
}
