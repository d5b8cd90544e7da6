// A Refusal is why a payment did not happen. Its code names a sentence of the page; values fill the
// places in it.
export class Refusal extends Error {
  constructor(code, values = {}) {
    super(code);
    this.name = "Refusal";
    this.code = code;
    this.values = values;
  }
}

// refusalOf finds out what an error of a wallet means. Wallets agree on codes (SEP-43: -4 is the
// user's no) but not all of them send any, so the words count, too.
export function refusalOf(error) {
  // Each bundle has a class of its own.
  if (error?.name === "Refusal") return error;
  const { code, message = "", error: inner = "", ext = "" } = typeof error === "string" ? { message: error } : (error ?? {});
  const words = [message, inner.message ?? inner, ext].flat().join(" ").trim();
  if (code === -4 || /reject|declin|denied|deny|cancel|not allowed/i.test(words)) return new Refusal("rejected");
  if (/lock|password|log ?in|sign ?in/i.test(words)) return new Refusal("locked");
  if (/network|passphrase/i.test(words)) return new Refusal("network");
  return new Refusal("wallet", { message: words.slice(0, 200) || "?" });
}
