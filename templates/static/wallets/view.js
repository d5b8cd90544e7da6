// Shows what happens while somebody pays with a wallet. All sentences are in a file of their own, in
// the page's language, so that a page is not larger for those who pay otherwise.

const page = document.querySelector("[data-pay]");
const section = document.querySelector("[data-wallets]");
const find = (name) => section?.querySelector(`[data-wallet-${name}]`);
const step = find("step");
const words = find("words");
const assets = find("assets");
const quoted = find("quoted");
const buttons = find("choices");

let texts = {};

// loadTexts loads the sentences; without them nothing can be shown.
export async function loadTexts() {
  const response = await fetch(section.dataset.texts);
  if (!response.ok) throw new Error(response.status);
  texts = await response.json();
}

// text is a sentence, its places filled in. In a language that is written from right to left, what
// stands in a place is isolated, so that its words keep their order.
export function text(code, values = {}) {
  const isolate = document.documentElement.dir === "rtl" ? (value) => "\u2068" + value + "\u2069" : (value) => value;
  return (texts[code] ?? code).replace(/\{(\w+)\}/g, (_, name) => isolate(values[name] ?? ""));
}

// figure writes an exact amount with its asset, as text.Number does in Go.
export function figure(exact, code) {
  const [whole, decimals] = String(exact).split(".");
  const { group, decimal } = page.dataset;
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, group);
  return (decimals === undefined ? groups : groups + decimal + decimals.padEnd(2, "0")) + " " + code;
}

// element creates an element; testid is its name in tests.
export function element(name, { testid, ...attributes }, children = []) {
  const e = document.createElement(name);
  if (testid) e.dataset.testid = testid;
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  e.append(...children);
  return e;
}

// tell shows a sentence, perhaps another one, and what can be done next. Screen readers say it,
// since it is a status.
export function tell(code, values, next = [], more = "") {
  const hadFocus = section.contains(document.activeElement);
  step.hidden = false;
  step.dataset.code = code;
  words.textContent = text(code, values) + (more && " " + text(more, values));
  assets.hidden = quoted.hidden = true;
  buttons.replaceChildren(...next);
  if (hadFocus) step.focus();
}

export function clear() {
  step.hidden = true;
  assets.replaceChildren();
  delete step.dataset.code;
}

// choices makes buttons: a text or the code of one, and what to do.
export function choices(all) {
  return all.map(([label, act], i) => {
    const button = element("button", { type: "button", testid: "choice-" + i }, [text(label)]);
    button.addEventListener("click", act);
    return button;
  });
}

// walletButton is an item of a list of wallets, with a word on each; pick gets the one that is
// chosen.
export function walletButton(wallet, note, pick) {
  const button = element("button", { type: "button", testid: "wallet-" + wallet.id }, [
    element("span", { dir: "ltr" }, [wallet.name]),
    element("span", { class: "hint" }, [text(note)]),
  ]);
  button.addEventListener("click", () => pick(wallet));
  return element("li", {}, [button]);
}

// appLink opens the app of a wallet on this device.
export function appLink(wallet, href) {
  const elsewhere = href.startsWith("https:") ? { target: "_blank", rel: "noreferrer" } : {};
  return element("a", { class: "button", href, ...elsewhere }, [text("open", { wallet })]);
}

// pairingChoices shows the code that a wallet on a phone needs, and what else can be done with it.
// handheld says that the wallet may be on this device.
export function pairingChoices({ uri, code, links }, handheld) {
  code.classList.add("pairing", handheld ? "elsewhere" : "here");
  code.setAttribute("role", "img");
  code.setAttribute("aria-label", text("code-name"));
  code.dataset.testid = "pairing";
  const copy = element("button", { type: "button", testid: "copy-code" }, [text("copy-code")]);
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(uri);
      copy.textContent = text("copied");
    } catch {
      const words = element("code", { dir: "ltr" }, [uri]);
      copy.replaceWith(words);
      getSelection().selectAllChildren(words);
    }
  });
  return [...(handheld ? links.map(({ name, href }) => appLink(name, href)) : []), code, copy];
}

// holdings lists what an account holds and what the payment costs in it; the asset that is asked
// for comes first. Rows stay where they are when the quotes are refreshed, so that nobody chooses
// another than the one they meant. choose gets the quote of another asset, or undefined.
export function holdings({ quotes, slippage_percent: slippage, amount_due: due }, choose) {
  assets.hidden = false;
  quoted.hidden = !quotes.some((q, i) => i > 0 && q.problem === null);
  quoted.textContent = text("quoted", { percent: slippage });
  const rows = new Map(Array.from(assets.children, (row) => [row.dataset.asset, row]));
  const kept = quotes.map((q, i) => {
    const key = q.asset_code + ":" + (q.asset_issuer ?? "");
    const row = rows.get(key) ?? newRow(key);
    const values = {};
    for (const [name, exact] of Object.entries({ due, cost: q.cost, max: q.send_max })) values[name] = figure(exact, q.asset_code);
    row.querySelector("[data-holding]").textContent = figure(q.balance, q.asset_code);
    const button = row.querySelector("button");
    button.hidden = q.problem !== null;
    button.textContent = text(i === 0 ? "pay-directly" : "pay-with", values);
    button.onclick = () => choose(i === 0 ? undefined : q);
    const why = row.querySelector("[data-why]");
    why.hidden = q.problem === null;
    why.textContent = q.problem === null ? "" : text("holding-" + q.problem, values);
    return row;
  });
  for (const row of rows.values()) if (!kept.includes(row)) row.remove();
  for (const row of kept) if (!row.parentNode) assets.append(row);
}

function newRow(key) {
  return element("li", { "data-asset": key }, [
    element("span", { "data-holding": "", dir: "ltr" }),
    element("span", { "data-why": "", class: "hint" }),
    element("button", { type: "button", testid: "send-" + key.split(":")[0] }),
  ]);
}
