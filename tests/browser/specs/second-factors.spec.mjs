import { added, en } from "../drivers/elements.mjs";
import { Authenticator } from "../harness/authenticator.mjs";
import { expect, test } from "../harness/fixtures.mjs";
import { person } from "../harness/flow-client.mjs";
import { totp } from "../harness/totp.mjs";

const newest = async (watch, action) => (await watch.to(action)).at(-1).body;
const withoutPasskeys = ({ page }) => page.addInitScript(() => delete window.PublicKeyCredential);
const noAutofill = (page) => page.addInitScript(() => {
  PublicKeyCredential.isConditionalMediationAvailable = async () => false;
});
const trustToken = async (context, environment) =>
  (await context.cookies(environment.api)).find(({ name }) => name === "hanko-device-token");

test.describe("when second factors are optional", () => {
  test.use({ profile: "mfa" });

  // Covers CLIENT-115, CLIENT-116, CLIENT-139.
  test("E2E-01 a new account gets an authenticator app and a passkey", async ({ elements, authenticator, profilePage, watch }) => {
    await elements.registerUpTo("mfa_method_chooser", person());
    await elements.button(en.labels.authenticatorApp).click();
    await elements.expectState("mfa_otp_secret_creation");
    await elements.typeCode(totp((await newest(watch, "continue_to_otp_secret_creation")).payload.otp_secret));
    await elements.expectState("onboarding_create_passkey");
    await elements.button(en.labels.registerAuthenticator).click();
    await elements.expectState("success");
    expect(await elements.states()).toEqual([
      "registration_init", "passcode_confirmation", "password_creation", "mfa_method_chooser", "mfa_otp_secret_creation",
      "onboarding_create_passkey", "onboarding_verify_passkey_attestation", "success",
    ]);
    expect(await authenticator.credentials()).toHaveLength(1);
    const { payload: { user } } = await profilePage.open();
    expect(user).toMatchObject({ mfa_config: { auth_app_set_up: true }, emails: [{}], passkeys: [{}] });
  });

  test("E2E-02 a new account skips all offers", async ({ elements, authenticator }) => {
    await elements.registerUpTo("mfa_method_chooser", person());
    await elements.link(en.labels.skip).click();
    await elements.expectState("onboarding_create_passkey");
    await elements.link(en.labels.skip).click();
    await elements.expectState("success");
    expect(await authenticator.credentials()).toHaveLength(0);
  });

  // Covers CLIENT-115.
  test("E2E-03 goes back from each set-up to the choice", async ({ elements, authenticator }) => {
    await elements.registerUpTo("mfa_method_chooser", person());
    for (const [label, state] of [["authenticatorApp", "mfa_otp_secret_creation"], ["securityKey", "mfa_security_key_creation"]]) {
      await elements.button(en.labels[label]).click();
      await elements.expectState(state);
      await elements.link(en.labels.back).click();
      await elements.expectState("mfa_method_chooser");
    }
    expect(await authenticator.credentials()).toHaveLength(0);
  });
});

test.describe("an authenticator app", () => {
  test.use({ profile: "mfa" });
  test.beforeEach(withoutPasskeys);

  // Covers CLIENT-45, CLIENT-107, CLIENT-119.
  test("E2E-06 is asked for once in a browser that is trusted", async ({ elements, account, context, environment, watch }) => {
    const who = await account({ totp: true });
    await elements.signInUpTo("login_otp", who);
    await elements.typeCode(totp(who.secret, 1));
    await elements.expectState("device_trust");
    expect(Object.keys((await newest(watch, "otp_code_validate")).actions)).toEqual(expect.arrayContaining(["trust_device", "skip"]));
    await elements.button(en.labels.trustDevice).click();
    await elements.expectState("success");
    const trusted = await trustToken(context, environment);
    expect(trusted).toMatchObject({ httpOnly: true });
    expect(trusted.expires).toBeGreaterThan(Date.now() / 1000);

    await elements.forget();
    await context.addCookies([trusted]);
    await elements.signInUpTo("success", who);
    expect(await elements.states()).toEqual(["login_init", "login_method_chooser", "login_password", "success"]);
  });

  test("E2E-06 is asked for in another browser, and for another person", async ({ elements, account, context, elsewhere, environment }) => {
    const [who, neighbour] = [await account({ totp: true }), await account({ totp: true })];
    await elements.signInUpTo("login_otp", who);
    await elements.typeCode(totp(who.secret, 1));
    await elements.expectState("device_trust");
    await elements.button(en.labels.trustDevice).click();
    await elements.expectState("success");
    const trusted = await trustToken(context, environment);

    await elsewhere.signInUpTo("login_otp", who);
    await elements.forget();
    await context.addCookies([trusted]);
    await elements.signInUpTo("login_otp", neighbour);
  });

  test("E2E-06 is asked for again where the browser was not to be trusted", async ({ elements, account, context, environment }) => {
    const who = await account({ totp: true });
    await elements.signInUpTo("login_otp", who);
    await elements.typeCode(totp(who.secret, 1));
    await elements.expectState("device_trust");
    await elements.link(en.labels.skip).click();
    await elements.expectState("success");
    expect(await trustToken(context, environment)).toBeUndefined();
    await elements.forget();
    await elements.signInUpTo("login_otp", who);
  });

  // Covers CLIENT-107, CLIENT-108, CLIENT-211.
  test("E2E-10 gives codes of which a wrong one is refused, and each works once", async ({ elements, account }) => {
    const who = await account({ totp: true });
    await elements.signInUpTo("login_otp", who);
    await elements.typeCode(totp(who.secret, 7));
    await elements.expectState("login_otp");
    await expect(elements.errorText()).toHaveText(added.otp_code_invalid);
    const code = totp(who.secret, 1);
    await elements.typeCode(code);
    await elements.expectState("device_trust");
    await elements.forget();
    await elements.signInUpTo("login_otp", who);
    await elements.typeCode(code);
    await elements.expectState("login_otp");
    await expect(elements.errorText()).toHaveText(added.otp_code_already_used);
  });

  test("E2E-08 is asked for in a recovery too", async ({ elements, account }) => {
    const who = await account({ totp: true });
    await elements.askToSignIn(who);
    await elements.button(en.labels.password).click();
    await elements.expectState("login_password");
    await elements.link(en.labels.forgotYourPassword).click();
    await elements.confirmAddress(who.email);
    await elements.expectState("login_otp");
    await elements.typeCode(totp(who.secret, 1));
    await elements.expectState("login_password_recovery");
  });
});

