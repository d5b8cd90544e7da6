// Puts the stand-in of a wallet's extension into the page. window.extension asks the test, which has
// the keys.
(wallet) => {
  const ask = (method, xdr = "") => window.extension({ method, xdr });
  const message = (error) => error.message.replace(/^Error: /, "");

  // answer listens for the messages of a package and answers those that it understands.
  const answer = (request, response, understand) =>
    addEventListener("message", async ({ source, data }) => {
      if (source !== window || data?.source !== request) return;
      // The extensions spell it so.
      postMessage({ source: response, messagedId: data.messageId, ...(await understand(data)) }, location.origin);
    });

  const install = {
    freighter: () =>
      answer("FREIGHTER_EXTERNAL_MSG_REQUEST", "FREIGHTER_EXTERNAL_MSG_RESPONSE", async (data) => {
        try {
          switch (data.type) {
            case "REQUEST_CONNECTION_STATUS":
              return { isConnected: true };
            case "REQUEST_ACCESS":
              return { publicKey: await ask("account") };
            case "REQUEST_NETWORK_DETAILS":
              return { networkDetails: { network: "STANDALONE", networkPassphrase: await ask("network") } };
            case "SUBMIT_TRANSACTION":
              return { signedTransaction: await ask("sign", data.transactionXdr), signerAddress: data.accountToSign };
          }
        } catch (error) {
          return { publicKey: "", apiError: { code: /reject/.test(error.message) ? -4 : -1, message: message(error) } };
        }
      }),

    lobstr: () =>
      answer("LOBSTR_EXTERNAL_MSG_REQUEST", "LOBSTR_EXTERNAL_MSG_RESPONSE", async (data) => {
        try {
          switch (data.type) {
            case "REQUEST_CONNECTION_STATUS":
              return { isConnected: true };
            case "REQUEST_ACCESS":
              return { publicKey: await ask("account"), connectionKey: "a key of this page" };
            case "SIGN":
              if (data.connectionKey !== "a key of this page") return { error: "not connected" };
              return { signedData: await ask("sign", data.dataToSign), signerAddress: "" };
          }
        } catch (error) {
          return { error: message(error) };
        }
      }),

    rabet: () => {
      const call = (promise, name) => promise.then((value) => ({ [name]: value })).catch((error) => Promise.reject({ error: message(error) }));
      window.rabet = {
        connect: () => call(ask("account"), "publicKey"),
        sign: (xdr) => call(ask("sign", xdr), "xdr"),
      };
    },

    xbull: () => {
      const call = (promise, name) =>
        promise.then((value) => ({ [name]: value })).catch((error) => ({ error: { code: /reject/.test(error.message) ? -4 : -1, message: message(error) } }));
      window.xBullSDK = {
        getAddress: () => call(ask("account"), "address"),
        signTransaction: ({ xdr }) => call(ask("sign", xdr), "signedTxXdr"),
      };
    },

    "xbull-old": () => {
      window.xBullSDK = {
        connect: async () => ({ canRequestPublicKey: true, canRequestSign: true }),
        getPublicKey: () => ask("account"),
        signXDR: (xdr) => ask("sign", xdr),
      };
    },
  };
  install[wallet]();
}
