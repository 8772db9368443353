// The work of people, done by clicks in Chromium: each step is one that a page is for, from its first click to what came of it.
//
//   node clicks.mjs CONFIG.json
//
// The config: { modules, chromium, address, password, owner, admin, light, command, recipient, candidate }. Owner and admin are
// e-mail addresses, light the DevEUI of an object that takes the command, recipient a system that takes records, and candidate
// the path of the page of a decoder that has one. Faults go to the output, a line each; the exit code says whether there were any.

import { createHmac } from "node:crypto";
import { end, launch, read, watch } from "./chromium.mjs";

const config = await read();
const faults = [];
const browser = await launch(config);

// The signs of secrets in base32.
const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

// The page of the rule that is made.
const RULE = "/partner/alerts/water/rules/index";

// The longest that a page may take to show what is waited for.
const PATIENCE = 15_000;

// The code of an authenticator (RFC 6238), so many steps of half a minute from now.
const codeOf = (secret, later) => {
  const bits = [...secret].map((sign) => SIGNS.indexOf(sign).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const hash = createHmac("sha1", key).update(step).digest();
  const at = hash[19] & 0xf;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
};

// A browser of a person's own, with one page. A page that is to refuse something answers with an error.
const person = async (name) => {
  const context = await browser.newContext({ locale: "en", viewport: { width: 1280, height: 900 } });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.on("dialog", (dialog) => dialog.accept());
  watch(page, config.address, 400, (said) => faults.push(`${name}: ${said}`));
  return page;
};

const open = (page, path) => page.goto(config.address + path);

// Waits for a text on the page.
const sees = (page, text) => page.getByText(text).first().waitFor();

// Waits until the page is the one of a path, which says what was done where something was.
const isAt = (page, path, done) =>
  page.waitForURL((url) => url.pathname === path && (!done || url.searchParams.get("done") === done));

const clickTo = async (page, selector, path, done) => {
  await page.locator(selector).first().click();
  await isAt(page, path, done);
};

const signIn = async (page, email, code) => {
  await page.fill("#field-email", email);
  await page.fill("#field-password", config.password);
  if (code) await page.fill("#field-code", code);
  await page.click("main form.fields button[type=submit]");
};

const step = async (name, work) => {
  try {
    await work();
  } catch (error) {
    faults.push(`${name}: ${error.message.split("\n").slice(0, 3).join(" ")}`);
  }
};

const owner = await person("owner");
const admin = await person("admin");

await step("sign in with a second factor", async () => {
  await open(owner, "/sign-in");
  await signIn(owner, config.owner);
  await isAt(owner, "/partner");
  await open(owner, "/account");
  await owner.click("form[action='/account/second-factor'] button");
  const secret = (await owner.textContent("code.secret")).trim();
  await owner.fill("#field-code", codeOf(secret, 0));
  await clickTo(owner, "form[action='/account/second-factor/confirm'] button", "/account", "second-factor");
  await clickTo(owner, "form[action='/sign-out'] button", "/", "signed-out");
  await open(owner, "/sign-in?next=/partner/import");
  await signIn(owner, config.owner);
  await owner.waitForSelector("#fault-code");
  // Each code is taken once, and the next one already is.
  await signIn(owner, config.owner, codeOf(secret, 1));
  await isAt(owner, "/partner/import");
});

await step("import a sheet", async () => {
  await open(owner, "/partner/import");
  const sheet = "DevEUI,Name,Latitude,Longitude\n70B3D5499A0000A1,Meter of the mill,48.5,2.5\n";
  await owner.setInputFiles("#field-sheet", { name: "fleet.csv", mimeType: "text/csv", buffer: Buffer.from(sheet) });
  await owner.selectOption("#field-group", "water");
  await owner.click("form[action='/partner/import'] button[type=submit]");
  await sees(owner, "70B3D5499A0000A1");
  await owner.click("form[action='/partner/import/take'] button");
  await clickTo(owner, "main a.button[href='/partner/objects']", "/partner/objects");
  await sees(owner, "Meter of the mill");
});

await step("make a route and try it", async () => {
  await open(owner, "/partner/routes");
  await clickTo(owner, "a.button[href='/partner/routes/new']", "/partner/routes/new");
  for (const [kind, field] of [["mqtt", "#field-topic"], ["postgres", "#field-schema"], ["http", "#field-url"]]) {
    await clickTo(owner, `a[href='/partner/routes/new?kind=${kind}']`, "/partner/routes/new");
    await owner.waitForSelector(field);
  }
  await owner.fill("#field-name", "push");
  await owner.fill("#field-url", config.recipient);
  await owner.click("main form.fields button[type=submit]");
  const secret = await owner.textContent("code.secret");
  if (!secret.startsWith("whsec_")) throw new Error(`the secret is ${secret}`);
  await clickTo(owner, "main a.button", "/partner/routes/water/push");
  await owner.click("form[action='/partner/routes/water/push/test'] button");
  await owner.waitForSelector(".notice.good");
});

await step("send a command", async () => {
  await open(owner, `/partner/objects/${config.light}/commands?command=as+json`);
  await owner.fill("#field-written", config.command);
  await owner.click("main form.fields button[type=submit]");
  await owner.waitForURL((url) => url.searchParams.get("done") === "command-sent");
});

await step("see what becomes of a command", async () => {
  const path = new URL(owner.url()).pathname;
  const other = await owner.context().newPage();
  other.on("dialog", (dialog) => dialog.accept());
  await other.goto(config.address + path);
  await clickTo(other, "form[action$='/cancel'] button", path, "command-cancelled");
  await other.close();
  // Nobody loads the first page again: it asks for itself.
  await owner.locator("#command .badge", { hasText: "Taken back" }).waitFor();
});

await step("make a schedule", async () => {
  await open(owner, "/partner/schedules");
  await clickTo(owner, "a.button[href='/partner/schedules/new']", "/partner/schedules/new");
  await clickTo(owner, "main a[href*='rule=at']", "/partner/schedules/new");
  await owner.waitForSelector("#field-at[type=datetime-local]");
  await clickTo(owner, "main a[href*='rule=cron']", "/partner/schedules/new");
  await owner.fill("#field-device", config.light);
  await owner.click("form.narrowing button[type=submit]");
  await owner.waitForURL((url) => url.searchParams.get("device") === config.light);
  await owner.selectOption("#field-command", "manualDimming");
  await owner.click("form.narrowing button[type=submit]");
  await owner.waitForURL((url) => url.searchParams.get("command") === "manualDimming");
  await owner.fill("#field-name", "Evening");
  await owner.fill("#field-cron", "0 22 * * *");
  await owner.click("main form.fields button[type=submit]");
  await sees(owner, "The schedule is made.");
});

await step("invite a person", async () => {
  await open(owner, "/partner/people");
  await owner.fill("#field-firstName", "Grace");
  await owner.fill("#field-name", "Hopper");
  await owner.fill("#field-email", "grace@city.example");
  await owner.selectOption("#field-role", "reader");
  await owner.selectOption("#field-scope", "group:water");
  await owner.click("form[action='/partner/people'] button[type=submit]");
  await sees(owner, "/choose-password#");
});

await step("make a token and revoke it", async () => {
  await open(owner, "/partner/tokens");
  await owner.fill("#field-name", "dashboard");
  await owner.selectOption("#field-scope", "group:water");
  await owner.click("form[action='/partner/tokens'] button[type=submit]");
  await owner.waitForSelector("code.secret");
  await clickTo(owner, "main a.button[href='/partner/tokens']", "/partner/tokens");
  await sees(owner, "dashboard");
  await clickTo(owner, "form[action$='/revoke'] button", "/partner/tokens", "token-revoked");
});

await step("make a rule of alerts and try it", async () => {
  await open(owner, "/partner/alerts");
  await clickTo(owner, "a.button[href='/partner/alerts/new']", "/partner/alerts/new");
  await clickTo(owner, "main a[href*='when=below']", "/partner/alerts/new");
  await clickTo(owner, "main a[href*='when=above']", "/partner/alerts/new");
  await owner.fill("#field-name", "index");
  await owner.selectOption("#field-quantity", "water.volume");
  await owner.fill("#field-limit", "1");
  await owner.fill("#field-back", "2");
  await owner.click("button[name=act]");
  await owner.waitForSelector("#fault-back");
  await owner.fill("#field-back", "");
  await owner.click("button[name=act]");
  await sees(owner, "The rule would have been raised once.");
  await clickTo(owner, "main form.fields button[type=submit]:not([name])", RULE, "alert-rule-made");
  await clickTo(owner, "form[action$='/rules/index/pause'] button", RULE, "alert-rule-paused");
  await open(owner, "/partner/alerts");
  await sees(owner, "above 1 m³");
});

await step("publish a notice", async () => {
  await open(admin, "/sign-in?next=/operator/notices");
  await signIn(admin, config.admin);
  await isAt(admin, "/operator/notices");
  await admin.selectOption("#field-kind", "incident");
  await admin.fill("#field-title", "The mast of the mill is dark");
  await admin.fill("#field-text", "Meters of the mill are not heard.");
  await clickTo(admin, "form[action='/operator/notices'] button", "/operator/notices", "operator-notice-added");
  await sees(admin, "Meters of the mill are not heard.");
  await open(owner, "/partner");
  await sees(owner, "The mast of the mill is dark");
});

await step("promote a version after its trial", async () => {
  await open(admin, config.candidate);
  const promoting = "details:has(input[value=promote])";
  await admin.click(`${promoting} summary`);
  await admin.click(`${promoting} button[name=try]`);
  await sees(admin, "Nothing was changed");
  await admin.click(".notice form button");
  await sees(admin, "It is done.");
});

await step("approve a partner", async () => {
  await open(admin, "/operator/requests");
  await admin.getByRole("link", { name: "The valley" }).click();
  await admin.click("button[name=passed]");
  await admin.waitForURL((url) => url.searchParams.get("done") === "operator-checked");
  await admin.fill("#field-letter", "Dear Ada,\nwelcome.");
  await admin.fill("#field-partner", "valley");
  await admin.click("button[name=accepted]");
  await sees(admin, "/choose-password#");
  await clickTo(admin, "main a[href='/operator/partners/valley']", "/operator/partners/valley");
});

await end(browser, faults);
