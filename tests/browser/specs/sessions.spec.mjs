import { en, Elements } from "../drivers/elements.mjs";
import { expect, test } from "../harness/fixtures.mjs";
import { FlowClient } from "../harness/flow-client.mjs";

test.beforeEach(({ page }) => page.addInitScript(() => delete window.PublicKeyCredential));

const sessionCookie = async (context, environment) => (await context.cookies(environment.api)).find(({ name }) => name === "hanko");

test.describe("a session in a cookie", () => {
  // Covers CLIENT-41, CLIENT-42, CLIENT-191, CLIENT-196, CLIENT-198, CLIENT-199.
  test("E2E-17 begins and ends in all tabs", async ({ elements, environment, account, context, watch }) => {
    const who = await account();
    const other = new Elements(await context.newPage(), environment);
    await other.open({ element: "" });
    await other.page.waitForFunction(() => window.ready);
    await elements.page.bringToFront();
    await elements.signInWithPassword(who);
    await other.expectEvent("hanko-session-created");

    const seen = await elements.page.evaluate(async () => ({
      session: await window.hankoClient.validateSession(), user: await window.hankoClient.getCurrentUser(),
    }));
    expect(seen.session).toMatchObject({ is_valid: true, user_id: seen.user.user_id, claims: { subject: seen.user.user_id } });
    expect(Date.parse(seen.session.expiration_time)).toBeGreaterThan(Date.now());
    expect(seen.session.claims.session_id).toBeTruthy();
    expect(seen.session.claims.expiration).toBeTruthy();
    expect(seen.user.id).toBe(seen.user.user_id);

    await elements.page.evaluate(() => window.hankoClient.logout());
    await elements.expectEvent("hanko-user-logged-out");
    await elements.restarted("login_init");
    expect(await sessionCookie(context, environment)).toBeUndefined();
    const [out] = await watch.to("/logout");
    expect(out.status).toBe(204);
    await other.page.bringToFront();
    await other.expectEvent("hanko-session-expired");
  });

  // Covers CLIENT-195.
  test("is noticed to be gone by the next poll", async ({ elements, environment, account, context }) => {
    await elements.signInWithPassword(await account());
    const elsewhere = new FlowClient(environment, { headers: { Authorization: `Bearer ${(await sessionCookie(context, environment)).value}` } });
    expect((await elsewhere.request("POST", "/logout")).status).toBe(204);
    await elements.expectEvent("hanko-session-expired");
  });

  // Covers CLIENT-7, CLIENT-13, CLIENT-43, CLIENT-190, CLIENT-196.
  test("is not there without a login", async ({ environment }) => {
    const client = new FlowClient(environment);
    for (const headers of [{}, { Authorization: "Bearer nonsense" }]) {
      const validated = await client.request("GET", "/sessions/validate", undefined, headers);
      expect(validated).toMatchObject({ status: 200, body: { is_valid: false } });
      const [me, out] = [await client.request("GET", "/me", undefined, headers), await client.request("POST", "/logout", undefined, headers)];
      expect([me.status, out.status]).toEqual([401, 401]);
      expect(me.headers.get("www-authenticate") ?? "").not.toMatch(/basic/i);
    }
  });

  // Covers CLIENT-8, CLIENT-9, CLIENT-10, CLIENT-217, CLIENT-218, CLIENT-220.
  test("is found by bearer or cookie, and by the valid one of both", async ({ environment, account }) => {
    const { client } = await account();
    const token = client.cookies.get("hanko");
    const stale = { Authorization: "Bearer stale" };
    const me = await client.request("GET", "/me", undefined, stale);
    expect(me.status).toBe(200);
    expect(me.body.id).toBe(me.body.user_id);
    expect(Object.values(me.body)).not.toContain(null);
    expect(Object.values(me.body.mfa_config).every((value) => typeof value === "boolean")).toBe(true);

    const other = new FlowClient(environment, { headers: { Authorization: `Bearer ${token}` } });
    expect((await other.request("GET", "/me")).body.user_id).toBe(me.body.user_id);
    expect((await other.request("GET", "/sessions/validate")).body.is_valid).toBe(true);
    for (const flow of ["login", "registration"]) expect((await client.request("POST", `/${flow}`, undefined, stale)).status).toBe(200);
    expect((await other.start("profile")).name).toBe("profile_init");
    expect(await other.run("patch_metadata", { patch_metadata: { seen: true } })).toMatchObject({ name: "profile_init", status: 200 });
    expect((await other.request("POST", "/logout")).status).toBe(204);
    expect((await client.request("GET", "/me")).status).toBe(401);
  });
});

