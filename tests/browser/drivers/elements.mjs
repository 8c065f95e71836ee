// Drives the Hanko elements on the host page. States are read from the trace that the page keeps, never guessed from time.
import { expect } from "@playwright/test";
import { en } from "@teamhanko/hanko-elements/i18n/en";

export { en };

export class Elements {
  #seen = 0;

  constructor(page, environment) {
    this.page = page;
    this.environment = environment;
  }

  /** Opens the host page with one element, whose attributes are the other options. */
  async open(options = {}) {
    const query = new URLSearchParams({ element: "hanko-auth", lang: "en", ...options });
    this.#seen = 0;
    await this.page.goto(`${this.environment.host.url}/?${query}`);
  }

  /** Opens the page and waits until its first state was announced twice (section 4.7): before that, acting is undone. */
  async start(state, options = {}) {
    await this.open(options);
    await this.restarted(state);
  }

  async restarted(state) {
    await this.expectState(state);
    await this.expectState(state);
  }

  /** Waits for the next announcement of a state after those already waited for, and returns it. */
  expectState = (state) => this.#next({ type: "hanko-after-state-change", state });

  /** Waits for an event such as `hanko-session-created`. */
  expectEvent = (type) => this.#next({ type });

  async #next(wanted) {
    const find = ([from, { type, state }]) => {
      const at = (window.trace ?? []).findIndex((entry, index) => index >= from && entry.type === type && (!state || entry.state === state));
      return at < 0 ? null : { at, entry: window.trace[at] };
    };
    try {
      const { at, entry } = await (await this.page.waitForFunction(find, [this.#seen, wanted], { timeout: 15_000 })).jsonValue();
      this.#seen = at + 1;
      return entry;
    } catch (cause) {
      const trace = await this.page.evaluate(() => window.trace).catch(() => null);
      throw new Error(`no ${JSON.stringify(wanted)} after entry ${this.#seen} of ${JSON.stringify(trace, null, 1)}`, { cause });
    }
  }

  /** All announced states in order, without the repetitions that the elements make by themselves. */
  async states() {
    const trace = await this.page.evaluate(() => window.trace);
    const names = trace.filter(({ type }) => type === "hanko-after-state-change").map(({ state }) => state);
    return names.filter((name, at) => name !== names[at - 1]);
  }

  count = (type) => this.page.evaluate((wanted) => window.trace.filter((entry) => entry.type === wanted).length, type);

  headline = (text) => expect(this.page.getByRole("heading", { level: 1, name: text })).toBeVisible();
  button = (text) => this.page.getByRole("button", { name: text, exact: true });
  link = (text) => this.page.getByText(text, { exact: true });
  email = () => this.page.locator("input[type=email]");
  /** The field for a username, or for either identifier; the markup gives it nothing but its caption. */
  username = () => this.page.getByRole("textbox", { name: new RegExp(`^(${en.labels.username}|${en.labels.emailOrUsername})\\b`) });
  password = () => this.page.locator("input[type=password]");
  digit = (index) => this.page.locator(`input[name=passcode${index}]`);
  errorText = () => this.page.locator("#errorMessage");

  async submitEmail(address) {
    await this.email().fill(address);
    await this.button(en.labels.continue).click();
  }

  async submitPassword(password, label = en.labels.signIn) {
    await this.password().fill(password);
    await this.button(label).click();
  }

  /** Registers with e-mail, passcode, password and a passkey on the page's authenticator, and ends signed in. */
  async registerWithPasskey({ email, password }) {
    await this.start("registration_init", { mode: "registration" });
    await this.submitEmail(email);
    await this.expectState("passcode_confirmation");
    await this.typeCode(await this.environment.mail.code(email));
    await this.expectState("password_creation");
    await this.submitPassword(password, en.labels.continue);
    await this.expectState("onboarding_create_passkey");
    await this.button(en.labels.registerAuthenticator).click();
    await this.expectState("success");
  }

  /** Signs in with a password, in a browser that reports no WebAuthn. */
  async signInWithPassword({ email, password }, options = {}) {
    await this.start("login_init", options);
    await this.submitEmail(email);
    await this.expectState("login_method_chooser");
    await this.button(en.labels.password).click();
    await this.expectState("login_password");
    await this.submitPassword(password);
    await this.expectState("success");
    await this.expectEvent("hanko-session-created");
  }

  /** Signs in with a password up to the second factor, in a browser that reports no WebAuthn. */
  async signInToSecondFactor({ email, password }, state) {
    await this.start("login_init");
    await this.submitEmail(email);
    await this.expectState("login_method_chooser");
    await this.button(en.labels.password).click();
    await this.expectState("login_password");
    await this.submitPassword(password);
    await this.expectState(state);
  }

  /** Opens a dropdown of the profile page and gives its content. */
  async unfold(dropdown) {
    await this.page.locator(`label[for=${dropdown}]`).click();
    return this.page.locator(`div:has(> label[for=${dropdown}])`);
  }

  /** Clicks a link that asks whether it is meant, and says yes. */
  async confirm(link) {
    await link.click();
    await this.link(en.labels.yes).click();
  }

  /** Types a code as a person would; the element sends it by itself after the sixth character. */
  async typeCode(code) {
    await expect(this.digit(0)).toBeEnabled();
    // After an error on the set-up of an authenticator app the fields keep their digits.
    for (let index = 5; index >= 0; index -= 1) await this.digit(index).fill("");
    await this.digit(0).click();
    await this.page.keyboard.type(code);
  }
}
