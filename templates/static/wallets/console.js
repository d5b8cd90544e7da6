// Copies what the console's pages show, and has a wallet in the browser sign a transaction: a
// challenge goes back into the form that it is asked for in, everything else to Horizon. Without it
// the pages work by hand.

import { checkSigned, readEnvelope } from "./envelope.js";
import { findInstalled, openWindow, wallets } from "./list.js";
import { Refusal, refusalOf } from "./refusal.js";
import { submit } from "./submit.js";
import { choices, clear, element, loadTexts, tell, walletButton } from "./view.js";

const second = 1000;
const section = document.querySelector("[data-wallets]");
const list = section?.querySelector("[data-wallet-list]");

let run = 0; // the newest one alone may change what is shown

// showList lists the wallets, those in this browser first.
async function showList() {
  const mine = ++run;
  clear();
  const installed = await findInstalled();
  if (mine !== run) return;
  const rank = (w) => (installed.has(w.id) ? 0 : w.window ? 1 : 2);
  const notes = ["installed", "opens-window", "not-installed"];
  const items = [...wallets].sort((a, b) => rank(a) - rank(b)).map((w) => walletButton(w, notes[rank(w)], sign));
  list.replaceChildren(...items);
  list.hidden = false;
}

// sign has a wallet sign the transaction, or says why it did not.
async function sign(wallet) {
  const mine = ++run;
  const current = () => mine === run;
  const { xdr, passphrase, account, horizon, until } = section.dataset;
  const values = { wallet: wallet.name, account };
  const again = ["try-again", () => sign(wallet)];
  const other = ["another-wallet", showList];
  list.hidden = true;
  let popup;
  try {
    if (wallet.window) {
      popup = openWindow(wallet);
      if (!popup) throw new Refusal("blocked");
    }
    tell("connecting", values, choices([other]));
    const adapter = await import(section.dataset[wallet.id]);
    // A browser allows one window for each click, and a wallet with a window needs no leave.
    const address = wallet.window ? account : await adapter.connect({});
    if (!current()) return popup?.close();
    tell("signing", values, choices([other]));
    const { hash, signatures } = await readEnvelope(xdr, passphrase);
    const signed = await adapter.sign(xdr, { address, networkPassphrase: passphrase, popup });
    if (!current()) return;
    await checkSigned(signed, { hash, network_passphrase: passphrase, signatures });
    if (!horizon) return send(signed);
    tell("submitting", values);
    await submit({ horizon, xdr: signed, hash, until: Number(until) * second, slow: () => tell("slow", values), gone: () => !current() });
    tell("sent", values);
    setTimeout(() => location.replace(location.pathname), 3.5 * second); // the server reads no more often
  } catch (error) {
    popup?.close();
    if (!current()) return;
    const { code, values: more } = refusalOf(error);
    tell(code, { ...values, ...more }, code === "unconfirmed" ? [] : choices([again, other]));
  }
}

// send sends a signed challenge.
function send(signed) {
  const field = document.querySelector("textarea[name=transaction]");
  field.value = signed;
  field.form.submit();
}

// Every value that is there to be copied gets a button.
for (const value of document.querySelectorAll("pre.value")) {
  const button = element("button", { type: "button", class: "copy-value" }, ["Copy"]);
  button.setAttribute("aria-describedby", value.closest("section").getAttribute("aria-labelledby"));
  const said = element("span", { role: "status" });
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(value.textContent);
      said.textContent = "Copied.";
    } catch {
      getSelection().selectAllChildren(value);
      said.textContent = "Selected: copy it with your keyboard.";
    }
  });
  value.after(element("p", { class: "copy" }, [button, " ", said]));
}

if (section) {
  await loadTexts();
  await showList();
  section.hidden = false;
}
