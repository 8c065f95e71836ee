// The crash rules of the client contract (sections 4 and 6) as statements about one answer of a flow endpoint.

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** The names of all rules that an answer breaks, with the place. */
export function violations({ flow, status, body }) {
  if (!isObject(body)) return [`${flow}: the answer is not a flow response (status ${status})`];
  const found = [];
  const demand = (holds, rule) => holds || found.push(`${flow}/${body.name}: ${rule}`);
  demand(typeof body.name === "string", "name is a string");
  demand(body.status === status, "status equals the HTTP status");
  demand(isObject(body.actions), "CLIENT-46 actions is an object");
  demand(typeof body.csrf_token === "string", "CLIENT-52 csrf_token is a string");
  demand(body.name === "error" || body.csrf_token !== "", "CLIENT-52 csrf_token is not empty");
  demand(body.name === "error" || isObject(body.payload), "CLIENT-53 payload is an object");
  for (const [name, action] of Object.entries(body.actions ?? {})) checkAction(name, action, demand);
  checkPayload(body.payload ?? {}, demand);
  checkErrors(body, demand);
  return found;
}

function checkAction(name, action, demand) {
  demand(isObject(action), `CLIENT-48 action ${name} is an object`);
  if (!isObject(action)) return;
  demand(action.action === name, `CLIENT-49 action ${name} has its key as name`);
  demand(/^\/[a-z_]+\?action=[a-z_]+%40[0-9a-f-]{36}$/.test(action.href), `CLIENT-50 href ${action.href} is relative`);
  demand(isObject(action.inputs), `CLIENT-47 inputs of ${name} is an object`);
  for (const [key, input] of Object.entries(action.inputs ?? {})) {
    demand(isObject(input), `CLIENT-48 input ${name}.${key} is an object`);
    for (const member of ["min_length", "max_length", "required", "hidden", "error", "allowed_values"]) {
      demand(input?.[member] !== null, `CLIENT-54 ${name}.${key}.${member} is absent rather than null`);
    }
    for (const allowed of input?.allowed_values ?? []) {
      demand(typeof allowed.value === "string" && typeof allowed.name === "string", `CLIENT-55 allowed value of ${name}.${key}`);
    }
  }
}

const BASE64URL = /^[A-Za-z0-9_-]+$/;

function checkPayload({ request_options: request, creation_options: creation, claims, user }, demand) {
  for (const options of [request, creation].filter(Boolean)) {
    demand(BASE64URL.test(options.publicKey?.challenge), "CLIENT-157 the challenge is base64url");
    demand(options.publicKey?.rpId !== null, "CLIENT-160 rpId is not null");
    for (const list of ["allowCredentials", "excludeCredentials"]) {
      demand(options.publicKey?.[list] !== null, `CLIENT-159 ${list} is not null`);
      for (const entry of options.publicKey?.[list] ?? []) demand(entry.transports !== null, "CLIENT-159 transports is not null");
    }
  }
  if (creation) {
    const { id, name, displayName } = creation.publicKey?.user ?? {};
    demand(BASE64URL.test(id) && typeof name === "string" && typeof displayName === "string", "CLIENT-158 the user is complete");
  }
  if (claims) demand(/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(claims.expiration), "CLIENT-76 claims.expiration is RFC 3339");
  if (user) {
    demand(user.id === user.user_id, "CLIENT-220 id and user_id are equal");
    const { mfa_config: mfa = {} } = user;
    const switches = [mfa.auth_app_set_up, mfa.totp_enabled, mfa.security_keys_enabled];
    demand(switches.every((value) => typeof value === "boolean"), "CLIENT-218 mfa_config has three booleans");
    for (const credential of user.passkeys ?? []) checkCredential(credential, demand);
    for (const [key, value] of Object.entries(user)) demand(value !== null, `CLIENT-217 user.${key} is left out rather than null`);
  }
}

function checkCredential(credential, demand) {
  demand(Array.isArray(credential.transports), "CLIENT-219 transports is an array");
  const flags = [credential.backup_eligible, credential.backup_state, credential.mfa_only];
  demand(flags.every((value) => typeof value === "boolean"), "CLIENT-219 the flags of a credential are booleans");
  demand(typeof credential.public_key === "string" && !Number.isNaN(Date.parse(credential.created_at)), "CLIENT-138 key and time of a credential");
}

function checkErrors({ actions, error }, demand) {
  const withError = Object.values(actions ?? {}).filter((action) => Object.values(action.inputs ?? {}).some((input) => input.error));
  if (withError.length) demand(error?.code === "form_data_invalid_error", "CLIENT-150 an input error comes with form_data_invalid_error");
  demand(withError.length <= 1, "CLIENT-151 only the action that was run carries input errors");
}
