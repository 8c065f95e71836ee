// Drives the Hanko elements on the host page. States are read from the trace that the page keeps, never guessed from time.
import { expect } from "@playwright/test";
import { en } from "@teamhanko/hanko-elements/i18n/en";

export { en };

/** The texts that the elements lack and the host page adds. */
export const added = {
  otp_code_invalid: "This authentication code is wrong.", otp_code_already_used: "This authentication code was already used.",
};

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

  /** Waits until an action was run. */
  expectAction = (action) => this.#next({ type: "hanko-before-state-change", action });

  /** Waits for an event such as `hanko-session-created`. */
  expectEvent = (type) => this.#next({ type });

  async #next(wanted) {
    const find = ([from, expected]) => {
      const meant = (entry) => Object.entries(expected).every(([key, value]) => entry[key] === value);
      const at = (window.trace ?? []).findIndex((entry, index) => index >= from && meant(entry));
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

  /** Types the code that was just mailed to an address. */
  async confirmAddress(email) {
    await this.expectState("passcode_confirmation");
    await this.typeCode(await this.environment.mail.code(email));
  }

  /** Registers with e-mail, passcode and password, and waits for the state that follows. */
  async registerUpTo(state, { email, password }) {
    await this.start("registration_init", { mode: "registration" });
    await this.submitEmail(email);
    await this.confirmAddress(email);
    await this.expectState("password_creation");
    await this.submitPassword(password, en.labels.continue);
    await this.expectState(state);
  }

  /** Registers with a passkey on the page's authenticator too, and ends signed in. */
  async registerWithPasskey(who) {
    await this.registerUpTo("onboarding_create_passkey", who);
    await this.button(en.labels.registerAuthenticator).click();
    await this.expectState("success");
  }

  /** Asks to sign in with an address, and waits for the choice of a method. */
  async askToSignIn({ email }, options = {}) {
    await this.start("login_init", options);
    await this.submitEmail(email);
    await this.expectState("login_method_chooser");
  }

  /** Signs in with a password, in a browser that reports no WebAuthn, and waits for the state that follows. */
  async signInUpTo(state, who, options = {}) {
    await this.askToSignIn(who, options);
    await this.button(en.labels.password).click();
    await this.expectState("login_password");
    await this.submitPassword(who.password);
    await this.expectState(state);
  }

  async signInWithPassword(who, options) {
    await this.signInUpTo("success", who, options);
    await this.expectEvent("hanko-session-created");
  }

  /**
   * Makes the browser one that was never here, but for what its authenticators hold. Cookies alone are not enough: a
   * page that remembers a session announces its end with the next poll, and starts over in the middle of a test.
   */
  async forget() {
    await this.page.goto(`${this.environment.host.url}/host.js`);
    await this.page.evaluate(() => localStorage.clear());
    await this.page.context().clearCookies();
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
