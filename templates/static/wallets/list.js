// The wallets that the page knows, and which of them are in this browser. Finding out loads none of
// their code: it looks for the objects that extensions put into the page, and asks those that only
// listen to messages, as their packages do.

const second = 1000;
const patience = 0.4 * second; // for the answer of an extension, which comes within milliseconds

const section = document.querySelector("[data-wallets]");

// window is the name of the window that a wallet opens, phone says that wallets are on a phone: they
// need no extension. The page names the scripts of those that it offers.
export const wallets = [
  { id: "walletconnect", name: "WalletConnect", phone: true },
  { id: "freighter", name: "Freighter", site: "https://www.freighter.app/" },
  { id: "lobstr", name: "LOBSTR", site: "https://lobstr.co/" },
  { id: "xbull", name: "xBull", site: "https://xbull.app/" },
  { id: "rabet", name: "Rabet", site: "https://rabet.io/" },
  { id: "albedo", name: "Albedo", site: "https://albedo.link/", window: "auth.albedo.link" },
].filter((wallet) => section?.dataset[wallet.id]);

const marks = {
  freighter: () => window.freighter || answers("FREIGHTER_EXTERNAL_MSG_REQUEST", "FREIGHTER_EXTERNAL_MSG_RESPONSE"),
  lobstr: () => window.lobstrSignerExtension || answers("LOBSTR_EXTERNAL_MSG_REQUEST", "LOBSTR_EXTERNAL_MSG_RESPONSE"),
  xbull: () => window.xBullSDK,
  rabet: () => window.rabet,
};

// findInstalled returns the ids of the wallets in this browser.
export async function findInstalled() {
  const ids = Object.keys(marks);
  const found = await Promise.all(ids.map((id) => marks[id]()));
  return new Set(ids.filter((_, i) => found[i]));
}

function answers(source, response) {
  return new Promise((resolve) => {
    const messageId = Date.now() + Math.random();
    const end = (found) => {
      removeEventListener("message", hear);
      resolve(found);
    };
    const hear = ({ source: from, data }) => {
      // The extensions spell it so.
      if (from === window && data?.source === response && data.messagedId === messageId) end(Boolean(data.isConnected));
    };
    addEventListener("message", hear);
    setTimeout(end, patience, false);
    postMessage({ source, messageId, type: "REQUEST_CONNECTION_STATUS" }, location.origin);
  });
}

// openWindow opens the window of a wallet, which a browser allows only while it handles a click.
// The wallet's package then takes the window of this name.
export function openWindow({ window: name }) {
  const width = 480;
  const height = 600;
  const left = screenX + (outerWidth - width) / 2;
  const top = screenY + (outerHeight - height) / 2;
  return open("", name, `popup,width=${width},height=${height},left=${left},top=${top}`);
}
