// Looks, before anything is installed or built, whether this machine has what the project needs,
// and says in one line what to do about each thing that is missing:
//
//   node ready.cjs         Node.js and npm
//   node ready.cjs ports   also whether the ports of `make dev` are free: PORT and SANDBOX_PORT
//
// It is not in Go, because its network packages would take ten seconds to compile before anything
// else begins. It keeps to a syntax that a Node.js understands which is too old.

const { execFile } = require("child_process");
const net = require("net");

// oldestNode is the oldest Node.js that can install the tools. They bring a newer one, which runs
// them.
const oldestNode = 20;

function tools(version, hasNpm) {
  const major = version.split(".")[0].replace("v", "");
  if (Number(major) < oldestNode) {
    return [`Node.js ${major} is too old: install version ${oldestNode} or newer, from https://nodejs.org`];
  }
  return hasNpm ? [] : ["npm is missing: it comes with Node.js from https://nodejs.org, or as the package npm of your system"];
}

// ports looks at the ports of `make dev`, unless a Horizon elsewhere replaces the sandbox. What is
// no number is left to `make dev`, which says what it should be.
function ports(env) {
  const usual = { PORT: 8787, SANDBOX_PORT: 8000 };
  const names = env.HORIZON_URL ? ["PORT"] : ["PORT", "SANDBOX_PORT"];
  const looks = names.map((name) => {
    const text = env[name] || String(usual[name]);
    const port = Number(text);
    if (!/^\d+$/.test(text) || port < 1 || port > 65535) return "";
    const line = `port ${port} of 127.0.0.1 is in use by another program: end that program, or choose another port with \`make dev ${name}=${port + 100}\``;
    return taken(port).then((is) => (is ? line : ""));
  });
  return Promise.all(looks).then((lines) => lines.filter((line) => line !== ""));
}

// taken tells whether a program listens on a port. Connecting does not disturb the state of the
// port, as listening would.
function taken(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ host: "127.0.0.1", port });
    const end = (is) => {
      socket.destroy();
      resolve(is);
    };
    socket.setTimeout(1000, () => end(false));
    socket.on("connect", () => end(true));
    socket.on("error", () => end(false));
  });
}

module.exports = { tools, ports };

if (require.main === module) {
  execFile("npm", ["--version"], (error) => {
    const missing = tools(process.version, error === null || error.code !== "ENOENT");
    const free = process.argv[2] === "ports" ? ports(process.env) : Promise.resolve([]);
    free.then((inUse) => {
      const wrong = missing.concat(inUse);
      wrong.forEach((line) => console.error("error: " + line));
      process.exit(wrong.length > 0 ? 1 : 0);
    });
  });
}
