// A wallet on a phone: the package of WalletConnect itself, in the role of a wallet. It reads the
// codes that it scans, a line each, and asks whoever started it for the account and for signatures.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { Core } = createRequire(import.meta.url)("@walletconnect/core");
const { SignClient } = createRequire(import.meta.url)("@walletconnect/sign-client");
const [relayUrl, projectId, chain, name] = process.argv.slice(2);

// Nothing of a phone outlives its test.
class Memory extends Map {
  getKeys = async () => [...this.keys()];
  getEntries = async () => [...this.entries()];
  getItem = async (key) => this.get(key);
  setItem = async (key, value) => void this.set(key, value);
  removeItem = async (key) => void this.delete(key);
}

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const asked = new Map();

// ask asks whoever started this, and waits for the answer.
function ask(method, xdr = "") {
  const id = asked.size;
  say({ id, method, xdr });
  return new Promise((resolve, reject) => asked.set(id, { resolve, reject }));
}

const core = new Core({ projectId, relayUrl, storage: new Memory(), telemetryEnabled: false, logger: "silent" });
const wallet = await SignClient.init({ core, metadata: { name, description: name, url: "https://wallet.example", icons: [] } });
const refusal = (error) => ({ code: 5000, message: error.message });

wallet.on("session_proposal", async ({ id, params }) => {
  say({ event: "proposal", params });
  try {
    const account = await ask("account");
    const wanted = params.optionalNamespaces.stellar;
    if (!wanted.chains.includes(chain)) throw new Error("Please switch to another network and try again");
    const namespaces = { stellar: { ...wanted, chains: [chain], accounts: [`${chain}:${account}`] } };
    await wallet.approve({ id, namespaces });
  } catch (error) {
    await wallet.reject({ id, reason: refusal(error) });
  }
});

wallet.on("session_request", async ({ id, topic, params: { request, chainId } }) => {
  say({ event: "request", params: { ...request, chainId } });
  const answer = { id, jsonrpc: "2.0" };
  try {
    if (request.method !== "stellar_signXDR") throw new Error("Unsupported method");
    answer.result = { signedXDR: await ask("sign", request.params.xdr) };
  } catch (error) {
    answer.error = refusal(error);
  }
  await wallet.respond({ topic, response: answer }).catch(() => {}); // it may have left meanwhile
});

wallet.on("session_delete", () => say({ event: "ended" }));

createInterface({ input: process.stdin }).on("line", async (line) => {
  const { uri, leave, id, result, error } = JSON.parse(line);
  if (uri) return wallet.pair({ uri }).catch((e) => say({ event: "unpaired", params: e.message }));
  if (leave) {
    for (const { topic } of wallet.session.getAll()) await wallet.disconnect({ topic, reason: { code: 6000, message: "User disconnected." } });
    return;
  }
  const { resolve, reject } = asked.get(id);
  if (error) reject(new Error(error));
  else resolve(result);
});

say({ event: "ready" });
