// Renders the payment page in each of its phases, in English, and the page for an unknown checkout.

import * as paths from "./assets.js";
import { draw } from "./qr.js";
import { languages, texts } from "./texts.js";

const ESCAPES = { "&": "&amp;", "'": "&#39;", "<": "&lt;", ">": "&gt;", '"': "&#34;" };
const escape = (text) => (/[&'<>"]/.test(text) ? text.replace(/[&'<>"]/g, (character) => ESCAPES[character]) : text);

// policy returns a Content-Security-Policy that allows connections to Horizon's origin, if given,
// besides the page's own.
export const policy = (horizon) =>
  `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'${horizon && " " + horizon}` +
  "; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

const PHASES = ["waiting", "partly", "checking", "cancelling", "suspended", "paid", "overpaid", "expired", "cancelled", "underpaid", "wrong-asset"];
const UNLESS_PAID = PHASES.filter((phase) => phase !== "paid" && phase !== "overpaid").join(" ");

export function phaseOf({ status, exception, cancelled, late, suspended }) {
  if (status === "completed") return exception === "overpaid" ? "overpaid" : "paid";
  if (status === "expired") return cancelled ? "cancelled" : "expired";
  if (status === "failed") return exception === "wrong_asset" ? "wrong-asset" : "underpaid";
  if (cancelled) return "cancelling";
  if (late) return "checking";
  if (suspended) return "suspended";
  return exception === "underpaid" ? "partly" : "waiting";
}

export const asksForMoney = (phase) => phase === "waiting" || phase === "partly";

// number groups the digits of a decimal and gives it two decimals if it has one.
function number(exact) {
  const [whole, decimals] = exact.split(".");
  const groups = whole.length > 3 ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole;
  return decimals === undefined ? groups : `${groups}.${decimals.padEnd(2, "0")}`;
}

function figure(name, exact, asset) {
  const value = name ? `<span data-fill="${name}">${number(exact)}</span>` : number(exact);
  return `<span class="figure" dir="ltr">${value} ${asset}</span>`;
}

// VALUES are what texts name in braces.
const VALUES = {
  merchant: (c) => `<bdi>${c.merchant}</bdi>`,
  asset: (c) => `<span dir="ltr">${c.asset}</span>`,
  amount: (c) => figure("", c.amount, c.asset),
  received: (c) => figure("received", c.received, c.asset),
  due: (c) => figure("due", c.due, c.asset),
  "to-pay": (c) => figure("to-pay", c.toPay, c.asset),
};

// compile makes a text of HTML, or a function of the checkout if it names values.
function compile(text) {
  const [first, ...rest] = escape(text).split(/\{([^}]*)\}/);
  if (!rest.some((name, i) => i % 2 === 0 && name in VALUES)) return escape(text);
  return (c) => {
    let html = first;
    for (let i = 0; i < rest.length; i += 2) html += VALUES[rest[i]](c) + rest[i + 1];
    return html;
  };
}

const t = Object.fromEntries(Object.entries(texts).filter(([, text]) => typeof text === "string").map(([name, text]) => [name, compile(text)]));

const fill = (text, values) => text.replace(/\{([^}]*)\}/g, (_, name) => values[name]);

const document = (title, head, body) =>
  `<!doctype html><html lang="en" dir="ltr"><head><meta charset="utf-8"><title>${title}</title>` +
  `<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">` +
  `<meta name="robots" content="noindex"><meta name="referrer" content="no-referrer"><meta name="format-detection" content="telephone=no">` +
  `<link rel="icon" type="image/svg+xml" href="${paths.icon}"><link rel="stylesheet" href="${paths.stylesheet}">${head}</head><body>${body}</body></html>`;

export const noPage = () =>
  document(t.NoPage, "", `<main class="message"><h1 data-testid="title">${t.NoPage}</h1><p data-testid="text">${t.NoPageText}</p></main>`);