test.describe("when a second factor is demanded", () => {
  test.use({ profile: "G" });

  // Covers CLIENT-109, CLIENT-110, CLIENT-115, CLIENT-118, CLIENT-162.
  test("E2E-29 a security key is set up and asked for, or the app instead", async ({ elements, page, profilePage, securityKey, watch }) => {
    await noAutofill(page);
    const who = person();
    await elements.registerUpTo("mfa_method_chooser", who);
    await expect(elements.link(en.labels.skip)).toHaveCount(0);
    await elements.button(en.labels.securityKey).click();
    await elements.expectState("mfa_security_key_creation");
    await elements.button(en.labels.createSecurityKey).click();
    await elements.expectState("onboarding_create_passkey");
    await elements.link(en.labels.skip).click();
    await elements.expectState("success");
    expect(await securityKey.credentials()).toHaveLength(1);

    await profilePage.open();
    const { payload } = await profilePage.press(
      "authenticator-app-manage-dropdown-0", en.labels.authenticatorAppAdd, "continue_to_otp_secret_creation", "mfa_otp_secret_creation");
    await profilePage.run("otp_code_verify", () => elements.typeCode(totp(payload.otp_secret)));

    await elements.forget();
    await elements.signInUpTo("login_security_key", who);
    await elements.link(en.labels.useAnotherMethod).click();
    await elements.expectState("login_otp");
    await elements.link(en.labels.useAnotherMethod).click();
    await elements.expectState("login_security_key");
    await elements.button(en.labels.securityKeyUse).click();
    // The passkey that was skipped is offered again.
    await elements.expectState("onboarding_create_passkey");
    await elements.link(en.labels.skip).click();
    await elements.expectState("device_trust");
    const asked = await newest(watch, "webauthn_generate_request_options");
    expect(asked.name).toBe("login_passkey");
    expect(asked.payload.request_options.publicKey.allowCredentials).toHaveLength(1);
    const [sent] = (await watch.to("webauthn_verify_assertion_response")).slice(-1);
    expect(JSON.parse(sent.sent).input_data.assertion_response.response.userHandle ?? null).toBeNull();
  });

  test("E2E-29 a security key is asked for alone, and trusts the browser", async ({ elements, page, context, environment, securityKey, watch }) => {
    await noAutofill(page);
    const who = person();
    await elements.registerUpTo("mfa_method_chooser", who);
    await elements.button(en.labels.securityKey).click();
    await elements.expectState("mfa_security_key_creation");
    await elements.button(en.labels.createSecurityKey).click();
    await elements.expectState("onboarding_create_passkey");
    // Nobody touches the key now, which holds a credential already.
    await securityKey.present(false);
    const platform = await Authenticator.attach(page);
    await elements.button(en.labels.registerAuthenticator).click();
    await elements.expectState("success");
    expect(await platform.credentials()).toHaveLength(1);
    // The passkey would do as well; somebody touches the key.
    await securityKey.present(true);
    await platform.present(false);

    await elements.forget();
    await elements.signInUpTo("login_security_key", who);
    expect((await newest(watch, "password_login")).actions).not.toHaveProperty("continue_to_login_otp");
    await expect(elements.link(en.labels.useAnotherMethod)).toHaveCount(0);
    await elements.button(en.labels.securityKeyUse).click();
    await elements.expectState("device_trust");
    await elements.button(en.labels.trustDevice).click();
    await elements.expectState("success");
    expect(await elements.states()).toEqual([
      "login_init", "login_method_chooser", "login_password", "login_security_key", "login_passkey", "device_trust", "success",
    ]);
    const [{ credentialId }] = await securityKey.credentials();
    const [sent] = (await watch.to("webauthn_verify_assertion_response")).slice(-1);
    expect(JSON.parse(sent.sent).input_data.assertion_response.id).toBe(Buffer.from(credentialId, "base64").toString("base64url"));
    const trusted = await trustToken(context, environment);

    await elements.forget();
    await context.addCookies([trusted]);
    await elements.signInUpTo("success", who);
  });
});

test.describe("when passkeys are switched off", () => {
  test.use({ profile: "securityKeysOnly" });

  // Covers CLIENT-115.
  test("E2E-36 security keys are second factors still", async ({ elements, securityKey }) => {
    const who = person();
    await elements.registerUpTo("mfa_method_chooser", who);
    // The only kind that there is needs no choice.
    await elements.button(en.labels.continue).click();
    await elements.expectState("mfa_security_key_creation");
    await elements.button(en.labels.createSecurityKey).click();
    await elements.expectState("success");
    expect(await securityKey.credentials()).toHaveLength(1);
    await elements.forget();
    await elements.signInUpTo("login_security_key", who);
    await elements.button(en.labels.securityKeyUse).click();
    await elements.expectState("device_trust");
    await elements.button(en.labels.trustDevice).click();
    await elements.expectState("success");
  });
});
