import { expect, test } from "../harness/fixtures.mjs";
import { person } from "../harness/flow-client.mjs";

const noPasskeys = () => delete window.PublicKeyCredential;

test.describe("the built-in page", () => {
  test("registers with code, password and passkey, and signs out", async ({ builtIn, environment, authenticator, page }) => {
    const { email, password } = person();
    await builtIn.open("registration");
    await builtIn.heading("Create an account");
    await builtIn.submit("Email address", email);
    await builtIn.heading("Check your mail");
    await builtIn.submit("Code", await environment.mail.code(email));
    await builtIn.heading("Choose a password");
    await builtIn.submit("New password", password, "Save password");
    await builtIn.heading("Create a passkey");
    await builtIn.press("Create a passkey");
    await builtIn.heading("You are signed in");
    await expect(builtIn.stage.locator(".person-name")).toHaveText(email);
    expect(await authenticator.credentials()).toHaveLength(1);

    await page.reload();
    await builtIn.heading("You are signed in");
    await builtIn.press("Check the session");
    await expect(builtIn.problem()).toContainText("The session is valid");
    await authenticator.clear();
    await builtIn.press("Sign out");
    await builtIn.heading("Sign in");
    await page.reload();
    await builtIn.heading("Sign in");
  });

  test("signs in with a passkey from the autofill of the field, and by the button", async ({ builtIn, environment, authenticator, page, context }) => {
    const { email, password } = person();
    await builtIn.open("registration");
    await builtIn.submit("Email address", email);
    await builtIn.submit("Code", await environment.mail.code(email));
    await builtIn.submit("New password", password, "Save password");
    await builtIn.press("Create a passkey");
    await builtIn.heading("You are signed in");

    await context.clearCookies();
    await builtIn.open();
    await builtIn.heading("You are signed in");

    await context.clearCookies();
    await page.addInitScript(() => {
      if (window.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false;
    });
    await builtIn.open();
    await builtIn.heading("Sign in");
    await builtIn.press("Sign in with a passkey");
    await builtIn.heading("You are signed in");
    expect(await authenticator.credentials()).toHaveLength(1);
  });

  test("tells an error at its field, keeps the focus there, and goes on after it", async ({ builtIn, account, page }) => {
    const { email, password } = await account();
    await page.addInitScript(noPasskeys);
    await builtIn.open();
    await expect(builtIn.field("Email address")).toBeFocused();
    await page.keyboard.type("mia@example.x");
    await page.keyboard.press("Enter");
    await expect(builtIn.field("Email address")).toHaveAttribute("aria-invalid", "true");
    await expect(builtIn.field("Email address")).toHaveAccessibleDescription(/invalid/);
    await expect(builtIn.field("Email address")).toBeFocused();
    await expect(builtIn.field("Email address")).toHaveValue("mia@example.x");
    await builtIn.submit("Email address", email);
    await builtIn.press("Enter my password");
    await builtIn.submit("Password", "not this one", "Sign in");
    await expect(builtIn.field("Password")).toHaveAttribute("aria-invalid", "true");
    await builtIn.submit("Password", password, "Sign in");
    await builtIn.heading("You are signed in");
  });

  test("recovers a password, and goes back on the way", async ({ builtIn, environment, account, page }) => {
    const { email } = await account();
    await page.addInitScript(noPasskeys);
    await builtIn.open();
    await builtIn.submit("Email address", email);
    await builtIn.heading("How would you like to sign in?");
    await builtIn.press("Back");
    await builtIn.heading("Sign in");
    await expect(builtIn.field("Email address")).toHaveValue(email);
    await builtIn.press("Continue");
    await builtIn.press("Enter my password");
    await builtIn.press("Forgot your password?");
    await builtIn.submit("Code", await environment.mail.code(email));
    await builtIn.heading("Choose a new password");
    await builtIn.submit("New password", "another horse battery", "Save password");
    await builtIn.heading("You are signed in");
  });

  test("leads from signing in to the profile, whose entries are chosen by name", async ({ builtIn, account, authenticator }) => {
    const who = await account();
    await builtIn.signIn(who);
    await builtIn.press("Create a passkey");
    await builtIn.heading("You are signed in");
    await builtIn.press("Go to your profile");
    await builtIn.heading("Your profile");
    await expect(builtIn.list("Emails")).toContainText(who.email);
    await expect(builtIn.list("Emails")).toContainText("Primary");
    await expect(builtIn.list("Sessions").getByRole("listitem")).toHaveCount(2);
    await expect(builtIn.list("Passkeys").getByRole("listitem")).toHaveCount(1);
    expect(await authenticator.credentials()).toHaveLength(1);

    await builtIn.expand("Rename a credential");
    const credential = builtIn.field("Credential").filter({ visible: true });
    await expect(credential.getByRole("option")).not.toHaveCount(0);
    await credential.selectOption({ index: 0 });
    await builtIn.submit("Passkey name", "My laptop", "Rename a credential");
    await expect(builtIn.list("Passkeys")).toContainText("My laptop");

    await builtIn.expand("End another session");
    await builtIn.stage.getByRole("button", { name: /^End another session: .*127\.0\.0\.1/ }).click();
    await expect(builtIn.list("Sessions").getByRole("listitem")).toHaveCount(1);
  });

  test("fits a phone", async ({ builtIn, account, page }) => {
    await page.addInitScript(noPasskeys);
    await page.setViewportSize({ width: 360, height: 740 });
    await builtIn.signIn(await account());
    await builtIn.press("Go to your profile");
    await builtIn.heading("Your profile");
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await width()).toBeLessThanOrEqual(360);
  });

  test("shows a picture with its text to copy, as an authenticator app needs it", async ({ builtIn, page }) => {
    const pixel = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    await page.route("**/picture", (route) => route.fulfill({ json: {
      name: "picture", status: 200, csrf_token: "x", links: null, payload: { otp_image_source: pixel, otp_secret: "GEZDGNBVGY3TQOJQ" },
      actions: { back: { href: "/picture?action=back%401", inputs: {}, action: "back", description: "" } },
    } }));
    await builtIn.open("picture");
    const picture = builtIn.stage.getByRole("img");
    await expect(picture).toBeVisible();
    expect(await picture.evaluate((image) => image.complete && image.naturalWidth)).toBe(1);
    await expect(builtIn.stage.getByText("GEZDGNBVGY3TQOJQ")).toBeVisible();
  });

  test("says which flow does not exist, and starts again", async ({ builtIn, page }) => {
    await builtIn.open();
    await builtIn.heading("Sign in");
    await page.getByText("Other", { exact: true }).click();
    await page.getByLabel("Name of the flow").fill("no_such_flow");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await builtIn.heading("That did not work");
    await page.getByRole("navigation", { name: "Flows" }).getByRole("link", { name: "Sign in" }).click();
    await builtIn.heading("Sign in");
  });

  test("shows the answer and the history, and runs steps one by one on demand", async ({ builtIn, page }) => {
    await builtIn.open();
    await builtIn.heading("Sign in");
    const inspector = page.getByRole("complementary", { name: "Inspector" });
    await expect(inspector.getByRole("tabpanel", { name: "Answer" })).toContainText("csrf_token");
    await inspector.getByRole("tab", { name: "Answer" }).focus();
    await page.keyboard.press("ArrowRight");
    await expect(inspector.getByRole("tabpanel", { name: "History" })).toContainText("register_client_capabilities");
    await inspector.getByRole("tab", { name: "Settings" }).click();
    await inspector.getByLabel("Run automatic steps").uncheck();
    await page.getByRole("navigation", { name: "Flows" }).getByRole("link", { name: "Sign in" }).click();
    await builtIn.heading("One moment");
    await builtIn.press("Register client capabilities");
    await builtIn.heading("Sign in");
  });

  test("sends a policy that leaves no room for foreign script", async ({ builtIn, page, environment }) => {
    const answer = await page.goto(environment.api);
    const policy = answer.headers()["content-security-policy"];
    expect(policy).toMatch(/script-src '(sha256|nonce)-/);
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    expect(policy).toContain("frame-ancestors 'none'");
    await builtIn.heading("Sign in");
  });
});

test.describe("the built-in page with “stay signed in”", () => {
  test.use({ profile: "H" });

  test("keeps the switch and the session", async ({ builtIn, account, page, context, environment }) => {
    const { email, password } = await account();
    await page.addInitScript(noPasskeys);
    await builtIn.open();
    await builtIn.field("Stay signed in").check();
    await expect(builtIn.field("Stay signed in")).toBeChecked();
    await builtIn.submit("Email address", email);
    await builtIn.press("Enter my password");
    await builtIn.submit("Password", password, "Sign in");
    await builtIn.heading("You are signed in");
    const cookie = (await context.cookies(environment.api)).find(({ name }) => name === "hanko");
    expect(cookie.expires).toBeGreaterThan(0);
  });
});

test.describe("the built-in page with the session in a header", () => {
  test.use({ profile: "J" });

  test("keeps the token for the time of the tab", async ({ builtIn, account, page }) => {
    await page.addInitScript(noPasskeys);
    await builtIn.signIn(await account());
    await builtIn.heading("You are signed in");
    await page.reload();
    await builtIn.heading("You are signed in");
    await builtIn.press("Sign out");
    await builtIn.heading("Sign in");
  });
});
