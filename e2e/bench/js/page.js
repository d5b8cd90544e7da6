// Renders the payment page in each of its states, and the page for an unknown checkout.

import { icon, script, stylesheet } from "./assets.js";
import { draw } from "./qr.js";

const ESCAPES = { "&": "&amp;", "'": "&#39;", "<": "&lt;", ">": "&gt;", '"': "&#34;" };
const escape = (text) => (/[&'<>"]/.test(text) ? text.replace(/[&'<>"]/g, (character) => ESCAPES[character]) : text);

const BEFORE = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'";
const AFTER = "; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

// policy returns a Content-Security-Policy that allows connections to Horizon's origin, if given,
// besides the page's own.
export const policy = (horizon) => BEFORE + (horizon && " " + horizon) + AFTER;

const PHASES = ["waiting", "partly", "checking", "paid", "expired", "underpaid", "wrong-asset"];

function phaseOf({ status, exception, late, suspended }) {
  if (status === "completed") return "paid";
  if (status === "expired") return "expired";
  if (status === "failed") return exception === "wrong_asset" ? "wrong-asset" : "underpaid";
  if (late) return "checking";
  if (suspended) return "suspended";
  return exception === "underpaid" ? "partly" : "waiting";
}

const document = (title, head, body) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title>` +
  `<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">` +
  `<meta name="robots" content="noindex"><meta name="referrer" content="no-referrer"><meta name="format-detection" content="telephone=no">` +
  `<link rel="icon" type="image/svg+xml" href="${icon}"><link rel="stylesheet" href="${stylesheet}">${head}</head><body>${body}</body></html>`;

export function messagePage(title, text) {
  const body = `<main class="message"><h1 data-testid="title">${escape(title)}</h1><p data-testid="text">${escape(text)}</p></main>`;
  return document(title, "", body);
}

export function payPage(checkout) {
  const phase = phaseOf(checkout);
  const partly = phase === "partly";
  const c = {
    ...checkout,
    phase,
    open: checkout.status === "open",
    payable: partly || phase === "waiting",
    some: checkout.received !== "0",
    toPay: partly ? checkout.due : checkout.amount,
    merchant: escape(checkout.merchant),
    redirect: escape(checkout.redirect),
  };
  return document(`${c.amount} ${c.asset} to ${checkout.merchant}`, head(c), main(c));
}

const hidden = (is) => (is ? " hidden" : "");

function head(c) {
  const module = `<script type="module" src="${script}"></script>`;
  if (c.open) return `${module}<noscript><meta http-equiv="refresh" content="15"></noscript>`;
  if (c.redirect === "") return module;
  return `${module}<noscript><meta http-equiv="refresh" content="${c.exception ? 15 : 5};url=${c.redirect}"></noscript>`;
}

function main(c) {
  const back = c.cancel !== "" && c.status !== "completed"
    ? `<p class="back" data-way-back><a href="${escape(c.cancel)}" data-testid="cancel">Back to <bdi>${c.merchant}</bdi></a></p>`
    : "";
  const custody = c.payable
    ? `<p>Your payment goes straight to <bdi>${c.merchant}</bdi>’s account on the Stellar network. Nobody holds it in between.</p>`
    : "";
  const url = `${c.horizon}/accounts/${c.destination}/payments?cursor=now&amp;join=transactions`;
  const stream = c.horizon && ` data-stream-url="${url}" data-memo="${c.memo}"`;
  return (
    `<main class="pay" data-pay data-phase="${c.phase}" data-status-url="/pay/${c.id}/status" data-amount="${c.amount}"${stream}>${summary(c)}` +
    `<div class="till">${standing(c)}${c.payable ? payment(c) : ""}<footer>${back}` +
    `<p>Reference <code class="value" data-testid="reference">${c.id}</code></p>${custody}</footer></div>` +
    `<p class="unseen" role="status" data-live></p></main>`
  );
}

function grouped(value) {
  let html = "";
  for (let i = 0; i < value.length; i += 4) html += `<span>${value.slice(i, i + 4)}</span><wbr>`;
  return html;
}

function summary(c) {
  const network = c.network === "" ? "" : `<p class="network"><strong data-testid="network">${escape(c.network)}</strong> <span>no real money</span></p>`;
  const description = c.description === "" ? "" : `<p class="description" dir="auto" data-testid="description">${escape(c.description)}</p>`;
  const issuer = c.issuer === "" ? "" : `<p class="issuer">${c.asset} as issued by <code class="value" data-testid="issuer">${grouped(c.issuer)}</code></p>`;
  return (
    `<header class="summary">${network}<h1>Payment to <bdi data-testid="merchant">${c.merchant}</bdi></h1>` +
    `<p class="total"><span class="number"${c.amount.length > 10 ? " data-long" : ""} data-testid="amount">${c.amount}</span> ` +
    `<span class="unit" data-testid="asset">${c.asset}</span></p>${description}${issuer}${c.open || c.some ? ledger(c) : ""}</header>`
  );
}

function ledger(c) {
  const due = c.open
    ? `<div data-only="due"${hidden(c.phase !== "partly")}><dt>Still due</dt><dd><span data-fill="due" data-testid="due">${c.due}</span> ${c.asset}</dd></div>`
    : "";
  return (
    `<dl class="ledger" data-ledger${hidden(!c.some)}><div><dt>Received</dt>` +
    `<dd><span data-fill="received" data-testid="received">${c.received}</span> ${c.asset}</dd></div>${due}</dl>`
  );
}

function phasesOf({ open, phase }) {
  if (!open) return [phase];
  return phase === "suspended" ? ["suspended", ...PHASES.slice(2)] : PHASES;
}

function standing(c) {
  const parts = phasesOf(c).map(
    (phase) =>
      `<div class="phase" data-phase="${phase}"${hidden(phase !== c.phase)}><svg class="sign" viewBox="0 0 24 24" aria-hidden="true" focusable="false">` +
      `${SIGNS[phase] ?? SIGNS.other}</svg><div class="words">${WORDS[phase](c)}</div></div>`,
  );
  const notices = c.open
    ? '<p class="notice" data-notice="offline" hidden>You are offline. This page goes on by itself when you are back.</p>' +
      '<p class="notice" data-notice="lost" hidden>The connection is disturbed, so what you see may be out of date. Trying again …</p>'
    : "";
  return (
    `<section class="standing" tabindex="-1" aria-label="Status" data-standing data-status="${c.status}" data-exception="${c.exception}" ` +
    `data-testid="status">${parts.join("")}${notices}</section>`
  );
}

const RING = '<circle cx="12" cy="12" r="9"></circle>';
const TRACK = '<circle class="track" cx="12" cy="12" r="9"></circle>';
const TURNING = `${TRACK} <path class="turning" d="M12 3a9 9 0 0 1 9 9"></path>`;
const SIGNS = {
  waiting: TURNING,
  checking: TURNING,
  partly: `${TRACK} <path d="M12 3a9 9 0 0 1 0 18"></path>`,
  paid: `${RING} <path d="M8 12.4l2.8 2.8L16 9.6"></path>`,
  expired: `${RING} <path d="M12 7v5l3.2 2"></path>`,
  other: `${RING} <path d="M12 7.2v5.6M12 16.4v.2"></path>`,
};

const figure = (name, value, asset) => `<span class="figure"><span data-fill="${name}">${value}</span> ${asset}</span>`;
const theirs = (c) =>
  `<p>That money is in <bdi>${c.merchant}</bdi>’s account. Please contact them and quote the reference below. Do not pay any more here.</p>`;

const WORDS = {
  waiting: () => "<h2>Waiting for your payment</h2><p>This page notices by itself, usually within seconds.</p>",
  partly: (c) =>
    `<h2>Part of it has arrived</h2><p>${figure("received", c.received, c.asset)} received. ` +
    `Please send the ${figure("due", c.due, c.asset)} still due, with the same memo.</p>`,
  checking: () =>
    "<h2>The time to pay is over</h2><p>Please do not pay any more. We are still reading the ledger for a payment that was made in time.</p>",
  suspended: (c) =>
    "<h2>This shop is suspended</h2><p>Please do not pay. A payment that you have already sent is still noticed here.</p>" +
    `<p>It would be in <bdi>${c.merchant}</bdi>’s account: please contact them and quote the reference below.</p>`,
  paid(c) {
    const going = c.redirect !== "";
    const leaving = c.open || going ? `<span data-leaving${hidden(!going)}>— returning to <bdi>${c.merchant}</bdi></span>` : "";
    const over = c.exception === "overpaid";
    const difference = c.open || over
      ? `<p data-only="overpaid"${hidden(!over)}>You sent ${figure("received", c.received, c.asset)}, more than was asked for. ` +
        `<bdi>${c.merchant}</bdi> has all of it: please contact them about the difference.</p>`
      : "";
    let link = "";
    if (c.open) link = '<p data-leaving hidden><a data-redirect data-testid="redirect">Go there now</a></p>';
    else if (going) link = `<p data-leaving><a href="${c.redirect}" data-redirect data-testid="redirect">Go there now</a></p>`;
    const thanks = going ? "" : `<p data-staying>Thank you. <bdi>${c.merchant}</bdi> has received your payment; you can close this page.</p>`;
    return `<h2>Paid ${leaving}</h2>${difference} ${link} ${thanks}`;
  },
  expired: (c) =>
    `<h2>This payment has expired</h2><p>Nothing arrived in time. Please do not pay any more: start again at <bdi>${c.merchant}</bdi>.</p>` +
    `<p>If you did send money, it is in <bdi>${c.merchant}</bdi>’s account. Please contact them and quote the reference below.</p>`,
  underpaid: (c) =>
    `<h2>Not paid in full</h2><p>The time to pay is over, and only ${figure("received", c.received, c.asset)} of ` +
    `<span class="figure">${c.amount} ${c.asset}</span> arrived.</p>${theirs(c)}`,
  "wrong-asset": (c) =>
    `<h2>Paid in another asset</h2><p>The time to pay is over. A payment arrived, but not in the ${c.asset} that was asked for; ` +
    `an asset of the same name from another issuer is another asset.</p>${theirs(c)}`,
};

const clock = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "long", year: "numeric" });

