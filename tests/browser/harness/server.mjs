// One process of the server under test: its configuration, its own folder and database, its start and its end.
import { execFile, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const binary = () => {
  if (!process.env.SEALFLOW_BIN) throw new Error("Set SEALFLOW_BIN to the path of the server binary.");
  return process.env.SEALFLOW_BIN;
};

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

export class Server {
  /** `config` is the whole file but for the database; without it the server starts from environment `variables` alone. */
  static async start({ api, adminPort, config, variables = {} }) {
    const server = new Server();
    server.folder = await mkdtemp(join(tmpdir(), "sealflow-browser-"));
    server.url = api;
    server.logPath = join(server.folder, "log");
    try {
      await server.#launch(adminPort, config, variables);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  async #launch(adminPort, config, variables) {
    const arguments_ = [];
    if (config) {
      const path = join(this.folder, "config.yaml");
      config.database = { dialect: "sqlite", database: join(this.folder, "data.db") };
      config.server.admin = { address: `127.0.0.1:${adminPort}` };
      await writeFile(path, JSON.stringify(config, null, 2)); // JSON is YAML.
      arguments_.push("--config", path);
      await promisify(execFile)(binary(), ["migrate", "up", ...arguments_], { cwd: this.folder });
    }
    const log = createWriteStream(this.logPath);
    this.process = spawn(binary(), ["serve", "all", ...arguments_], { cwd: this.folder, env: { ...process.env, ...variables } });
    this.process.stdout.pipe(log);
    this.process.stderr.pipe(log);
    this.ended = new Promise((resolve) => this.process.once("exit", resolve));
    await this.#ready();
  }

  async #ready() {
    let gone = false;
    this.ended.then(() => (gone = true));
    for (const deadline = Date.now() + 60_000; Date.now() < deadline && !gone;) {
      const answer = await fetch(`${this.url}/health/ready`).catch(() => null);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`The server did not start:\n${await this.log()}`);
  }

  log = () => readFile(this.logPath, "utf8").catch(() => "");

  async stop() {
    this.process?.kill("SIGTERM");
    const late = setTimeout(() => this.process?.kill("SIGKILL"), 10_000);
    await this.ended;
    clearTimeout(late);
    await rm(this.folder, { recursive: true, force: true });
  }
}
