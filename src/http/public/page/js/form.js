// Turns the actions of an answer into forms and buttons. Calls `run(action, values)`; decides nothing about the flow.

const QUIET = new Set(["back", "skip"]);
const MANY = 4;

/** What somebody typed survives an error or a way back; secrets and codes do not. */
const drafts = new Map();
const isDrafted = (input) => input.type !== "password" && input.type !== "json" && !isCode(input);

const isCode = (input) => input.type === "string" && /(^|_)code$/.test(input.name) && !input.hidden;
const asked = (action) => Object.values(action.inputs).filter((input) => !isComputed(input));
const isQuiet = (action) => QUIET.has(action.action);

/** All controls of a state: forms first, then buttons, then the way back and the way past. */
function actionsView(state, run) {
  const actions = Object.values(namedActions(state)).filter((action) => !takesCredential(action));
  const forms = actions.filter((action) => asked(action).length && !choiceOf(action) && !toggleOf(action));
  const others = actions.filter((action) => !forms.includes(action) && !isQuiet(action));
  // Past a handful of forms a page of fields helps nobody: each action becomes an entry to open.
  if (forms.length > 2) return [overview(state, [...forms, ...others], run), quietRow(actions, run)];

  const toggles = others.filter(toggleOf);
  const buttons = others.filter((action) => !toggleOf(action));
  const parts = forms.map((action, index) => formView(state, action, run, index === 0));
  if (toggles.length) parts.push(...toggles.map((action) => toggleView(action, run)));
  if (forms.length && buttons.length) parts.push(el("p", { class: "or", "aria-hidden": "true" }, "or"));
  if (buttons.length) parts.push(buttonStack(buttons, run, !forms.length));
  return [...parts, quietRow(actions, run)];
}

/** The one input whose allowed values can be buttons. */
function choiceOf(action) {
  const [input, ...more] = asked(action);
  if (more.length || !input?.hidden || !input.allowed_values) return null;
  return input.allowed_values.length <= MANY || Object.values(action.inputs).some(isComputed) ? input : null;
}

/** The one input that is a switch: turning it runs the action. */
function toggleOf(action) {
  const [input, ...more] = asked(action);
  return !more.length && input?.type === "boolean" ? input : null;
}

function buttonStack(actions, run, emphasise) {
  const buttons = actions.flatMap((action) => {
    const choice = choiceOf(action);
    if (!choice) return [actionButton(action, run)];
    return choice.allowed_values.map(({ name, value }) => actionButton(action, run, { [choice.name]: value }, name));
  });
  if (emphasise) buttons[0]?.classList.replace("secondary", "primary");
  return el("div", { class: "stack" }, buttons);
}

function actionButton(action, run, values = {}, choice) {
  return el("button", {
    id: ["action", action.action, ...Object.values(values)].join("-"), type: "button", class: "button secondary",
    "data-action": action.action, onclick: () => run(action, values),
  }, actionLabel(action.action, choice));
}

function quietRow(actions, run) {
  const quiet = actions.filter(isQuiet);
  if (!quiet.length) return null;
  return el("div", { class: "quiet-row" }, quiet.map((action) => {
    const button = actionButton(action, run);
    button.className = `link quiet ${action.action}`;
    return button;
  }));
}

function overview(state, actions, run) {
  return el("div", { class: "overview" }, actions.map((action) => {
    const failed = Object.values(action.inputs).some((input) => input.error);
    const toggle = toggleOf(action);
    const content = toggle ? toggleView(action, run)
      : asked(action).length && !choiceOf(action) ? formView(state, action, run, true)
      : buttonStack([action], run, false);
    return el("details", { name: "overview", open: failed },
      el("summary", {}, actionLabel(action.action)), el("p", { class: "hint" }, action.description), content);
  }));
}

function toggleView(action, run) {
  const input = toggleOf(action);
  const box = el("input", {
    type: "checkbox", id: fieldId(action, input), "data-action": action.action,
    onchange: () => { drafts.set(input.name, box.checked); run(action, { [input.name]: box.checked }); },
  });
  box.checked = drafts.get(input.name) ?? input.value ?? false;
  return el("label", { class: "check" }, box, el("span", {}, actionLabel(action.action)));
}

function formView(state, action, run, primary) {
  const fields = asked(action).map((input) => fieldView(state, action, input));
  const form = el("form", {
    class: "form", novalidate: true, "data-action": action.action, "aria-label": actionLabel(action.action),
    onsubmit: (event) => {
      event.preventDefault();
      const values = collect(fields);
      if (values) run(action, values);
    },
  });
  form.append(...fields.map((field) => field.view),
    el("button", { class: `button ${primary ? "primary" : "secondary"}`, type: "submit" }, actionLabel(action.action)));
  return form;
}

/** The values of a form, or null after showing what is not JSON. The server judges everything else. */
function collect(fields) {
  const values = {};
  for (const { input, read, fail } of fields) {
    try {
      const value = read();
      if (value !== undefined) values[input.name] = value;
      if (isDrafted(input)) drafts.set(input.name, value);
    } catch {
      fail("This is not valid JSON.");
      return null;
    }
  }
  return values;
}

const fieldId = (action, input) => `${action.action}-${input.name}`;

