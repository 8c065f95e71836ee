import { all } from "@teamhanko/hanko-elements/i18n/all";
import { en } from "../drivers/elements.mjs";
import { expect, test } from "../harness/fixtures.mjs";
import { FlowClient, person } from "../harness/flow-client.mjs";

const preflight = (environment, path, origin, method = "POST") => fetch(environment.api + path, {
  method: "OPTIONS",
  headers: { Origin: origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization,content-type,x-language" },
});

test.describe("elements on their pages", () => {
  // Covers CLIENT-202.
  const pages = {
    "hanko-auth": ["login_init", en.headlines.signIn], "hanko-login": ["login_init", en.headlines.signIn],
    "hanko-registration": ["registration_init", en.headlines.signUp],
  };
  for (const [element, [state, headline]] of Object.entries(pages)) {
    test(`E2E-43 ${element} renders its first page`, async ({ elements }) => {
      await elements.start(state, { element });
      await elements.headline(headline);
      const switches = elements.link(element === "hanko-registration" ? en.labels.signIn : en.labels.signUp);
      await expect(switches).toHaveCount(element === "hanko-auth" ? 1 : 0);
    });
  }

  // Covers CLIENT-201, CLIENT-203.
  test("hanko-events asks for nothing", async ({ elements, watch, environment }) => {
    const module = await fetch(`${environment.host.url}/vendor/elements/elements.js`);
    expect(module.headers.get("content-type")).toBe("text/javascript");
    await elements.open({ element: "hanko-events" });
    await elements.page.waitForFunction(() => window.ready);
    const tags = ["hanko-auth", "hanko-login", "hanko-registration", "hanko-profile", "hanko-events"];
    expect(await elements.page.evaluate((names) => names.filter((name) => customElements.get(name)), tags)).toEqual(tags);
    await elements.page.waitForLoadState("networkidle");
    expect(await watch.settled()).toEqual([]);
  });

  // Covers CLIENT-205, CLIENT-206.
  test("E2E-43 takes mode and prefilled address from its attributes", async ({ elements, watch }) => {
    const { email } = person();
    await elements.start("registration_init", { mode: "registration", "prefilled-email": email });
    await expect(elements.email()).toHaveValue(email);
    await elements.button(en.labels.continue).click();
    await elements.expectState("passcode_confirmation");
    const [sent] = await watch.to("register_login_identifier");
    expect(JSON.parse(sent.sent).input_data.email).toBe(email);
    expect(await watch.to("/login")).toEqual([]);
  });

  // Covers CLIENT-209.
  test("E2E-44 work under a policy with a nonce", async ({ elements, account, page }) => {
    await page.addInitScript(() => delete window.PublicKeyCredential);
    await elements.signInWithPassword(await account(), { csp: "1" });
  });
});

test.describe("languages", () => {
  // Covers CLIENT-3, CLIENT-5, CLIENT-207.
  test("E2E-41 speaks German on the page and in the mail", async ({ elements, environment, account, watch }) => {
    const { email } = await account();
    await elements.start("login_init", { lang: "de" });
    await elements.headline(all.de.headlines.signIn);
    await elements.email().fill(email);
    await elements.button(all.de.labels.continue).click();
    await elements.expectState("login_method_chooser");
    await elements.button(all.de.labels.passcode).click();
    await elements.expectState("passcode_confirmation");
    const mail = await environment.mail.next(email);
    expect(`${mail.subject} ${mail.text}`).toMatch(/\b(dein|deine|deinem|Ihr|Ihre|Ihrem|Sie|gültig|verwende|Verwende|Anmeld\w+)\b/);
    await elements.page.evaluate(() => window.hankoClient.validateSession());
    expect((await watch.to("/login"))[0].requestHeaders["x-language"]).toBe("de");
    expect((await watch.to("/sessions/validate")).at(-1).requestHeaders["x-language"]).toBe("undefined");
  });

  // Covers CLIENT-4, CLIENT-6.
  test("sends mails in the language asked for, and in English when it knows none", async ({ environment, account }) => {
    const { email } = await account();
    const mailIn = async (language) => {
      const client = new FlowClient(environment, { headers: { "X-Language": language } });
      await client.start("login");
      await client.run("continue_with_login_identifier", { email });
      await client.run("continue_to_passcode_confirmation");
      return (await environment.mail.next(email)).subject.replace(/\d{6}/, "CODE");
    };
    const english = await mailIn("en");
    for (const language of ["undefined", "xx", ""]) expect(await mailIn(language), `X-Language: ${language}`).toBe(english);
    for (const language of ["de", "pt-BR"]) expect(await mailIn(language), `X-Language: ${language}`).not.toBe(english);
  });

  // Covers CLIENT-207.
  test("E2E-41 renders the first page in all bundled languages", async ({ elements }) => {
    for (const [key, texts] of Object.entries(all)) {
      const lang = key === "ptBR" ? "pt-BR" : key;
      await elements.start("login_init", { lang });
      await elements.headline(texts.headlines.signIn);
      await expect(elements.page.locator("hanko-auth")).not.toContainText(/(headlines|labels|texts)\./);
    }
  });

  // Covers CLIENT-208.
  test("E2E-41 stays usable in a language without texts", async ({ elements }) => {
    await elements.start("login_init", { lang: "xx" });
    await elements.headline("headlines.signIn");
    await elements.email().fill(person().email);
    await elements.button("labels.continue").click();
    await elements.expectState("login_method_chooser");
  });
});

test.describe("CORS", () => {
  // Covers CLIENT-22, CLIENT-23, CLIENT-24, CLIENT-25, CLIENT-26, CLIENT-32, CLIENT-34.
  test("E2E-42 allows the host page on every path", async ({ environment }) => {
    const client = new FlowClient(environment);
    await client.start("login");
    const hrefs = Object.values(client.state.actions).map(({ href }) => href);
    const paths = ["/login", "/registration", "/profile", "/token_exchange", "/me", "/logout", "/sessions/validate", ...hrefs];
    for (const path of paths) {
      const answer = await preflight(environment, path, environment.host.url, path === "/me" ? "GET" : "POST");
      expect(answer.ok, path).toBe(true);
      const header = (name) => answer.headers.get(`access-control-${name}`) ?? "";
      expect(header("allow-origin")).toBe(environment.host.url);
      expect(header("allow-credentials")).toBe("true");
      for (const wanted of ["authorization", "content-type", "x-language"]) expect(header("allow-headers").toLowerCase()).toContain(wanted);
      for (const wanted of ["GET", "POST"]) expect(header("allow-methods")).toContain(wanted);
      expect(Number(header("max-age"))).toBeGreaterThan(0);
      expect(answer.headers.get("vary").toLowerCase()).toContain("origin");
    }
  });

  // Covers CLIENT-25, CLIENT-27, CLIENT-28, CLIENT-29, CLIENT-32.
  test("E2E-42 puts its headers on answers of success and failure alike", async ({ environment }) => {
    const client = new FlowClient(environment, { headers: { Origin: environment.host.url } });
    await client.start("login");
    const [{ href }] = Object.values(client.state.actions);
    const answers = [
      await client.request("POST", "/login"),
      await client.request("GET", "/me"),
      await client.request("POST", "/logout"),
      await client.request("POST", href, { input_data: {}, csrf_token: "wrong" }),
      await client.request("POST", href, "{nonsense"),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 401, 403, 500]);
    for (const { headers } of answers) {
      expect(headers.get("access-control-allow-origin")).toBe(environment.host.url);
      expect(headers.get("access-control-allow-credentials")).toBe("true");
      expect(headers.get("vary").toLowerCase()).toContain("origin");
      const exposed = headers.get("access-control-expose-headers") ?? "";
      expect(exposed).toContain("X-Session-Lifetime");
      expect(exposed).toContain("X-Session-Retention");
      expect(exposed).not.toContain("X-Auth-Token");
    }
  });

  // Covers CLIENT-31.
  test("E2E-42 allows no foreign origin", async ({ environment }) => {
    const foreign = "http://evil.example";
    expect((await preflight(environment, "/login", foreign)).headers.get("access-control-allow-origin")).toBeNull();
    const client = new FlowClient(environment, { headers: { Origin: foreign } });
    expect((await client.request("POST", "/login")).headers.get("access-control-allow-origin")).toBeNull();
  });
});

test.describe("CORS with a wildcard", () => {
  test.use({ profile: "wildcard" });

  // Covers CLIENT-33.
  test("E2E-42 echoes the origin that matches", async ({ environment }) => {
    const origin = "http://shop.app.localhost:1234";
    expect((await preflight(environment, "/login", origin)).headers.get("access-control-allow-origin")).toBe(origin);
    expect((await preflight(environment, "/login", "http://app.localhost.evil:1")).headers.get("access-control-allow-origin")).toBeNull();
  });
});
