import { en } from "../drivers/elements.mjs";
import { expect, test } from "../harness/fixtures.mjs";
import { person } from "../harness/flow-client.mjs";

// With autofill the login page signs in by itself as soon as the authenticator holds a passkey.
const noAutofill = (page) => page.addInitScript(() => {
  PublicKeyCredential.isConditionalMediationAvailable = async () => false;
});

test.describe("the passkey button", () => {
  test.beforeEach(async ({ page, elements, authenticator }) => {
    await noAutofill(page);
    await elements.registerWithPasskey(person());
    expect(await authenticator.credentials()).toHaveLength(1);
    await elements.forget();
  });

  // Covers CLIENT-70, CLIENT-82, CLIENT-120, CLIENT-157, CLIENT-160, CLIENT-161.
  test("E2E-04 signs in", async ({ elements, watch }) => {
    await elements.start("login_init");
    const [begun] = (await watch.to("register_client_capabilities")).slice(-1);
    expect(begun.body.payload.request_options).toBeUndefined();
    await elements.button(en.labels.signInPasskey).click();
    await elements.expectState("success");
    expect(await elements.states()).toEqual(["login_init", "login_passkey", "success"]);
    const [asked] = await watch.to("webauthn_generate_request_options");
    expect(Object.keys(asked.body.actions)).toContain("back");
    expect(asked.body.payload.request_options.publicKey).toMatchObject({ rpId: "localhost" });
    const [done] = await watch.to("webauthn_verify_assertion_response");
    expect(JSON.parse(done.sent).input_data.assertion_response.clientExtensionResults).toEqual({});
    expect(done.body.payload.last_login).toEqual({ login_method: "passkey" });
  });

  // Covers CLIENT-71, CLIENT-167.
  test("E2E-19 refuses a forged signature and shows the first page again", async ({ elements, authenticator, watch }) => {
    await elements.start("login_init");
    await authenticator.forgeSignatures(true);
    await elements.button(en.labels.signInPasskey).click();
    await elements.expectState("login_passkey");
    await elements.expectState("login_init");
    await expect(elements.errorText()).toHaveText(en.flowErrors.passkey_invalid);
    const [refused] = await watch.to("webauthn_verify_assertion_response");
    expect(refused).toMatchObject({ status: 401, body: { name: "login_passkey", error: { code: "passkey_invalid" } } });
    expect(Object.keys(refused.body.actions)).toContain("back");
  });

  // Covers CLIENT-168.
  test("refuses a signature counter that goes back", async ({ elements, authenticator }) => {
    for (let logins = 0; logins < 2; logins += 1) {
      await elements.start("login_init");
      await elements.button(en.labels.signInPasskey).click();
      await elements.expectState("success");
      await elements.forget();
    }
    await elements.start("login_init");
    await authenticator.restore(await authenticator.credentials(), { signCount: 1 });
    await elements.button(en.labels.signInPasskey).click();
    await elements.expectState("login_passkey");
    await elements.expectState("login_init");
    await expect(elements.errorText()).toHaveText(en.flowErrors.passkey_invalid);
  });

  test("E2E-20 shows the first page again after a cancelled prompt, ready for another try", async ({ elements, page }) => {
    await elements.start("login_init");
    await page.evaluate(() => {
      const get = navigator.credentials.get.bind(navigator.credentials);
      navigator.credentials.get = () => { navigator.credentials.get = get; return Promise.reject(new DOMException("no", "NotAllowedError")); };
    });
    await elements.button(en.labels.signInPasskey).click();
    await elements.expectState("login_passkey");
    await elements.expectState("login_init");
    await expect(elements.button(en.labels.signInPasskey)).toBeEnabled();
    await elements.button(en.labels.signInPasskey).click();
    await elements.expectState("success");
  });

  // Covers CLIENT-163, CLIENT-165.
  const variants = {
    "without an attachment": (response) => delete response.authenticatorAttachment,
    "with a null attachment": (response) => (response.authenticatorAttachment = null),
    "with credential properties": (response) => (response.clientExtensionResults = { credProps: { rk: true } }),
  };
  for (const [name, change] of Object.entries(variants)) {
    test(`accepts an assertion ${name}`, async ({ elements, page }) => {
      await page.route(/action=webauthn_verify_assertion_response/, (route) => {
        if (route.request().method() !== "POST") return route.continue();
        const body = route.request().postDataJSON();
        change(body.input_data.assertion_response);
        return route.continue({ postData: JSON.stringify(body) });
      });
      await elements.start("login_init");
      await elements.button(en.labels.signInPasskey).click();
      await elements.expectState("success");
    });
  }
});

