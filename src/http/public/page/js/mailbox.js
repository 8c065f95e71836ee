// The development mailbox: mails that a server without a mail server keeps for its developer. 404 means that it is off.

const MAILS = "/.sealflow/mails";
const EVERY = 2000;

let mails = [];
let mailboxOn = false;
let openMail = null;
let polling = null;

/** Six digits that stand alone, or else a line of six letters and digits (`email.passcode_charset: alphanumeric`). */
function codeIn({ text, subject }) {
  const whole = `${text ?? ""}\n${subject ?? ""}`;
  return /(?<![\w#])(\d{6})(?!\w)/.exec(whole)?.[1] ?? /^\s*([A-Za-z0-9]{6})\s*$/m.exec(text ?? "")?.[1] ?? null;
}

/** Not part of the history: a question every two seconds would bury the flow. */
async function fetchMails() {
  const response = await fetch(MAILS).catch(() => null);
  if (!response?.ok) return false;
  const list = (await response.json().catch(() => null))?.mails;
  if (!Array.isArray(list)) return false;
  if (list[0]?.id !== mails[0]?.id || list.length !== mails.length) {
    mails = list;
    drawMailbox();
    mailArrived();
  }
  return true;
}

async function findMailbox() {
  mailboxOn = await fetchMails();
  $("tab-mailbox").hidden = !mailboxOn;
  drawMailbox();
  if (mailboxOn) followMailbox();
}

/** Asks only while somebody could see the answer: the tab is in front, and a code or the mailbox is on screen. */
function followMailbox() {
  clearTimeout(polling);
  polling = setTimeout(async () => {
    const wanted = !$("panel-mailbox").hidden || codeField();
    if (wanted && document.visibilityState === "visible") await fetchMails();
    followMailbox();
  }, EVERY);
}

const codeField = () => document.querySelector("#stage input[autocomplete=one-time-code]");

function useCode(code) {
  const field = codeField();
  if (!field) return;
  field.value = code;
  field.focus();
  announce("Code filled in.");
}

function drawMailbox() {
  const panel = $("panel-mailbox");
  $("tab-mailbox").replaceChildren("Mailbox", mails.length ? el("span", { class: "count" }, mails.length) : "");
  if (!mails.length) {
    panel.replaceChildren(el("p", { class: "empty" }, "No mail yet. Mails that the server sends appear here."));
    return;
  }
  panel.replaceChildren(el("ol", { class: "mails" }, mails.map((mail) => el("li", {}, mailView(mail)))));
}

function mailView(mail) {
  const details = el("details", {
    name: "mail", open: openMail === mail.id,
    ontoggle: () => {
      if (!details.open) return;
      openMail = mail.id;
      if (details.childElementCount === 1) details.append(mailBody(mail));
    },
  }, el("summary", {},
    el("span", { class: "mail-subject" }, mail.subject),
    el("span", { class: "mail-to" }, [mail.to].flat().join(", ")),
    el("time", { datetime: mail.created_at }, relativeTime(mail.created_at))));
  if (openMail === mail.id) details.append(mailBody(mail));
  return details;
}

function mailBody(mail) {
  const code = codeIn(mail);
  const text = el("pre", { class: "mail-text", tabindex: "0" }, mail.text ?? "");
  // The empty sandbox runs no script, opens no window and has an origin of its own: a mail is somebody else's text. The
  // frame inherits the policy of the page, which is why that one allows styles in the text.
  const html = el("iframe", { class: "mail-html", sandbox: "", title: `Mail: ${mail.subject}`, srcdoc: mail.html, hidden: true });
  const toggle = el("button", {
    class: "link", type: "button",
    onclick: () => {
      html.hidden = !html.hidden;
      text.hidden = !html.hidden;
      toggle.textContent = html.hidden ? "Show HTML" : "Show text";
    },
  }, "Show HTML");
  return el("div", { class: "mail-body" },
    el("div", { class: "panel-head" },
      code && el("button", { class: "button secondary small", type: "button", onclick: () => useCode(code) }, `Use ${code}`),
      mail.html ? toggle : null),
    text, mail.html ? html : null);
}

/** The line under a code field; it has its height from the start, so that an arriving mail moves nothing. */
function mailNotice() {
  if (!mailboxOn) return null;
  const code = mails.map(codeIn).find(Boolean);
  return el("p", { class: "mail-notice", id: "mail-notice" },
    code ? ["In the mailbox: ", el("button", { class: "link", type: "button", onclick: () => useCode(code) }, `use the code ${code}`)]
      : "Waiting for the mail…");
}

function mailArrived() {
  $("mail-notice")?.replaceWith(mailNotice());
}