export function payPage(checkout) {
  const phase = phaseOf(checkout);
  const c = {
    ...checkout,
    phase,
    open: checkout.status === "open",
    payable: asksForMoney(phase),
    some: checkout.received !== "0",
    toPay: phase === "partly" ? checkout.due : checkout.amount,
    merchant: escape(checkout.merchant),
    redirect: escape(checkout.redirect),
    others: checkout.payments.filter(({ reason }) => reason === "wrong_asset"),
  };
  c.subject = escape(fill(texts.PageTitle, { amount: `${number(c.amount)} ${c.asset}`, merchant: checkout.merchant }));
  const stands = phase === "waiting" ? "" : `${escape(fill(texts[HEADINGS[phase]], checkout))} · `;
  const wallets = c.horizon && `<script type="module" src="${paths.walletsScript}"></script>`;
  const scripts = `<script type="module" src="${paths.languageScript}"></script><script type="module" src="${paths.script}"></script>${wallets}`;
  return document(stands + c.subject, scripts, main(c));
}

const hidden = (is) => (is ? " hidden" : "");

function main(c) {
  const path = `/pay/${c.id}`;
  const url = `${c.horizon}/accounts/${c.destination}/payments?cursor=now&amp;join=transactions`;
  const stream = c.horizon && ` data-stream-url="${url}" data-memo="${c.memo}"`;
  const back = c.cancel !== "" && c.status !== "completed"
    ? `<p class="back" data-in="${UNLESS_PAID}"><a href="${escape(c.cancel)}" data-testid="cancel">${t.BackTo(c)}</a></p>`
    : "";
  const direct = c.payable ? `<p data-testid="direct">${t.Direct(c)}</p>` : "";
  return (
    `<main class="pay" data-pay data-phase="${c.phase}" data-status-url="${path}/status" data-check-url="${path}/check" data-title="${c.subject}" ` +
    `data-group="," data-decimal="." data-when-over="checking" data-any-language${stream}>${summary(c)}` +
    `<div class="till">${standing(c)}<div class="swapped" data-swap="payment">${c.payable ? payment(c) : ""}</div><footer>${back}` +
    `<p>${t.Reference} <code class="value" dir="ltr" data-testid="reference">${c.id}</code></p>${direct}</footer></div>` +
    `<p class="unseen" role="status" data-live></p></main>`
  );
}

const LANGUAGES =
  `<details class="languages" lang="en"><summary><span class="unseen">${t.ChooseLanguage}: </span>${languages[0].name}</summary><ul>` +
  languages.slice(1).map(({ tag, name, direction }) =>
    `<li><a href="?lang=${tag}" lang="${tag}" hreflang="${tag}" dir="${direction}" data-language="${tag}">${name}</a></li>`).join("") +
  "</ul></details>";

function summary(c) {
  const network = c.network === "" ? "" : `<p class="network"><strong data-testid="network">${escape(c.network)}</strong> <span>${t.NoRealMoney}</span></p>`;
  const description = c.description === "" ? "" : `<div class="sold"><p class="description" dir="auto" data-testid="description">${escape(c.description)}</p></div>`;
  const issuer = c.issuer === "" ? "" :
    `<details class="issuer"><summary><span dir="ltr">${c.asset}</span> · ${t.Details}</summary><p>${t.Issuer}</p>` +
    `<p><code class="value" dir="ltr" data-testid="issuer">${c.issuer}</code></p><p>${t.IssuerUnknown(c)}</p></details>`;
  return (
    `<header class="summary"><div class="top">${network}${LANGUAGES}</div><div class="payee"><h1>${t.PaymentTo(c)}</h1></div><p class="total" dir="ltr">` +
    `<span class="number"${c.amount.length > 10 ? " data-long" : ""} data-testid="amount"> ${number(c.amount).replaceAll(",", ",<wbr> ")}</span> ` +
    `<span class="unit" data-testid="asset">${c.asset}</span></p>${description}${issuer}` +
    `<div class="swapped" data-swap="ledger">${c.open || c.some ? ledger(c) : ""}</div></header>`
  );
}

function ledger(c) {
  const due = c.open
    ? `<div data-in="partly"${hidden(c.phase !== "partly")}><dt>${t.StillDue}</dt>` +
      `<dd dir="ltr"><span data-fill="due" data-testid="due">${number(c.due)}</span> ${c.asset}</dd></div>`
    : "";
  return (
    `<dl class="ledger" data-ledger${hidden(!c.some)}><div><dt>${t.Received}</dt>` +
    `<dd dir="ltr"><span data-fill="received" data-testid="received">${number(c.received)}</span> ${c.asset}</dd></div>${due}</dl>`
  );
}

