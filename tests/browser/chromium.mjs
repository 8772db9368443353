// Chromium as the tests drive it: how it is started, what no page may do in it, and how a script tells of faults.

import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

// The configuration of a script, which its first argument names.
export const read = async () => JSON.parse(await readFile(process.argv[2], "utf8"));

export const launch = async ({ modules, chromium: executablePath }) => {
  const { chromium } = await import(pathToFileURL(`${modules}/playwright-core/index.mjs`));
  return chromium.launch({
    executablePath,
    // Tests run as root in containers, where the sandbox of Chromium does not start.
    args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"],
  });
};

// Tells of requests to other servers, of scripts that fail, and of errors on the console.
export const watch = (page, address, status, fault) => {
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== address && protocol !== "data:") fault(`asks ${request.url()}`);
  });
  page.on("pageerror", (error) => fault(`its script fails: ${error.message}`));
  page.on("console", (message) => {
    // Chromium itself writes of each answer that is an error, which some pages are meant to be.
    const isOfStatus = status >= 400 && message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isOfStatus) fault(`the console says ${message.text()}`);
  });
};

// Faults go to the output, a line each; the exit code says whether there were any.
export const end = async (browser, faults) => {
  await browser.close();
  for (const said of faults) console.log(said);
  process.exit(faults.length === 0 ? 0 : 1);
};