test.describe("“stay signed in”", () => {
  test.use({ profile: "H" });

  // Covers CLIENT-39, CLIENT-87, CLIENT-88.
  for (const [ticks, retention] of [[0, "session"], [1, "persistent"], [2, "session"]]) {
    test(`E2E-30 turned ${ticks} times at login leads to a ${retention} cookie`, async ({ elements, account, context, environment, watch }) => {
      const { email, password } = await account();
      await elements.start("login_init");
      for (let tick = 0; tick < ticks; tick += 1) {
        await elements.page.getByRole("checkbox").click();
        await elements.expectState("login_init");
      }
      await elements.submitEmail(email);
      await elements.expectState("login_method_chooser");
      await elements.button(en.labels.password).click();
      await elements.expectState("login_password");
      await elements.submitPassword(password);
      await elements.expectState("success");
      const [done] = await watch.to("password_login");
      expect(done.headers["x-session-retention"]).toBe(retention);
      const { expires } = await sessionCookie(context, environment);
      expect(expires === -1 ? "session" : "persistent").toBe(retention);
    });
  }

  test("E2E-30 chosen at registration leads to a persistent cookie", async ({ elements, context, environment }) => {
    const email = `mia_${Date.now()}@example.test`;
    await elements.start("registration_init", { mode: "registration" });
    await elements.page.getByRole("checkbox").click();
    await elements.expectState("registration_init");
    await elements.submitEmail(email);
    await elements.confirmAddress(email);
    await elements.expectState("password_creation");
    await elements.submitPassword("correct horse battery", en.labels.continue);
    await elements.expectState("success");
    expect((await sessionCookie(context, environment)).expires).toBeGreaterThan(0);
  });
});

test.describe("a session in a header", () => {
  test.use({ profile: "J" });

  // Covers CLIENT-28, CLIENT-36, CLIENT-40.
  test("E2E-34 works from another site", async ({ elements, environment, account, context, watch }) => {
    const who = await account();
    await elements.signInWithPassword(who);
    const [done] = await watch.to("password_login");
    expect(done.headers["x-auth-token"]).toBeTruthy();
    expect(done.headers["set-cookie"] ?? "").not.toContain("hanko=");
    expect(done.headers["access-control-expose-headers"]).toContain("X-Auth-Token");
    expect(await sessionCookie(context, environment)).toBeUndefined();
    const onPage = (await context.cookies(environment.host.url)).find(({ name }) => name === "hanko");
    expect(onPage.value).toBe(done.headers["x-auth-token"]);

    await elements.start("login_init");
    const user = await elements.page.evaluate(() => window.hankoClient.getCurrentUser());
    expect(user.emails[0].address).toBe(who.email);
    expect((await watch.to("/me")).at(-1).requestHeaders.authorization).toBe(`Bearer ${onPage.value}`);
    await elements.page.evaluate(() => window.hankoClient.logout());
    await elements.expectEvent("hanko-user-logged-out");
    expect((await context.cookies(environment.host.url)).filter(({ name }) => name === "hanko")).toEqual([]);
    expect(await elements.page.evaluate(() => window.hankoClient.validateSession())).toEqual({ is_valid: false });
  });
});

test.describe("a short session", () => {
  test.use({ profile: "O" });

  // Covers CLIENT-200.
  test("E2E-39 expires in the browser without being asked for", async ({ elements, account, watch }) => {
    await elements.signInWithPassword(await account(), { interval: "10000" });
    const before = (await watch.to("/sessions/validate")).length;
    await elements.expectEvent("hanko-session-expired");
    expect((await watch.to("/sessions/validate")).length - before).toBeLessThanOrEqual(1);
    expect((await elements.page.evaluate(() => window.hankoClient.validateSession())).is_valid).toBe(false);
  });
});

test.describe("an idle session", () => {
  test.use({ profile: "idle" });

  // Covers CLIENT-192, CLIENT-194.
  test("E2E-39 expires although the page polls", async ({ elements, account, watch }) => {
    await elements.signInWithPassword(await account());
    await elements.expectEvent("hanko-session-expired");
    const polls = await watch.to("/sessions/validate");
    const valid = polls.filter(({ body }) => body.is_valid);
    expect(valid.length).toBeGreaterThan(0);
    for (const { body } of valid) expect(Date.parse(body.idle_expires_at)).toBeGreaterThan(0);
    expect(new Set(valid.map(({ body }) => body.idle_expires_at)).size, "a poll is no activity").toBe(1);
  });
});

test.describe("a session with claims of its own", () => {
  test.use({ profile: "claims" });

  // Covers CLIENT-192, CLIENT-193.
  test("shows them beside the others", async ({ account }) => {
    const { client, email } = await account();
    const { body } = await client.request("GET", "/sessions/validate");
    expect(body.claims).toMatchObject({ plan: "pro", address: email });
    expect(body).not.toHaveProperty("idle_expires_at");
  });
});