const HEADINGS = {
  waiting: "Waiting", partly: "Partly", checking: "Over", cancelling: "Cancelled", suspended: "Suspended", paid: "Paid",
  overpaid: "Paid", expired: "Expired", cancelled: "Cancelled", underpaid: "Underpaid", "wrong-asset": "WrongAsset",
};

const say = (text, c) => (typeof text === "string" ? text : text(c));

function standing(c) {
  const parts = (c.open ? PHASES : [c.phase]).map(
    (phase) =>
      `<div class="phase" data-phase="${phase}" data-in="${phase}"${hidden(phase !== c.phase)}>` +
      `<svg class="sign" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${SIGNS[phase] ?? SIGNS.other}</svg>` +
      `<div class="words"><h2>${say(t[HEADINGS[phase]], c)}</h2>${WORDS[phase](c)}</div></div>`,
  );
  const other = c.open && c.others.length > 0 ? `<div class="notice" data-testid="other">${arrived(c)}<p>${t.OtherText(c)}</p></div>` : "";
  const notices = c.open
    ? `<p class="notice" data-notice="slow" hidden>${t.Slow}</p><p class="notice" data-notice="offline" hidden>${t.Offline}</p>` +
      `<p class="notice" data-notice="lost" hidden>${t.Lost}</p><noscript><p class="hint">${t.NoScript}</p>` +
      `<p><a class="quiet-button" href="/pay/${c.id}/check" data-testid="check">${t.CheckAgain}</a></p></noscript>`
    : "";
  return (
    `<section class="standing" tabindex="-1" aria-label="${t.Standing}" data-standing data-swap="standing" data-status="${c.status}" ` +
    `data-exception="${c.exception}" data-others="${c.others.length}" data-testid="status">${parts.join("")}${other}${notices}</section>`
  );
}

// arrived lists the payments in another asset.
function arrived(c) {
  const items = c.others.map(({ amount, asset, issuer }) => {
    const namesake = asset === c.asset && issuer !== "" ? `<br>${t.Issuer}: <code class="value" dir="ltr">${issuer}</code>` : "";
    return `<li><span class="figure" dir="ltr">${number(amount)} ${asset}</span> ${namesake}</li>`;
  });
  return `<p><strong>${t.Other}</strong></p><ul class="arrived">${items.join("")}</ul>`;
}

const RING = '<circle cx="12" cy="12" r="9"></circle>';
const TRACK = '<circle class="track" cx="12" cy="12" r="9"></circle>';
const TURNING = `${TRACK} <path class="turning" d="M12 3a9 9 0 0 1 9 9"></path>`;
const CHECKED = `${RING} <path d="M8 12.4l2.8 2.8L16 9.6"></path>`;
const CLOCK = `${RING} <path d="M12 7v5l3.2 2"></path>`;
const SIGNS = {
  waiting: TURNING, checking: TURNING, cancelling: TURNING, paid: CHECKED, overpaid: CHECKED, expired: CLOCK, cancelled: CLOCK,
  partly: `${TRACK} <path d="M12 3a9 9 0 0 1 0 18"></path>`,
  other: `${RING} <path d="M12 7.2v5.6M12 16.4v.2"></path>`,
};

const WORDS = {
  waiting: () => `<p>${t.WaitingText}</p>`,
  partly: (c) => `<p>${t.PartlyText(c)}</p>`,
  checking: () => `<p>${t.OverText}</p>`,
  cancelling: (c) => `<p>${t.CancelledWait(c)}</p>`,
  suspended: (c) => `<p>${t.SuspendedText}</p><p>${t.SuspendedContact(c)}</p>`,
  paid: (c) => `<p>${t.PaidText(c)}</p>${afterPaying(c, "paid")}`,
  overpaid: (c) => `<p>${t.OverpaidText(c)}</p> ${afterPaying(c, "overpaid")}`,
  expired: (c) => `<p>${t.ExpiredText(c)}</p><p>${t.AlreadySent(c)}</p>`,
  cancelled: (c) => `<p>${t.CancelledText}</p><p>${t.AlreadySent(c)}</p>`,
  underpaid: (c) => `<p>${t.UnderpaidText(c)}</p><p>${t.InAccount(c)}</p> ${c.phase === "underpaid" ? proofs(c) : ""}`,
  "wrong-asset"(c) {
    const now = c.phase === "wrong-asset";
    return `<p>${t.WrongAssetText(c)}</p>${now && c.others.length > 0 ? arrived(c) : ""} <p>${t.InAccount(c)}</p> ${now ? proofs(c) : ""}`;
  },
};

