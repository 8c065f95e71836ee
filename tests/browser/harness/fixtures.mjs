// The test function of the suite: a server for the profile, drivers for both front ends, and a watch over everything
// that the page says or throws while a test runs.
import { test as base, expect } from "@playwright/test";
import { BuiltIn } from "../drivers/built-in.mjs";
import { Elements } from "../drivers/elements.mjs";
import { Profile } from "../drivers/profile.mjs";
import { Authenticator, SECURITY_KEY } from "./authenticator.mjs";
import { Environment } from "./environment.mjs";
import { register, person } from "./flow-client.mjs";
import { Host } from "./host.mjs";
import { violations } from "./shape.mjs";

const FLOW = /^\/(login|registration|profile|token_exchange)$/;

/** What a browser context did: uncaught exceptions, policy violations, requests and answers of the API. */
class Watch {
  exceptions = [];
  allowed = [];
  calls = [];
  #pending = [];

  constructor(context, api) {
    context.on("weberror", (error) => this.exceptions.push(error.error().message));
    context.on("console", (message) => {
      if (/Content Security Policy/.test(message.text())) this.exceptions.push(message.text());
    });
    context.on("response", (response) => {
      const url = new URL(response.url());
      if (url.origin !== api || response.request().method() === "OPTIONS") return;
      this.#pending.push(this.#record(url, response).catch(() => {}));
    });
  }

  async #record(url, response) {
    const request = response.request();
    const call = { method: request.method(), path: url.pathname, search: url.search, status: response.status(), sent: request.postData() };
    this.calls.push(call);
    [call.requestHeaders, call.headers] = await Promise.all([request.allHeaders(), response.allHeaders()]);
    call.body = await response.json().catch(() => undefined);
  }

  /** For tests that provoke a documented weakness of the client. */
  allow = (pattern) => this.allowed.push(pattern);

  async settled() {
    await Promise.all(this.#pending);
    return this.calls;
  }

  /** The calls of one path, or of one action of any flow. */
  async to(what) {
    const calls = await this.settled();
    return calls.filter((call) => (what.startsWith("/") ? call.path === what && !call.search : call.search.includes(`action=${what}%40`)));
  }

  unexpected = () => this.exceptions.filter((text) => !this.allowed.some((pattern) => pattern.test(text)));

  flowAnswers = async () => (await this.settled()).filter((call) => FLOW.test(call.path) && call.body !== undefined)
    .map(({ path, status, body }) => ({ flow: path.slice(1), status, body }));
}

export const test = base.extend({
  profile: ["A", { option: true }],

  // A worker starts the server of a profile when the first of its tests asks for it, and keeps it for the others.
  environments: [async ({}, use) => {
    const started = new Map();
    await use((profile) => {
      if (!started.has(profile)) started.set(profile, Environment.start(profile));
      return started.get(profile);
    });
    // One that failed to start has failed its tests already.
    await Promise.allSettled([...started.values()].map(async (environment) => (await environment).stop()));
  }, { scope: "worker" }],

  environment: async ({ environments, profile }, use) => use(await environments(profile)),

  // A page of the newer SDK: every answer that a test provokes has to be a state for it, too.
  sdk: [async ({ browser }, use) => {
    const host = await Host.start();
    host.api = "http://localhost";
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${host.url}/sdk.html`);
    await page.waitForFunction(() => window.ready);
    await use(page);
    await context.close();
    host.stop();
  }, { scope: "worker" }],

  watch: [async ({ context, environment, sdk }, use, info) => {
    const watch = new Watch(context, environment.api);
    await use(watch);
    const answers = await watch.flowAnswers();
    if (info.status !== info.expectedStatus) await info.attach("server log", { body: await environment.server.log(), contentType: "text/plain" });
    expect(watch.unexpected(), "CLIENT-156: uncaught exceptions").toEqual([]);
    expect(answers.flatMap(violations), "shape of the answers").toEqual([]);
    expect(await sdk.evaluate((list) => window.construct(list), answers), "CLIENT-66: states of the newer SDK").toEqual([]);
  }, { auto: true }],

  elements: async ({ page, environment }, use) => use(new Elements(page, environment)),
  builtIn: async ({ page, environment }, use) => use(new BuiltIn(page, environment)),
  /** Elements in another browser, which reports no WebAuthn. */
  elsewhere: async ({ browser, environment }, use) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.addInitScript(() => delete window.PublicKeyCredential);
    await use(new Elements(page, environment));
    await context.close();
  },

  profilePage: async ({ elements, watch }, use) => use(new Profile(elements, watch)),
  authenticator: async ({ page }, use) => use(await Authenticator.attach(page)),
  kind: [{}, { option: true }],
  securityKey: async ({ page, kind }, use) => use(await Authenticator.attach(page, { ...SECURITY_KEY, ...kind })),

  /** Makes an account over the bare protocol: `await account()`, or with the identifiers and credentials that it has. */
  account: async ({ environment }, use) => use(async (has) => {
    const who = person();
    const client = await register(environment, who, has);
    return { ...who, client };
  }),

  /** The same, with its session in the browser. */
  signedIn: async ({ account, context, environment }, use) => use(async (has) => {
    const who = await account(has);
    await context.addCookies([{ name: "hanko", value: who.client.cookies.get("hanko"), url: environment.api }]);
    return who;
  }),
});

export { expect };
