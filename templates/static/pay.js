// Keeps the payment page current: polls the status, shows the matching part, counts down, copies
// values, and redirects to the merchant once paid. The server reads the status from the ledger;
// Horizon's stream only says when to ask.

const second = 1000;
const interval = 3 * second; // the server reads no more often
const longestInterval = 30 * second;
const calm = 15 * second; // the interval while the stream would report a payment
const pace = 1.1 * second; // the interval once it has; an answer is shared for a second
const hurry = 10 * second; // how long that pace lasts
const patience = 10 * second; // for one answer
const farewell = 3 * second; // from "Paid" to the redirect
const longFarewell = 12 * second; // if there is more to read

const page = document.querySelector("[data-pay]");
const one = (selector) => page.querySelector(selector);
const all = (selector) => page.querySelectorAll(selector);

// Announces text to screen readers. The delay makes them repeat a text.
function say(text) {
  const live = one("[data-live]");
  live.textContent = "";
  setTimeout(() => (live.textContent = text), 100);
}

// Must agree with Checkout.phase in checkout.go.
function phaseOf({ status, exception, seconds_left: left }) {
  if (status === "completed") return "paid";
  if (status === "expired") return "expired";
  if (status === "failed") return exception === "wrong_asset" ? "wrong-asset" : "underpaid";
  if (page.dataset.phase === "suspended") return "suspended";
  if (left <= 0) return "checking";
  return exception === "underpaid" ? "partly" : "waiting";
}

const baseTitle = document.title;
const firstReceived = one("[data-fill=received]");
let shown = page.dataset.phase + " " + firstReceived?.textContent;
let finished = one("[data-standing]").dataset.status !== "open";

function show(answer) {
  const phase = phaseOf(answer);
  const { amount_received: received, amount_due: due } = answer;
  const payable = phase === "waiting" || phase === "partly";
  const toPay = phase === "partly" ? due : page.dataset.amount;
  const hadFocus = document.activeElement;

  page.dataset.phase = phase;
  for (const part of all(".phase")) part.hidden = part.dataset.phase !== phase;
  hide("[data-only=due]", phase !== "partly");
  hide("[data-only=overpaid]", answer.exception !== "overpaid");
  one("[data-ledger]").hidden = !/[1-9]/.test(received);
  fill("received", received);
  fill("due", due);
  fill("to-pay", toPay);

  const payment = one("[data-payment]");
  if (payment) {
    payment.hidden = !payable;
    ask(toPay);
  }
  const standing = one("[data-standing]");
  standing.dataset.status = answer.status;
  standing.dataset.exception = answer.exception || "";
  if (hadFocus && hadFocus !== document.body && hadFocus.closest("[hidden]")) standing.focus();

  finished = answer.status !== "open";
  const wayBack = one("[data-way-back]");
  if (wayBack) wayBack.hidden = phase === "paid";
  if (phase === "paid") leave(answer.redirect_url, answer.exception);

  const now = phase + " " + received;
  if (shown !== now) {
    const words = one(`.phase[data-phase=${phase}] .words`).innerText.replace(/\s+/g, " ");
    say(words);
    document.title = phase === "waiting" ? baseTitle : one(`.phase[data-phase=${phase}] h2`).innerText + " · " + baseTitle;
  }
  shown = now;
}

function hide(selector, is) {
  for (const part of all(selector)) part.hidden = is;
}

function fill(name, text) {
  for (const place of all(`[data-fill=${name}]`)) place.textContent = text;
}

// Sets the amount in the link and test wallet, and hides the QR code.
function ask(amount) {
  const link = one("[data-wallet-link]");
  if (link) link.href = link.getAttribute("href").replace(/([?&]amount=)[^&]*/, (_, name) => name + amount);
  const code = one("[data-code-for]");
  if (code) {
    code.hidden = code.dataset.codeFor !== amount;
    one("[data-code-gone]").hidden = !code.hidden;
  }
  const field = one("[data-test-amount]");
  if (field && field.value === field.defaultValue) field.value = field.defaultValue = amount;
}

let leaving;

