import { en } from "../drivers/elements.mjs";
import { expect, test } from "../harness/fixtures.mjs";
import { FlowClient, person } from "../harness/flow-client.mjs";

test.beforeEach(({ page }) => page.addInitScript(() => delete window.PublicKeyCredential));

test.describe("a username that is asked for at login", () => {
  test.use({ profile: "D" });

  // Covers CLIENT-79, CLIENT-111.
  test("E2E-26 asks for the username, refuses one that is taken, and can be skipped", async ({ elements, account, watch }) => {
    const [first, second] = [await account(), await account()];
    const signIn = async ({ email, password }) => {
      await elements.start("login_init");
      await elements.username().fill(email);
      await elements.button(en.labels.continue).click();
      await elements.expectState("login_method_chooser");
      await elements.button(en.labels.password).click();
      await elements.expectState("login_password");
      await elements.submitPassword(password);
      await elements.expectState("onboarding_username");
      await elements.headline(en.headlines.createUsername);
    };
    await signIn(first);
    const [begun] = await watch.to("register_client_capabilities");
    expect(Object.keys(begun.body.actions.continue_with_login_identifier.inputs)).toEqual(["identifier"]);
    await elements.username().fill(first.username);
    await elements.button(en.labels.continue).click();
    await elements.expectState("success");

    await signIn(second);
    await elements.username().fill(first.username);
    await elements.button(en.labels.continue).click();
    await elements.expectState("onboarding_username");
    await expect(elements.errorText()).toHaveText(en.flowErrors.username_already_exists);
    await elements.link(en.labels.skip).click();
    await elements.expectState("success");
  });
});

test.describe("an account that may have no address", () => {
  test.use({ profile: "E" });

  // Covers CLIENT-18, CLIENT-92, CLIENT-99, CLIENT-111.
  test("E2E-27 registers with a username only, and adds the address at login", async ({ elements }) => {
    const { username, email, password } = person();
    await elements.start("registration_init", { mode: "registration" });
    await expect(elements.username()).toBeVisible();
    await expect(elements.email()).toBeVisible();
    await expect(elements.email()).toHaveAttribute("placeholder", new RegExp(en.labels.optional));
    await elements.username().fill(username);
    await elements.button(en.labels.continue).click();
    await elements.expectState("password_creation");
    await elements.submitPassword(password, en.labels.continue);
    await elements.expectState("success");

    const signIn = async () => {
      await elements.start("login_init");
      await elements.username().fill(username);
      await elements.button(en.labels.continue).click();
      await elements.expectState("login_password");
      await expect(elements.link(en.labels.forgotYourPassword)).toHaveCount(0);
      await elements.submitPassword(password);
      await elements.expectState("onboarding_email");
      await elements.headline(en.headlines.createEmail);
    };
    await signIn();
    await elements.link(en.labels.skip).click();
    await elements.expectState("success");

    await signIn();
    await elements.submitEmail(email);
    await elements.confirmAddress(email);
    await elements.expectState("success");
    const me = await elements.page.evaluate(() => window.hankoClient.getCurrentUser());
    expect(me.emails).toMatchObject([{ address: email, is_verified: true, is_primary: true }]);
    expect(me.username.username).toBe(username);
  });

  // Covers CLIENT-95.
  test("refuses a username with other characters than letters, digits and underscores", async ({ elements, watch }) => {
    await elements.start("registration_init", { mode: "registration" });
    await elements.username().fill("not a name");
    await elements.button(en.labels.continue).click();
    await elements.expectState("registration_init");
    await expect(elements.errorText()).toHaveText(en.flowErrors.invalid_username_error);
    const [refused] = await watch.to("register_login_identifier");
    expect(refused.body.actions.register_login_identifier.inputs.username.error.code).toBe("invalid_username_error");
  });
});

test.describe("a username as the only identifier", () => {
  test.use({ profile: "F" });

  // Covers CLIENT-79.
  test("E2E-28 signs in with a username", async ({ elements, account, watch }) => {
    const { username, password } = await account({ email: true, username: true, password: true });
    await elements.start("login_init");
    const [begun] = await watch.to("register_client_capabilities");
    expect(Object.keys(begun.body.actions.continue_with_login_identifier.inputs)).toEqual(["username"]);
    await elements.username().fill("nobody_at_all");
    await elements.button(en.labels.continue).click();
    await elements.expectState("login_init");
    await expect(elements.errorText()).toHaveText(en.flowErrors.unknown_username_error);
    await elements.username().fill(username);
    await elements.button(en.labels.continue).click();
    await elements.expectState("login_method_chooser");
    await elements.button(en.labels.password).click();
    await elements.expectState("login_password");
    await elements.submitPassword(password);
    await elements.expectState("success");
  });
});

test.describe("a username that nobody may go without", () => {
  test.use({ profile: "usernameRequired" });

  // Covers CLIENT-111.
  test("is asked for at login, and cannot be skipped", async ({ environment, account }) => {
    const { email, username, password } = await account();
    const client = new FlowClient(environment);
    await client.start("login");
    await client.run("continue_with_login_identifier", { identifier: email });
    await client.run("continue_to_password_login");
    expect((await client.run("password_login", { password })).name).toBe("onboarding_username");
    expect(Object.keys(client.state.actions)).toEqual(["username_create"]);
    expect((await client.run("username_create", { username })).name).toBe("success");
  });
});
