// Virtual authenticators over the DevTools protocol. They belong to one page.

const PLATFORM = {
  protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal",
  hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true,
};

/** One on USB that only proves possession, and keeps no passkeys. */
export const SECURITY_KEY = { transport: "usb", hasResidentKey: false, hasUserVerification: false };

export class Authenticator {
  /** `present: false` leaves every prompt unanswered, as somebody who has not touched the sensor yet. */
  static async attach(page, { present = true, ...options } = {}) {
    const authenticator = new Authenticator();
    authenticator.cdp = await page.context().newCDPSession(page);
    await authenticator.cdp.send("WebAuthn.enable", { enableUI: false });
    const { authenticatorId } = await authenticator.cdp.send("WebAuthn.addVirtualAuthenticator", {
      options: { ...PLATFORM, ...options, automaticPresenceSimulation: present },
    });
    authenticator.id = authenticatorId;
    return authenticator;
  }

  #send = (command, parameters = {}) => this.cdp.send(`WebAuthn.${command}`, { authenticatorId: this.id, ...parameters });

  credentials = async () => (await this.#send("getCredentials")).credentials;
  present = (enabled) => this.#send("setAutomaticPresenceSimulation", { enabled });
  forgeSignatures = (isBogusSignature) => this.#send("setResponseOverrideBits", { isBogusSignature });
  clear = () => this.#send("clearCredentials");
  add = (credential) => this.#send("addCredential", { credential });

  /** Puts back the credentials of another authenticator, with a change to each. */
  async restore(credentials, change = {}) {
    await this.clear();
    for (const credential of credentials) await this.add({ ...credential, ...change });
  }
}
