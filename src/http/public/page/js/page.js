// The page itself: which answer is on screen, and what happens between two answers.
//
// The files beside this one are joined in the order labels, dom, client, webauthn, form, inspector, mailbox, page into
// the one script of the page, so they share a scope and need no import; only the last line of this one starts anything.

const DEPARTURE = "sealflow.departure";

let flow = "login";
let current = null;
let previousName = null;
let busy = false;
/** What the page itself has to say: `{ text, good }`. An answer of the server speaks through its `error`. */
let notice = null;
let countdown = null;

const automatic = () => $("setting-automatic").checked;
const announce = (text) => ($("announcer").textContent = text);

async function begin(name) {
  drafts.clear();
  previousName = null;
  setFlow(name);
  await step(() => startFlow(name));
}

/** The flow is in the address, so that it survives a reload and can be linked to. */
function setFlow(name) {
  flow = name;
  history.replaceState(null, "", `${location.pathname}#${name}`);
  for (const link of document.querySelectorAll("[data-flow]")) {
    if (link.dataset.flow === flow) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** Every way from one answer to the next: one at a time, shown as busy, failures of the network told and not lost. */
async function step(work) {
  if (busy) return;
  abortCeremony();
  setBusy(true);
  notice = null;
  try {
    await show(await work());
  } catch (error) {
    fail(error);
  } finally {
    setBusy(false);
  }
}

function setBusy(value) {
  busy = value;
  $("stage").setAttribute("aria-busy", String(value));
}

function fail(error) {
  notice = { text: error.message };
  if (!current) current = { name: "error", actions: {} };
  draw();
}

/** Puts an answer on screen, after the steps that need nobody. */
async function show(state) {
  let next = state;
  if (automatic()) {
    for (let last = null; next.name !== last;) {
      const known = await automaticAction(next);
      if (!known) break;
      last = next.name;
      returnedToken = null;
      next = await runAction(next, known.action, known.values);
    }
  }
  previousName = current?.name ?? null;
  current = next;
  draw();
  offerCeremony(next);
}

const run = (action, values) => step(async () => {
  if ("code_verifier" in action.inputs && !returnedToken) freshVerifier();
  const known = await computedValues(action);
  returnedToken = null;
  return runAction(current, action, { ...known, ...values });
});

// -- ceremonies ---------------------------------------------------------------------------------------------------------

/** A form beside the options means that a passkey is one way of several: then it waits in the field's autofill. */
const isConditional = (state) => Object.values(state.actions).some((action) => !takesCredential(action) && asked(action).length);

function offerCeremony(state) {
  const ceremony = ceremonyOf(state);
  if (!ceremony) return;
  if (!isConditional(state)) {
    // Started once the step that led here is over, because the ceremony ends in a step of its own.
    if (automatic()) setTimeout(() => current === state && perform(state, ceremony));
  } else if (ceremony.kind === "get") {
    perform(state, ceremony, { conditional: true });
  }
}

async function perform(state, ceremony, how = {}) {
  try {
    const credential = await performCeremony(ceremony, how);
    if (current === state) await step(() => runAction(state, ceremony.action, { [ceremony.input]: credential }));
  } catch (error) {
    // Autofill that nobody used, or that another step ended, is no failure.
    if (how.conditional || error.name === "AbortError" || current !== state) return;
    notice = { text: ceremonyFailure(error) };
    draw();
  }
}

// -- third parties --------------------------------------------------------------------------------------------------------

/** The flow has to survive a whole page load; the provider sends the browser back to this address. */
function depart(state) {
  stored("sessionStorage", DEPARTURE, JSON.stringify({ flow, state }));
  location.assign(state.payload.redirect_url);
}

/** Coming back from a provider: true if there was a flow to go on with. */
async function resume() {
  const query = new URLSearchParams(location.search);
  const departure = parsed(stored("sessionStorage", DEPARTURE));
  stored("sessionStorage", DEPARTURE, null);
  if (!departure) return false;
  returnedToken = query.get("hanko_token");
  const refusal = query.get("error_description") ?? query.get("error");
  setFlow(departure.flow);
  const { back } = departure.state.actions;
  if (returnedToken) await step(async () => ({ ...departure.state, payload: {} }));
  else if (back) await step(() => runAction(departure.state, back));
  else return false;
  if (refusal) {
    notice = { text: refusal };
    draw();
  }
  return true;
}

// -- drawing --------------------------------------------------------------------------------------------------------------

function draw() {
  clearInterval(countdown);
  const state = current;
  const focusedId = document.activeElement?.id;
  const heading = headingFor(state);
  const parts = state.payload?.claims || state.session ? signedInView(state) : stateView(state);
  $("stage").replaceChildren(...view(heading, state, parts));
  document.title = `${heading} · Sealflow`;
  showAnswer(state);
  startCountdown(state);
  settleFocus(state, focusedId);
  announce(heading);
}

const headingFor = (state) => (state.payload?.claims || state.session ? "You are signed in" : headingOf(state.name));

function view(heading, state, parts) {
  const problem = problemOf(state);
  return [
    el("p", { class: "kicker" }, el("code", {}, state.session ? "session" : `${flow} / ${state.name}`)),
    el("h1", { id: "heading", tabindex: "-1" }, heading),
    el("div", { class: `problem ${notice?.good ? "good" : ""}`, id: "problem", role: "alert", tabindex: "-1" }, problem && el("p", {}, problem)),
    ...parts.filter(Boolean),
  ];
}

const fieldErrors = (state) => Object.values(state.actions).some((action) => Object.values(action.inputs).some((input) => input.error));

/** An error at a field is told there; only what no field can tell is told above. */
function problemOf(state) {
  if (notice) return notice.text;
  if (!state.error || (state.error.code === "form_data_invalid_error" && fieldErrors(state))) return null;
  return errorText(state.error);
}

function stateView(state) {
  const ceremony = ceremonyOf(state);
  const modal = ceremony && !isConditional(state);
  const introduction = INTRODUCTIONS[state.name];
  const parts = [introduction && el("p", { class: "introduction" }, introduction), ...payloadView(state.payload),
    ...listsView(state.payload)];
  if (modal) parts.push(ceremonyView(state, ceremony));
  if (state.payload?.redirect_url) parts.push(departureView(state));
  parts.push(...actionsView(state, run));
  // A code that an authenticator app shows does not come by mail.
  const mailed = parts.find((part) => part?.querySelector?.("input.code:not([name*=otp])"));
  mailed?.append(mailNotice() ?? "");
  parts.push(linksView(state.links));
  if (!Object.keys(state.actions).length) parts.push(restartView());
  return parts;
}

function ceremonyView(state, ceremony) {
  return el("div", { class: "stack" },
    !notice && el("p", { class: "introduction" }, "Your browser asks for it in a window of its own."),
    el("button", { id: "ceremony", class: "button primary", type: "button", onclick: () => { notice = null; perform(state, ceremony); } },
      notice ? "Try again" : actionLabel(ceremony.action.action)));
}

function departureView(state) {
  const host = URL.canParse(state.payload.redirect_url) ? new URL(state.payload.redirect_url).host : "the provider";
  return el("div", { class: "stack" },
    el("button", { id: "depart", class: "button primary", type: "button", onclick: () => depart(state) }, `Continue at ${host}`));
}

// Members that something else on the page stands for.
const SHOWN_ELSEWHERE = new Set(["request_options", "creation_options", "redirect_url", "user", "claims", "last_login", "sessions"]);

/** Text, numbers and pictures that an answer carries for its reader, such as the secret of an authenticator app. */
function payloadView(payload) {
  const entries = Object.entries(payload ?? {}).filter(([name]) => !SHOWN_ELSEWHERE.has(name) && !name.endsWith("_after"));
  return entries.map(([name, value]) => {
    if (typeof value !== "string" && typeof value !== "number") return null;
    if (String(value).startsWith("data:image/")) return el("img", { class: "picture", src: value, alt: words(name), width: "200", height: "200" });
    return el("p", { class: "fact" }, el("span", {}, inputLabel(name)), el("code", {}, value), copyButton(() => String(value)));
  });
}

/** What an account has: addresses, passkeys, sessions and whatever else comes as a list. */
function listsView(payload) {
  return listsOf(payload).map(([name, list]) => el("section", { class: "holdings", "aria-labelledby": `list-${name}` },
    el("h2", { id: `list-${name}` }, words(name)),
    el("ul", {}, list.map((entry) => el("li", {},
      el("span", { class: "holding" }, entryName(entry)),
      Object.entries(entry).filter(([, value]) => value === true)
        .map(([name]) => el("span", { class: "badge good" }, words(name.replace(/^is_/, "")))),
      usedView(entry))))));
}

function usedView({ last_used_at, last_used = last_used_at, created_at }) {
  const time = last_used ?? created_at;
  return time && el("time", { class: "hint", datetime: time, title: time }, `${last_used ? "used" : "added"} ${relativeTime(time)}`);
}

function linksView(links) {
  if (!links?.length) return null;
  return el("p", { class: "links" }, links.map(({ name, href, target }) => el("a", { href, target, rel: "noopener noreferrer" }, words(name))));
}

const restartView = () => el("div", { class: "stack" },
  el("button", { id: "restart", class: "button primary", type: "button", onclick: () => begin(flow === "profile" ? "login" : flow) }, "Start again"));

/** `resend_after: 41` in the payload: the actions that begin with `resend` wait, and the text counts down. */
function startCountdown(state) {
  const [name, seconds] = Object.entries(state.payload ?? {}).find(([name, value]) => name.endsWith("_after") && value > 0) ?? [];
  if (!name) return;
  const until = Date.now() + seconds * 1000;
  const waiting = [...document.querySelectorAll(`#stage [data-action^="${name.replace("after", "")}"]`)];
  const text = el("p", { class: "hint countdown" });
  (waiting.at(-1) ?? $("problem")).after(text);
  const tick = () => {
    const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    text.textContent = left ? `You can try again in ${left} s.` : "You can try again now.";
    for (const button of waiting) button.toggleAttribute("disabled", left > 0);
    if (!left) clearInterval(countdown);
  };
  tick();
  countdown = setInterval(tick, 1000);
}

/** The problem first, then the field at fault, then where the work goes on; on the same page, where one already was. */
function settleFocus(state, focusedId) {
  const stage = $("stage");
  const invalid = stage.querySelector("[aria-invalid=true]");
  const unchanged = state.name === previousName && !problemOf(state) && focusedId && stage.querySelector(`#${CSS.escape(focusedId)}`);
  const forms = stage.querySelectorAll("form");
  const first = forms.length === 1 && forms[0].querySelector("input, select, textarea");
  const target = (problemOf(state) && $("problem")) || invalid || unchanged || first || $("heading");
  target.focus({ preventScroll: target === $("heading") });
}

// -- the session ----------------------------------------------------------------------------------------------------------

function signedInView(state) {
  const user = state.payload?.user ?? {};
  const claims = state.payload?.claims ?? state.session?.claims ?? {};
  const primary = user.emails?.find((email) => email.is_primary) ?? user.emails?.[0];
  const name = user.name ?? user.username?.username ?? primary?.address ?? user.id ?? "Somebody";
  const facts = { "Email address": primary?.address, Username: user.username?.username, "User id": user.id ?? claims.subject,
    "Signed in with": claims.amr?.join(", "), Session: claims.session_id };
  return [
    el("div", { class: "person" }, el("span", { class: "avatar", "aria-hidden": "true" }, name.charAt(0).toUpperCase()),
      el("p", { class: "person-name" }, name)),
    el("dl", { class: "facts" }, Object.entries(facts).filter(([, value]) => value).map(([term, value]) => [el("dt", {}, term), el("dd", {}, value)]),
      claims.expiration && [el("dt", {}, "Expires"), el("dd", {}, el("time", { datetime: claims.expiration, title: claims.expiration }, relativeTime(claims.expiration)))]),
    el("div", { class: "stack" },
      el("button", { id: "profile", class: "button primary", type: "button", onclick: () => begin("profile") }, "Go to your profile"),
      el("button", { id: "sign-out", class: "button secondary", type: "button", onclick: leave }, "Sign out"),
      el("button", { id: "check-session", class: "button secondary", type: "button", onclick: checkSession }, "Check the session")),
  ];
}

const sessionState = ({ session, user }) => ({ name: "success", status: 200, actions: {}, session, payload: { user } });

const checkSession = () => step(async () => {
  const found = await currentSession();
  notice = found ? { good: true, text: `The session is valid and expires ${relativeTime(found.session.expiration_time)}.` }
    : { text: "The session has ended." };
  return found ? sessionState(found) : startFlow("login");
});

async function leave() {
  await step(async () => {
    await signOut();
    setFlow("login");
    return startFlow("login");
  });
  announce("You are signed out.");
}

// -- the frame ------------------------------------------------------------------------------------------------------------

const THEMES = ["auto", "light", "dark"];

function setTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  $("theme").textContent = `Theme: ${theme}`;
  stored("localStorage", "sealflow.theme", theme);
}

function wireFrame() {
  setTheme(stored("localStorage", "sealflow.theme") ?? "auto");
  $("theme").addEventListener("click", () => {
    const now = document.documentElement.dataset.theme ?? "auto";
    setTheme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
  });
  for (const link of document.querySelectorAll("[data-flow]")) {
    link.addEventListener("click", (event) => { event.preventDefault(); begin(link.dataset.flow); });
  }
  $("other-flow-form").addEventListener("submit", (event) => {
    event.preventDefault();
    $("other-flow").open = false;
    begin($("other-flow-name").value.trim());
  });
  const box = $("setting-automatic");
  box.checked = stored("localStorage", "sealflow.automatic") !== "off";
  box.addEventListener("change", () => stored("localStorage", "sealflow.automatic", box.checked ? "on" : "off"));
}

async function open() {
  wireFrame();
  wireInspector();
  showAnswer(null);
  findMailbox();
  if (await resume()) return;
  const asked = location.hash.slice(1);
  if (asked && asked !== "login" && asked !== "registration") return begin(asked);
  const found = await currentSession().catch(() => null);
  if (found) return step(async () => sessionState(found));
  await begin(asked || "login");
}

open();
