import { en } from "../drivers/elements.mjs";
import { Authenticator } from "../harness/authenticator.mjs";
import { expect, test } from "../harness/fixtures.mjs";
import { person } from "../harness/flow-client.mjs";
import { totp } from "../harness/totp.mjs";

const newest = async (watch, action) => (await watch.to(action)).at(-1);
const usbKey = (page) => Authenticator.attach(page, { transport: "usb", hasResidentKey: false, hasUserVerification: false });
const trust = (elements) => elements.button(en.labels.trustDevice);

/** Registers up to the offer of second factors. */
async function registerToSecondFactors(elements, environment, { email, password }) {
  await elements.start("registration_init", { mode: "registration" });
  await elements.submitEmail(email);
  await elements.expectState("passcode_confirmation");
  await elements.typeCode(await environment.mail.code(email));
  await elements.expectState("password_creation");
  await elements.submitPassword(password, en.labels.continue);
  await elements.expectState("mfa_method_chooser");
}

test.describe("when second factors are optional", () => {
  test.use({ profile: "mfa" });

  // Covers CLIENT-115, CLIENT-139.
  test("E2E-01 a new account gets an authenticator app and a passkey", async ({ elements, environment, authenticator, watch }) => {
    await registerToSecondFactors(elements, environment, person());
    await elements.button(en.labels.authenticatorApp).click();
    await elements.expectState("mfa_otp_secret_creation");
    await elements.typeCode(totp((await newest(watch, "continue_to_otp_secret_creation")).body.payload.otp_secret));
    await elements.expectState("onboarding_create_passkey");
    await elements.button(en.labels.registerAuthenticator).click();
    await elements.expectState("success");
    expect(await authenticator.credentials()).toHaveLength(1);
    await elements.start("profile_init", { element: "hanko-profile" });
    const { user } = (await newest(watch, "register_client_capabilities")).body.payload;
    expect(user).toMatchObject({ mfa_config: { auth_app_set_up: true }, emails: [{}], passkeys: [{}] });
  });

  test("E2E-02 a new account skips all offers", async ({ elements, environment, authenticator }) => {
    await registerToSecondFactors(elements, environment, person());
    await elements.link(en.labels.skip).click();
    await elements.expectState("onboarding_create_passkey");
    await elements.link(en.labels.skip).click();
    await elements.expectState("success");
    expect(await authenticator.credentials()).toHaveLength(0);
  });

  test("E2E-03 goes back from each set-up to the choice", async ({ elements, environment, authenticator }) => {
    await registerToSecondFactors(elements, environment, person());
    for (const [label, state] of [["authenticatorApp", "mfa_otp_secret_creation"], ["securityKey", "mfa_security_key_creation"]]) {
      await elements.button(en.labels[label]).click();
      await elements.expectState(state);
      await elements.link(en.labels.back).click();
      await elements.expectState("mfa_method_chooser");
    }
    expect(await authenticator.credentials()).toHaveLength(0);
  });

  test.describe("without WebAuthn", () => {
    test.beforeEach(({ page }) => page.addInitScript(() => delete window.PublicKeyCredential));

    // Covers CLIENT-107, CLIENT-119.
    test("E2E-06 signs in with a password and a code, and only with the password on a trusted device", async ({ elements, account, context, environment }) => {
      const who = await account({ totp: true });
      await elements.signInToSecondFactor(who, "login_otp");
      await elements.typeCode(totp(who.secret));
      await elements.expectState("device_trust");
      await trust(elements).click();
      await elements.expectState("success");
      const cookies = await context.cookies(environment.api);
      const trusted = cookies.find(({ name }) => name === "hanko-device-token");
      expect(trusted).toMatchObject({ httpOnly: true });
      await context.clearCookies();
      await context.addCookies([trusted]);
      await elements.signInToSecondFactor(who, "success");
      // The device is trusted for this person only, and another device not at all.
      await context.clearCookies();
      await elements.signInToSecondFactor(who, "login_otp");
    });

    test("E2E-06 asks again when the device was not to be trusted", async ({ elements, account, context, environment }) => {
      const who = await account({ totp: true });
      await elements.signInToSecondFactor(who, "login_otp");
      await elements.typeCode(totp(who.secret));
      await elements.expectState("device_trust");
      await elements.link(en.labels.skip).click();
      await elements.expectState("success");
      expect((await context.cookies(environment.api)).map(({ name }) => name)).toEqual(["hanko"]);
      await context.clearCookies();
      await elements.signInToSecondFactor(who, "login_otp");
    });

    // Covers CLIENT-107, CLIENT-108.
    test("E2E-10 refuses a wrong code and one that was used", async ({ elements, account, context }) => {
      const who = await account({ totp: true });
      await elements.signInToSecondFactor(who, "login_otp");
      await elements.typeCode(totp(who.secret, 7));
      await elements.expectState("login_otp");
      await expect(elements.errorText()).toHaveText("This authentication code is wrong.");
      const code = totp(who.secret);
      await elements.typeCode(code);
      await elements.expectState("device_trust");
      await context.clearCookies();
      await elements.signInToSecondFactor(who, "login_otp");
      await elements.typeCode(code);
      await elements.expectState("login_otp");
      await expect(elements.errorText()).toHaveText("This authentication code was already used.");
    });

    test("E2E-08 asks for the code in a recovery too", async ({ elements, environment, account }) => {
      const who = await account({ totp: true });
      await elements.start("login_init");
      await elements.submitEmail(who.email);
      await elements.expectState("login_method_chooser");
      await elements.button(en.labels.password).click();
      await elements.expectState("login_password");
      await elements.link(en.labels.forgotYourPassword).click();
      await elements.expectState("passcode_confirmation");
      await elements.typeCode(await environment.mail.code(who.email));
      await elements.expectState("login_otp");
      await elements.typeCode(totp(who.secret));
      await elements.expectState("login_password_recovery");
    });
  });
});

