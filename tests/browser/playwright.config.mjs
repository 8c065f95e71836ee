// Debian's Chromium instead of a downloaded one; nothing here needs a network.
import { defineConfig } from "@playwright/test";

const quiet = [
  "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

export default defineConfig({
  testDir: "specs",
  outputDir: "test-results",
  fullyParallel: false,
  workers: Number(process.env.WORKERS ?? 2),
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    headless: true,
    actionTimeout: 15_000,
    navigationTimeout: 20_000,
    locale: "en-US",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      // A container rarely allows the user namespaces that Chromium's sandbox wants.
      chromiumSandbox: process.env.CHROMIUM_SANDBOX === "1",
      args: quiet,
    },
  },
});
