// A host page that is told by its query which element to show, and keeps a trace of every event for the tests.
import { register } from "/vendor/elements/elements.js";
import { all } from "/vendor/elements/i18n/all.js";

const query = new URLSearchParams(location.search);
const meta = (name) => document.querySelector(`meta[name="${name}"]`).content;

// Installed before `register`, which starts the session poller.
window.trace = [];
for (const type of ["hanko-before-state-change", "hanko-after-state-change"]) {
  document.addEventListener(type, ({ detail: { state } }) => window.trace.push({
    type, flow: state.flowName, state: state.name, action: state.invokedAction?.name ?? null, error: state.error?.code ?? null,
  }));
}
for (const type of ["hanko-session-created", "hanko-session-expired", "hanko-user-logged-out", "hanko-user-deleted"]) {
  document.addEventListener(type, () => window.trace.push({ type }));
}

const added = { otp_code_invalid: "This authentication code is wrong.", otp_code_already_used: "This authentication code was already used." };
const translations = Object.fromEntries(
  Object.entries(all).map(([language, texts]) => [language, { ...texts, flowErrors: { ...added, ...texts.flowErrors } }]));

const { hanko } = await register(meta("auth-api"), { translations, sessionCheckInterval: Number(query.get("interval") ?? 3000) });
window.hankoClient = hanko;
window.createdCalls = 0;
hanko.onSessionCreated(() => (window.createdCalls += 1));

const tag = query.get("element");
if (tag) {
  const element = document.createElement(tag);
  for (const name of ["lang", "mode", "prefilled-email", "prefilled-username"]) {
    if (query.has(name)) element.setAttribute(name, query.get(name));
  }
  if (query.has("csp")) element.setAttribute("nonce", meta("nonce"));
  document.body.append(element);
}
window.ready = true;
