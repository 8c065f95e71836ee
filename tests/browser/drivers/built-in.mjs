// Drives the page that the server itself serves, by what a person perceives: roles, names and texts.
import { expect } from "@playwright/test";

export class BuiltIn {
  constructor(page, environment) {
    this.page = page;
    this.environment = environment;
    this.stage = page.locator("#stage");
  }

  async open(flow = "login") {
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
}
