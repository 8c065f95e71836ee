import { en } from "../drivers/elements.mjs";
import { expect, test } from "../harness/fixtures.mjs";
import { totp } from "../harness/totp.mjs";

test.use({ profile: "mfa" });

test.describe("passkeys", () => {
  // With autofill the login page would sign in by itself.
  test.beforeEach(({ page }) => page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false;
    const create = navigator.credentials.create.bind(navigator.credentials);
    window.refusals = [];
    navigator.credentials.create = (options) => create(options).catch((error) => {
      window.refusals.push(error.name);
      throw error;
    });
  }));

  // Covers CLIENT-72, CLIENT-134, CLIENT-135, CLIENT-136, CLIENT-138.
  test("E2E-13 E2E-19 creates one, renames and deletes it, after which it signs nobody in", async ({ elements, profilePage, signedIn, authenticator, watch }) => {
    await signedIn();
    await profilePage.open();
    const { payload: { user } } = await profilePage.createCredential("passkey", en.labels.createPasskey);
    expect(user.passkeys).toHaveLength(1);
    const [asked] = await watch.to("webauthn_credential_create");
    expect(asked.body.name).toBe("webauthn_credential_verification");
    expect(Object.keys(asked.body.actions)).toEqual(expect.arrayContaining(["webauthn_verify_attestation_response", "back"]));
    expect(await authenticator.credentials()).toHaveLength(1);

    const renamed = await profilePage.rename("passkey", "On my desk");
    expect(renamed.payload.user.passkeys).toMatchObject([{ name: "On my desk" }]);
    await expect(profilePage.page.locator("label[for=passkey-edit-dropdown-0]")).toHaveText("On my desk");
    const deleted = await profilePage.confirm("passkey-edit-dropdown-0", en.labels.delete, "webauthn_credential_delete");
    expect(deleted.payload.user).not.toHaveProperty("passkeys");

    await elements.forget();
    await elements.start("login_init");
    await elements.button(en.labels.signInPasskey).click();
    await elements.expectState("login_passkey");
    await elements.expectState("login_init");
    await expect(elements.errorText()).toHaveText(en.flowErrors.passkey_invalid);
  });

  // Covers CLIENT-134, CLIENT-172.
  test("E2E-13 refuses a second one on the same authenticator", async ({ elements, profilePage, signedIn, authenticator, page, watch }) => {
    await signedIn();
    await profilePage.open();
    await profilePage.createCredential("passkey", en.labels.createPasskey);
    const content = await profilePage.unfold("passkey-create-dropdown-0");
    await content.getByRole("button", { name: en.labels.createPasskey }).click();
    await elements.expectAction("back");
    await elements.restarted("profile_init");
    await expect(elements.errorText()).toHaveText(en.flowErrors.webauthn_credential_already_exists);
    expect(await page.evaluate(() => window.refusals)).toEqual(["InvalidStateError"]);
    const [, again] = await watch.to("webauthn_credential_create");
    expect(again.body.payload.creation_options.publicKey.excludeCredentials).toHaveLength(1);
    expect(await authenticator.credentials()).toHaveLength(1);
  });

  // Covers CLIENT-72.
  test("E2E-20 shows the profile again after a cancelled prompt, ready for another try", async ({ elements, profilePage, signedIn, authenticator, page }) => {
    await signedIn();
    await profilePage.open();
    await page.evaluate(() => {
      const create = navigator.credentials.create;
      navigator.credentials.create = () => {
        navigator.credentials.create = create;
        return Promise.reject(new DOMException("no", "NotAllowedError"));
      };
    });
    const content = await profilePage.unfold("passkey-create-dropdown-0");
    await content.getByRole("button", { name: en.labels.createPasskey }).click();
    await elements.expectAction("back");
    await elements.restarted("profile_init");
    const { payload: { user } } = await profilePage.createCredential("passkey", en.labels.createPasskey);
    expect(user.passkeys).toHaveLength(1);
    expect(await authenticator.credentials()).toHaveLength(1);
  });
});

