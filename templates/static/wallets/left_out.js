// Takes the place of packages that WalletConnect's import and that nothing on this page calls: they
// are for other ledgers, or keep things in the browser. Without them its script is a quarter smaller.

const leftOut = () => {
  throw new Error("left-out");
};

// viem: signatures of Ethereum.
export { leftOut as recoverAddress };

// blakejs and @msgpack/msgpack: ids of transactions on other ledgers.
export { leftOut as blake2b, leftOut as decode, leftOut as encode };

// @walletconnect/keyvaluestorage: what is not given a storage.
export default leftOut;