test.describe("autofill", () => {
  let kept;

  test.beforeEach(async ({ elements, authenticator }) => {
    await elements.registerWithPasskey(person());
    kept = await authenticator.credentials();
    expect(kept).toHaveLength(1);
    await elements.forget();
  });

  // Covers CLIENT-81, CLIENT-83, CLIENT-171.
  test("E2E-05 signs in without interaction", async ({ elements, watch }) => {
    await elements.open();
    await elements.expectState("success");
    const begun = (await watch.to("register_client_capabilities")).at(-1);
    expect(JSON.parse(begun.sent).input_data.webauthn_conditional_mediation_available).toBe(true);
    expect(begun.body.payload.request_options.publicKey.allowCredentials ?? []).toEqual([]);
    expect(Object.keys(begun.body.actions)).toContain("webauthn_verify_assertion_response");
  });

  // Covers CLIENT-84.
  test("works with the options that come after a way back", async ({ elements, authenticator, watch }) => {
    await authenticator.clear();
    await elements.start("login_init");
    await elements.submitEmail(person().email);
    await elements.expectState("login_method_chooser");
    await authenticator.restore(kept);
    await elements.link(en.labels.back).click();
    await elements.expectState("success");
    const [begun] = (await watch.to("register_client_capabilities")).slice(-1);
    const [back] = await watch.to("back");
    const challenge = ({ body }) => body.payload.request_options.publicKey.challenge;
    expect(challenge(back)).not.toBe(challenge(begun));
  });

  // Covers CLIENT-86.
  test("works with the options that come with an error", async ({ elements, authenticator, watch }) => {
    await authenticator.clear();
    await elements.start("login_init");
    await authenticator.restore(kept);
    // The form of the elements lets this through; the server wants a top-level domain of two letters.
    await elements.submitEmail("mia@example.x");
    await elements.expectState("success");
    const [refused] = await watch.to("continue_with_login_identifier");
    expect(refused).toMatchObject({ status: 400, body: { name: "login_init" } });
  });
});

test.describe("autofill beside “stay signed in”", () => {
  test.use({ profile: "H" });

  // Covers CLIENT-85.
  test("works with the options that come after the switch", async ({ elements, authenticator }) => {
    await elements.registerWithPasskey(person());
    const kept = await authenticator.credentials();
    await elements.forget();
    await authenticator.clear();
    await elements.start("login_init");
    await authenticator.restore(kept);
    await elements.page.getByRole("checkbox").check();
    await elements.expectState("success");
  });
});

test.describe("with passkeys switched off", () => {
  test.use({ profile: "L" });

  test("E2E-36 shows no passkey anywhere", async ({ elements, authenticator, watch }) => {
    await elements.registerUpTo("success", person());
    await elements.start("login_init");
    await expect(elements.button(en.labels.signInPasskey)).toHaveCount(0);
    const begun = (await watch.to("register_client_capabilities")).at(-1);
    expect(begun.body.payload.request_options).toBeUndefined();
    expect(await authenticator.credentials()).toHaveLength(0);
  });
});

test.describe("with nothing but passkeys", () => {
  test.use({ profile: "passkeyOnly" });

  // Covers CLIENT-80.
  test("offers the passkey button alone", async ({ elements, page, authenticator }) => {
    await noAutofill(page);
    const { email } = person();
    await elements.start("registration_init", { mode: "registration" });
    await elements.submitEmail(email);
    await elements.confirmAddress(email);
    await elements.expectState("onboarding_create_passkey");
    await elements.button(en.labels.registerAuthenticator).click();
    await elements.expectState("success");
    expect(await authenticator.credentials()).toHaveLength(1);

    await elements.forget();
    await elements.start("login_init");
    await expect(elements.email()).toHaveCount(0);
    await elements.button(en.labels.signInPasskey).click();
    await elements.expectState("success");
  });
});
