import { Authenticator, SECURITY_KEY } from "../harness/authenticator.mjs";
import { expect, test } from "../harness/fixtures.mjs";
import { person } from "../harness/flow-client.mjs";
import { totp } from "../harness/totp.mjs";

test.use({ profile: "mfa" });

test.describe("the profile on the built-in page", () => {
  test("sets an authenticator app up from its picture, asks for its codes, and trusts the browser then", async ({ builtIn, account, context, environment, page, watch }) => {
    const who = await account();
    await page.addInitScript(() => delete window.PublicKeyCredential);
    await builtIn.signIn(who);
    await builtIn.press("Go to your profile");
    await builtIn.change("Authenticator app");
    await builtIn.heading("Set up your authenticator app");
    const picture = builtIn.stage.getByRole("img");
    await expect(picture).toBeVisible();
    expect(await picture.evaluate((image) => image.complete && image.naturalWidth)).toBeGreaterThan(0);
    const [{ body: { payload: { otp_secret: secret } } }] = await watch.to("continue_to_otp_secret_creation");
    await expect(builtIn.stage.getByText(secret)).toBeVisible();
    await builtIn.submit("Authentication code", totp(secret, 5));
    await expect(builtIn.field("Authentication code")).toHaveAttribute("aria-invalid", "true");
    await expect(picture).toBeVisible();
    await builtIn.submit("Authentication code", totp(secret));
    await builtIn.heading("Your profile");

    await context.clearCookies();
    await builtIn.signIn(who);
    await builtIn.heading("Enter your authentication code");
    await builtIn.submit("Authentication code", totp(secret, 1));
    await builtIn.heading("Trust this browser?");
    await builtIn.press("Trust this browser");
    await builtIn.heading("You are signed in");
    const trusted = (await context.cookies(environment.api)).filter(({ name }) => name === "hanko-device-token");

    await context.clearCookies();
    await context.addCookies(trusted);
    await builtIn.signIn(who);
    await builtIn.heading("You are signed in");
    await builtIn.press("Go to your profile");
    await builtIn.change("Remove the authenticator app");
    await expect(builtIn.stage.locator("summary").filter({ hasText: "Authenticator app" })).toHaveCount(1);
  });

  test("creates a passkey and a security key, and deletes both", async ({ builtIn, account, authenticator, page }) => {
    await builtIn.signIn(await account());
    await builtIn.press("Create a passkey");
    await builtIn.heading("You are signed in");
    await builtIn.press("Go to your profile");
    const securityKey = await Authenticator.attach(page, SECURITY_KEY);
    await builtIn.change("Add a security key");
    await expect(builtIn.list("Security keys").getByRole("listitem")).toHaveCount(1);
    expect([await authenticator.credentials(), await securityKey.credentials()].map(({ length }) => length)).toEqual([1, 1]);

    await builtIn.change("Delete a credential");
    await expect(builtIn.list("Passkeys")).toHaveCount(0);
    await builtIn.change("Delete a security key");
    await expect(builtIn.list("Security keys")).toHaveCount(0);
  });

  test("lists the sessions, and ends the one of another browser", async ({ builtIn, account, elsewhere, page }) => {
    const who = await account();
    await elsewhere.signInWithPassword(who);
    await page.addInitScript(() => delete window.PublicKeyCredential);
    await builtIn.signIn(who);
    await builtIn.press("Go to your profile");
    const sessions = builtIn.list("Sessions").getByRole("listitem");
    // The registration began one, too.
    await expect(sessions).toHaveCount(3);
    await builtIn.expand("End another session");
    await builtIn.stage.getByRole("button", { name: /^End another session: .*Chrome/ }).click();
    await expect(sessions).toHaveCount(2);
    await elsewhere.page.bringToFront();
    await elsewhere.expectEvent("hanko-session-expired");
  });

  test("adds an address, and deletes the account", async ({ builtIn, account, environment, page }) => {
    const { email } = person();
    await page.addInitScript(() => delete window.PublicKeyCredential);
    const who = await account();
    await builtIn.signIn(who);
    await builtIn.press("Go to your profile");
    await builtIn.expand("Add an email address");
    await builtIn.field("Email address").filter({ visible: true }).fill(email);
    await builtIn.press("Add an email address");
    await builtIn.submit("Code", await environment.mail.code(email));
    await expect(builtIn.list("Emails").getByRole("listitem")).toHaveCount(2);
    await builtIn.change("Delete the account");
    await builtIn.heading("Your account is deleted");
    await builtIn.signIn(who);
    await expect(builtIn.field("Password")).toHaveAttribute("aria-invalid", "true");
  });
});
