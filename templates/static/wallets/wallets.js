// Pays with a wallet in the browser: choose one, get its account, ask this service for the
// transaction, have it signed, compare, submit, and say so. The wallets' own code is loaded when
// one is chosen. Nothing here changes the status: that takes the ledger.

import { checkSigned } from "./envelope.js";
import { findInstalled, openWindow, wallets } from "./list.js";
import { Refusal, refusalOf } from "./refusal.js";
import { ask, hint, quotesFor, transactionFor } from "./service.js";
import { submit } from "./submit.js";
import { appLink, choices, clear, element, figure, holdings, loadTexts, pairingChoices, tell, text, walletButton } from "./view.js";

const second = 1000;
const page = document.querySelector("[data-pay]");
const section = document.querySelector("[data-wallets]");
const heading = section?.querySelector("[data-wallet-heading]");
const list = section?.querySelector("[data-wallet-list]"); // of installed wallets
const more = section?.querySelector("[data-wallet-more]"); // folds the others
const fees = ["0.01", "0.1", "1"]; // XLM that the network may charge; the first is usual
const refresh = 15 * second; // of quotes
const handheld = matchMedia("(pointer: coarse)").matches; // wallets for phones may be on this device

let run = 0; // the newest one alone may change what is shown
let waiting; // a timer
let using; // the adapter of the wallet that was chosen

// payable says whether the page still asks for money.
const payable = () => ["waiting", "partly"].includes(page.dataset.phase);

// rank puts wallets that need no extension first.
const rank = (wallet) => (wallet.phone ? 0 : wallet.window ? 1 : 2);
const notes = ["on-phone", "opens-window", "not-installed"];

// begin makes what follows the newest run, and returns a function that says whether it still is.
function begin() {
  const mine = ++run;
  clearTimeout(waiting);
  return () => mine === run;
}

// leave ends what the page has with a wallet.
function leave() {
  using?.end?.();
  using = undefined;
}

async function showList() {
  const current = begin();
  leave();
  const installed = await findInstalled();
  if (!current()) return;
  const hadFocus = section.contains(document.activeElement);
  clear();
  const here = wallets.filter((w) => installed.has(w.id));
  const others = wallets.filter((w) => !installed.has(w.id)).sort((a, b) => rank(a) - rank(b));
  list.replaceChildren(...here.map((w) => walletButton(w, "installed", pay)));
  more.lastElementChild.replaceChildren(...others.map((w) => walletButton(w, notes[rank(w)], pay)));
  heading.hidden = list.hidden = here.length === 0;
  more.hidden = others.length === 0;
  if (hadFocus) return (list.querySelector("button") ?? more.firstElementChild).focus();
  // Whoever has a wallet here need not look further. What is in use stays where it is.
  const link = page.querySelector("[data-wallet-link]");
  if (here.length > 0) link?.before(section);
}

// pay makes the payment, or says why it did not. known is what an earlier attempt found out: the
// account, and what to send or which fee to allow.
async function pay(wallet, known = {}) {
  const current = begin();
  list.hidden = more.hidden = true;
  const state = { name: wallet.name, ...known };
  const values = { wallet: state.name };
  let popup;
  const wait = (code, next = []) => {
    tell(code, values, [...next, ...choices([["another-wallet", showList]])]);
    clearTimeout(waiting);
    if (wallet.phone) return; // the customer looks elsewhere, and comes back to what is shown
    waiting = setTimeout(() => current() && tell("still", values, choices([["another-wallet", showList]])), 30 * second);
  };
  try {
    if (wallet.window) {
      popup = openWindow(wallet);
      if (!popup) throw new Refusal("blocked");
    }
    wait(state.account ? "preparing" : "connecting");
    const adapter = await import(section.dataset[wallet.id]);
    if (!current()) return popup?.close();
    using = adapter;
    const { project, chain } = section.dataset;
    if (!state.account) {
      const show = (pairing) => (current() ? wait(handheld ? "open-here" : "scan", pairingChoices(pairing, handheld)) : adapter.end());
      state.account = await adapter.connect({ popup, project, chain, show });
      if (!current()) return;
      state.name = values.wallet = adapter.peer?.().name || wallet.name;
      if (!/^G[A-Z2-7]{55}$/.test(state.account)) throw new Refusal("account");
      wait("preparing");
    }
    const given = await transactionFor(state);
    if (!current()) return popup?.close();
    if (wallet.window && !known.account) {
      // The next window needs another click.
      clearTimeout(waiting);
      const confirm = [text("confirm", values), () => pay(wallet, state)];
      return tell("connected", { ...values, account: short(state.account) }, choices([confirm, ["another-asset", () => offer(wallet, state)], ["another-wallet", showList]]));
    }
    const link = handheld && adapter.peer?.().href;
    wait("signing", link ? [appLink(values.wallet, link)] : []);
    const signed = await adapter.sign(given.xdr, { address: state.account, networkPassphrase: given.network_passphrase, popup, chain });
    if (!current()) return;
    clearTimeout(waiting);
    await checkSigned(signed, given);
    tell("submitting", values);
    await submit({
      horizon: section.dataset.horizon,
      xdr: signed,
      hash: given.hash,
      until: Date.parse(given.expires_at) + 10 * second,
      slow: () => tell("slow", values),
      gone: () => !current() || !payable(),
    });
    tell("sent", values);
    leave();
    await hint(page, given.hash);
  } catch (error) {
    clearTimeout(waiting);
    popup?.close();
    if (current()) refuse(refusalOf(error), wallet, state);
  }
}

