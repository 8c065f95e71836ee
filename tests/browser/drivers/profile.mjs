// Operates the profile page of the elements: its dropdowns, and what the server answers to what is done in them.
import { en } from "./elements.mjs";

export class Profile {
  constructor(elements, watch) {
    this.elements = elements;
    this.watch = watch;
    this.page = elements.page;
  }

  /** Opens the page, and gives the answer that it shows. */
  async open(options = {}) {
    await this.elements.start("profile_init", { element: "hanko-profile", ...options });
    return this.#newest("register_client_capabilities");
  }

  #newest = async (action) => (await this.watch.to(action)).at(-1).body;

  /** Opens a dropdown, and gives its content; a click on an open one would close it. */
  async unfold(dropdown) {
    const label = this.page.locator(`label[for=${dropdown}]`);
    if (!(await this.page.locator(`input#${dropdown}`).isChecked())) await label.click();
    return this.page.locator(`div:has(> label[for=${dropdown}])`);
  }

  /** Presses something in a dropdown that runs `action`, and gives the answer that led to `state`. */
  async press(dropdown, label, action, state = "profile_init") {
    const content = await this.unfold(dropdown);
    return this.run(action, () => content.getByRole("button", { name: label, exact: true }).click(), state);
  }

  /** The same where a link asks first whether it is meant. */
  async confirm(dropdown, label, action) {
    const content = await this.unfold(dropdown);
    return this.run(action, async () => {
      await content.getByRole("button", { name: label, exact: true }).click();
      await content.getByRole("button", { name: en.labels.yes, exact: true }).click();
    });
  }

  /** Saves a value that is typed in a dropdown. */
  async save(dropdown, value, action, state) {
    await (await this.unfold(dropdown)).getByRole("textbox").fill(value);
    return this.press(dropdown, en.labels.save, action, state);
  }

  /** Does something that runs `action`, waits for the page that follows, and gives the answer of the server. */
  async run(action, act, state = "profile_init") {
    await act();
    await this.elements.expectAction(action);
    await this.elements.expectState(state);
    return this.#newest(action);
  }

  /** Presses what asks the browser for a new credential, which the server then checks; both announce the page again. */
  async createCredential(kind, label) {
    const content = await this.unfold(`${kind}-create-dropdown-0`);
    await content.getByRole("button", { name: label, exact: true }).click();
    await this.elements.expectAction("webauthn_verify_attestation_response");
    await this.elements.restarted("profile_init");
    return this.#newest("webauthn_verify_attestation_response");
  }

  /** Renames a credential on the page that its dropdown leads to. */
  async rename(kind, name) {
    const content = await this.unfold(`${kind}-edit-dropdown-0`);
    await content.getByRole("button", { name: en.labels.rename, exact: true }).click();
    await this.page.locator(`input[name=${kind}]`).fill(name);
    return this.run("webauthn_credential_rename", () => this.elements.button(en.labels.save).click());
  }
}
