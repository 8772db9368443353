// Opens every page of a list in Chromium, in each language and theme, and either checks it or makes a picture of it.
//
//   node walk.mjs CONFIG.json
//
// The config: { modules, chromium, address, pages: [{ name, path, role, status }], people: { role: { cookie } or
// { email, password } }, pictures, everyLook }. With `pictures`, a folder, pictures are made; without, pages are checked:
// axe-core finds no violation, nothing is asked of another server, and the console stays silent. Faults go to the output,
// a line each; the exit code says whether there were any.

import { mkdir, readFile } from "node:fs/promises";
import { end, launch, read, watch } from "./chromium.mjs";

const config = await read();
const axe = await readFile(`${config.modules}/axe-core/axe.min.js`, "utf8");

const LANGUAGES = ["en", "fr"];
const THEMES = ["light", "dark"];
const WIDTHS = [390, 1280];

// The narrowest window of a computer, in which all entries of the navigation stand in one line.
const ONE_LINE = 1024;

const all = LANGUAGES.flatMap((language) =>
  THEMES.flatMap((theme) => WIDTHS.map((width) => ({ language, theme, width }))));
// The looks in which pages are checked, in turn: a page takes a second in each, and there are many. With `everyLook` each
// page is checked in all of them.
const CHECKED = [
  { language: "en", theme: "light", width: 390 },
  { language: "fr", theme: "dark", width: 1280 },
];
const inTurn = !config.pictures && !config.everyLook;
const looks = inTurn ? CHECKED : all;
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const faults = [];
const fault = (page, said) => faults.push(`${page}: ${said}`);

const browser = await launch(config);

const signIn = async (context, role) => {
  const person = config.people[role];
  if (!person) return;
  if (person.cookie) {
    const [name, value] = person.cookie.split("=");
    await context.addCookies([{ name, value, url: config.address }]);
    return;
  }
  const answer = await context.request.post(`${config.address}/v1/session`, { data: person });
  if (!answer.ok()) fault(role, `cannot sign in: ${answer.status()} ${await answer.text()}`);
};

const contextOf = async (role, language, theme, width) => {
  const context = await browser.newContext({
    locale: language,
    colorScheme: theme,
    viewport: { width, height: width < 600 ? 844 : 900 },
    reducedMotion: "reduce",
  });
  await signIn(context, role);
  return context;
};

const watched = (page, name, status) => watch(page, config.address, status, (said) => fault(name, said));

const open = async (page, { name, path, status }) => {
  const answer = await page.goto(config.address + path, { waitUntil: "load" });
  if (answer.status() !== status) fault(name, `the status is ${answer.status()} and not ${status}`);
};

const check = async (page, name) => {
  await page.evaluate(axe);
  const options = { runOnly: { type: "tag", values: RULES } };
  const { violations } = await page.evaluate((given) => window.axe.run(document, given), options);
  for (const { id, help, nodes } of violations) {
    fault(name, `${id}: ${help}: ${nodes.map((node) => node.target.join(" ")).slice(0, 5).join(", ")}`);
  }
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (overflow > 1) fault(name, `is ${overflow} pixels wider than its window`);
};

// The first key on a page leads to its content, and what has the focus is seen.
const checkKeyboard = async (page, name) => {
  await page.keyboard.press("Tab");
  const skips = await page.evaluate(() => document.activeElement?.getAttribute("href"));
  if (skips !== "#content") fault(name, `the first key leads to ${skips} and not to the content`);
};

// Filters are folded on a phone, and stand open where there is room for them.
const checkFilters = async (page, name, width) => {
  const seen = await page.evaluate(() => {
    const folds = document.querySelector(".folds");
    const parts = folds ? ["summary", "input, select"].map((part) => folds.querySelector(part)) : [];
    return parts.map((part) => part.checkVisibility());
  });
  const isPhone = width < 600;
  if (seen.length > 0 && (seen[0] !== isPhone || seen[1] === isPhone)) {
    fault(name, isPhone ? "does not fold its filters" : "hides its filters");
  }
};

// The entries of the navigation stand in one line, in each language; on a phone it is a strip that scrolls.
const checkNavigation = async (page, name, width) => {
  if (width >= ONE_LINE) await page.setViewportSize({ width: ONE_LINE, height: 900 });
  const tops = await page.evaluate(
    () => [...document.querySelectorAll(".site-nav li")].map((entry) => entry.getBoundingClientRect().top),
  );
  if (new Set(tops).size > 1) fault(name, "its navigation takes several lines");
};

const roles = [...new Set(config.pages.map(({ role }) => role))];
if (config.pictures) await mkdir(config.pictures, { recursive: true });
for (const role of roles) {
  const own = config.pages.filter((page) => page.role === role);
  for (const [turn, { language, theme, width }] of looks.entries()) {
    const pages = own.filter((_, index) => !inTurn || index % looks.length === turn);
    const context = await contextOf(role, language, theme, width);
    for (const listed of pages) {
      const page = await context.newPage();
      const name = `${listed.name}-${language}-${theme}-${width}`;
      watched(page, name, listed.status);
      await open(page, listed);
      if (config.pictures) {
        await page.screenshot({ path: `${config.pictures}/${name}.png`, fullPage: true });
      } else {
        await check(page, name);
        await checkKeyboard(page, name);
        await checkFilters(page, name, width);
        // It is the same on all pages of a role.
        if (listed === pages[0]) await checkNavigation(page, name, width);
      }
      await page.close();
    }
    await context.close();
  }
}

// A search finds while a person types, and the address of what is found can be shared.
if (!config.pictures && config.search) {
  const context = await contextOf("nobody", "en", "light", 1280);
  const page = await context.newPage();
  watched(page, "search", 200);
  await page.goto(`${config.address}/catalogue`);
  await page.type("#q", config.search.text);
  await page.waitForFunction((count) => document.querySelectorAll(".cards > li").length === count, config.search.found)
    .catch(() => fault("search", `does not find ${config.search.found} while a person types`));
  // The address follows what is shown.
  await page.waitForURL((url) => url.searchParams.get("q") === config.search.text, { timeout: 10_000 })
    .catch(() => fault("search", `its address is ${page.url()}`));
  await context.close();
}

await end(browser, faults);