function afterPaying(c, phase) {
  const shown = c.phase === phase ? proofs(c) : "";
  if (c.open) return shown + wayOn(c, "", phase === "paid");
  return c.redirect ? shown + wayOn(c, c.redirect, true) : shown;
}

const wayOn = (c, url, named) =>
  `<div class="way-on" data-way-on${hidden(url === "")}><p><a class="button"${url && ` href="${url}"`} data-redirect${named ? ' data-testid="redirect"' : ""}>` +
  `${t.Continue(c)}</a></p><p data-leaving data-text="${t.Leaving}" data-seconds="${t.Seconds}" hidden></p>` +
  `<p data-stay hidden><button type="button" data-stay-here>${t.Stay}</button></p></div>`;

const MAX_PROOFS = 3;

function proofs(c) {
  if (c.payments.length === 0) return "";
  return (
    `<dl class="proofs">${c.payments.slice(0, MAX_PROOFS).map(proof).join("")}</dl>` +
    `<p><a class="quiet-button" href="/pay/${c.id}/receipt" data-testid="receipt">${t.Receipt}</a></p>`
  );
}

function proof({ amount, asset, from, hash, closed }) {
  const payer = from === "" ? "" : `<div><dt>${t.PaidBy}</dt><dd><code class="value" dir="ltr">${from}</code></dd></div>`;
  return (
    `<div><dt>${t.Amount}</dt><dd><span class="figure" dir="ltr">${number(amount)} ${asset}</span></dd></div>` +
    `<div><dt>${t.Time}</dt><dd><time datetime="${closed.toISOString().slice(0, 19)}Z">${moment(closed, 19)}</time></dd></div>${payer}` +
    `<div><dt>${t.Transaction}</dt><dd><code class="value" dir="ltr">${hash}</code> </dd></div>`
  );
}

// moment writes a time in UTC, to the minute (16) or the second (19).
function moment(time, end) {
  const day = { day: time.getUTCDate(), month: texts.Months[time.getUTCMonth()], year: time.getUTCFullYear() };
  return fill(texts.DateTime, { ...day, time: time.toISOString().slice(11, end) });
}

function payment(c) {
  const uri = c.uri.replace(/([?&]amount=)[^&]*/, `$1${c.toPay}`);
  const link =
    `<a class="button" href="${escape(uri)}" data-wallet-link data-testid="wallet-link">${t.PayWithWallet(c)}</a>` +
    `<p class="hint" data-wallet-hint>${t.WalletHint}</p><p class="notice" data-no-wallet data-testid="no-wallet" hidden>` +
    `<strong>${t.NoWalletOpened}</strong><br>${t.NoWalletHelp}</p>`;
  return (
    `<div class="payment" data-payment data-in="waiting partly">${expires(c.deadline)}${link}` +
    `${c.horizon ? wallets(c) : ""}${code(uri.replace(/&msg=[^&]*/, ""), c.toPay)}${byHand(c)}${help(c)}</div>`
  );
}

const MINUTES = [5, 1].map((n) => fill(n === 1 ? texts.MinutesLeft.One : texts.MinutesLeft.Other, { n }));
const TIMER =
  `<span class="left" role="timer" data-left data-text="${t.TimeLeft}" data-hours="${t.HoursMinutes}" data-minutes="${t.MinutesSeconds}" ` +
  `data-seconds="${t.Seconds}" data-say-300="${MINUTES[0]}" data-say-60="${MINUTES[1]}"></span>`;

const expires = (deadline) =>
  `<p class="expires"><time datetime="${deadline.toISOString().slice(0, 19)}Z" data-deadline data-today="${t.PayByToday}" ` +
  `data-tomorrow="${t.PayByTomorrow}" data-testid="expires">${fill(texts.PayBy, { time: moment(deadline, 16) })}</time> ${TIMER}</p>`;