test.describe("security keys", () => {
  // Covers CLIENT-135, CLIENT-137, CLIENT-139.
  test("E2E-14 adds one, renames and deletes it", async ({ profilePage, securityKey, signedIn }) => {
    await signedIn();
    await profilePage.open();
    const { payload: { user } } = await profilePage.createCredential("security-key", en.labels.createSecurityKey);
    expect(user.security_keys).toMatchObject([{ mfa_only: true }]);
    expect(user).not.toHaveProperty("passkeys");
    expect(await securityKey.credentials()).toMatchObject([{ isResidentCredential: false }]);
    const renamed = await profilePage.rename("security-key", "On my keys");
    expect(renamed.payload.user.security_keys).toMatchObject([{ name: "On my keys" }]);
    const deleted = await profilePage.confirm("security-key-edit-dropdown-0", en.labels.delete, "security_key_delete");
    expect(deleted.payload.user).not.toHaveProperty("security_keys");
  });

  test.describe("of the older kind", () => {
    test.use({ kind: { protocol: "u2f", ctap2Version: undefined } });

    // Covers CLIENT-166.
    test("E2E-14 are taken too", async ({ profilePage, securityKey, signedIn }) => {
      await signedIn();
      await profilePage.open();
      const { payload: { user } } = await profilePage.createCredential("security-key", en.labels.createSecurityKey);
      expect(user.security_keys).toHaveLength(1);
      expect(await securityKey.credentials()).toHaveLength(1);
    });
  });

  // Covers CLIENT-169.
  test("E2E-19 sign nobody in by themselves", async ({ elements, environment, page, profilePage, securityKey, signedIn, watch }) => {
    await signedIn();
    await profilePage.open();
    await profilePage.createCredential("security-key", en.labels.createSecurityKey);
    const [{ credentialId }] = await securityKey.credentials();
    await elements.forget();
    await page.addInitScript(() => {
      PublicKeyCredential.isConditionalMediationAvailable = async () => true;
      const get = navigator.credentials.get.bind(navigator.credentials);
      navigator.credentials.get = (options) => (options.mediation ? new Promise(() => {}) : get(options));
    });
    await elements.start("login_init");
    const { payload, actions, csrf_token } = (await watch.to("register_client_capabilities")).at(-1).body;
    const answer = await page.evaluate(async ({ url, csrf_token, challenge, id }) => {
      const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
      const assertion = await navigator.credentials.get({ publicKey: {
        challenge: bytes(challenge), allowCredentials: [{ type: "public-key", id: bytes(id) }], userVerification: "discouraged",
      } });
      const response = await fetch(url, {
        method: "POST", credentials: "include", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ csrf_token, input_data: { assertion_response: assertion.toJSON() } }),
      });
      return response.json();
    }, {
      url: environment.api + actions.webauthn_verify_assertion_response.href, csrf_token,
      challenge: payload.request_options.publicKey.challenge, id: credentialId,
    });
    expect(answer).toMatchObject({ name: "login_init", error: { code: "webauthn_credential_invalid_mfa_only" } });
  });
});

test.describe("the authenticator app", () => {
  // Covers CLIENT-116, CLIENT-117, CLIENT-132, CLIENT-139, CLIENT-140.
  test("E2E-15 E2E-44 is set up, and removed", async ({ elements, page, profilePage, signedIn }) => {
    await signedIn();
    await profilePage.open({ csp: "1" });
    const setUp = () => profilePage.press(
      "authenticator-app-manage-dropdown-0", en.labels.authenticatorAppAdd, "continue_to_otp_secret_creation", "mfa_otp_secret_creation");
    await setUp();
    await profilePage.run("back", () => elements.link(en.labels.back).click());
    const { payload } = await setUp();
    expect(payload.otp_image_source).toMatch(/^data:image\/png;base64,/);
    const picture = page.locator("hanko-profile img");
    await expect(picture).toBeVisible();
    expect(await picture.evaluate((image) => image.complete && image.naturalWidth)).toBeGreaterThan(0);

    const enter = (code, state) => profilePage.run("otp_code_verify", () => elements.typeCode(code), state);
    const wrong = await enter(totp(payload.otp_secret, 5), "mfa_otp_secret_creation");
    expect(wrong.payload).toEqual(payload);
    expect(wrong.actions.otp_code_verify.inputs.otp_code.error.code).toBe("passcode_invalid");
    const right = await enter(totp(payload.otp_secret), "profile_init");
    expect(right.payload.user.mfa_config.auth_app_set_up).toBe(true);
    const removed = await profilePage.confirm("authenticator-app-manage-dropdown-0", en.labels.delete, "otp_secret_delete");
    expect(removed.payload.user.mfa_config.auth_app_set_up).toBe(false);
  });
});

test.describe("without second factors", () => {
  test.use({ profile: "A" });

  // Covers CLIENT-139.
  test("the profile shows none", async ({ profilePage, signedIn }) => {
    await signedIn();
    const { payload: { user } } = await profilePage.open();
    expect(user.mfa_config).toEqual({ auth_app_set_up: false, totp_enabled: false, security_keys_enabled: false });
    for (const headline of [en.headlines.securityKeys, en.headlines.authenticatorApp]) {
      await expect(profilePage.page.getByRole("heading", { name: headline, exact: true })).toHaveCount(0);
    }
  });
});
