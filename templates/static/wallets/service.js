// Asks this service on behalf of a wallet.

import { Refusal } from "./refusal.js";

const second = 1000;
const patience = 15 * second; // for one answer
const attempts = 3; // if the service asks to wait

// What the service says no to. Other codes get a general sentence.
const codes = {
  account_cannot_pay: "cannot-pay",
  price_moved: "price-moved",
  checkout_not_open: "over",
  merchant_suspended: "suspended",
  parameter_invalid: "account",
  rate_limited: "busy",
  unavailable: "ledger-unread",
};

// Amounts have more digits than a number can hold, so they become strings first.
const amounts = /("(?:amount|amount_due|balance|cost|send_max)"\s*:\s*)(-?[\d.]+)/g;

// ask returns the text of an answer. ask.path is where this checkout is.
export async function ask(path, options) {
  for (let attempt = 1; ; attempt++) {
    let response, body;
    try {
      response = await fetch(ask.path + path, { cache: "no-store", signal: AbortSignal.timeout(patience), ...options });
      body = await response.text();
    } catch {
      throw new Refusal("offline");
    }
    if (response.ok) return body;
    if (response.status === 429 && attempt < attempts) {
      const seconds = Math.min(Number(response.headers.get("Retry-After")) || 3, 10);
      await new Promise((resolve) => setTimeout(resolve, seconds * second));
      continue;
    }
    throw refusalFor(body);
  }
}

function refusalFor(body) {
  try {
    return new Refusal(codes[JSON.parse(body).error.code] ?? "service");
  } catch {
    return new Refusal("service");
  }
}

const parse = (body) => JSON.parse(body.replace(amounts, '$1"$2"'));

const post = (path, body) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

// transactionFor returns the transaction to sign: from an account, which sends another asset if
// send is a quote for it.
export async function transactionFor({ account, send, maxFee }) {
  const body = { account };
  if (send) Object.assign(body, { send_asset_code: send.asset_code, send_max: send.send_max });
  if (send?.asset_issuer) body.send_asset_issuer = send.asset_issuer;
  if (maxFee) body.max_fee = maxFee;
  return parse(await post("/transaction", body));
}

export async function quotesFor(account) {
  return parse(await ask("/quotes?account=" + account));
}

// hint says which transaction paid, until the status shows it. The page shows what is answered.
export async function hint(page, hash) {
  page.dispatchEvent(new CustomEvent("hint"));
  for (let tries = 0; tries < 5; tries++) {
    try {
      const status = await post("/hint", { hash });
      page.dispatchEvent(new CustomEvent("hint", { detail: status }));
      if (JSON.parse(status).status !== "open") return;
    } catch {
      // The page asks for its status anyway.
    }
    await new Promise((resolve) => setTimeout(resolve, 1.1 * second));
  }
}
