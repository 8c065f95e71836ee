// An SMTP server that keeps what it receives (RFC 5321, the commands that a sender needs), and reads MIME just well
// enough to show a mail's text.
import { createServer } from "node:net";

export class MailSink {
  mails = [];
  #waiting = new Set();
  #read = new Map();

  /** A silent sink accepts connections and answers nothing. */
  static async start({ silent = false } = {}) {
    const sink = new MailSink();
    sink.server = createServer((socket) => (silent ? socket.on("error", () => socket.destroy()) : sink.#converse(socket)));
    await new Promise((resolve) => sink.server.listen(0, "127.0.0.1", resolve));
    sink.port = sink.server.address().port;
    return sink;
  }

  stop() {
    this.server.close();
  }

  /** The next mail to an address that nobody has asked for yet; waits for it. */
  async next(address, timeout = 15_000) {
    const unread = () => this.mails.slice(this.#read.get(address) ?? 0).find((mail) => mail.to.includes(address));
    let mail = unread();
    if (!mail) {
      await new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no mail to ${address} within ${timeout} ms`)), timeout);
        const check = () => {
          if (!unread()) return;
          clearTimeout(timer);
          this.#waiting.delete(check);
          resolve();
        };
        this.#waiting.add(check);
      });
      mail = unread();
    }
    this.#read.set(address, this.mails.indexOf(mail) + 1);
    return mail;
  }

  /** The passcode of the next mail to an address that has one; notices in between are passed over. */
  async code(address) {
    for (;;) {
      const { text, subject } = await this.next(address);
      const found = /(?<![\w#])(\d{6})(?!\w)/.exec(`${text}\n${subject}`) ?? /^\s*([2-9A-HJ-NP-Za-km-z]{6})\s*$/m.exec(text);
      if (found) return found[1];
    }
  }

  #converse(socket) {
    let buffer = "";
    let body = null;
    let to = [];
    const say = (line) => socket.write(`${line}\r\n`);
    socket.setEncoding("latin1");
    socket.on("error", () => socket.destroy());
    say("220 sink ESMTP");
    const command = (line) => {
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === "EHLO" || verb === "HELO") say("250 sink");
      else if (verb === "RCPT") { to.push(/<([^>]*)>/.exec(line)?.[1]); say("250 ok"); }
      else if (verb === "DATA") { body = []; say("354 go on"); }
      else if (verb === "QUIT") { say("221 bye"); socket.end(); }
      else say("250 ok");
    };
    const content = (line) => {
      if (line !== ".") return body.push(line.startsWith(".") ? line.slice(1) : line);
      this.#deliver(to, body.join("\r\n"));
      [body, to] = [null, []];
      say("250 kept");
    };
    socket.on("data", (chunk) => {
      buffer += chunk;
      for (let end; (end = buffer.indexOf("\r\n")) >= 0;) {
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        if (body) content(line);
        else command(line);
      }
    });
  }

  #deliver(to, source) {
    const { headers, body } = split(source);
    const parts = partsOf(headers, body);
    this.mails.push({ to, subject: decodeWords(headers.subject ?? ""), text: parts["text/plain"] ?? "", html: parts["text/html"] ?? "" });
    for (const check of [...this.#waiting]) check();
  }
}

function split(source) {
  const at = source.indexOf("\r\n\r\n");
  const head = source.slice(0, at).replace(/\r\n[ \t]+/g, " ");
  const headers = Object.fromEntries(head.split("\r\n").map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
  return { headers, body: source.slice(at + 4) };
}

/** All text of a mail by its media type; multipart containers are opened (RFC 2046). */
function partsOf(headers, body) {
  const type = headers["content-type"] ?? "text/plain";
  const boundary = /boundary="?([^";]+)"?/i.exec(type)?.[1];
  if (boundary) {
    const inner = body.split(`--${boundary}`).slice(1, -1).map((part) => split(part.replace(/^\r\n/, "")));
    return Object.assign({}, ...inner.map((part) => partsOf(part.headers, part.body)));
  }
  return { [type.split(";")[0].trim().toLowerCase()]: decodeBody(body, headers["content-transfer-encoding"]) };
}

function decodeBody(body, encoding = "7bit") {
  if (/base64/i.test(encoding)) return Buffer.from(body, "base64").toString("utf8");
  if (/quoted-printable/i.test(encoding)) return unquote(body.replace(/=\r\n/g, ""));
  return Buffer.from(body, "latin1").toString("utf8");
}

const unquote = (text) =>
  Buffer.from(text.replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16))), "latin1").toString("utf8");

/** Encoded words in a header (RFC 2047). */
function decodeWords(text) {
  return text.replace(/\?=\s+=\?/g, "?==?").replace(/=\?[^?]+\?([bq])\?([^?]*)\?=/gi, (_, encoding, word) =>
    encoding.toLowerCase() === "b" ? Buffer.from(word, "base64").toString("utf8") : unquote(word.replace(/_/g, " ")));
}
