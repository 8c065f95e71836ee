import { en, Elements } from "../drivers/elements.mjs";
import { Authenticator } from "../harness/authenticator.mjs";
import { expect, test } from "../harness/fixtures.mjs";
import { FlowClient, person } from "../harness/flow-client.mjs";
import { totp } from "../harness/totp.mjs";

test.use({ profile: "mfa" });

const open = (elements) => elements.start("profile_init", { element: "hanko-profile" });
const newest = async (watch, action) => (await watch.to(action)).at(-1);

// Covers CLIENT-121, CLIENT-122, CLIENT-127, CLIENT-128, CLIENT-129.
test("E2E-11 adds an address, makes it the primary one and deletes the other", async ({ elements, environment, signedIn, account, watch }) => {
  const { email } = await signedIn();
  const taken = (await account()).email;
  const { email: added } = person();
  await open(elements);
  const input = async (address) => {
    const dropdown = await elements.unfold("email-create-dropdown-0");
    await dropdown.locator("input[type=email]").fill(address);
    await dropdown.getByRole("button", { name: en.labels.save }).click();
    return dropdown;
  };
  await input(email);
  await elements.expectState("profile_init");
  await expect(elements.page.getByText(en.flowErrors.email_already_exists)).toBeVisible();
  const refused = await newest(watch, "email_create");
  expect(refused.body).toMatchObject({ name: "profile_init", error: { code: "form_data_invalid_error" } });
  expect(refused.body.payload.user.emails).toHaveLength(1);

  await open(elements);
  await input(added);
  await elements.expectState("passcode_confirmation");
  await elements.typeCode(await environment.mail.code(added));
  await elements.expectState("profile_init");
  const second = await elements.unfold("email-edit-dropdown-1");
  await second.getByText(en.labels.setAsPrimaryEmail, { exact: true }).click();
  await elements.expectState("profile_init");
  const { body: { payload: { user } } } = await newest(watch, "email_set_primary");
  expect(user.emails.map(({ address, is_primary, is_verified }) => [address, Boolean(is_primary), is_verified]).sort())
    .toEqual([[added, true, true], [email, false, true]].sort());

  const old = user.emails.findIndex(({ address }) => address === email);
  await elements.confirm((await elements.unfold(`email-edit-dropdown-${old}`)).getByText(en.labels.delete, { exact: true }));
  await elements.expectState("profile_init");
  expect((await newest(watch, "email_delete")).body.payload.user.emails.map(({ address }) => address)).toEqual([added]);
  expect(taken).not.toBe(added);
});

// Covers CLIENT-130, CLIENT-131, CLIENT-132.
test("E2E-12 changes the password", async ({ elements, signedIn, watch, context }) => {
  const { email } = await signedIn();
  await open(elements);
  const dropdown = await elements.unfold("password-edit-dropdown-0");
  await dropdown.locator("input[type=password]").fill("short");
  await dropdown.getByRole("button", { name: en.labels.save }).click();
  expect(await watch.to("password_update")).toHaveLength(0);
  await dropdown.locator("input[type=password]").fill("another correct horse");
  await dropdown.getByRole("button", { name: en.labels.save }).click();
  await elements.expectState("profile_init");
  expect(await newest(watch, "password_update")).toMatchObject({ status: 200 });
  await context.clearCookies();
  await elements.page.addInitScript(() => delete window.PublicKeyCredential);
  await elements.signInWithPassword({ email, password: "another correct horse" });
});

