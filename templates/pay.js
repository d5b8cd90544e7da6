// Keeps the payment page current: follows the status call, shows the part of the page that fits it, counts down, copies
// values, and goes on to the merchant once paid. Everything it says stands in the page already. It decides nothing: the
// status comes from the server, which has it from the ledger.

const second = 1000;
const interval = 2 * second;
const longestInterval = 30 * second;
const patience = 10 * second; // for one answer
const farewell = 3 * second; // between "Paid" and leaving
const longFarewell = 12 * second; // the same, where there is more to read

const page = document.querySelector("[data-pay]");
const one = (selector) => page.querySelector(selector);
const all = (selector) => page.querySelectorAll(selector);

// Politely tells a screen reader. The pause lets it notice a text that is the same as the last one.
function say(text) {
  const live = one("[data-live]");
  live.textContent = "";
  setTimeout(() => (live.textContent = text), 100);
}

// Must agree with Checkout.phase in checkout.go.
function phaseOf({ status, exception, seconds_left: left }) {
  switch (status) {
    case "completed":
      return "paid";
    case "expired":
      return "expired";
    case "failed":
      return exception === "wrong_asset" ? "wrong-asset" : "underpaid";
  }
  if (left <= 0) return "checking";
  return exception === "underpaid" ? "partly" : "waiting";
}

const baseTitle = document.title;
const firstReceived = one("[data-fill=received]");
let shown = page.dataset.phase + " " + (firstReceived && firstReceived.textContent); // to announce only changes
let finished = one("[data-standing]").dataset.status !== "open";

function show(answer) {
  const phase = phaseOf(answer);
  const { amount_received: received, amount_due: due } = answer;
  const payable = phase === "waiting" || phase === "partly";
  const toPay = phase === "partly" ? due : page.dataset.amount;
  const hadFocus = document.activeElement;

  page.dataset.phase = phase;
  for (const part of all(".phase")) part.hidden = part.dataset.phase !== phase;
  for (const part of all("[data-only=due]")) part.hidden = phase !== "partly";
  for (const part of all("[data-only=overpaid]")) part.hidden = answer.exception !== "overpaid";
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

function fill(name, text) {
  for (const place of all(`[data-fill=${name}]`)) place.textContent = text;
}

// Makes the link and the test wallet ask for amount. A code for another amount cannot be redrawn here, so it goes.
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
  for (const part of all("[data-leaving]")) part.hidden = false;
  for (const part of all("[data-staying]")) part.hidden = true;
  one("[data-redirect]").href = url;
  // Replaced, not pushed: going back from the merchant must not land here and be sent on again.
  leaving = setTimeout(() => location.replace(url), exception ? longFarewell : farewell);
}

addEventListener("pagehide", () => clearTimeout(leaving));

let deadline; // by this device's clock; only the difference counts

function tick() {
  const left = Math.ceil((deadline - Date.now()) / second);
  const place = one("[data-left]");
  if (!place || finished) return;
  place.hidden = left <= 0;
  place.textContent = duration(left) + " left";
  if (left === 300 || left === 60) say(place.textContent);
  if (left <= 0 && last.seconds_left > 0) {
    show(Object.assign(last, { seconds_left: 0 }));
    poll();
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
let notBefore = 0; // the server asked for a pause until then
let last;

// Amounts have more digits than a JavaScript number can hold, so they become strings before they are parsed.
function parse(text) {
  return JSON.parse(text.replace(/("amount_(?:received|due)"\s*:\s*)(-?[\d.]+)/g, '$1"$2"'));
}

async function poll() {
  clearTimeout(timer);
  if (busy || finished || document.hidden) return;
  const pause = notBefore - Date.now();
  if (pause > 0) return void (timer = setTimeout(poll, pause));

  busy = true;
  const abort = new AbortController();
  const limit = setTimeout(() => abort.abort(), patience);
  try {
    const response = await fetch(page.dataset.statusUrl, { cache: "no-store", signal: abort.signal });
    if (!response.ok) {
      notBefore = Date.now() + (Number(response.headers.get("Retry-After")) || 0) * second;
      throw new Error(response.status);
    }
    last = parse(await response.text());
    deadline = Date.now() + last.seconds_left * second;
    show(last);
    tick();
    failures = 0;
  } catch {
    failures++;
  }
  clearTimeout(limit);
  busy = false;
  notice();
  if (!finished) timer = setTimeout(poll, Math.min(interval * 2 ** failures, longestInterval));
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
  document.addEventListener("visibilitychange", poll);
  addEventListener("pageshow", poll);
  addEventListener("online", () => {
    failures = 0;
    notice();
    poll();
  });
  addEventListener("offline", notice);
  setInterval(() => last && tick(), second);
  poll();
}