/** One labelled control with its hint and its error: `{ input, view, read, fail }`. */
function fieldView(state, action, input) {
  const id = fieldId(action, input);
  const options = input.allowed_values ?? suggestions(state, input);
  const control = options ? selectControl(id, input, options) : textControl(id, action, input, state);
  const error = el("p", { class: "field-error", id: `${id}-error` });
  const hint = lengthHint(input);
  const describedBy = [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(" ");
  control.setAttribute("aria-describedby", describedBy);

  const fail = (text) => {
    error.textContent = text;
    control.setAttribute("aria-invalid", "true");
    control.focus();
  };
  if (input.error) {
    error.textContent = errorText(input.error);
    control.setAttribute("aria-invalid", "true");
  }
  const draft = input.value ?? (isDrafted(input) ? drafts.get(input.name) : undefined);
  if (draft !== undefined && control.type !== "checkbox") restore(control, draft);

  const label = el("label", { for: id }, inputLabel(input.name), input.required ? null : el("span", { class: "optional" }, "optional"));
  const view = el("div", { class: "field" },
    el("div", { class: "field-head" }, label, input.type === "password" ? revealButton(control) : null),
    control, hint && el("p", { class: "hint", id: `${id}-hint` }, hint), error);
  return { input, view, read: reader(input, control), fail };
}

/** An entry that was chosen before may be gone. */
function restore(control, value) {
  const kept = control.tagName === "SELECT" ? JSON.stringify(value) : value;
  if (control.tagName !== "SELECT" || [...control.options].some((option) => option.value === kept)) control.value = kept;
}

const TYPES = { email: "email", password: "password", number: "number", boolean: "checkbox" };

function textControl(id, action, input, state) {
  const tag = input.type === "json" ? "textarea" : "input";
  const control = el(tag, {
    id, name: input.name, required: Boolean(input.required), minlength: input.min_length, maxlength: input.max_length,
    autocapitalize: "off", spellcheck: "false", autocomplete: completion(input, state),
    class: isCode(input) ? "code" : tag === "textarea" || input.hidden ? "mono" : null,
  });
  if (tag === "input") control.type = TYPES[input.type] ?? "text";
  else control.rows = 5;
  return control;
}

/** Tells password managers and passkey autofill what they may offer here. */
function completion(input, state) {
  if (isCode(input)) return "one-time-code";
  if (input.type === "password") return input.min_length || input.name.startsWith("new") ? "new-password" : "current-password";
  const identifier = input.type === "email" || ["identifier", "username"].includes(input.name);
  if (!identifier) return "off";
  const kind = input.type === "email" && !state.payload?.request_options ? "email" : "username";
  return state.payload?.request_options ? `${kind} webauthn` : kind;
}

function selectControl(id, input, options) {
  return el("select", { id, name: input.name, required: Boolean(input.required) },
    input.required ? null : el("option", { value: "" }, "–"),
    options.map(({ name, value }) => el("option", { value: JSON.stringify(value) }, name)));
}

/** The lists of a payload whose entries have ids, with their names: `["emails", [{ id, address }]]`. */
function listsOf(payload) {
  const members = [payload, payload?.user].flatMap((place) => Object.entries(place ?? {}));
  return members.filter(([, list]) => Array.isArray(list) && list.length && list.every((entry) => entry?.id));
}

/** What people know an entry of a list by. */
function entryName(entry) {
  const place = [entry.user_agent, entry.ip_address].filter(Boolean).join(" · ");
  return entry.address ?? entry.name ?? (place || (entry.provider ? words(entry.provider) : entry.id));
}

/** `passkey_id` may be one of `payload.….passkeys[].id`: saves typing an id, and is only an offer. */
function suggestions(state, input) {
  const stem = /^(.+)_id$/.exec(input.name)?.[1];
  if (!stem) return null;
  const names = [`${stem}s`, stem.replace(/y$/, "ies")];
  const [, list] = listsOf(state.payload).find(([name]) => names.includes(name)) ?? [];
  return list?.map((entry) => ({ value: entry.id, name: entryName(entry) })) ?? null;
}

/** The actions with a name for every choice that is a mere id. */
function namedActions({ actions, payload }) {
  const names = new Map(listsOf(payload).flatMap(([, list]) => list.map((entry) => [entry.id, entryName(entry)])));
  const named = (choice) => (choice.name === choice.value ? { ...choice, name: names.get(choice.value) ?? choice.name } : choice);
  const input = (input) => (input.allowed_values ? { ...input, allowed_values: input.allowed_values.map(named) } : input);
  const all = (members, change) => Object.fromEntries(Object.entries(members).map(([name, member]) => [name, change(member)]));
  return all(actions, (action) => ({ ...action, inputs: all(action.inputs, input) }));
}

function reader(input, control) {
  if (control.tagName === "SELECT") return () => (control.value ? JSON.parse(control.value) : undefined);
  if (input.type === "boolean") return () => control.checked;
  return () => {
    const text = control.value;
    // An empty optional field counts as not given; `""` would be judged as a value where only some are allowed.
    if (text === "") return input.required ? "" : undefined;
    if (input.type === "number") return Number(text);
    return input.type === "json" ? JSON.parse(text) : text;
  };
}

function lengthHint({ min_length: min, max_length: max, type, name }) {
  if (type !== "password" && !(name.includes("password") || name.includes("username"))) return null;
  if (min && max) return `${min} to ${max} characters`;
  if (min) return `At least ${min} characters`;
  return null;
}

function revealButton(control) {
  const button = el("button", {
    type: "button", class: "link", "aria-pressed": "false", "aria-controls": control.id,
    onclick: () => {
      const shown = control.type === "password";
      control.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
      button.textContent = shown ? "Hide" : "Show";
    },
  }, "Show");
  return button;
}