// Covers CLIENT-134, CLIENT-135, CLIENT-136, CLIENT-138.
test("E2E-13 creates a passkey, renames and deletes it", async ({ elements, signedIn, authenticator, watch }) => {
  await signedIn();
  await open(elements);
  const create = async () => (await elements.unfold("passkey-create-dropdown-0")).getByRole("button", { name: en.labels.createPasskey }).click();
  await create();
  await elements.expectState("webauthn_credential_verification");
  await elements.expectState("profile_init");
  expect(await authenticator.credentials()).toHaveLength(1);

  // The same authenticator has one already.
  await create();
  await elements.expectState("webauthn_credential_verification");
  await elements.expectState("profile_init");
  const [, again] = await watch.to("webauthn_credential_create");
  expect(again.body.payload.creation_options.publicKey.excludeCredentials).toHaveLength(1);
  await expect(elements.errorText()).toHaveText(en.flowErrors.webauthn_credential_already_exists);

  await open(elements);
  await (await elements.unfold("passkey-edit-dropdown-0")).getByText(en.labels.rename, { exact: true }).click();
  await elements.page.locator("input[name=passkey]").fill("On my desk");
  await elements.button(en.labels.save).click();
  await elements.expectState("profile_init");
  expect((await newest(watch, "webauthn_credential_rename")).body.payload.user.passkeys[0].name).toBe("On my desk");
  await elements.confirm((await elements.unfold("passkey-edit-dropdown-0")).getByText(en.labels.delete, { exact: true }));
  await elements.expectState("profile_init");
  expect((await newest(watch, "webauthn_credential_delete")).body.payload.user.passkeys).toBeUndefined();
});

// Covers CLIENT-137, CLIENT-139.
test("E2E-14 adds a security key, renames and deletes it", async ({ elements, page, signedIn, watch }) => {
  await Authenticator.attach(page, { transport: "usb", hasResidentKey: false, hasUserVerification: false });
  await signedIn();
  await open(elements);
  await (await elements.unfold("security-key-create-dropdown-0")).getByRole("button", { name: en.labels.createSecurityKey }).click();
  await elements.expectState("webauthn_credential_verification");
  await elements.expectState("profile_init");
  await (await elements.unfold("security-key-edit-dropdown-0")).getByText(en.labels.rename, { exact: true }).click();
  await elements.page.locator("input[name=security-key]").fill("On my keys");
  await elements.button(en.labels.save).click();
  await elements.expectState("profile_init");
  expect((await newest(watch, "webauthn_credential_rename")).body.payload.user.security_keys).toMatchObject([{ name: "On my keys", mfa_only: true }]);
  const key = await elements.unfold("security-key-edit-dropdown-0");
  // The elements offer to delete a security key only beside the action for passkeys.
  if (await key.getByText(en.labels.delete, { exact: true }).count()) {
    await elements.confirm(key.getByText(en.labels.delete, { exact: true }));
    await elements.expectState("profile_init");
    expect((await newest(watch, "security_key_delete")).body.payload.user.security_keys).toBeUndefined();
  }
});

// Covers CLIENT-116, CLIENT-117, CLIENT-140.
test("E2E-15 sets an authenticator app up and removes it", async ({ elements, signedIn, watch }) => {
  await signedIn();
  await open(elements);
  const manage = async () => elements.unfold("authenticator-app-manage-dropdown-0");
  await (await manage()).getByRole("button", { name: en.labels.authenticatorAppAdd }).click();
  await elements.expectState("mfa_otp_secret_creation");
  const { otp_secret: secret, otp_image_source: image } = (await newest(watch, "continue_to_otp_secret_creation")).body.payload;
  expect(image).toMatch(/^data:image\/png;base64,/);
  await elements.typeCode(totp(secret, 5));
  await elements.expectState("mfa_otp_secret_creation");
  const wrong = (await newest(watch, "otp_code_verify")).body;
  expect(wrong.payload).toMatchObject({ otp_secret: secret, otp_image_source: image });
  expect(wrong.actions.otp_code_verify.inputs.otp_code.error.code).toBe("passcode_invalid");
  await elements.typeCode(totp(secret));
  await elements.expectState("profile_init");
  expect((await newest(watch, "otp_code_verify")).body.payload.user.mfa_config.auth_app_set_up).toBe(true);
  await elements.confirm((await manage()).getByText(en.labels.delete, { exact: true }));
  await elements.expectState("profile_init");
  expect((await newest(watch, "otp_secret_delete")).body.payload.user.mfa_config.auth_app_set_up).toBe(false);
});

