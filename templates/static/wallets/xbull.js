// xBull's extension: window.xBullSDK. The package that wraps it states no licence and is not used;
// older extensions have the methods connect, getPublicKey and signXDR instead.

import { Refusal, refusalOf } from "./refusal.js";

export async function connect() {
  const sdk = window.xBullSDK;
  if (!sdk) throw new Refusal("absent");
  if (!sdk.getAddress) {
    await call(() => sdk.connect({ canRequestPublicKey: true, canRequestSign: true }));
    return call(() => sdk.getPublicKey());
  }
  const { address } = await call(() => sdk.getAddress());
  if (!address) throw new Refusal("locked");
  return address;
}

export async function sign(xdr, { address, networkPassphrase }) {
  const sdk = window.xBullSDK;
  if (!sdk.signTransaction) return call(() => sdk.signXDR(xdr, { network: networkPassphrase, publicKey: address }));
  const { signedTxXdr } = await call(() => sdk.signTransaction({ xdr, opts: { networkPassphrase, address } }));
  return signedTxXdr;
}

// call waits for an answer. New extensions answer an error, old ones throw it.
async function call(ask) {
  let answer;
  try {
    answer = (await ask()) ?? {};
  } catch (error) {
    throw refusalOf(error);
  }
  if (answer.error) throw refusalOf(answer.error);
  return answer;
}
