// The few helpers that take the place of a framework. Text only ever enters the document as text nodes.

const $ = (id) => document.getElementById(id);

/** `el("a", { href: "/", class: "link" }, "text", node)`; a property that is false, null or undefined is left out. */
function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Copies to the clipboard and says so on the button, which keeps its width. */
function copyButton(text, label = "Copy") {
  return el("button", {
    class: "link copy", type: "button",
    onclick: async ({ currentTarget: button }) => {
      try {
        await navigator.clipboard.writeText(text());
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not allowed";
      }
      setTimeout(() => (button.textContent = label), 1500);
    },
  }, label);
}

const SPANS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** An RFC 3339 time as `in 12 hours`. */
function relativeTime(text) {
  const seconds = Math.round((Date.parse(text) - Date.now()) / 1000);
  const [unit, size] = SPANS.find(([, size]) => Math.abs(seconds) >= size) ?? SPANS.at(-1);
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

/** Reads, writes or (with null) forgets a text. Storage may be forbidden: then what was kept lasts as long as the page. */
function stored(kind, key, value) {
  try {
    const storage = window[kind];
    if (value === undefined) return storage.getItem(key);
    if (value === null) storage.removeItem(key);
    else storage.setItem(key, value);
  } catch {
    if (value === undefined) return unstored.get(key) ?? null;
    unstored.set(key, value);
  }
  return value;
}

const unstored = new Map();