function leave(url, exception) {
  if (!/^https?:\/\//i.test(url || "")) return;
  hide("[data-leaving]", false);
  hide("[data-staying]", true);
  one("[data-redirect]").href = url;
  // Replace, not push: going back must not redirect again.
  leaving = setTimeout(() => location.replace(url), exception ? longFarewell : farewell);
}

addEventListener("pagehide", () => clearTimeout(leaving));

let deadline; // by this device's clock

function tick() {
  const left = Math.ceil((deadline - Date.now()) / second);
  const place = one("[data-left]");
  if (!place || finished) return;
  place.hidden = left <= 0;
  place.textContent = duration(left) + " left";
  if (left === 300 || left === 60) say(place.textContent);
  if (left <= 0 && last.seconds_left > 0) {
    show(Object.assign(last, { seconds_left: 0 }));
    wake();
  }
}

function duration(seconds) {
  const h = Math.floor(seconds / 3600);
  const m = Math.floor((seconds % 3600) / 60);
  const s = seconds % 60;
  if (h) return `${h} h ${m} min`;
  return m ? `${m} min ${s} s` : `${s} s`;
}

let timer;
let busy = false;
let failures = 0;
let notBefore = 0; // set by Retry-After
let last;
let answered = 0; // when, or 0 to ask at once
let began = 0; // when the server's last read began
let looked = 0; // when that read ended
let hurried = 0; // until when

// Amounts have more digits than a number can hold, so they become strings first.
function parse(text) {
  return JSON.parse(text.replace(/("amount_(?:received|due)"\s*:\s*)(-?[\d.]+)/g, '$1"$2"'));
}

// Schedules the next poll.
function plan() {
  clearTimeout(timer);
  if (!busy && !finished) timer = setTimeout(poll, Math.max(answered + pause(), notBefore) - Date.now());
}

function pause() {
  if (failures) return Math.min(interval * 2 ** failures, longestInterval);
  if (Date.now() < hurried) {
    const rest = looked + interval - answered; // until the server reads again
    return rest > pace && rest < 2 * pace ? rest : pace;
  }
  // The stream reports nothing from before it opened.
  return began >= opened && last.seconds_left > 0 ? calm : interval;
}

async function poll() {
  if (busy || finished || document.hidden) return;
  busy = true;
  const asked = Date.now();
  const abort = new AbortController();
  const limit = setTimeout(() => abort.abort(), patience);
  try {
    const response = await fetch(page.dataset.statusUrl, { cache: "no-store", signal: abort.signal });
    if (!response.ok) {
      notBefore = Date.now() + (Number(response.headers.get("Retry-After")) || 0) * second;
      throw new Error(response.status);
    }
    last = parse(await response.text());
    if (asked - looked >= interval) {
      began = asked;
      looked = Date.now();
    }
    deadline = Date.now() + last.seconds_left * second;
    show(last);
    tick();
    failures = 0;
  } catch {
    failures++;
  }
  clearTimeout(limit);
  busy = false;
  answered = Date.now();
  notice();
  listen();
  plan();
}

// A wallet in the page has paid: see wallets/. The detail is the status if it was read for it.
page.addEventListener("hint", ({ detail }) => {
  if (finished) return;
  hurried = Date.now() + hurry;
  if (detail) {
    last = parse(detail);
    show(last);
  }
  plan();
});

let stream;
let opened = Infinity; // when
let broken = 0; // streams in a row that did not last
let mended = 0; // when to open the next one

// Opens or closes the stream.
function listen() {
  const { streamUrl } = page.dataset;
  if (!streamUrl || finished || document.hidden || last?.seconds_left <= 0) return unlisten();
  if (stream || Date.now() < mended) return;
  stream = new EventSource(streamUrl);
  stream.onopen = () => {
    opened = Date.now();
    answered = looked;
    plan();
  };
  stream.onmessage = hear;
  stream.onerror = lose;
}

function unlisten() {
  stream?.close();
  stream = undefined;
  opened = Infinity;
}

// Anyone can pay with any memo at any rate; the page keeps its pace.
function hear({ data }) {
  if (hurried - Date.now() > hurry - pace) return;
  try {
    const { memo, memo_type: type } = JSON.parse(data).transaction;
    if (type !== "text" || memo.toLowerCase() !== page.dataset.memo) return;
  } catch {
    return;
  }
  hurried = Date.now() + hurry;
  plan();
}

// Horizon ends a stream every minute and the browser reopens it. If a stream did not last, as when
// Horizon is down, the page reopens it, with backoff.
function lose({ target }) {
  if (target.readyState === EventSource.OPEN) return; // an event named "error"
  broken = Date.now() - opened > 10 * second ? 0 : broken + 1;
  opened = Infinity;
  if (broken) {
    unlisten();
    mended = Date.now() + Math.min(2 ** broken, 64) * second;
  } else {
    answered = Date.now(); // ask when it is open
  }
  plan();
}

function wake() {
  listen();
  answered = 0;
  plan();
}

let noticed = "";

function notice() {
  const kind = finished ? "" : !navigator.onLine ? "offline" : failures > 2 ? "lost" : "";
  if (kind === noticed) return;
  noticed = kind;
  for (const part of all("[data-notice]")) part.hidden = part.dataset.notice !== kind;
  if (kind) say(one(`[data-notice=${kind}]`).textContent);
}

async function copy(place) {
  try {
    await navigator.clipboard.writeText(place.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(place);
    return document.execCommand("copy");
  }
}

for (const button of all("[data-copy]")) {
  const label = button.querySelector("[data-label]");
  let reset;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const done = await copy(document.getElementById(button.dataset.copy));
    label.textContent = done ? "Copied" : "Selected";
    say(`${label.textContent} ${button.dataset.what}`);
    clearTimeout(reset);
    reset = setTimeout(() => (label.textContent = "Copy"), 2 * second);
  });
}

if (finished) {
  const redirect = one("[data-redirect]");
  if (redirect) leave(redirect.href, one("[data-standing]").dataset.exception);
} else {
  document.addEventListener("visibilitychange", wake);
  addEventListener("pageshow", (event) => event.persisted && wake());
  addEventListener("pagehide", unlisten);
  addEventListener("online", () => {
    failures = 0;
    notice();
    wake();
  });
  addEventListener("offline", notice);
  setInterval(() => last && tick(), second);
  listen();
  if (stream) answered = Date.now() - interval + second; // or when it opens
  plan();
}
