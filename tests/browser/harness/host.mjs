// The relying party's web server: host pages for the elements, on another origin than the API.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";

const resolve = createRequire(import.meta.url).resolve;
const elements = dirname(resolve("@teamhanko/hanko-elements"));
const sdk = dirname(resolve("sdk"));
const pages = join(import.meta.dirname, "..", "host");
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript" };
const nonce = "bm9uY2UtZm9yLXRlc3Rz";

function fileOf(path) {
  if (path.startsWith("/vendor/elements/")) return join(elements, path.slice("/vendor/elements/".length));
  if (path.startsWith("/vendor/sdk/")) return join(sdk, path.slice("/vendor/sdk/".length));
  return join(pages, path === "/" ? "index.html" : path);
}

export class Host {
  /** `name` is the host part of the pages' origin: `localhost`, or another site that means this machine too. */
  static async start(name = "localhost") {
    const host = new Host();
    host.server = createServer((request, response) => host.#answer(request, response));
    await new Promise((ready) => host.server.listen(0, "127.0.0.1", ready));
    host.url = `http://${name}:${host.server.address().port}`;
    return host;
  }

  async #answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    const file = fileOf(pathname);
    const content = await readFile(file).catch(() => null);
    if (!content) return response.writeHead(404).end();
    const headers = { "Content-Type": types[extname(file)] ?? "application/octet-stream", "Cache-Control": "no-store" };
    if (searchParams.has("csp")) {
      headers["Content-Security-Policy"] =
        `default-src 'none'; script-src 'self'; connect-src ${this.api}; style-src 'nonce-${nonce}'; img-src data:`;
    }
    response.writeHead(200, headers);
    response.end(extname(file) === ".html" ? content.toString().replace("{{api}}", this.api).replace("{{nonce}}", nonce) : content);
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
