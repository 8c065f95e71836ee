import { en } from "../drivers/elements.mjs";
import { expect, test } from "../harness/fixtures.mjs";
import { FlowClient, person } from "../harness/flow-client.mjs";

test.describe("login with password and passcode", () => {
  // A login without a passkey would end in the offer to create one.
  test.beforeEach(({ page }) => page.addInitScript(() => delete window.PublicKeyCredential));

  // Covers CLIENT-79, CLIENT-87, CLIENT-97, CLIENT-98, CLIENT-120, CLIENT-197.
  test("E2E-06 signs in with a password", async ({ elements, account, watch }) => {
    const { email, password } = await account();
    await elements.start("login_init");
    await elements.headline(en.headlines.signIn);
    await elements.submitEmail(email);
    await elements.expectState("login_method_chooser");
    await elements.button(en.labels.password).click();
    await elements.expectState("login_password");
    await elements.submitPassword(password);
    await elements.expectState("success");
    await elements.expectEvent("hanko-session-created");
    expect(await elements.states()).toEqual(["login_init", "login_method_chooser", "login_password", "success"]);
    const [begun] = await watch.to("register_client_capabilities");
    expect(Object.keys(begun.body.actions.continue_with_login_identifier.inputs)).toEqual(["email"]);
    expect(Object.keys(begun.body.actions)).not.toContain("remember_me");
    const [done] = await watch.to("password_login");
    expect(done.body.payload.last_login).toEqual({ login_method: "password" });
    expect(await elements.page.evaluate(() => window.createdCalls)).toBe(1);
    expect(await elements.page.evaluate(() => JSON.parse(localStorage.getItem("hanko_last_login")))).toEqual({ login_method: "password" });
  });

  // Covers CLIENT-97.
  test("goes back from the chooser to the first page", async ({ elements, account }) => {
    const { email } = await account();
    await elements.askToSignIn({ email });
    await expect(elements.button(en.labels.passcode)).toBeVisible();
    await expect(elements.button(en.labels.password)).toBeVisible();
    await expect(elements.button(en.labels.passkey)).toHaveCount(0);
    await elements.link(en.labels.back).click();
    await elements.expectState("login_init");
    await elements.headline(en.headlines.signIn);
  });

  // Covers CLIENT-98, CLIENT-150, CLIENT-151.
  test("E2E-09 rejects a wrong password, and sends no empty form", async ({ elements, account, watch }) => {
    const { email, password } = await account();
    await elements.start("login_init");
    await elements.button(en.labels.continue).click();
    expect(await watch.to("continue_with_login_identifier")).toHaveLength(0);
    await elements.submitEmail(email);
    await elements.expectState("login_method_chooser");
    await elements.button(en.labels.password).click();
    await elements.expectState("login_password");
    await elements.button(en.labels.signIn).click();
    expect(await watch.to("password_login")).toHaveLength(0);
    await elements.submitPassword("not this one");
    await elements.expectState("login_password");
    await expect(elements.errorText()).toHaveText(en.flowErrors.value_invalid_error);
    const [refused] = await watch.to("password_login");
    expect(refused).toMatchObject({ status: 400, body: { error: { code: "form_data_invalid_error" } } });
    expect(refused.body.actions.password_login.inputs.password.error.code).toBe("value_invalid_error");
    await elements.submitPassword(password);
    await elements.expectState("success");
  });

  // Covers CLIENT-101, CLIENT-103, CLIENT-104, CLIENT-105.
  test("E2E-07 signs in with a passcode, after too many wrong ones and a new one", async ({ elements, environment, account }) => {
    const { email } = await account();
    await elements.askToSignIn({ email });
    await elements.button(en.labels.passcode).click();
    await elements.expectState("passcode_confirmation");
    const code = await environment.mail.code(email);
    const wrong = code === "111111" ? "222222" : "111111";
    for (const text of [en.flowErrors.passcode_invalid, en.flowErrors.passcode_invalid, en.flowErrors.passcode_max_attempts_reached]) {
      await elements.typeCode(wrong);
      await elements.expectState("passcode_confirmation");
      await expect(elements.errorText()).toHaveText(text);
    }
    await expect(elements.digit(0)).toBeDisabled();
    await elements.link(en.labels.sendNewPasscode).click();
    await elements.confirmAddress(email);
    await elements.expectState("success");
  });

  test("E2E-07 makes the old code useless with a new one", async ({ elements, environment, account }) => {
    const { email } = await account();
    await elements.askToSignIn({ email });
    await elements.button(en.labels.passcode).click();
    await elements.expectState("passcode_confirmation");
    const old = await environment.mail.code(email);
    await elements.link(en.labels.sendNewPasscode).click();
    await elements.expectState("passcode_confirmation");
    const fresh = await environment.mail.code(email);
    await elements.typeCode(old);
    await elements.expectState("passcode_confirmation");
    await expect(elements.errorText()).toHaveText(en.flowErrors.passcode_invalid);
    await elements.typeCode(fresh);
    await elements.expectState("success");
  });

  // Covers CLIENT-100.
  test("E2E-08 recovers a password, after which the old one is refused", async ({ elements, environment, account, watch }) => {
    const { email, password } = await account();
    await elements.askToSignIn({ email });
    await elements.button(en.labels.password).click();
    await elements.expectState("login_password");
    await elements.link(en.labels.forgotYourPassword).click();
    await elements.confirmAddress(email);
    await elements.expectState("login_password_recovery");
    await elements.headline(en.headlines.registerPassword);
    await elements.submitPassword("another horse battery", en.labels.continue);
    await elements.expectState("success");
    const [page] = await watch.to("verify_passcode");
    expect(page.body.actions.password_recovery.inputs.new_password.min_length).toBe(8);

    await elements.forget();
    const client = new FlowClient(environment);
    await client.start("login");
    await client.run("continue_with_login_identifier", { email });
    await client.run("continue_to_password_login");
    expect(await client.run("password_login", { password })).toMatchObject({ name: "login_password", status: 400 });
    expect(await client.run("password_login", { password: "another horse battery" })).toMatchObject({ name: "success" });
  });

  test("E2E-37 does not tell that an address is unknown", async ({ elements, environment }) => {
    const { email } = person();
    await elements.askToSignIn({ email });
    await elements.button(en.labels.passcode).click();
    await elements.expectState("passcode_confirmation");
    expect((await environment.mail.next(email)).text).not.toMatch(/(?<![\w#])\d{6}(?!\w)/);
    await elements.typeCode("123456");
    await elements.expectState("passcode_confirmation");
    await expect(elements.errorText()).toHaveText(en.flowErrors.passcode_invalid);
  });
});

test.describe("without passwords", () => {
  test.use({ profile: "B" });

  test("E2E-24 registers and signs in by passcode alone", async ({ elements, page }) => {
    const { email } = person();
    await page.addInitScript(() => delete window.PublicKeyCredential);
    await elements.start("registration_init", { mode: "registration" });
    await elements.submitEmail(email);
    await elements.confirmAddress(email);
    await elements.expectState("success");

    await elements.start("login_init");
    await elements.submitEmail(email);
    await elements.confirmAddress(email);
    await elements.expectState("success");
    expect(await elements.states()).toEqual(["login_init", "passcode_confirmation", "success"]);
  });
});

test.describe("with only the methods that an account has", () => {
  test.use({ profile: "M" });

  test("E2E-37 skips the chooser where there is no choice", async ({ elements, account, page }) => {
    const both = await account();
    const passcodeOnly = await account({ email: true, password: false });
    await page.addInitScript(() => delete window.PublicKeyCredential);
    await elements.askToSignIn(both);

    await elements.start("login_init");
    await elements.submitEmail(passcodeOnly.email);
    await elements.confirmAddress(passcodeOnly.email);
    await elements.expectState("success");
  });
});

test.describe("with passcodes of letters and digits", () => {
  test.use({ profile: "N" });

  // Covers CLIENT-106.
  for (const way of ["typed", "pasted"]) {
    test(`E2E-38 accepts a mixed-case passcode that is ${way}`, async ({ elements, environment, account, page, context, watch }) => {
      const { email } = await account();
      await page.addInitScript(() => delete window.PublicKeyCredential);
      await elements.askToSignIn({ email });
      await elements.button(en.labels.passcode).click();
      await elements.expectState("passcode_confirmation");
      const code = await environment.mail.code(email);
      if (way === "typed") {
        await elements.typeCode(code);
      } else {
        await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: environment.host.url });
        await page.evaluate((text) => navigator.clipboard.writeText(text), code);
        await elements.digit(0).click();
        await page.keyboard.press("ControlOrMeta+V");
      }
      await elements.expectState("success");
      const [sent] = await watch.to("verify_passcode");
      expect(JSON.parse(sent.sent).input_data.code).toBe(code);
    });
  }
});

test.describe("with limits", () => {
  test.use({ profile: "R" });

  // Covers CLIENT-30, CLIENT-64, CLIENT-102, CLIENT-103.
  test("E2E-40 counts down to the next mail after too many", async ({ elements, environment, page, watch }) => {
    const { email } = person();
    await elements.start("registration_init", { mode: "registration" });
    await elements.submitEmail(email);
    await elements.expectState("passcode_confirmation");
    const again = () => elements.link(en.labels.sendNewPasscode).click();
    await again();
    await elements.expectState("passcode_confirmation");
    await again();
    await elements.expectState("passcode_confirmation");
    await expect(elements.errorText()).toHaveText(en.flowErrors.rate_limit_exceeded);
    const counting = page.getByText(en.labels.passcodeResendAfter.split("{")[0]);
    await expect(counting).toBeVisible();
    await expect(counting).toBeDisabled();
    const refused = (await watch.to("resend_passcode")).at(-1);
    expect(refused).toMatchObject({ status: 429, body: { name: "passcode_confirmation", error: { code: "rate_limit_exceeded" } } });
    expect(refused.body.payload.resend_after).toBeGreaterThan(0);
    expect(refused.headers["access-control-allow-origin"]).toBe(environment.host.url);

    await expect(elements.errorText()).toBeHidden();
    // The seconds are rounded down, so that the first try may come too early.
    await expect(async () => {
      await again();
      await elements.expectState("passcode_confirmation");
      expect((await watch.to("resend_passcode")).at(-1).status).toBe(200);
    }).toPass();
  });

  // Covers CLIENT-64.
  test("E2E-40 takes no more passwords after too many", async ({ elements, account, page, watch }) => {
    const who = await account();
    await page.addInitScript(() => delete window.PublicKeyCredential);
    await elements.askToSignIn(who);
    await elements.button(en.labels.password).click();
    await elements.expectState("login_password");
    for (const text of [en.flowErrors.value_invalid_error, en.flowErrors.rate_limit_exceeded]) {
      await elements.submitPassword("not this one");
      await elements.expectState("login_password");
      await expect(elements.errorText()).toHaveText(text);
    }
    expect((await watch.to("password_login")).at(-1)).toMatchObject({ status: 429, body: { name: "login_password", error: { code: "rate_limit_exceeded" } } });
  });
});
