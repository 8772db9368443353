// Locales: their names, which of them are served, and their tables.

// Names of languages as BCP 47 allows them, and what may follow.
const TAG =
  /^([a-z]{2,3}|[a-z]{5,8})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?((?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*)((?:-[a-wy-z\d](?:-[a-z\d]{2,8})+)*)(?:-x(?:-[a-z\d]{1,8})+)?$/;

// Names that are others today; "no" is served as "nb" and keeps its name.
const REPLACED = { iw: "he", in: "id", ji: "yi", jw: "jv", mo: "ro", tl: "fil" };
const SAME_AS = { no: "nb" };

const DEFAULT = "en-US";
const SERVED = "da, de, en, es, fi, fr, it, nb, nl, no, pl, pt and sv";

function invalid() {
  return new RangeError("Incorrect locale information provided");
}

// A name as it is written by the rules, with its parts.
function parse(tag) {
  const match = TAG.exec(tag.toLowerCase());
  if (match === null) throw invalid();
  const [, language, script, region, variants, extensions] = match;
  const parts = [REPLACED[language] ?? language];
  if (script) parts.push(script[0].toUpperCase() + script.slice(1));
  if (region) parts.push(region.toUpperCase());
  return { language: parts[0], script: script && parts[1], region: region?.toUpperCase(), base: parts.join("-") + variants, extensions };
}

// CanonicalizeLocaleList of ECMA-402.
function canonical(locales) {
  if (locales === undefined) return [];
  if (typeof locales === "string" || locales instanceof Locale) locales = [locales];
  const list = Object(locales);
  if (locales === null) throw new TypeError("Cannot convert undefined or null to object");
  const found = [];
  const length = Math.min(Number(list.length) || 0, 1000);
  for (let i = 0; i < length; i++) {
    if (!(i in list)) continue;
    const item = list[i];
    if (typeof item !== "string" && (typeof item !== "object" || item === null)) {
      throw new TypeError("Incorrect locale information provided");
    }
    const { base, extensions } = parse(String(item));
    const name = base + extensions;
    if (!found.includes(name)) found.push(name);
  }
  return found;
}

// Keywords of "-u-": { hc: "h23" }.
function keywordsOf(extensions) {
  const found = {};
  const text = /-u((?:-[a-z\d]{2,8})+)/.exec(extensions)?.[1];
  if (text === undefined) return found;
  let key;
  for (const part of text.slice(1).split("-")) {
    if (part.length === 2) found[(key = part)] = "";
    else if (key !== undefined) found[key] += (found[key] && "-") + part;
  }
  return found;
}

let languages;
function isLanguage(language) {
  languages ??= new Set(native.table("languages").trim().split(" "));
  return languages.has(language);
}

function lineOf(table, name) {
  return native.table(table, name);
}

// The name under which a locale is served, or undefined where other engines do not know it either. A
// locale that they know and that has no table here is refused: its texts would be another's.
function served(tag) {
  const { language, script, region, base } = parse(tag);
  if (SAME_AS[language]) {
    const table = SAME_AS[language];
    return { name: region === "NO" ? `${language}-NO` : language, table };
  }
  if (!isLanguage(language)) return undefined;
  if (lineOf("calendars", language) === undefined || (script !== undefined && script !== "Latn")) {
    throw new RangeError(
      `The locale ${base} is not served: codecs find ${SERVED} with their regions`,
    );
  }
  // With a script a region is passed over: no locale here has both.
  const regional = region && script === undefined && `${language}-${region}`;
  const name = regional && lineOf("calendars", regional) !== undefined ? regional : language;
  return { name, table: name };
}

// ResolveLocale: the first locale of the list that is known, or else the default.
function resolve(locales) {
  for (const tag of canonical(locales)) {
    const found = served(tag);
    if (found !== undefined) return { ...found, keywords: keywordsOf(parse(tag).extensions) };
  }
  return { name: DEFAULT, table: DEFAULT, keywords: {} };
}

// Of the keywords of a locale those that matter to somebody; calendars and digits that are not
// served are refused.
function checkKeywords({ keywords, name }, options = {}) {
  const calendar = options.calendar ?? keywords.ca ?? "gregory";
  if (calendar !== "gregory") throw notServed("calendar", calendar, name);
  const numbers = options.numberingSystem ?? keywords.nu ?? "latn";
  if (numbers !== "latn") throw notServed("numberingSystem", numbers, name);
}

function notServed(option, value, where) {
  const at = where === undefined ? "" : ` in ${where}`;
  return new RangeError(`The option ${option}: ${JSON.stringify(value)} is not served${at}`);
}

function merged(parent, own) {
  const result = { ...parent };
  for (const [key, value] of Object.entries(own)) {
    const inherited = result[key];
    if (value === null) delete result[key];
    else if (isTable(value) && isTable(inherited)) result[key] = merged(inherited, value);
    else result[key] = value;
  }
  return result;
}

function isTable(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const tables = new Map();

function heldTable(kind, locale) {
  const key = `${kind} ${locale}`;
  let found = tables.get(key);
  if (found === undefined) {
    const { parent, ...own } = JSON.parse(lineOf(kind, locale));
    const above = parent ?? (locale.includes("-") ? locale.slice(0, locale.lastIndexOf("-")) : undefined);
    const inherited = above === undefined ? undefined : heldTable(kind, above);
    found = {
      whole: inherited === undefined ? own : merged(inherited.whole, own),
      levels: [own, ...(inherited?.levels ?? [])],
    };
    tables.set(key, found);
  }
  return found;
}

// The table of a locale: its own line over that of its parent.
function tableOf(kind, locale) {
  return heldTable(kind, locale).whole;
}

// The lines that a table is made of: its own, its parent's and so on.
function levelsOf(kind, locale) {
  return heldTable(kind, locale).levels;
}

// Languages whose capital letters are others than everybody's.
const OWN_CASING = ["az", "el", "lt", "tr"];

function checkCasing(locales) {
  const [first] = canonical(locales);
  const language = first && parse(first).language;
  if (OWN_CASING.includes(language)) throw new RangeError(`The locale ${first} is not served for upper and lower case`);
}

function supportedLocalesOf(locales) {
  return canonical(locales).filter((tag) => {
    try {
      return served(tag) !== undefined;
    } catch {
      return false;
    }
  });
}

// GetOption of ECMA-402: what has another type is converted first.
function option(options, name, values, fallback, method) {
  const value = options[name];
  if (value === undefined) return fallback;
  const text = String(value);
  if (values !== undefined && !values.includes(text)) {
    throw new RangeError(`Value ${text} out of range for ${method} options property ${name}`);
  }
  return text;
}

function numberOption(options, name, least, most, fallback) {
  const value = options[name];
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!(number >= least && number <= most)) throw new RangeError(`${name} value is out of range.`);
  return Math.floor(number);
}

// The formats that toLocaleString made: codecs format the members of a log in one or two ways.
const MOST_MADE = 50;

function formatsBy(names) {
  const made = new Map();
  return (locales, options, method, make) => {
    const key = keyOf(names, locales, options, method);
    let format = key === undefined ? undefined : made.get(key);
    if (format === undefined) {
      format = make();
      if (key !== undefined && made.size < MOST_MADE) made.set(key, format);
    }
    return format;
  };
}

function keyOf(names, locales, options, method) {
  if (locales !== undefined && typeof locales !== "string") return undefined;
  if (options !== undefined && (typeof options !== "object" || options === null)) return undefined;
  let key = `${method} ${locales}`;
  if (options === undefined) return key;
  for (const name of names) {
    const value = options[name];
    if (typeof value === "object" && value !== null) return undefined;
    key += value === undefined ? "|" : `|${typeof value} ${String(value)}`;
  }
  return key;
}

// CoerceOptionsToObject.
function optionsOf(options) {
  if (options === undefined) return Object.create(null);
  if (options === null) throw new TypeError("Cannot convert undefined or null to object");
  return Object(options);
}

function localeMatcher(options, method) {
  option(options, "localeMatcher", ["lookup", "best fit"], "best fit", method);
}

class Locale {
  #tag;

  constructor(tag) {
    if (typeof tag !== "string" && (typeof tag !== "object" || tag === null)) {
      throw new TypeError("First argument to Intl.Locale constructor can't be empty or missing");
    }
    this.#tag = parse(String(tag));
  }

  get baseName() {
    return this.#tag.base;
  }

  get language() {
    return this.#tag.language;
  }

  get script() {
    return this.#tag.script;
  }

  get region() {
    return this.#tag.region;
  }

  toString() {
    return this.#tag.base + this.#tag.extensions;
  }
}

share({
  locales: {
    canonical, checkCasing, checkKeywords, formatsBy, levelsOf, localeMatcher, Locale, notServed, numberOption, option, optionsOf, parse, resolve,
    supportedLocalesOf, tableOf,
  },
});
