// The configurations of the suite: what every server gets, and what each profile changes (letters as in the client
// contract, section 16.5). Third parties are not driven here.

const common = {
  service: { name: "Example Service" },
  secret_keys: ["a-sufficiently-long-secret-key-0123456789"],
  rate_limiter: { enabled: false },
  mfa: { enabled: false },
  email_delivery: { enabled: true, from_address: "no-reply@example.test", from_name: "Example" },
};

export const profiles = {
  A: {},
  // As the default is, with second factors.
  mfa: { mfa: { enabled: true }, account: { allow_deletion: true } },
  G: { mfa: { enabled: true, optional: false, acquire_on_login: true } },
  B: { password: { enabled: false } },
  C: { passkey: { acquire_on_registration: "conditional" }, password: { acquire_on_registration: "conditional" } },
  D: { username: { enabled: true, acquire_on_registration: false } },
  usernameRequired: { username: { enabled: true, acquire_on_registration: false, optional: false } },
  E: { username: { enabled: true, optional: true }, email: { optional: true } },
  F: { email: { use_as_login_identifier: false }, username: { enabled: true } },
  H: { session: { cookie: { retention: "prompt" } } },
  J: { session: { enable_auth_token_header: true }, webauthn: { relying_party: { id: "app.localhost" } }, site: "app.localhost" },
  K: { account: { allow_signup: false } },
  L: { passkey: { enabled: false } },
  R: { rate_limiter: { enabled: true, passcode_limits: { tokens: 2, interval: "10s" }, password_limits: { tokens: 1, interval: "1m" } } },
  unverified: { email: { require_verification: false } },
  hiddenSessions: { session: { show_on_profile: false } },
  blindSessions: { session: { acquire_ip_address: false, acquire_user_agent: false } },
  securityKeysOnly: { passkey: { enabled: false }, mfa: { enabled: true, totp: { enabled: false } } },
  M: { privacy: { only_show_actual_login_methods: true }, password: { optional: true } },
  hints: { privacy: { show_account_existence_hints: true } },
  N: { email: { passcode_charset: "alphanumeric" } },
  O: { session: { lifespan: "8s" } },
  idle: { session: { idle_timeout: "5s" } },
  // The only way in is a passkey.
  passkeyOnly: { password: { enabled: false }, email: { use_for_authentication: false } },
  claims: { session: { jwt_template: { claims: { plan: "pro", address: "{{.User.Email.Address}}" } } } },
  // Its mail server takes the connection and never says a word.
  silentMail: { silentMail: true },
  development: { environmentOnly: true },
  wildcard: { cors: { allow_origins: ["http://*.app.localhost:*"] } },
};

const isObject = (value) => value && typeof value === "object" && !Array.isArray(value);

function merge(base, over) {
  const out = { ...base };
  for (const [key, value] of Object.entries(over)) out[key] = isObject(value) && isObject(out[key]) ? merge(out[key], value) : value;
  return out;
}

/** A first start: no file at all, and of the environment only what keeps several servers apart. */
export const firstStart = ({ api, port, adminPort }) => ({
  SERVER_PUBLIC_ADDRESS: `127.0.0.1:${port}`, SERVER_ADMIN_ADDRESS: `127.0.0.1:${adminPort}`,
  WEBAUTHN_RELYING_PARTY_ORIGINS: api, MFA_ENABLED: "false",
});

/** The whole configuration file of a profile, for a host page at `origin` and an API at `api`. */
export function configuration(name, { origin, api, port, mailPort }) {
  const { site: _, ...changes } = profiles[name];
  const own = {
    server: { public: { address: `127.0.0.1:${port}`, page: "on" } },
    cors: { allow_origins: [origin] },
    webauthn: { relying_party: { id: "localhost", display_name: "Example", origins: [origin, api] } },
    email_delivery: { smtp: { host: "127.0.0.1", port: String(mailPort) } },
  };
  return merge(merge(common, own), changes);
}
