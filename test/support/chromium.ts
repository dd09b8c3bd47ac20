// A real browser for tests of pages.
import { existsSync } from "node:fs";
import path from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** How to get a browser: printed by tests that are skipped without one. */
export const INSTALL_CHROMIUM =
  "SKIPPED: no Chromium on the PATH. Install it (Debian: apt-get install chromium), or set SWARMBENCH_CHROMIUM to its path";

/** Path of a Chromium on this machine; undefined: there is none. */
export function chromiumPath(): string | undefined {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const named = folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name)));
  return [process.env.SWARMBENCH_CHROMIUM ?? "", ...named].find((file) => file !== "" && existsSync(file));
}

/** Starts the browser. @throws Error with {@link INSTALL_CHROMIUM} if there is none */
export function openBrowser(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error(INSTALL_CHROMIUM);
  // Chromium's sandbox refuses to run as root, as tests in containers do. These pages are our own.
  // Playwright would end this process at Ctrl-C, before it has removed what it made.
  return chromium.launch({ executablePath, args: ["--no-sandbox"], handleSIGINT: false });
}

/** What a page did that none of swarmbench's pages may do. */
export interface Misdeeds {
  /** Errors and warnings on its console, and uncaught errors. */
  console: string[];
  /** Requests to anywhere but its own origin. */
  requests: string[];
}

/** Records what a page does from now on. @param origin of its own requests, such as `http://127.0.0.1:4600` */
export function recordMisdeeds(page: Page, origin: string): Misdeeds {
  const misdeeds: Misdeeds = { console: [], requests: [] };
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) misdeeds.console.push(message.text());
  });
  page.on("pageerror", (error) => misdeeds.console.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith("data:")) misdeeds.requests.push(url);
  });
  return misdeeds;
}