test.describe("when a second factor is demanded", () => {
  test.use({ profile: "G" });

  // Covers CLIENT-109, CLIENT-110, CLIENT-118.
  test("E2E-29 a security key is set up and asked for, and the app instead", async ({ elements, environment, page, watch, context }) => {
    await usbKey(page);
    const who = person();
    await registerToSecondFactors(elements, environment, who);
    await expect(elements.link(en.labels.skip)).toHaveCount(0);
    await elements.button(en.labels.securityKey).click();
    await elements.expectState("mfa_security_key_creation");
    await elements.button(en.labels.createSecurityKey).click();
    await elements.expectState("onboarding_create_passkey");
    await elements.link(en.labels.skip).click();
    await elements.expectState("success");

    await elements.start("profile_init", { element: "hanko-profile" });
    await (await elements.unfold("authenticator-app-manage-dropdown-0")).getByRole("button", { name: en.labels.authenticatorAppAdd }).click();
    await elements.expectState("mfa_otp_secret_creation");
    await elements.typeCode(totp((await newest(watch, "continue_to_otp_secret_creation")).body.payload.otp_secret, -1));
    await elements.expectState("profile_init");

    await context.clearCookies();
    await elements.signInToSecondFactor(who, "login_security_key");
    await elements.link(en.labels.useAnotherMethod).click();
    await elements.expectState("login_otp");
    await elements.link(en.labels.useAnotherMethod).click();
    await elements.expectState("login_security_key");
    await elements.button(en.labels.securityKeyUse).click();
    await elements.expectState("device_trust");
    await elements.link(en.labels.skip).click();
    await elements.expectState("onboarding_create_passkey");
    const asked = (await newest(watch, "webauthn_generate_request_options")).body;
    expect(asked.name).toBe("login_passkey");
    expect(asked.payload.request_options.publicKey.allowCredentials).toHaveLength(1);
  });
});

test.describe("when passkeys are switched off", () => {
  test.use({ profile: "securityKeysOnly" });

  test("E2E-36 security keys are second factors still", async ({ elements, environment, page, context }) => {
    await usbKey(page);
    const who = person();
    await registerToSecondFactors(elements, environment, who);
    await expect(elements.button(en.labels.authenticatorApp)).toHaveCount(0);
    await elements.button(en.labels.securityKey).click();
    await elements.expectState("mfa_security_key_creation");
    await elements.button(en.labels.createSecurityKey).click();
    await elements.expectState("success");
    await context.clearCookies();
    await elements.signInToSecondFactor(who, "login_security_key");
    await elements.button(en.labels.securityKeyUse).click();
    await elements.expectState("device_trust");
    await trust(elements).click();
    await elements.expectState("success");
  });
});
