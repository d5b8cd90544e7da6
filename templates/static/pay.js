// Keeps the payment page current: polls the status, shows the matching part, counts down, copies
// values, and goes on to the merchant once paid. The server reads the status from the ledger and
// says what to show; Horizon's stream only says when to ask. All texts are in the page.

const second = 1000;
const interval = 3 * second; // the server reads no more often
const longestInterval = 30 * second;
const calm = 15 * second; // the interval while the stream would report a payment
const pace = 1.1 * second; // the interval once it has; an answer is shared for a second
const hurry = 10 * second; // how long that pace lasts
const patience = 15 * second; // for one answer: the server waits 10 s for the ledger
const farewell = 10 * second; // from the payment to the merchant
const slow = 15 * second; // without news of the ledger
const blink = 1.5 * second; // in which a wallet opens

const page = document.querySelector("[data-pay]");
const one = (selector) => page.querySelector(selector);
const all = (selector) => page.querySelectorAll(selector);

// Announces text to screen readers. The delay makes them repeat a text.
function say(text) {
  const live = one("[data-live]");
  live.textContent = "";
  setTimeout(() => (live.textContent = text), 100);
}

// What the page shows now, to notice changes.
let shown = key(page.dataset.phase, one("[data-fill=received]")?.textContent ?? "", one("[data-standing]").dataset.others);
let finished = one("[data-standing]").dataset.status !== "open";

// Shows a phase with the amounts of an answer. The answer names the phase; what is shown in it is
// marked in the page.
function show(answer) {
  const { phase, amount_received: received, amount_due: due } = answer;
  const hadFocus = document.activeElement;

  page.dataset.phase = phase;
  for (const part of all("[data-in]")) part.hidden = !part.dataset.in.split(" ").includes(phase);
  const ledger = one("[data-ledger]");
  if (ledger) ledger.hidden = !/[1-9]/.test(received);
  fill("received", received);
  fill("due", due);
  if (/[1-9]/.test(due)) ask(due);
  const standing = one("[data-standing]");
  standing.dataset.status = answer.status;
  standing.dataset.exception = answer.exception || "";
  if (hadFocus && hadFocus !== document.body && hadFocus.closest("[hidden]")) standing.focus();
  finished = answer.status !== "open";
  if (finished) leave(answer.redirect_url, answer.exception);

  const now = key(phase, number(received), answer.received_other.length);
  if (shown === now) return;
  shown = now;
  const heading = one(`.phase[data-phase="${phase}"] h2`).innerText;
  document.title = phase === "waiting" ? page.dataset.title : heading + " · " + page.dataset.title;
  say(one(`.phase[data-phase="${phase}"] .words`).innerText.replace(/\s+/g, " "));
  refresh(phase);
}

function key(...parts) {
  return parts.join(" ");
}

// Takes what has changed from the page as it is now: payments, and a code for what is still due. It
// is optional: without it the page shows all but the details.
async function refresh(phase) {
  let fresh;
  try {
    const response = await fetch(page.dataset.checkUrl, { cache: "no-store", signal: AbortSignal.timeout(patience) });
    fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-pay]");
  } catch {
    return;
  }
  // It may come from a place that does not know of the change yet, or there was another one.
  if (fresh?.dataset.phase !== phase || page.dataset.phase !== phase) return;
  for (const part of fresh.querySelectorAll("noscript")) part.remove();
  for (const part of all("[data-swap]")) {
    if (part.dataset.swap === "payment" && part.firstElementChild) continue; // may be in use
    const other = fresh.querySelector(`[data-swap="${part.dataset.swap}"]`);
    if (!other) continue;
    const hadFocus = part.contains(document.activeElement);
    part.replaceWith(document.adoptNode(other));
    if (hadFocus) one("[data-standing]").focus();
  }
  prepare();
  noticed = "";
  notice();
  if (finished) leave(last.redirect_url, last.exception);
}

function hide(selector, is) {
  for (const part of all(selector)) part.hidden = is;
}

// Writes an exact amount as text.Number does in Go.
function number(exact) {
  const [whole, decimals] = String(exact).split(".");
  const { group, decimal } = page.dataset;
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, group);
  return decimals === undefined ? groups : groups + decimal + decimals.padEnd(2, "0");
}

function fill(name, exact) {
  for (const place of all(`[data-fill=${name}]`)) place.textContent = number(exact);
}

// Sets the amount in the link, the details and the test wallet.
function ask(amount) {
  fill("to-pay", amount);
  for (const place of all("[data-exact=to-pay]")) place.textContent = amount;
  const link = one("[data-wallet-link]");
  if (link) link.href = link.getAttribute("href").replace(/([?&]amount=)[^&]*/, (_, name) => name + amount);
  const code = one("[data-code-for]");
  if (code) code.hidden = code.dataset.codeFor !== amount; // until refresh has one for this amount
  const field = one("[data-test-amount]");
  if (field && field.value === field.defaultValue) field.value = field.defaultValue = amount;
}

let leaving; // the timer
let leaveAt = 0;
let stays = finished; // a page that was opened when all was over stays

