// Drives a sandbox as a wallet does, with Stellar's SDK. Each step is a claim about an answer.
import assert from "node:assert/strict";
import {
  Asset, AuthRequiredFlag, AuthRevocableFlag, Claimant, Horizon, Keypair, Memo, Operation, TransactionBuilder,
} from "@stellar/stellar-sdk";

const base = process.env.SANDBOX_URL;
const server = new Horizon.Server(base, { allowHttp: true });
const root = await server.root();
const networkPassphrase = root.network_passphrase;
const about = await (await fetch(`${base}/sandbox/`)).json();
const usdc = new Asset("USDC", about.issuer);

const build = async (source, operations, memo = Memo.none()) => {
  const builder = new TransactionBuilder(await server.loadAccount(source), { fee: "1000", networkPassphrase, memo });
  operations.forEach((operation) => builder.addOperation(operation));
  return builder.setTimeout(60).build();
};
const submit = async (source, operations, keys, memo) => {
  const transaction = await build(source, operations, memo);
  transaction.sign(...keys);
  return server.submitTransaction(transaction);
};
const fund = async () => {
  const key = Keypair.random();
  await server.friendbot(key.publicKey()).call();
  return key;
};
const codes = async (promise) => {
  const failed = await promise.then(() => assert.fail("it succeeded"), (error) => error);
  return (failed.response?.data ?? failed.getResponse?.().data).extras.result_codes;
};
const balance = (account, code) => account.balances.find((b) => (b.asset_code ?? "XLM") === code)?.balance;

