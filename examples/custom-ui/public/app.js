// A sign-in of one's own on the bare protocol: POST a flow, draw the state that comes back, POST one of its actions.
const api = document.querySelector('meta[name="auth-api"]').content;
const screen = document.getElementById("screen");

// What this shop calls things. The server decides which screens come, in which order, with which fields and buttons;
// a screen that is missing here is drawn from its name.
const screens = {
  login_init: ["Welcome back", "Sign in to see your orders."],
  registration_init: ["Join us", "Your first bag is on the house."],
  login_method_chooser: ["How shall we know you?"],
  login_password: ["Your password"],
  login_password_recovery: ["A new password"],
  passcode_confirmation: ["Check your mail", "We sent you a code. Please type it here."],
  login_passkey: ["Use your passkey"],
  onboarding_create_passkey: ["Faster next time?", "A passkey signs you in with a touch or a glance."],
  password_creation: ["Choose a password"],
  mfa_method_chooser: ["Extra protection?"],
  mfa_otp_secret_creation: ["Authenticator app", "Scan the picture, then type the code that the app shows."],
  login_otp: ["Authenticator code"],
  device_trust: ["Is this your computer?"],
  error: ["That went wrong"],
};
const buttons = {
  continue_with_login_identifier: "Continue", register_login_identifier: "Continue", verify_passcode: "Continue",
  webauthn_generate_request_options: "Use a passkey", webauthn_generate_creation_options: "Create a passkey",
  continue_to_passcode_confirmation: "Mail me a code", continue_to_password_login: "Use my password",
  continue_to_passcode_confirmation_recovery: "I forgot it", resend_passcode: "Send another code",
  password_login: "Sign in", password_recovery: "Save", register_password: "Save", skip: "Not now", back: "Back",
};
const words = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

// -- the protocol ---------------------------------------------------------------------------------------------------

/** Every answer of a flow is a state, whatever its HTTP status. Cookies hold the session, so they have to travel. */
async function post(path, body) {
  const headers = { "Content-Type": "application/json", "X-Language": navigator.language };
  const response = await fetch(api + path, { method: "POST", credentials: "include", headers, body: body && JSON.stringify(body) });
  return response.json();
}

const start = (flow) => advance(post(`/${flow}`), flow);
const run = (state, name, input_data = {}) =>
  advance(post(state.actions[name].href, { input_data, csrf_token: state.csrf_token }), state.flow);

/** Follows the states that need nobody, and draws the first that needs somebody. */
async function advance(answer, flow) {
  screen.inert = true; // Until the next screen is drawn.
  try {
    const state = { ...(await answer), flow };
    if (state.name === "preflight") return await run(state, "register_client_capabilities", await capabilities());
    if (state.name === "success") return drawSession(state.payload.user);
    draw(state);
    const { request_options, creation_options } = state.payload ?? {};
    // On the first screen the options are for the browser's autofill, and the prompt opens only if somebody asks for it.
    if (creation_options) return await ceremony(state, "create", creation_options.publicKey);
    if (request_options && state.name !== "login_init") return await ceremony(state, "get", request_options.publicKey);
  } catch (failure) {
    console.error(failure);
    draw({ name: "error", actions: {}, flow, error: { message: "We cannot be reached right now. Please try again." } });
  }
}

async function capabilities() {
  const passkeys = window.PublicKeyCredential;
  return {
    webauthn_available: Boolean(passkeys),
    webauthn_conditional_mediation_available: (await passkeys?.isConditionalMediationAvailable?.()) ?? false,
    webauthn_platform_authenticator_available: (await passkeys?.isUserVerifyingPlatformAuthenticatorAvailable?.()) ?? false,
  };
}

/** Asks the browser for a passkey; somebody who closes the prompt is taken one step back. */
async function ceremony(state, kind, options) {
  const [parse, action, input] = kind === "get"
    ? ["parseRequestOptionsFromJSON", "webauthn_verify_assertion_response", "assertion_response"]
    : ["parseCreationOptionsFromJSON", "webauthn_verify_attestation_response", "public_key"];
  let credential;
  try {
    credential = await navigator.credentials[kind]({ publicKey: PublicKeyCredential[parse](options) });
  } catch {
    return run(state, "back");
  }
  return run(state, action, { [input]: credential.toJSON() });
}