// Shows the way on to the merchant. It goes there by itself, unless there is more to read or its
// reader stays.
function leave(url, exception) {
  if (!/^https?:\/\//i.test(url || "")) return;
  hide("[data-way-on]", false);
  for (const link of all("[data-redirect]")) link.href = url;
  stays ||= !!exception;
  if (stays) return;
  leaveAt ||= Date.now() + farewell;
  clearInterval(leaving);
  leaving = setInterval(go, second);
  go();

  function go() {
    const left = Math.max(0, Math.ceil((leaveAt - Date.now()) / second));
    hide("[data-stay]", false);
    for (const place of all("[data-leaving]")) {
      place.hidden = false;
      place.textContent = put(place.dataset.text, { duration: put(place.dataset.seconds, { s: left }) });
    }
    if (left) return;
    stay();
    location.replace(url); // so that going back does not return to a page that goes on
  }
}

function stay() {
  stays = true;
  clearInterval(leaving);
  hide("[data-leaving], [data-stay]", true);
}

addEventListener("pagehide", stay);

// Replaces the {names} in a text.
const put = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

let deadline; // by this device's clock

function tick() {
  const left = Math.ceil((deadline - Date.now()) / second);
  const place = one("[data-left]");
  if (place && !finished) {
    place.hidden = left <= 0;
    place.textContent = put(place.dataset.text, { duration: duration(left, place.dataset) });
    const words = place.getAttribute("data-say-" + left);
    if (words) say(words);
  }
  if (!finished && left <= 0 && last.seconds_left > 0) {
    show(Object.assign(last, { seconds_left: 0, phase: page.dataset.whenOver }));
    wake();
  }
  notice();
}

function duration(seconds, texts) {
  const h = Math.floor(seconds / 3600);
  const m = Math.floor((seconds % 3600) / 60);
  const s = seconds % 60;
  if (h) return put(texts.hours, { h, m });
  return m ? put(texts.minutes, { m, s }) : put(texts.seconds, { s });
}

// Writes the deadline by this device's clock. Minutes are cut off, so it is never too late.
function localDeadline() {
  const place = one("[data-deadline]");
  if (!place) return;
  const at = new Date(place.dateTime);
  const days = Math.round((new Date(at).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / (24 * 3600 * second));
  const text = [place.dataset.today, place.dataset.tomorrow][days];
  const lang = document.documentElement.lang + "-u-nu-latn";
  if (text) place.textContent = put(text, { time: new Intl.DateTimeFormat(lang, { timeStyle: "short" }).format(at) });
}

let timer;
let busy = false;
let failures = 0;
let notBefore = 0; // set by Retry-After
let last;
let answered = 0; // when, or 0 to ask at once
let began = 0; // when the server's last read began
let looked = 0; // when that read ended
let read = Date.now(); // when the ledger was last known to be read; nothing is amiss at first
let hurried = 0; // until when

// Amounts have more digits than a number can hold, so they become strings first.
function parse(text) {
  return JSON.parse(text.replace(/("amount(?:_received|_due)?"\s*:\s*)(-?[\d.]+)/g, '$1"$2"'));
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
    if (!last.behind) read = asked;
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
  const behind = !document.hidden && (last?.behind || Date.now() - read > slow + (pause() === calm ? calm : 0));
  const kind = finished ? "" : !navigator.onLine ? "offline" : failures > 2 ? "lost" : behind ? "slow" : "";
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

// Shows what works only with this script.
function prepare() {
  hide("[data-copy]", false);
  localDeadline();
}

page.addEventListener("click", async ({ target }) => {
  if (target.closest("[data-stay-here]")) {
    stay();
    one("[data-standing]").focus();
    return;
  }
  if (target.closest("[data-wallet-link]")) return awaitWallet();
  const button = target.closest("[data-copy]");
  if (!button) return;
  const { copied, selected } = button.dataset;
  say((await copy(document.getElementById(button.dataset.copy))) ? copied : selected);
  button.classList.add("done");
  setTimeout(() => button.classList.remove("done"), 2 * second);
});

// A browser says nothing when no application opens the link. If one does, the page loses the focus.
function awaitWallet() {
  const opened = new AbortController();
  const { signal } = opened;
  const open = () => opened.abort();
  addEventListener("blur", open, { signal });
  addEventListener("pagehide", open, { signal });
  document.addEventListener("visibilitychange", open, { signal });
  setTimeout(() => {
    const part = one("[data-no-wallet]");
    if (signal.aborted || !part) return;
    open();
    part.hidden = false;
    hide("[data-wallet-hint]", true);
    say(part.innerText);
  }, blink);
}

prepare();
if (!finished) {
  document.addEventListener("visibilitychange", () => {
    read = Date.now(); // a hidden page does not ask
    wake();
  });
  addEventListener("pageshow", (event) => event.persisted && wake());
  addEventListener("pagehide", unlisten);
  addEventListener("online", () => {
    failures = 0;
    notice();
    wake();
  });
  addEventListener("offline", notice);
  setInterval(() => (last ? tick() : notice()), second);
  listen();
  if (stream) answered = Date.now() - interval + second; // or when it opens
  plan();
}
