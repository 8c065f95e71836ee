// Serves the three files of this example. No dependencies, no build step.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const api = process.env.API ?? "http://localhost:8000";
const port = Number(process.env.PORT ?? 8888);
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css" };

async function answer(request, response) {
  const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
  const file = join(import.meta.dirname, "public", path === "/" ? "index.html" : path);
  const content = await readFile(file);
  response.writeHead(200, {
    "Content-Type": types[extname(file)] ?? "application/octet-stream",
    "Cache-Control": "no-store",
    "Content-Security-Policy": `default-src 'self'; connect-src ${api}; img-src data:; frame-ancestors 'none'`,
  });
  response.end(extname(file) === ".html" ? content.toString().replace("{{api}}", api) : content);
}

createServer((request, response) =>
  answer(request, response).catch(() => response.writeHead(404, { "Content-Type": "text/plain" }).end("Not found\n")),
).listen(port, () => console.log(`Open http://localhost:${port} (API: ${api})`));
