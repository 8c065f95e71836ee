import { expect, test } from "../harness/fixtures.mjs";
import { person } from "../harness/flow-client.mjs";

test.describe("a first start without any configuration", () => {
  test.use({ profile: "development" });

  test("leads from the page at the root to an account, with the mail in the development mailbox", async ({ builtIn, authenticator, page }) => {
    const { email, password } = person();
    await builtIn.open("registration");
    await builtIn.submit("Email address", email);
    await builtIn.heading("Check your mail");
    await builtIn.stage.getByRole("button", { name: /^use the code \d{6}$/ }).click();
    await expect(builtIn.field("Code")).toHaveValue(/^\d{6}$/);

    const inspector = page.getByRole("complementary", { name: "Inspector" });
    await inspector.getByRole("tab", { name: "Mailbox" }).click();
    const mail = inspector.getByRole("listitem").filter({ hasText: email });
    await mail.getByText(email).click();
    await expect(mail.locator("pre")).toContainText(await builtIn.field("Code").inputValue());
    await mail.getByRole("button", { name: "Show HTML" }).click();
    const html = mail.locator("iframe");
    await expect(html).toHaveAttribute("sandbox", "");
    await expect(html.contentFrame().locator("body")).toContainText(await builtIn.field("Code").inputValue());

    await builtIn.press("Continue");
    await builtIn.submit("New password", password, "Save password");
    await builtIn.press("Create a passkey");
    await builtIn.heading("You are signed in");
    expect(await authenticator.credentials()).toHaveLength(1);
  });
});
