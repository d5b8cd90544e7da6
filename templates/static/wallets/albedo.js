// Albedo, a wallet in a window of its own: @albedo-link/intent, which opens it and exchanges
// messages with it.

import albedo from "@albedo-link/intent";
import { Refusal, refusalOf } from "./refusal.js";

// The package turns every click on a web+stellar: link into a request to Albedo. That link is for
// any wallet.
document.documentElement.addEventListener("click", (event) => {
  if (event.target.closest?.("a")?.href.startsWith("web+stellar:")) event.stopPropagation();
});

const networks = {
  "Public Global Stellar Network ; September 2015": "public",
  "Test SDF Network ; September 2015": "testnet",
};

export async function connect({ popup }) {
  const { pubkey } = await ask(popup, () => albedo.publicKey({}));
  return pubkey;
}

export async function sign(xdr, { address, networkPassphrase, popup }) {
  const network = networks[networkPassphrase] ?? networkPassphrase;
  const answer = await ask(popup, () => albedo.tx({ xdr, pubkey: address, network, submit: false }));
  return answer.signed_envelope_xdr;
}

// ask waits for an answer, or until the customer has closed the window, which the package does not
// notice.
async function ask(popup, request) {
  let watching;
  const closed = new Promise((_, reject) => {
    watching = setInterval(() => popup.closed && reject(new Refusal("rejected")), 500);
  });
  try {
    return await Promise.race([request(), closed]);
  } catch (error) {
    throw refusalOf(error);
  } finally {
    clearInterval(watching);
  }
}
