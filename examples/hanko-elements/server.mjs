// Serves the two pages of this example, and the web components from node_modules. No build step.
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const api = process.env.API ?? "http://localhost:8000";
const port = Number(process.env.PORT ?? 8888);
const here = import.meta.dirname;

const folders = { "/vendor/": "node_modules/@teamhanko/hanko-elements/dist", "/": "public" };
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".json": "application/json" };

/** The file behind a path: the first folder whose prefix fits, and never anything outside of it. */
function fileOf(path) {
  const [prefix, folder] = Object.entries(folders).find(([prefix]) => path.startsWith(prefix));
  const name = normalize(`/${path.slice(prefix.length)}`);
  if (name === "/") return join(here, folder, "index.html");
  return join(here, folder, extname(name) ? name : `${name}.html`);
}

async function answer(request, response) {
  const file = fileOf(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
  const content = await readFile(file);
  const headers = { "Content-Type": types[extname(file)] ?? "application/octet-stream", "Cache-Control": "no-store" };
  if (extname(file) !== ".html") return response.writeHead(200, headers).end(content);

  // The components put their style sheet into the page at run time, which this policy allows by the nonce alone.
  const nonce = randomBytes(16).toString("base64url");
  headers["Content-Security-Policy"] =
    `default-src 'self'; connect-src 'self' ${api}; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; frame-ancestors 'none'`;
  response.writeHead(200, headers).end(content.toString().replaceAll("{{nonce}}", nonce).replaceAll("{{api}}", api));
}

createServer((request, response) =>
  answer(request, response).catch(() => response.writeHead(404, { "Content-Type": "text/plain" }).end("Not found\n")),
).listen(port, () => console.log(`Open http://localhost:${port} (API: ${api})`));