// refuse says why nothing was paid and how to go on.
function refuse(refusal, wallet, state) {
  const values = { wallet: state.name, account: short(state.account), ...refusal.values };
  const again = ["try-again", () => pay(wallet, state)];
  const other = ["another-wallet", showList];
  const assets = ["another-asset", () => offer(wallet, state)];
  switch (refusal.code) {
    case "gone":
    case "over":
    case "suspended":
      leave();
      return tell(refusal.code, values);
    case "unconfirmed":
      leave();
      return tell(refusal.code, values); // it may still be taken: paying again could pay twice
    case "cannot-pay":
    case "price-moved":
    case "too-little":
    case "no-trustline":
    case "frozen":
      return offer(wallet, state, refusal);
    case "fee": {
      const next = fees[fees.indexOf(state.maxFee ?? fees[0]) + 1];
      if (!next) return tell("fee-too-high", values, choices([again, other]));
      return tell("fee", { ...values, fee: figure(next, "XLM") }, choices([["try-again", () => pay(wallet, { ...state, maxFee: next })], other]));
    }
    case "absent": {
      const site = element("a", { href: wallet.site, target: "_blank", rel: "noreferrer" }, [new URL(wallet.site).host]);
      return tell("absent", values, [site, ...choices([again, other])]);
    }
    case "account":
    case "network":
    case "signature":
    case "relay":
    case "disconnected":
    case "code-expired":
      return tell(refusal.code, values, choices([["try-again", () => pay(wallet)], other]));
  }
  tell(refusal.code, values, choices([again, ...(state.account ? [assets] : []), other]));
}

// offer shows what the account holds and what the payment would cost in each asset, and keeps that
// fresh until something is chosen.
async function offer(wallet, state, refusal) {
  const current = begin();
  const values = { wallet: state.name, account: short(state.account) };
  const other = choices([["another-wallet", showList]]);
  if (!refusal) tell("quoting", values, other);
  for (let first = true; current() && payable(); first = false) {
    if (!document.hidden || first) {
      try {
        const quotes = await quotesFor(state.account);
        if (!current()) return;
        show(quotes, first);
      } catch (error) {
        if (!current()) return;
        if (first) return refuse(refusalOf(error), wallet, state);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, refresh));
  }

  function show(quotes, first) {
    const [direct] = quotes.quotes;
    if (first) {
      const why = refusal?.code === "price-moved" ? refusal.code : (quotes.problem ?? direct.problem ?? "options");
      const { asset_code: code, balance } = direct;
      const known = { ...values, code, due: figure(quotes.amount_due, code), balance: figure(balance, code) };
      tell(why, known, other, quotes.quotes.some((q) => q.problem === null) ? "" : "no-options");
    }
    holdings(quotes, (send) => pay(wallet, { account: state.account, name: state.name, send }));
  }
}

const short = (account = "") => account.slice(0, 4) + "…" + account.slice(-4);

if (section) {
  addEventListener("pagehide", leave);
  ask.path = section.dataset.path;
  try {
    await loadTexts();
    await showList();
  } catch {
    section.hidden = true; // there are other ways to pay
  }
}
