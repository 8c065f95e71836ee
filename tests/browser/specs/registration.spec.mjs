import { en } from "../drivers/elements.mjs";
import { expect, test } from "../harness/fixtures.mjs";
import { person } from "../harness/flow-client.mjs";

const noPasskeys = () => delete window.PublicKeyCredential;
const refuse = (name) => {
  for (const kind of ["get", "create"]) navigator.credentials[kind] = () => Promise.reject(new DOMException("no", name));
};

test.describe("registration with e-mail, password and passkey", () => {
  // Covers CLIENT-14, CLIENT-35, CLIENT-37, CLIENT-38, CLIENT-39, CLIENT-113, CLIENT-114, CLIENT-205.
  test("E2E-01 registers with a platform authenticator", async ({ elements, environment, authenticator, watch, context }) => {
    const { email, password } = person();
    await elements.start("registration_init", { mode: "registration" });
    await elements.headline(en.headlines.signUp);
    await elements.submitEmail(email);
    await elements.expectState("passcode_confirmation");
    await elements.headline(en.headlines.loginPasscode);
    await elements.typeCode(await environment.mail.code(email));
    await elements.expectState("password_creation");
    await elements.submitPassword(password, en.labels.continue);
    await elements.expectState("onboarding_create_passkey");
    await elements.button(en.labels.registerAuthenticator).click();
    await elements.expectState("success");
    await elements.expectEvent("hanko-session-created");
    expect(await elements.states()).toEqual([
      "registration_init", "passcode_confirmation", "password_creation", "onboarding_create_passkey",
      "onboarding_verify_passkey_attestation", "success",
    ]);
    expect(await authenticator.credentials()).toHaveLength(1);

    const [begun] = await watch.to("/registration");
    expect(begun.sent, "a flow starts with an empty body").toBeNull();
    expect(begun.requestHeaders["content-type"]).toBe("application/json");
    expect(begun.body.name).toBe("preflight");
    const [verified] = await watch.to("verify_passcode");
    expect(verified.body.actions.register_password.inputs.new_password.min_length).toBe(8);
    const [asked] = await watch.to("webauthn_generate_creation_options");
    expect(asked.body.payload.creation_options.publicKey.rp.id).toBe("localhost");
    const done = (await watch.settled()).find(({ body }) => body?.name === "success");
    expect(done.headers["x-session-lifetime"]).toBe("43200");
    expect(done.headers["x-session-retention"]).toBe("persistent");
    expect(done.headers["x-auth-token"]).toBeUndefined();
    expect(done.body.payload.user.passkeys).toHaveLength(1);
    const cookie = (await context.cookies(environment.api)).find(({ name }) => name === "hanko");
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: "Strict", path: "/" });
    expect(cookie.expires).toBeGreaterThan(Date.now() / 1000 + 43000);
  });

  test("E2E-02 registers without a passkey by skipping it", async ({ elements, authenticator }) => {
    await elements.registerUpTo("onboarding_create_passkey", person());
    await elements.link(en.labels.skip).click();
    await elements.expectState("success");
    expect(await authenticator.credentials()).toHaveLength(0);
  });

  test("E2E-03 goes back from the passcode to a form that still holds the address", async ({ elements }) => {
    const { email } = person();
    await elements.start("registration_init", { mode: "registration" });
    await elements.submitEmail(email);
    await elements.expectState("passcode_confirmation");
    await elements.link(en.labels.back).click();
    await elements.expectState("registration_init");
    await expect(elements.email()).toHaveValue(email);
  });

  // Covers CLIENT-91.
  test("E2E-21 registers and signs in without WebAuthn, and without passkey pages", async ({ elements, page, watch }) => {
    await page.addInitScript(noPasskeys);
    await elements.registerUpTo("success", person());

    await elements.start("login_init");
    const begun = (await watch.to("register_client_capabilities")).at(-1);
    expect(JSON.parse(begun.sent).input_data.webauthn_available).toBe(false);
    expect(Object.keys(begun.body.actions)).not.toContain("webauthn_generate_request_options");
    await expect(elements.button(en.labels.signInPasskey)).toHaveCount(0);
  });

  test("E2E-20 shows the passkey page again after a cancelled prompt", async ({ elements, page, authenticator }) => {
    await elements.registerUpTo("onboarding_create_passkey", person());
    await page.evaluate(refuse, "NotAllowedError");
    await elements.button(en.labels.registerAuthenticator).click();
    await elements.expectState("onboarding_verify_passkey_attestation");
    await elements.expectState("onboarding_create_passkey");
    await expect(elements.errorText()).toHaveText(en.flowErrors.webauthn_credential_already_exists);
    await expect(elements.button(en.labels.registerAuthenticator)).toBeEnabled();
    expect(await authenticator.credentials()).toHaveLength(0);
  });

  // Covers CLIENT-19, CLIENT-20, CLIENT-96, CLIENT-204.
  test("takes the address typed on the login page to the registration", async ({ elements, environment, watch }) => {
    const { email } = person();
    await elements.start("login_init");
    await elements.email().fill(email);
    await elements.link(en.labels.signUp).click();
    await elements.restarted("registration_init");
    await expect(elements.email()).toHaveValue(email);
    await elements.button(en.labels.continue).click();
    await elements.expectState("passcode_confirmation");
    expect((await environment.mail.next(email)).subject).toMatch(/\d{6}/);
    const [sent] = await watch.to("register_login_identifier");
    expect(Object.keys(JSON.parse(sent.sent).input_data)).toContain("username");
    expect(await watch.to("/login")).toHaveLength(1);
    expect(await watch.to("/registration")).toHaveLength(1);
  });

  // Covers CLIENT-94.
  test("does not tell that an address is taken, and tells its owner", async ({ elements, environment, account }) => {
    const { email } = await account();
    await elements.start("registration_init", { mode: "registration" });
    await elements.submitEmail(email);
    await elements.expectState("passcode_confirmation");
    expect((await environment.mail.next(email)).text).not.toMatch(/(?<![\w#])\d{6}(?!\w)/);
  });
});

test.describe("with hints about existing accounts", () => {
  test.use({ profile: "hints" });

  // Covers CLIENT-94, CLIENT-150, CLIENT-151.
  test("E2E-37 tells that an address is taken, or unknown", async ({ elements, account, watch }) => {
    const { email } = await account();
    await elements.start("registration_init", { mode: "registration" });
    await elements.submitEmail(email);
    await elements.expectState("registration_init");
    await expect(elements.errorText()).toHaveText(en.flowErrors.email_already_exists);
    const [refused] = await watch.to("register_login_identifier");
    expect(refused.status).toBe(400);
    expect(refused.body.actions.register_login_identifier.inputs.email.error.code).toBe("email_already_exists");

    await elements.start("login_init");
    await elements.submitEmail(person().email);
    await elements.expectState("login_init");
    await expect(elements.errorText()).toHaveText(en.flowErrors.unknown_email_error);
  });
});

test.describe("with a choice of the first credential", () => {
  test.use({ profile: "C" });

  // Covers CLIENT-112.
  test("E2E-25 leads to each branch of the chooser and back, and past it", async ({ elements, authenticator }) => {
    const { email } = person();
    await elements.start("registration_init", { mode: "registration" });
    await elements.submitEmail(email);
    await elements.confirmAddress(email);
    await elements.expectState("credential_onboarding_chooser");
    await elements.headline(en.headlines.setupLoginMethod);
    await elements.button(en.labels.passkey).click();
    await elements.expectState("onboarding_create_passkey");
    await elements.link(en.labels.back).click();
    await elements.expectState("credential_onboarding_chooser");
    await elements.button(en.labels.password).click();
    await elements.expectState("password_creation");
    await elements.link(en.labels.back).click();
    await elements.expectState("credential_onboarding_chooser");
    await elements.link(en.labels.skip).click();
    await elements.expectState("success");
    expect(await authenticator.credentials()).toHaveLength(0);
  });

  // Covers CLIENT-112, CLIENT-113.
  test("E2E-25 registers with nothing but a passkey", async ({ elements, authenticator }) => {
    const { email } = person();
    await elements.start("registration_init", { mode: "registration" });
    await elements.submitEmail(email);
    await elements.confirmAddress(email);
    await elements.expectState("credential_onboarding_chooser");
    await elements.button(en.labels.passkey).click();
    await elements.expectState("onboarding_create_passkey");
    await elements.button(en.labels.registerAuthenticator).click();
    await elements.expectState("success");
    expect(await authenticator.credentials()).toHaveLength(1);
  });
});

test.describe("without sign-up", () => {
  test.use({ profile: "K" });

  // Covers CLIENT-51, CLIENT-93.
  test("E2E-35 renders a registration page without a form", async ({ elements, watch }) => {
    await elements.start("registration_init", { mode: "registration" });
    await elements.headline(en.headlines.signUp);
    await expect(elements.email()).toHaveCount(0);
    const [begun] = await watch.to("register_client_capabilities");
    expect(begun.body.actions).toEqual({});
  });
});
