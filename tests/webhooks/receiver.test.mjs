// A receiver as anybody would write one: the published library verifies the signature, Node's own cryptography the token.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createPublicKey, verify } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Webhook, WebhookVerificationError } from "standardwebhooks";
import { Server, freePort } from "../browser/harness/server.mjs";

const calls = [];
let receiver;
let server;
let admin;
let secret;

before(async () => {
  receiver = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    response.writeHead(204).end();
    calls.push({ headers: request.headers, body });
    receiver.emit("called");
  });
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const [port, adminPort] = [await freePort(), await freePort()];
  const callback = `http://127.0.0.1:${receiver.address().port}/`;
  const config = {
    secret_keys: ["a-new-secret-of-the-server", "the-secret-that-receivers-know"],
    server: { public: { address: `127.0.0.1:${port}` } },
    email_delivery: { enabled: false },
    webhooks: { enabled: true, hooks: [{ callback, events: ["user"] }] },
  };
  server = await Server.start({ api: `http://127.0.0.1:${port}`, adminPort, config });
  admin = `http://127.0.0.1:${adminPort}`;
  const arguments_ = ["webhooks", "secret", "--config", join(server.folder, "config.yaml")];
  const { stdout } = await promisify(execFile)(process.env.SEALFLOW_BIN, arguments_);
  secret = stdout.trim().split("\n");
});

after(async () => {
  await server?.stop();
  receiver?.close();
});

async function create(address) {
  const expected = calls.length + 1;
  const emails = [{ address, is_primary: true, is_verified: true }];
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${admin}/users`, { method: "POST", headers, body: JSON.stringify({ emails }) });
  assert.equal(answer.status, 200);
  while (calls.length < expected) await once(receiver, "called");
  return { user: await answer.json(), call: calls.at(-1) };
}

test("the published library verifies a call with every secret of the server", async () => {
  const { user, call } = await create("ada@example.org");
  assert.equal(secret.length, 2);
  for (const one of secret) {
    const { event, token } = new Webhook(one).verify(call.body, call.headers);
    assert.equal(event, "user.create");
    const [header, claims] = token.split(".", 2).map((part) => JSON.parse(Buffer.from(part, "base64url")));
    assert.deepEqual(claims.data, user);
    const { keys } = await (await fetch(`${server.url}/.well-known/jwks.json`)).json();
    const key = createPublicKey({ key: keys.find(({ kid }) => kid === header.kid), format: "jwk" });
    const [, signed, signature] = token.match(/^(.*)\.(.*)$/);
    assert.ok(verify("RSA-SHA256", Buffer.from(signed), key, Buffer.from(signature, "base64url")));
  }
});

test("the published library refuses what is forged or old", async () => {
  const { call } = await create("grace@example.org");
  const [webhook, stranger] = [new Webhook(secret[0]), new Webhook("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")];
  const forged = [
    [stranger, call.body, call.headers],
    [webhook, `${call.body} `, call.headers],
    [webhook, call.body, { ...call.headers, "webhook-id": "another" }],
    [webhook, call.body, { ...call.headers, "webhook-timestamp": `${Number(call.headers["webhook-timestamp"]) - 1}` }],
    [webhook, call.body, { ...call.headers, "webhook-timestamp": "1600000000" }],
  ];
  for (const [verifier, body, headers] of forged) {
    assert.throws(() => verifier.verify(body, headers), WebhookVerificationError);
  }
});
