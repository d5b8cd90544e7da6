// WalletConnect, for wallets on a phone: @walletconnect/sign-client. The page and the wallet send
// each other encrypted messages through a relay, and find each other by a code that the wallet
// scans. Nothing is kept in the browser, and nobody else is told of it.

import { Core } from "@walletconnect/core";
import { SignClient } from "@walletconnect/sign-client";
import { encode } from "uqr";
import { Refusal, refusalOf } from "./refusal.js";

const second = 1000;
const patience = 15 * second; // for the relay, to which the package connects again and again
const method = "stellar_signXDR";

// Wallets whose links are known: where they take a code, and how they open. The page follows no link
// that a wallet gives.
const apps = [
  { name: "LOBSTR", pair: "https://lobstr.co/uni/wc/wc?uri=", open: "lobstr://" },
  { name: "Freighter", pair: "freighterwallet://wc-redirect/wc?uri=", open: "freighterwallet://" },
];

// The package keeps keys, pairings and sessions. Here they are gone with the page.
class Memory extends Map {
  getKeys = async () => [...this.keys()];
  getEntries = async () => [...this.entries()];
  getItem = async (key) => this.get(key);
  setItem = async (key, value) => void this.set(key, value);
  removeItem = async (key) => void this.delete(key);
}

let client;
let shown; // the code
let session; // with the wallet
let ended; // rejects once the wallet has ended the session
let leave; // makes it do so

async function open(projectId) {
  const core = new Core({ projectId, storage: new Memory(), telemetryEnabled: false, logger: "silent" });
  // It would load a page of another host, which tells wallets that it knows this page's address.
  core.verify.register = async () => "";
  const { host, origin } = location;
  const icons = [...document.querySelectorAll("link[rel=icon]")].map((link) => link.href);
  const opened = await SignClient.init({ core, metadata: { name: host, description: document.title, url: origin, icons } });
  opened.on("session_delete", ({ topic }) => {
    if (topic !== session?.topic) return;
    session = undefined;
    leave(new Refusal("disconnected"));
  });
  return opened;
}

// connect shows a code and waits until a wallet has scanned it and its owner agrees.
export async function connect({ project, chain, show }) {
  await end();
  client ??= await open(project);
  const optionalNamespaces = { stellar: { chains: [chain], methods: [method], events: [] } };
  const { uri, approval } = await reached(client.connect({ optionalNamespaces }));
  shown = uri;
  show({ uri, code: drawing(uri), links: apps.map(({ name, pair }) => ({ name, href: pair + encodeURIComponent(uri) })) });
  const agreed = await approval().catch((error) => Promise.reject(refusal(error)));
  if (shown !== uri) throw new Refusal("disconnected"); // an earlier code was scanned
  session = agreed;
  ended = new Promise((_, reject) => (leave = reject));
  ended.catch(() => {}); // there may be nothing that waits
  const account = agreed.namespaces.stellar?.accounts.find((account) => account.startsWith(chain + ":"));
  if (account) return account.slice(chain.length + 1);
  await end();
  throw new Refusal("network");
}

// peer is who connect has connected to: its name, and a link that opens it on this phone.
export function peer() {
  const { name = "" } = session?.peer.metadata ?? {};
  const app = apps.find((app) => name.startsWith(app.name));
  return { name: name.replace(/\p{C}/gu, "").slice(0, 40), href: app?.open };
}

export async function sign(xdr, { chain }) {
  if (!session) throw new Refusal("disconnected");
  const request = client.request({ topic: session.topic, chainId: chain, request: { method, params: { xdr } } });
  const answer = await Promise.race([request, ended]).catch((error) => Promise.reject(refusal(error)));
  return answer?.signedXDR;
}

// end tells the wallet that this is all, and leaves the relay.
export async function end() {
  if (!client) return;
  const { core } = client;
  const last = session;
  shown = session = undefined;
  const farewell = async () => {
    if (last) await client.disconnect({ topic: last.topic });
    for (const { topic } of core.pairing.getPairings()) await core.pairing.disconnect({ topic });
  };
  const enough = new Promise((resolve) => setTimeout(resolve, 2 * second));
  if (core.relayer.connected) await Promise.race([farewell().catch(() => {}), enough]);
  core.relayer.publisher.queue.clear(); // what is in it would connect again
  await core.relayer.transportClose();
}

// reached waits for an answer of the relay.
async function reached(promise) {
  let late;
  const limit = new Promise((_, reject) => {
    late = setTimeout(reject, patience);
  });
  try {
    return await Promise.race([promise, limit]);
  } catch {
    promise.catch(() => {});
    await end();
    throw new Refusal("relay");
  } finally {
    clearTimeout(late);
  }
}

// refusal finds out what an error of the package means, or of a wallet.
function refusal(error) {
  if (/proposal expired/i.test(error?.message)) return new Refusal("code-expired");
  if (/request expired/i.test(error?.message)) return new Refusal("late");
  if (error?.code === 6000) return new Refusal("disconnected");
  if (/switch to|unsupported chain/i.test(error?.message)) return new Refusal("network");
  if (/failed to publish|internet connection|socket/i.test(error?.message)) return new Refusal("relay");
  return refusalOf(error);
}

// drawing is the code as an image.
function drawing(uri) {
  const { size, data } = encode(uri, { ecc: "L", border: 4 });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", data.map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")).join("")).join(""));
  const ground = path.cloneNode();
  ground.setAttribute("d", `M0 0h${size}v${size}h-${size}z`);
  ground.setAttribute("fill", "#fff");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("shape-rendering", "crispEdges");
  svg.append(ground, path);
  return svg;
}
