// The side of the page for whoever builds a client: the answer as it came, and everything that was said before.

/** A JSON value as a tree that opens and closes without script. */
function jsonTree(value, key, depth = 0) {
  const label = key === undefined ? null : [el("span", { class: "json-key" }, key), ": "];
  if (value === null || typeof value !== "object") return el("div", { class: "json-leaf" }, label, jsonScalar(value));
  const entries = Object.entries(value);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (!entries.length) return el("div", { class: "json-leaf" }, label, `${open}${close}`);
  const size = el("span", { class: "json-size" }, entries.length);
  return el("details", { class: "json", open: depth < 3 },
    el("summary", {}, label, open, " ", size, el("span", { class: "json-close" }, ` ${close}`)),
    el("div", { class: "json-body" }, entries.map(([name, entry]) => jsonTree(entry, name, depth + 1))),
    el("div", { class: "json-end" }, close));
}

function jsonScalar(value) {
  const text = JSON.stringify(value) ?? "–";
  const shown = text.length > 240 ? `${text.slice(0, 240)}…` : text;
  return el("span", { class: `json-${value === null ? "null" : typeof value}` }, shown);
}

function showAnswer(answer) {
  const panel = $("panel-answer");
  panel.replaceChildren(answer === null ? el("p", { class: "empty" }, "Nothing has been answered yet.")
    : el("div", { class: "panel-body" },
      el("div", { class: "panel-head" },
        answer.status ? statusBadge(answer.status) : null, el("code", {}, answer.name ?? "session"),
        copyButton(() => JSON.stringify(answer, null, 2), "Copy JSON")),
      jsonTree(answer)));
}

const statusBadge = (status) => el("span", { class: `badge ${status < 400 ? "good" : "bad"}` }, status);

let historyStale = true;

/** Drawn when it is looked at. An entry is drawn once, so that what was opened stays open. */
function historyChanged() {
  historyStale = true;
  if (!$("panel-history").hidden) drawHistory();
}

function drawHistory() {
  if (!historyStale) return;
  historyStale = false;
  const panel = $("panel-history");
  panel.replaceChildren(
    el("div", { class: "panel-head" }, el("span", { class: "hint" }, "Newest first"),
      el("button", { class: "link copy", type: "button", onclick: () => { exchanges.length = 0; historyStale = true; drawHistory(); } }, "Clear")),
    el("ol", { class: "history" }, exchanges.map((exchange) => exchange.view ??= el("li", {}, exchangeView(exchange)))));
}

function exchangeView({ method, path, status, took, body, answer, failure, at }) {
  const action = /[?&]action=([^@%&]+)/.exec(path)?.[1];
  const details = el("details", {
    ontoggle: () => {
      if (details.childElementCount > 1) return;
      details.append(el("div", { class: "exchange" },
        el("h2", {}, "Request"), el("p", { class: "path" }, `${method} ${decodeURIComponent(path)}`), body ? jsonTree(body) : el("p", { class: "hint" }, "No body"),
        el("h2", {}, "Answer"), failure ? el("p", {}, failure) : jsonTree(answer ?? null)));
    },
  }, el("summary", {},
    el("span", { class: "exchange-what" }, `${method} ${path.split("?")[0]}`, action ? el("span", { class: "exchange-action" }, action) : null),
    el("span", { class: "exchange-then" }, status ? statusBadge(status) : el("span", { class: "badge bad" }, "none"),
      answer?.name ? el("code", {}, answer.name) : null),
    el("time", { datetime: at.toISOString(), title: at.toLocaleTimeString() }, took === undefined ? "…" : `${took} ms`)));
  return details;
}

const tabs = () => [...document.querySelectorAll("[role=tab]")].filter((tab) => !tab.hidden);

function selectTab(tab, focus = false) {
  for (const other of document.querySelectorAll("[role=tab]")) {
    const selected = other === tab;
    other.setAttribute("aria-selected", String(selected));
    other.tabIndex = selected ? 0 : -1;
    $(other.getAttribute("aria-controls")).hidden = !selected;
  }
  if (focus) tab.focus();
  if (tab.id === "tab-history") drawHistory();
}

/** Tabs as the ARIA authoring practices have them: arrows move and select, Home and End go to the ends. */
function wireTabs() {
  for (const tab of document.querySelectorAll("[role=tab]")) {
    tab.addEventListener("click", () => selectTab(tab));
    tab.addEventListener("keydown", (event) => {
      const all = tabs();
      const at = all.indexOf(tab);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      selectTab(all[(to + all.length) % all.length], true);
    });
  }
}

function setInspector(open) {
  document.documentElement.toggleAttribute("data-inspector-closed", !open);
  $("inspector-toggle").setAttribute("aria-expanded", String(open));
}

function wireInspector() {
  wireTabs();
  // On a small screen the inspector lies below everything and would only be in the way.
  const chosen = stored("localStorage", "sealflow.inspector") ?? (matchMedia("(max-width: 60rem)").matches ? "closed" : "open");
  setInspector(chosen === "open");
  $("inspector-toggle").addEventListener("click", () => {
    const open = document.documentElement.hasAttribute("data-inspector-closed");
    setInspector(open);
    stored("localStorage", "sealflow.inspector", open ? "open" : "closed");
  });
}
