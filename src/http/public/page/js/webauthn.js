// Passkey ceremonies (WebAuthn level 3). Decided by what an answer carries, never by the name of its state:
// options in the payload, and an action that takes one JSON input, are a ceremony.

const CEREMONIES = { request_options: "get", creation_options: "create" };
// Without options there is nothing to sign: an action that takes one of these waits for another answer.
const CREDENTIAL_INPUTS = new Set(["assertion_response", "public_key"]);

const takesCredential = (action) => Object.keys(action.inputs).some((name) => CREDENTIAL_INPUTS.has(name));

/** `{ kind, options, action, input }`, or null if this answer asks for no credential. */
function ceremonyOf(state) {
  for (const [member, kind] of Object.entries(CEREMONIES)) {
    const options = state.payload?.[member];
    if (!options?.publicKey) continue;
    for (const action of Object.values(state.actions)) {
      const inputs = Object.values(action.inputs);
      if (inputs.length === 1 && inputs[0].type === "json") return { kind, options, action, input: inputs[0].name };
    }
  }
  return null;
}

let pending = null;

/** A browser allows one ceremony at a time, and an autofill request lasts until somebody ends it. */
function abortCeremony() {
  pending?.abort();
  pending = null;
}

/** Resolves with the credential in the JSON form of WebAuthn section 5.1; rejects like `navigator.credentials`. */
async function performCeremony({ kind, options }, { conditional = false } = {}) {
  abortCeremony();
  pending = new AbortController();
  const publicKey = kind === "get" ? requestOptions(options.publicKey) : creationOptions(options.publicKey);
  const wish = { publicKey, signal: pending.signal };
  if (conditional) wish.mediation = "conditional";
  return credentialJson(await navigator.credentials[kind](wish));
}

function ceremonyFailure(error) {
  if (error.name === "InvalidStateError") return "This device already holds a passkey for this account.";
  if (error.name === "NotAllowedError") return "The prompt was closed, or no fitting passkey was found. Nothing was sent.";
  return `The browser refused: ${error.message}`;
}

function requestOptions(json) {
  if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(json);
  return { ...json, challenge: bytes(json.challenge), allowCredentials: descriptors(json.allowCredentials) };
}

function creationOptions(json) {
  if (window.PublicKeyCredential?.parseCreationOptionsFromJSON) return PublicKeyCredential.parseCreationOptionsFromJSON(json);
  const user = { ...json.user, id: bytes(json.user.id) };
  return { ...json, user, challenge: bytes(json.challenge), excludeCredentials: descriptors(json.excludeCredentials) };
}

const descriptors = (list) => (list ?? []).map((entry) => ({ ...entry, id: bytes(entry.id) }));

function credentialJson(credential) {
  if (credential.toJSON) return credential.toJSON();
  const { response } = credential;
  const out = { clientDataJSON: base64url(response.clientDataJSON) };
  for (const member of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[member]) out[member] = base64url(response[member]);
  }
  if (response.attestationObject) out.transports = response.getTransports?.() ?? [];
  return {
    type: credential.type, id: credential.id, rawId: credential.id, response: out,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

function bytes(text) {
  const padded = text.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(padded), (character) => character.charCodeAt(0));
}

function base64url(buffer) {
  const text = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

const ask = async (question) => (await window.PublicKeyCredential?.[question]?.().catch(() => false)) ?? false;

// Inputs whose value a page knows without asking anybody. `undefined` means that it does not know it now.
const COMPUTED = {
  webauthn_available: () => Boolean(window.PublicKeyCredential && navigator.credentials?.get && navigator.credentials.create),
  webauthn_conditional_mediation_available: () => ask("isConditionalMediationAvailable"),
  webauthn_platform_authenticator_available: () => ask("isUserVerifyingPlatformAuthenticatorAvailable"),
  redirect_to: () => location.href.replace(/#.*/, ""),
  code_verifier: () => stored("sessionStorage", VERIFIER) ?? undefined,
  token: () => returnedToken ?? undefined,
};

const VERIFIER = "sealflow.code_verifier";
let returnedToken = null;

const isComputed = (input) => Boolean(input.hidden) && input.name in COMPUTED;

/** PKCE (RFC 7636 section 4.1): a fresh secret for each departure to a provider, kept until the browser returns. */
function freshVerifier() {
  stored("sessionStorage", VERIFIER, base64url(crypto.getRandomValues(new Uint8Array(48))));
}

/** The values of all inputs that need nobody's help. */
async function computedValues(action) {
  const values = {};
  for (const input of Object.values(action.inputs).filter(isComputed)) {
    const value = await COMPUTED[input.name]();
    if (value !== undefined) values[input.name] = value;
  }
  return values;
}

/** The action that the page can run alone: it has inputs, and every one that is required is known. */
async function automaticAction(state) {
  for (const action of Object.values(state.actions)) {
    const inputs = Object.values(action.inputs);
    if (!inputs.length || !inputs.every(isComputed)) continue;
    const values = await computedValues(action);
    if (inputs.every((input) => !input.required || input.name in values)) return { action, values };
  }
  return null;
}