function payment(c) {
  const deadline = c.deadline.toISOString();
  const uri = c.uri.replace(/([?&]amount=)[^&]*/, `$1${c.toPay}`);
  return (
    '<div class="payment" data-payment><p class="expires"><span class="left" role="timer" data-left hidden></span> <span>Pay before ' +
    `<time datetime="${deadline.slice(0, 19)}Z" data-testid="expires">${deadline.slice(11, 16)} UTC, ${clock.format(c.deadline)}</time></span></p>` +
    `<a class="button" href="${escape(uri)}" data-wallet-link data-testid="wallet-link">Pay <span data-fill="to-pay">${c.toPay}</span> ${c.asset} with your wallet</a>` +
    `<p class="hint">If no wallet opens, scan the code or enter the details by hand.</p>${code(uri.replace(/&msg=[^&]*/, ""), c.toPay)}${byHand(c)}</div>`
  );
}

function code(uri, amount) {
  const drawing = draw(uri);
  if (drawing === null) return "";
  const { size, path } = drawing;
  const side = size * Math.max(1, Math.floor(280 / size));
  return (
    `<figure class="qr" data-code-for="${amount}"><svg role="img" aria-label="QR code of this payment, for a Stellar wallet" width="${side}" height="${side}" ` +
    `viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges" data-testid="qr"><rect width="${size}" height="${size}" fill="#fff"></rect>` +
    `<path d="${path}" stroke="#000"></path></svg><figcaption>Scan with a wallet on another device</figcaption></figure>` +
    '<p class="hint" data-code-gone hidden>The QR code asked for the whole amount, so it is gone. The button and the details ask for what is still due.</p>'
  );
}

