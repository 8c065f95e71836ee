// What one profile needs to be tested: a mail sink, a host page and a server that know of each other.
import { configuration, profiles } from "../profiles.mjs";
import { Host } from "./host.mjs";
import { MailSink } from "./mail.mjs";
import { Server, freePort } from "./server.mjs";

export class Environment {
  static async start(profile) {
    const environment = new Environment();
    environment.profile = profile;
    environment.mail = await MailSink.start();
    environment.host = await Host.start(profiles[profile].site);
    const [publicPort, adminPort] = [await freePort(), await freePort()];
    environment.api = environment.host.api = `http://localhost:${publicPort}`;
    const config = configuration(profile, {
      origin: environment.host.url, api: environment.api, port: publicPort, mailPort: environment.mail.port,
    });
    environment.server = await Server.start({ publicPort, adminPort, config });
    return environment;
  }

  async stop() {
    this.host.stop();
    await this.server.stop();
    this.mail.stop();
  }
}