// Covers CLIENT-144, CLIENT-145, CLIENT-146.
test("E2E-16 lists the sessions and ends another one", async ({ elements, browser, environment, signedIn, watch }) => {
  const { email, password } = await signedIn();
  const elsewhere = await browser.newContext();
  const other = new Elements(await elsewhere.newPage(), environment);
  await other.page.addInitScript(() => delete window.PublicKeyCredential);
  await other.signInWithPassword({ email, password });
  await open(elements);
  const { body: { payload: { sessions } } } = (await watch.to("register_client_capabilities")).at(-1);
  expect(sessions.map(({ current }) => Boolean(current)).sort()).toEqual([false, true]);
  const place = sessions.findIndex(({ current }) => !current);
  await elements.confirm((await elements.unfold(`session-edit-dropdown-${place}`)).getByText(en.labels.revoke, { exact: true }));
  await elements.expectState("profile_init");
  await other.page.bringToFront();
  await other.expectEvent("hanko-session-expired");
  await elsewhere.close();
});

test.describe("with a name", () => {
  test.use({ profile: "nameAndDeletion" });

  // Covers CLIENT-126, CLIENT-133.
  test("sets a name, changes and removes it", async ({ elements, signedIn, watch }) => {
    await signedIn();
    const names = [person().username, person().username];
    await open(elements);
    for (const [action, name] of [["username_create", names[0]], ["username_update", names[1]]]) {
      const dropdown = await elements.unfold("username-edit-dropdown-0");
      await dropdown.locator("input[type=text]").fill(name);
      await dropdown.getByRole("button", { name: en.labels.save }).click();
      await elements.expectState("profile_init");
      expect((await newest(watch, action)).body.payload.user.username.username).toBe(name);
    }
    await elements.confirm((await elements.unfold("username-edit-dropdown-0")).getByText(en.labels.delete, { exact: true }));
    await elements.expectState("profile_init");
    expect((await newest(watch, "username_delete")).body.payload.user.username).toBeUndefined();
  });
});

// Covers CLIENT-147.
test("E2E-18 deletes the account", async ({ elements, environment, signedIn, context, page }) => {
  const { email, client } = await signedIn();
  await open(elements);
  await elements.button(en.headlines.deleteAccount).click();
  await page.getByRole("checkbox").check();
  await elements.button(en.labels.delete).click();
  await elements.expectState("account_deleted");
  await elements.expectEvent("hanko-user-deleted");
  expect((await context.cookies(environment.api)).find(({ name }) => name === "hanko")).toBeUndefined();
  expect((await client.request("GET", "/me")).status).toBe(401);
  const again = new FlowClient(environment);
  await again.start("registration");
  expect((await again.run("register_login_identifier", { email })).name).toBe("passcode_confirmation");
});

// Covers CLIENT-149.
test("E2E-22 asks for a session, and shows the profile once there is one", async ({ elements, account, context, environment }) => {
  const who = await account();
  await elements.open({ element: "hanko-profile" });
  await elements.headline(en.headlines.error);
  await expect(elements.errorText()).toHaveText(en.flowErrors.unauthorized);
  await context.addCookies([{ name: "hanko", value: who.client.cookies.get("hanko"), url: environment.api }]);
  await open(elements);
});

// Covers CLIENT-125.
test.describe("of somebody without an address", () => {
  test.use({ profile: "E" });

  test("renders", async ({ elements, signedIn }) => {
    await signedIn({ email: false, username: true });
    await open(elements);
    await elements.unfold("username-edit-dropdown-0");
  });
});

// Covers CLIENT-148.
test("takes metadata from custom pages", async ({ environment, account }) => {
  const { client } = await account();
  await client.start("profile");
  await client.run("patch_metadata", { patch_metadata: { theme: "dark" } });
  expect(client.state.payload.user.metadata.unsafe_metadata).toEqual({ theme: "dark" });
  await client.run("patch_metadata", { patch_metadata: null });
  expect(client.state.name).toBe("profile_init");
  expect(client.state.payload.user.metadata?.unsafe_metadata).toBeUndefined();
});
