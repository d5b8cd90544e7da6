// The deployment's settings, parsed once per isolate.

import { importMemoKeys } from "./id.js";

let config;

export function configOf(env) {
  return (config ??= parse(env)); // a promise, because importing keys is asynchronous
}

async function parse(env) {
  const networks = new Map();
  for (const mode of ["test", "live"]) {
    const setting = (name) => env[`${mode.toUpperCase()}_${name}`] ?? "";
    const words = (name) => setting(name).split(/\s+/).filter(Boolean);
    const horizons = words("HORIZON_URLS").map((url) => url.replace(/\/$/, ""));
    if (horizons.length === 0) continue;
    const assets = new Map([["XLM", { code: "XLM" }]]);
    for (const [code, issuer] of words("ASSETS").map((word) => word.split(":"))) assets.set(code, { code, issuer });
    // Browsers learn the URL of Horizon only if it is a bare origin: a longer URL may contain a
    // key.
    const streams = new URL(horizons[0]).origin === horizons[0] ? horizons[0] : "";
    networks.set(mode, { name: setting("NETWORK_NAME"), passphrase: setting("PASSPHRASE"), horizons, streams, assets });
  }
  return {
    baseURL: (env.BASE_URL ?? "").replace(/\/$/, ""),
    settleMargin: Number(env.SETTLE_MARGIN ?? 30) * 1000,
    expiresInMin: Number(env.EXPIRES_IN_MIN) || 300,
    memoKeys: await importMemoKeys(env.MEMO_KEYS),
    networks,
  };
}