const steps = {
  async "the root lists only what is served"() {
    for (const [name, link] of Object.entries(root._links ?? {})) {
      const url = link.href.replace(/\{\?.*\}/, "").replace(/\{\w+\}/, "1");
      const answer = await fetch(url);
      const body = await answer.json();
      assert.ok(answer.status !== 404 || name === "ledger" || name === "operation", `${name}: ${JSON.stringify(body)}`);
    }
  },

  async "multi-signature is shown and checked"() {
    const [shop, clerk, owner] = [await fund(), Keypair.random(), Keypair.random()];
    await submit(shop.publicKey(), [
      Operation.setOptions({ signer: { ed25519PublicKey: clerk.publicKey(), weight: 1 } }),
      Operation.setOptions({ signer: { ed25519PublicKey: owner.publicKey(), weight: 2 } }),
      Operation.setOptions({
        homeDomain: "shop.example", setFlags: AuthRequiredFlag | AuthRevocableFlag,
        masterWeight: 0, lowThreshold: 1, medThreshold: 2, highThreshold: 3,
      }),
    ], [shop]);
    const account = await server.loadAccount(shop.publicKey());
    assert.equal(account.home_domain, "shop.example");
    assert.deepEqual(account.thresholds, { low_threshold: 1, med_threshold: 2, high_threshold: 3 });
    assert.equal(account.flags.auth_required && account.flags.auth_revocable, true);
    const weights = Object.fromEntries(account.signers.map((s) => [s.key, s.weight]));
    assert.deepEqual(weights, { [shop.publicKey()]: 0, [clerk.publicKey()]: 1, [owner.publicKey()]: 2 });

    const pay = [Operation.payment({ destination: about.issuer, asset: Asset.native(), amount: "1" })];
    assert.equal((await codes(submit(shop.publicKey(), pay, [shop]))).transaction, "tx_bad_auth");
    assert.deepEqual((await codes(submit(shop.publicKey(), pay, [clerk]))).operations, ["op_bad_auth"]);
    assert.equal((await codes(submit(shop.publicKey(), pay, [owner, clerk]))).transaction, "tx_bad_auth_extra");
    await submit(shop.publicKey(), pay, [owner]);

    const found = await server.accounts().forSigner(clerk.publicKey()).call();
    assert.deepEqual(found.records.map((a) => a.id), [shop.publicKey()]);
    const kinds = (await server.effects().forAccount(shop.publicKey()).limit(50).call()).records.map((e) => e.type);
    for (const kind of ["account_home_domain_updated", "account_thresholds_updated", "account_flags_updated", "signer_created", "signer_removed"]) {
      assert.ok(kinds.includes(kind), `${kind} is not among ${kinds}`);
    }
    const { records } = await server.operations().forAccount(shop.publicKey()).limit(50).call();
    const options = records.filter((o) => o.type === "set_options");
    assert.deepEqual(options.at(-1).set_flags_s, ["auth_required", "auth_revocable"]);
    assert.equal(options[0].signer_key, clerk.publicKey());
  },

  async "data entries are kept"() {
    const key = await fund();
    await submit(key.publicKey(), [Operation.manageData({ name: "config.memo_required", value: "1" })], [key]);
    const account = await server.loadAccount(key.publicKey());
    assert.equal(Buffer.from(account.data_attr["config.memo_required"], "base64").toString(), "1");
    // The SDK itself asks for this entry before it submits a payment without a memo (SEP-29).
    const payer = await fund();
    const payment = [Operation.payment({ destination: key.publicKey(), asset: Asset.native(), amount: "1" })];
    await assert.rejects(submit(payer.publicKey(), payment, [payer]), /requires memo/);
    await submit(payer.publicKey(), payment, [payer], Memo.text("order 7"));
    await submit(key.publicKey(), [Operation.manageData({ name: "config.memo_required", value: null })], [key]);
    assert.deepEqual((await server.loadAccount(key.publicKey())).data_attr, {});
  },

  async "paths can be paid as they are found"() {
    const [payer, shop] = [await fund(), await fund()];
    await submit(shop.publicKey(), [Operation.changeTrust({ asset: usdc })], [shop]);
    const receive = await server.strictReceivePaths(payer.publicKey(), usdc, "12.5").call();
    assert.deepEqual(receive.records.map((p) => [p.source_asset_type, p.destination_amount]), [["native", "12.5000000"]]);
    await submit(payer.publicKey(), [Operation.pathPaymentStrictReceive({
      sendAsset: Asset.native(), sendMax: receive.records[0].source_amount, destination: shop.publicKey(),
      destAsset: usdc, destAmount: "12.5", path: [],
    })], [payer]);
    const send = await server.strictSendPaths(Asset.native(), "2", shop.publicKey()).call();
    const path = send.records.find((p) => p.destination_asset_code === "USDC");
    await submit(payer.publicKey(), [Operation.pathPaymentStrictSend({
      sendAsset: Asset.native(), sendAmount: "2", destination: shop.publicKey(), destAsset: usdc,
      destMin: path.destination_amount, path: [],
    })], [payer]);
    const held = Number(balance(await server.loadAccount(shop.publicKey()), "USDC"));
    assert.equal(held, 12.5 + Number(path.destination_amount));

    const book = await server.orderbook(usdc, Asset.native()).call();
    assert.equal(book.base.asset_code, "USDC");
    assert.equal(Number(book.asks[0].price) * 12.5, Number(receive.records[0].source_amount));
    const stats = await server.assets().forCode("USDC").forIssuer(about.issuer).call();
    assert.ok(Number(stats.records[0].balances.authorized) >= held && stats.records[0].accounts.authorized >= 1);
    const holders = await server.accounts().forAsset(usdc).call();
    assert.ok(holders.records.some((a) => a.id === shop.publicKey()));
  },

  async "claimable balances are created and claimed"() {
    const [giver, taker] = [await fund(), await fund()];
    await submit(giver.publicKey(), [Operation.createClaimableBalance({
      asset: Asset.native(), amount: "3",
      claimants: [
        new Claimant(taker.publicKey()),
        new Claimant(giver.publicKey(), Claimant.predicateNot(Claimant.predicateBeforeRelativeTime("3600"))),
      ],
    })], [giver]);
    const waiting = await server.claimableBalances().claimant(taker.publicKey()).call();
    assert.deepEqual(waiting.records.map((b) => [b.asset, b.amount, b.sponsor]), [["native", "3.0000000", giver.publicKey()]]);
    const { id } = waiting.records[0];
    assert.equal((await server.claimableBalances().claimableBalance(id).call()).claimants.length, 2);
    const claim = [Operation.claimClaimableBalance({ balanceId: id })];
    assert.deepEqual((await codes(submit(giver.publicKey(), claim, [giver]))).operations, ["op_cannot_claim"]);
    await submit(taker.publicKey(), claim, [taker]);
    await assert.rejects(server.claimableBalances().claimableBalance(id).call(), /Not Found/);
    const kinds = (await server.effects().forAccount(taker.publicKey()).order("desc").call()).records.map((e) => e.type);
    assert.deepEqual(kinds.slice(0, 2), ["account_credited", "claimable_balance_claimed"]);
  },

  async "transactions are submitted without waiting"() {
    const key = await fund();
    const transaction = await build(key.publicKey(), [Operation.manageData({ name: "a", value: "b" })]);
    transaction.sign(key);
    const pending = await server.submitAsyncTransaction(transaction);
    assert.deepEqual([pending.tx_status, pending.hash], ["PENDING", Buffer.from(transaction.hash()).toString("hex")]);
    for (;;) {
      const found = await server.transactions().transaction(pending.hash).call().catch(() => undefined);
      if (found) {
        assert.equal(found.successful, true);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const again = await server.submitAsyncTransaction(transaction).catch((error) => error.response.data);
    assert.equal(again.tx_status, "ERROR"); // its sequence number is used
  },

  async "ledgers are listed and streamed"() {
    const [newest] = (await server.ledgers().order("desc").limit(1).call()).records;
    const one = await server.ledgers().ledger(newest.sequence).call();
    assert.equal((one.records?.[0] ?? one).hash, newest.hash);
    const seen = [];
    await new Promise((resolve, reject) => {
      const close = server.ledgers().cursor(newest.paging_token).stream({
        onmessage(ledger) {
          seen.push(ledger.sequence);
          if (seen.length === 2) {
            close();
            resolve();
          }
        },
        onerror: reject,
      });
    });
    assert.deepEqual(seen, [newest.sequence + 1, newest.sequence + 2]);
  },

  async "effects are paged and streamed"() {
    const key = await fund();
    const first = await server.effects().forAccount(key.publicKey()).limit(1).call();
    const second = await first.next();
    assert.deepEqual([...first.records, ...second.records].map((e) => e.type), ["account_created", "signer_created"]);
    assert.deepEqual((await second.prev()).records.map((e) => e.type), ["account_created"]);
    const got = new Promise((resolve, reject) => {
      const close = server.effects().forAccount(key.publicKey()).cursor(second.records[0].paging_token).stream({
        onmessage(effect) { close(); resolve(effect); }, onerror: reject,
      });
    });
    await submit(key.publicKey(), [Operation.manageData({ name: "a", value: "b" })], [key]);
    assert.deepEqual([(await got).type, (await got).name], ["data_created", "a"]);
  },
};

for (const [name, step] of Object.entries(steps)) {
  await step().catch((error) => {
    console.error(`${name}:`, error.response?.data ?? error);
    process.exit(1);
  });
  console.log("ok", name);
}
process.exit(0);