// -- the screens ----------------------------------------------------------------------------------------------------

function node(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter(Boolean));
  return element;
}

function draw(state) {
  const [title, text] = screens[state.name] ?? [words(state.name)];
  const visible = ({ inputs }) => Object.values(inputs).filter((input) => !input.hidden && input.type !== "json");
  const actions = Object.values(state.actions).filter(({ inputs }) => Object.values(inputs).every((i) => !i.hidden && i.type !== "json"));
  const forms = actions.filter((action) => visible(action).length);
  const rest = actions.filter((action) => !visible(action).length);
  const links = rest.filter(({ action }) => ["back", "skip"].includes(action));
  const heading = node("h1", { textContent: title, tabIndex: -1 });
  const atField = forms.some((action) => visible(action).some((input) => input.error));
  screen.inert = false;
  screen.replaceChildren(...[
    heading,
    text && node("p", { textContent: text }),
    state.error && !atField && node("p", { className: "error", role: "alert", textContent: state.error.message }),
    state.payload?.otp_image_source && node("img", { src: state.payload.otp_image_source, alt: "Code for your app", width: 180 }),
    ...forms.map((action) => form(state, action, visible(action))),
    ...rest.filter((action) => !links.includes(action)).map(({ action }) => button(state, action)),
    links.length && node("nav", {}, ...links.map(({ action }) => button(state, action, "link"))),
    !actions.length && node("button", { textContent: "Start again", onclick: () => start(state.flow) }),
    elsewhere(state),
  ].filter(Boolean));
  (screen.querySelector("[aria-invalid], form input") ?? heading).focus();
}

const button = (state, action, className = "secondary") =>
  node("button", { type: "button", className, textContent: buttons[action] ?? words(action), onclick: () => run(state, action) });

function form(state, { action }, inputs) {
  const onsubmit = (event) => {
    event.preventDefault();
    const value = (input) => (input.type === "boolean" ? event.target[input.name].checked : event.target[input.name].value);
    run(state, action, Object.fromEntries(inputs.map((input) => [input.name, value(input)])));
  };
  const submit = node("button", { textContent: buttons[action] ?? words(action) });
  return node("form", { onsubmit }, ...inputs.map(field), submit);
}

const autocomplete = { email: "email", identifier: "username", username: "username", password: "current-password", new_password: "new-password", code: "one-time-code", otp_code: "one-time-code" };

function field({ name, type, required = false, min_length: minLength = 0, max_length: maxLength = 255, value, error }) {
  const types = { password: "password", email: "email", number: "number", boolean: "checkbox" };
  const input = node("input", { id: name, name, required, minLength, maxLength, type: types[type] ?? "text", autocomplete: autocomplete[name] ?? "off" });
  if (value) input.value = value;
  if (error) input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", `${name}-error`);
  return node("p", { className: "field" }, node("label", { htmlFor: name, textContent: words(name) }), input,
    node("span", { id: `${name}-error`, className: "error-text", textContent: error?.message ?? "" }));
}

/** The first screens lead to each other: not with an action, but by starting another flow. */
function elsewhere({ name, flow }) {
  if (!name.endsWith("_init")) return null;
  const [question, label, other] = flow === "login" ? ["New here?", "Create an account", "registration"] : ["Been here before?", "Sign in", "login"];
  return node("p", { className: "elsewhere" }, `${question} `,
    node("button", { type: "button", className: "link", textContent: label, onclick: () => start(other) }));
}

function drawSession(user) {
  const name = user.name ?? user.username?.username ?? user.emails?.find((email) => email.is_primary)?.address ?? "you";
  const leave = async () => {
    await fetch(`${api}/logout`, { method: "POST", credentials: "include" });
    start("login");
  };
  const heading = node("h1", { textContent: "Good morning", tabIndex: -1 });
  screen.inert = false;
  screen.replaceChildren(heading, node("p", { className: "name", textContent: name }),
    node("p", { textContent: "Your usual is on its way." }), node("button", { type: "button", textContent: "Sign out", onclick: leave }));
  heading.focus();
}

const session = await fetch(`${api}/sessions/validate`, { credentials: "include" }).then((answer) => answer.json()).catch(() => ({}));
if (session.is_valid) drawSession(await fetch(`${api}/me`, { credentials: "include" }).then((answer) => answer.json()));
else start("login");
