// What one profile needs to be tested: a mail sink, a host page and a server that know of each other.
import { configuration, firstStart, profiles } from "../profiles.mjs";
import { Host } from "./host.mjs";
import { MailSink } from "./mail.mjs";
import { Server, freePort } from "./server.mjs";

export class Environment {
  static async start(profile) {
    const environment = new Environment();
    environment.profile = profile;
    const { site, environmentOnly, silentMail } = profiles[profile];
    environment.mail = await MailSink.start({ silent: silentMail });
    environment.host = await Host.start(site);
    const ports = { port: await freePort(), adminPort: await freePort() };
    environment.api = environment.host.api = `http://localhost:${ports.port}`;
    const facts = { ...ports, api: environment.api, origin: environment.host.url, mailPort: environment.mail.port };
    const settings = environmentOnly ? { variables: firstStart(facts) } : { config: configuration(profile, facts) };
    try {
      environment.server = await Server.start({ ...facts, ...settings });
    } catch (error) {
      await environment.stop();
      throw error;
    }
    return environment;
  }

  async stop() {
    this.host.stop();
    await this.server?.stop();
    this.mail.stop();
  }
}