const copyButton = (name, id, what) =>
  `<dd class="copy"><button type="button" data-copy="${id}" data-what="${what}" data-testid="copy-${name}" hidden>` +
  `<span data-label>Copy</span> <span class="unseen">${what}</span></button></dd>`;

function byHand(c) {
  return (
    '<section class="by-hand" aria-labelledby="by-hand"><h2 id="by-hand">Or pay by hand</h2><dl>' +
    `<div class="entry"><dt>Address</dt><dd><code class="value" id="destination" data-testid="destination">${grouped(c.destination)}</code></dd>` +
    `${copyButton("destination", "destination", "address")}</div>` +
    `<div class="entry"><dt>Amount <span data-only="due"${hidden(c.phase !== "partly")}>still due</span></dt>` +
    `<dd><code class="value" id="to-pay" data-fill="to-pay" data-testid="to-pay">${c.toPay}</code> <span class="unit">${c.asset}</span></dd>` +
    `${copyButton("amount", "to-pay", "amount")}</div>` +
    `<div class="entry"><dt>Memo (text)</dt><dd><code class="value" id="memo" data-testid="memo">${grouped(c.memo)}</code></dd>` +
    `${copyButton("memo", "memo", "memo")}</div></dl><p class="warning" data-testid="warning"><strong>Do not leave out the memo.</strong> ` +
    "Without it your payment cannot be matched to this order.</p></section>"
  );
}
