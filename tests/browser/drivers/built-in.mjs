// Drives the page that the server itself serves, by what a person perceives: roles, names and texts.
import { expect } from "@playwright/test";

export class BuiltIn {
  constructor(page, environment) {
    this.page = page;
    this.environment = environment;
    this.stage = page.locator("#stage");
  }

  /** Loads the page anew, also where only the fragment differs from what is shown. */
  async open(flow = "login") {
    await this.page.goto("about:blank");
    await this.page.goto(`${this.environment.api}/#${flow}`);
  }

  heading = (name) => expect(this.stage.getByRole("heading", { level: 1, name, exact: true })).toBeVisible();
  field = (label) => this.stage.getByLabel(label, { exact: true });
  press = (name) => this.stage.getByRole("button", { name, exact: true }).click();
  list = (name) => this.stage.getByRole("region", { name, exact: true });
  expand = (name) => this.stage.locator("summary").filter({ hasText: name }).click();
  problem = () => this.stage.getByRole("alert");

  async submit(label, value, button = "Continue") {
    await this.field(label).fill(value);
    await this.press(button);
  }

  /** Opens the page and signs in with a password; what follows depends on the account and the configuration. */
  async signIn({ email, password }) {
    await this.open();
    await this.submit("Email address", email);
    await this.press("Enter my password");
    await this.submit("Password", password, "Sign in");
  }

  /** Does something in an entry of the profile that has to be opened first. */
  async change(name, button = name) {
    await this.expand(name);
    await this.stage.getByRole("button", { name: button, exact: true }).filter({ visible: true }).click();
  }
}