const wallets = (c) =>
  `<section class="wallets" aria-labelledby="wallets" data-wallets data-testid="wallets" data-path="/pay/${c.id}" data-horizon="${c.horizon}" ` +
  `data-texts="${paths.walletTextsEN}" data-freighter="${paths.walletFreighter}" data-lobstr="${paths.walletLobstr}" data-xbull="${paths.walletXbull}" ` +
  `data-rabet="${paths.walletRabet}" data-albedo="${paths.walletAlbedo}"><h2 id="wallets" data-wallet-heading hidden>${t.BrowserWallets}</h2>` +
  `<ul data-wallet-list hidden></ul><details data-wallet-more data-testid="other-wallets"><summary>${t.OtherWallets}</summary><ul data-wallet-others></ul></details>` +
  '<div class="wallet-step" data-wallet-step data-testid="wallet-step" tabindex="-1" hidden>' +
  '<p role="status" data-wallet-words data-testid="wallet-words"></p><ul data-wallet-assets data-testid="wallet-assets" hidden></ul>' +
  '<p class="hint" data-wallet-quoted data-testid="wallet-quoted" hidden></p><p class="wallet-choices" data-wallet-choices></p></div></section>';

function code(uri, amount) {
  const drawing = draw(uri);
  if (drawing === null) return "";
  const { size, path } = drawing;
  const side = size * Math.max(1, Math.floor(280 / size));
  return (
    `<figure class="qr" data-swap="code" data-code-for="${amount}"><svg role="img" aria-label="${t.CodeName}" width="${side}" height="${side}" ` +
    `viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges" data-testid="qr"><rect width="${size}" height="${size}" fill="#fff"></rect>` +
    `<path d="${path}" stroke="#000"></path></svg><figcaption>${t.CodeCaption}</figcaption></figure>`
  );
}

const copyButton = (name, id, what) =>
  `<dd class="copy"><button type="button" data-copy="${id}" data-copied="${fill(texts.Copied, { what })}" data-selected="${fill(texts.Selected, { what })}" ` +
  `data-testid="copy-${name}" hidden>${t.Copy} <span class="unseen">${what}</span></button></dd>`;

const COPY = { destination: copyButton("destination", "destination", t.Address), amount: copyButton("amount", "to-pay", t.Amount), memo: copyButton("memo", "memo", t.Memo), muxed: copyButton("muxed", "muxed", t.MuxedAddress) };

const byHand = (c) =>
  `<section class="by-hand" aria-labelledby="by-hand"><h2 id="by-hand">${t.CopyDetails}</h2><dl>` +
  `<div class="entry"><dt>${t.Address}</dt><dd><code class="value" dir="ltr" id="destination" data-testid="destination">${c.destination}</code></dd>` +
  `${COPY.destination}</div><div class="entry"><dt>${t.Amount} <span data-in="partly"${hidden(c.phase !== "partly")}>(${t.StillDue})</span></dt>` +
  `<dd><span dir="ltr"><code class="value" id="to-pay" data-exact="to-pay" data-testid="to-pay">${c.toPay}</code> <span class="unit">${c.asset}</span></span></dd>` +
  `${COPY.amount}</div><div class="entry"><dt>${t.Memo}</dt><dd><code class="value" dir="ltr" id="memo" data-testid="memo">${c.memo}</code></dd>` +
  `<dd class="hint">${t.MemoType}</dd>${COPY.memo}</div></dl><p class="warning" data-testid="warning">${t.MemoWarning(c)}</p></section>`;

const question = (asked, answer) => `<details><summary>${asked}</summary><p>${answer}</p></details>`;

const withoutMemo = (c) =>
  `<details data-testid="without-memo"><summary>${t.HelpMuxed}</summary><p>${t.HelpMuxedText}</p><dl><div class="entry"><dt>${t.MuxedAddress}</dt>` +
  `<dd><code class="value" dir="ltr" id="muxed" data-testid="muxed">${c.muxed}</code></dd>${COPY.muxed}</div></dl></details>`;

const help = (c) =>
  `<section class="help" aria-labelledby="help"><h2 id="help">${t.Help}</h2>` +
  (c.issuer === "" ? "" : `${question(t.HelpAsset(c), t.HelpAssetText(c))} ${question(t.HelpTrust, t.HelpTrustText(c))}`) +
  `${question(t.HelpExchange, t.HelpExText)}${c.muxed ? withoutMemo(c) : ""}${question(t.HelpMemo, t.HelpMemoText(c))}</section>`;
