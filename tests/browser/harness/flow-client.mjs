// The bare protocol from outside a browser, to make accounts quickly and to send what no client would.
import { totp } from "./totp.mjs";

export class FlowClient {
  constructor(environment, { headers = {} } = {}) {
    this.environment = environment;
    this.headers = headers;
    this.cookies = new Map();
  }

  async request(method, path, body, headers = {}) {
    const response = await fetch(this.environment.api + path, {
      method,
      headers: {
        "Content-Type": "application/json", "X-Language": "en", ...this.headers, ...headers,
        ...(this.cookies.size ? { Cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ") } : {}),
      },
      body: typeof body === "string" ? body : body && JSON.stringify(body),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      if (value) this.cookies.set(name, value);
      else this.cookies.delete(name);
    }
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: text.startsWith("{") ? JSON.parse(text) : null };
  }

  /** Starts a flow as a browser without WebAuthn. */
  async start(flow, capabilities = {}) {
    this.state = (await this.request("POST", `/${flow}`)).body;
    return this.run("register_client_capabilities", {
      webauthn_available: false, webauthn_conditional_mediation_available: false, webauthn_platform_authenticator_available: false,
      ...capabilities,
    });
  }

  async run(action, input_data = {}) {
    const offered = this.state.actions[action];
    if (!offered) throw new Error(`${action} is not offered in ${this.state.name} (${Object.keys(this.state.actions)})`);
    this.answer = await this.request("POST", offered.href, { input_data, csrf_token: this.state.csrf_token });
    return (this.state = this.answer.body);
  }
}

let count = 0;
const unique = () => `${process.pid.toString(36)}${Date.now().toString(36)}${(count += 1)}`;

/** A new person: an address and a name that no test has used before. */
export const person = () => {
  const name = `mia_${unique()}`;
  return { email: `${name}@example.test`, username: name, password: "correct horse battery" };
};

/** Registers a person through the protocol; `wanted` names the identifiers and credentials that the account gets. */
export async function register(environment, who, wanted = {}) {
  const has = { email: true, username: false, password: true, totp: false, ...wanted };
  const client = new FlowClient(environment);
  await client.start("registration");
  const inputs = {};
  if (has.email) inputs.email = who.email;
  if (has.username) inputs.username = who.username;
  await client.run("register_login_identifier", inputs);
  const answers = {
    passcode_confirmation: async () => client.run("verify_passcode", { code: await environment.mail.code(who.email) }),
    password_creation: () => (has.password ? client.run("register_password", { new_password: who.password }) : client.run("skip")),
    mfa_method_chooser: () => client.run(has.totp ? "continue_to_otp_secret_creation" : "skip"),
    mfa_otp_secret_creation: () => {
      who.secret = client.state.payload.otp_secret;
      return client.run("otp_code_verify", { otp_code: totp(who.secret) });
    },
    credential_onboarding_chooser: () => (has.password ? client.run("continue_to_password_registration") : client.run("skip")),
  };
  while (client.state.name !== "success") {
    const answer = answers[client.state.name];
    if (!answer) throw new Error(`registration stopped in ${JSON.stringify(client.state)}`);
    const before = client.state.name;
    await answer();
    if (client.state.name === before) throw new Error(`registration is stuck in ${JSON.stringify(client.state)}`);
  }
  return client;
}
