// Makes the tables of locales that the script engine carries, of Unicode's CLDR as npm has it:
//
//   npm install --no-save --prefix DIR cldr-core@48.0.0 cldr-dates-full@48.0.0 \
//     cldr-numbers-full@48.0.0 cldr-units-full@48.0.0 cldr-bcp47@48.2.0
//   node generate.mjs DIR
//
// A table has a line for each locale: its name, a tab, and JSON. A locale that has a parent says only
// what is different there. The numbers of characters for sorting come from Node.js itself.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const LANGUAGES = ["da", "de", "en", "es", "fi", "fr", "it", "nb", "nl", "pl", "pt", "sv"];

const CURRENCIES = [
  "AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF",
  "IDR", "ILS", "INR", "ISK", "JPY", "KRW", "MAD", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RON", "RUB", "SAR",
  "SEK", "SGD", "THB", "TND", "TRY", "TWD", "UAH", "USD", "VND", "XAF", "XOF", "XPF", "ZAR",
];

const UNITS = [
  "digital-byte", "digital-kilobyte", "digital-megabyte", "duration-day", "duration-hour", "duration-millisecond",
  "duration-minute", "duration-second", "temperature-celsius", "temperature-fahrenheit", "length-centimeter", "length-kilometer",
  "length-meter", "length-millimeter", "volume-liter", "mass-gram", "mass-kilogram", "angle-degree", "concentr-percent",
];

// Metazones whose names are told: Europe and America, what is French overseas, and the large ones elsewhere.
const METAZONES = [
  "Africa_Central", "Africa_Eastern", "Africa_Southern", "Africa_Western", "Alaska", "Amazon", "America_Central",
  "America_Eastern", "America_Mountain", "America_Pacific", "Arabian", "Argentina", "Atlantic", "Australia_Central",
  "Australia_Eastern", "Australia_Western", "Azores", "Bolivia", "Brasilia", "Cape_Verde", "Chile", "China", "Colombia", "Cuba",
  "Ecuador", "Europe_Central", "Europe_Eastern", "Europe_Further_Eastern", "Europe_Western", "French_Guiana", "French_Southern",
  "GMT", "Georgia", "Greenland_Eastern", "Greenland_Western", "Gulf", "Hawaii_Aleutian", "Hong_Kong", "India", "Indochina",
  "Israel", "Japan", "Korea", "Marquesas", "Mauritius", "Mexico_Northwest", "Mexico_Pacific", "Moscow", "New_Caledonia",
  "New_Zealand", "Newfoundland", "Paraguay", "Peru", "Pierre_Miquelon", "Reunion", "Samara", "Singapore", "Tahiti", "Uruguay",
  "Venezuela", "Wallis",
];

const root = join(process.argv[2], "node_modules");
const out = import.meta.dirname;
const read = (...path) => JSON.parse(readFileSync(join(root, ...path), "utf8"));
const supplemental = (name) => read("cldr-core", "supplemental", `${name}.json`).supplemental;

const parents = supplemental("parentLocales").parentLocales.parentLocale;
const likely = supplemental("likelySubtags").likelySubtags;
const timeData = supplemental("timeData").timeData;
const dayPeriods = supplemental("dayPeriods").dayPeriodRuleSet;

function parentOf(locale) {
  const parent = parents[locale] ?? locale.split("-").slice(0, -1).join("-");
  return parent === "root" ? "" : parent;
}

function regionOf(locale) {
  return locale.split("-").find((part, index) => index > 0 && /^([A-Z]{2}|\d{3})$/.test(part));
}

function hourOf(locale) {
  const [language] = locale.split("-");
  const region = regionOf(locale) ?? likely[language].split("-").at(-1);
  const times = timeData[`${language}-${region}`] ?? timeData[region] ?? timeData["001"];
  return times._preferred;
}

const list = (object) => Object.values(object);

// The periods of a day, as pairs of the minute at which one ends and its name.
function periodsOf(locale) {
  const rules = dayPeriods[locale] ?? dayPeriods[locale.split("-")[0]];
  const minutes = (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  const found = [];
  for (const [name, rule] of Object.entries(rules)) {
    // ICU says "midnight" for another letter of patterns, which no option asks for.
    if (name === "midnight") continue;
    if (rule._at) found.push([minutes(rule._at), minutes(rule._at), name]);
    else found.push([minutes(rule._from), minutes(rule._before), name]);
  }
  return found;
}

function calendarOf(locale) {
  const { gregorian } = read("cldr-dates-full", "main", locale, "ca-gregorian.json").main[locale].dates.calendars;
  const fields = read("cldr-dates-full", "main", locale, "dateFields.json").main[locale].dates.fields;
  const widths = (names) => [names.abbreviated, names.wide, names.narrow].map(list);
  const styles = (formats) => ["full", "long", "medium", "short"].map((style) => formats[style]._value ?? formats[style]);
  const available = {};
  for (const [skeleton, pattern] of Object.entries(gregorian.dateTimeFormats.availableFormats)) {
    if (!/-(count|alt)-|[wWQ]/.test(skeleton)) available[skeleton] = pattern;
  }
  const append = gregorian.dateTimeFormats.appendItems;
  const periods = (names) => Object.fromEntries(
    Object.entries(names).filter(([name]) => name !== "midnight" && !name.includes("-alt-")),
  );
  return {
    months: widths(gregorian.months.format),
    lonelyMonths: widths(gregorian.months["stand-alone"]),
    days: widths(gregorian.days.format),
    lonelyDays: widths(gregorian.days["stand-alone"]),
    periods: [gregorian.dayPeriods.format.abbreviated, gregorian.dayPeriods.format.wide, gregorian.dayPeriods.format.narrow].map(periods),
    dayPeriods: periodsOf(locale),
    eras: [gregorian.eras.eraAbbr, gregorian.eras.eraNames, gregorian.eras.eraNarrow].map((eras) => [eras[0], eras[1]]),
    dates: styles(gregorian.dateFormats),
    times: styles(gregorian.timeFormats),
    joined: styles(gregorian["dateTimeFormats-atTime"].standard),
    available,
    append: {
      0: append.Era, 1: append.Year, 3: append.Month, 6: append["Day-Of-Week"], 9: append.Day,
      11: append.Hour, 12: append.Minute, 13: append.Second, 15: append.Timezone,
    },
    fields: {
      0: fields.era.displayName, 1: fields.year.displayName, 3: fields.month.displayName, 6: fields.weekday.displayName,
      9: fields.day.displayName, 10: fields.dayperiod.displayName, 11: fields.hour.displayName,
      12: fields.minute.displayName, 13: fields.second.displayName, 15: fields.zone.displayName,
    },
    hour: hourOf(locale),
  };
}

function numbersOf(locale) {
  const { numbers } = read("cldr-numbers-full", "main", locale, "numbers.json").main[locale];
  const { currencies } = read("cldr-numbers-full", "main", locale, "currencies.json").main[locale].numbers;
  const symbols = numbers["symbols-numberSystem-latn"];
  const formats = numbers["currencyFormats-numberSystem-latn"];
  return {
    minimumGrouping: Number(numbers.minimumGroupingDigits),
    symbols: {
      decimal: symbols.decimal, group: symbols.group, minus: symbols.minusSign, plus: symbols.plusSign,
      percent: symbols.percentSign, infinity: symbols.infinity, nan: symbols.nan,
      currencyDecimal: symbols.currencyDecimal, currencyGroup: symbols.currencyGroup, exponential: symbols.exponential,
    },
    decimalPattern: numbers["decimalFormats-numberSystem-latn"].standard,
    percentPattern: numbers["percentFormats-numberSystem-latn"].standard,
    // Where ICU writes amounts by rules that these tables do not have, they are refused.
    currencyPatterns: parentOf(locale) === "en-150" || ["en-150", "en-ZA", "pt-CV"].includes(locale) ? null : [formats.standard, formats.accounting, formats["standard-alphaNextToNumber"], formats["accounting-alphaNextToNumber"]],
    currencies: Object.fromEntries(CURRENCIES.map((code) => [
      code, [currencies[code]?.symbol ?? code, currencies[code]?.["symbol-alt-narrow"] ?? currencies[code]?.symbol ?? code],
    ])),
  };
}

function unitsOf(locale) {
  const units = read("cldr-units-full", "main", locale, "units.json").main[locale].units;
  const plural = (unit) => Object.fromEntries(
    Object.entries(unit)
      .filter(([key]) => /^unitPattern-count-[a-z]+$/.test(key))
      .map(([key, pattern]) => [key.slice("unitPattern-count-".length), pattern]),
  );
  const named = {};
  for (const unit of UNITS) {
    const name = unit.slice(unit.indexOf("-") + 1);
    named[name] = ["short", "long", "narrow"].map((width) => plural(units[width][unit]));
  }
  return { units: named };
}

function zonesOf(locale) {
  const names = read("cldr-dates-full", "main", locale, "timeZoneNames.json").main[locale].dates.timeZoneNames;
  const meta = {};
  const widths = (entry) => [entry.short?.standard, entry.short?.daylight, entry.long?.standard, entry.long?.daylight]
    .map((name) => (name === "∅∅∅" ? undefined : name) ?? 0);
  for (const name of METAZONES) meta[name] = widths(names.metazone[name] ?? {});
  // Of the others the abbreviations alone: most have none.
  for (const [name, entry] of Object.entries(names.metazone)) {
    if (meta[name] === undefined && entry.short !== undefined) meta[name] = widths(entry).slice(0, 2);
  }
  const zone = {};
  const walk = (entries, prefix) => {
    for (const [name, entry] of Object.entries(entries)) {
      if (entry.long || entry.short) zone[prefix + name] = widths(entry);
      else if (typeof entry === "object" && !("exemplarCity" in entry)) walk(entry, `${prefix}${name}/`);
    }
  };
  walk(names.zone, "");
  return {
    gmt: [names.gmtFormat, names.gmtZeroFormat, names.hourFormat],
    meta,
    zone,
  };
}

// The differences from the parent, leaf by leaf; lists are leaves. A member of the parent's alone is null.
function difference(own, parent) {
  if (parent === undefined) return own;
  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(own) || !isObject(parent)) return JSON.stringify(own) === JSON.stringify(parent) ? undefined : own;
  const found = {};
  for (const key of new Set([...Object.keys(own), ...Object.keys(parent)])) {
    const inner = key in own ? difference(own[key], parent[key]) : null;
    if (inner !== undefined) found[key] = inner;
  }
  return Object.keys(found).length === 0 ? undefined : found;
}

// Whether other engines tell a region from its language.
function isKnown(locale) {
  return !/-[A-Z][a-z]{3}/.test(locale) && new Intl.NumberFormat(locale).resolvedOptions().locale === locale;
}

function table(languages, of) {
  const lines = [];
  for (const language of languages) {
    const locales = readdirSync(join(root, "cldr-dates-full", "main"))
      .filter((name) => name === language || (name.startsWith(`${language}-`) && isKnown(name)));
    // Regions that say nothing of their own: other engines know them by name all the same.
    const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
    const plain = letters.flatMap((one) => letters.map((other) => `${language}-${one}${other}`))
      .filter((locale) => !locales.includes(locale) && isKnown(locale));
    lines.push(...plain.map((locale) => `${locale}\t{}`));
    const full = Object.fromEntries(locales.map((locale) => [locale, of(locale)]));
    for (const locale of locales) {
      const parent = locale === language ? "" : parentOf(locale);
      const content = parent === "" ? full[locale] : difference(full[locale], full[parent] ?? full[language]) ?? {};
      if (parent !== "" && parent !== locale.split("-").slice(0, -1).join("-")) content.parent = parent;
      lines.push(`${locale}\t${JSON.stringify(content)}`);
    }
  }
  lines.sort((one, other) => (one.split("\t")[0] < other.split("\t")[0] ? -1 : 1));
  return `${lines.join("\n")}\n`;
}

// Names of zones that CLDR has another for, and the metazones that each zone was in.
function aliases() {
  const lines = [];
  for (const entry of Object.values(read("cldr-bcp47", "bcp47", "timezone.json").keyword.u.tz)) {
    const [first, ...others] = (entry._alias ?? "").split(" ");
    lines.push(...others.map((other) => `${other}\t${first}`));
  }
  return `${lines.sort().join("\n")}\n`;
}

function metazones() {
  const lines = [];
  // One whose long names are left out here begins with a minus.
  const named = read("cldr-dates-full", "main", "en", "timeZoneNames.json").main.en.dates.timeZoneNames.metazone;
  const marked = (name) => (named[name]?.long !== undefined && !METAZONES.includes(name) ? `-${name}` : name);
  const minutes = (text) => (text === undefined ? 0 : Date.parse(`${text.replace(" ", "T")}Z`) / 60000);
  const walk = (entries, prefix) => {
    for (const [name, entry] of Object.entries(entries)) {
      if (!Array.isArray(entry)) {
        walk(entry, `${prefix}${name}/`);
        continue;
      }
      const stays = entry.map(({ usesMetazone: { _mzone, _from, _to } }) => [marked(_mzone), minutes(_from), minutes(_to)]);
      lines.push(`${prefix}${name}\t${JSON.stringify(stays)}`);
    }
  };
  walk(supplemental("metaZones").metaZones.metazoneInfo.timezone, "");
  return `${lines.sort().join("\n")}\n`;
}

// Every language that other engines know: a locale of another one cannot be served here.
function languages() {
  const known = new Set(readdirSync(join(root, "cldr-dates-full", "main")).map((name) => name.split("-")[0]));
  return [...known].filter((name) => Intl.DateTimeFormat.supportedLocalesOf([name]).length > 0).sort();
}

const write = (name, text) => writeFileSync(join(out, name), text);
write("calendars.tsv", table(LANGUAGES, calendarOf));
write("numbers.tsv", table(LANGUAGES, numbersOf));
write("units.tsv", table(LANGUAGES, unitsOf));
write("zones.tsv", table(LANGUAGES, zonesOf));
write("aliases.tsv", aliases());
write("metazones.tsv", metazones());
write("languages.txt", `${languages().join(" ")}\n`);

// The order of characters: the languages that have one of their own, and the root's for all others.
// Each has its groups of characters that are one letter; within a group U+0001 stands where accents
// differ, U+0002 where nothing does, and nothing where case or form do. Then there are characters
// that count as several ("ß" as "ss"), pairs that count as one ("aa" of Danish), and marks.
const RANGES = [
  [0x09, 0x0d], [0x20, 0x7e], [0xa0, 0x17f], [0x218, 0x21b], [0x370, 0x3ff], [0x400, 0x45f], [0x1e00, 0x1eff], [0x2010, 0x2027],
  [0x202f, 0x205e], [0x2070, 0x209c], [0x20a0, 0x20bf], [0x2100, 0x214f],
];
const PAIRS = ["ae", "oe", "ss", "ij", "dz", "lj", "nj", "th", "AE", "OE", "SS", "IJ", "Dz", "DZ", "Lj", "LJ", "Nj", "NJ", "Th", "TH"];

function order(language) {
  const collator = (options) => new Intl.Collator(language, { usage: "sort", caseFirst: "false", ...options }).compare;
  const [base, accent, full] = ["base", "accent", "variant"].map((sensitivity) => collator({ sensitivity }));
  const marks = [];
  for (let code = 0x300; code <= 0x36f; code++) {
    const mark = String.fromCodePoint(code);
    if (mark.normalize("NFC") === mark) marks.push(mark);
  }
  marks.sort((one, other) => full(`a${one}`, `a${other}`) || (one < other ? -1 : 1));
  const characters = [];
  const several = {};
  for (const [first, last] of RANGES) {
    for (let code = first; code <= last; code++) {
      const character = String.fromCodePoint(code);
      if (!/^\P{Cn}$/u.test(character) || /^[\p{M}\p{Cf}]$/u.test(character) || character.normalize("NFC") !== character) continue;
      const written = character.normalize("NFKD").replace(/\p{M}/gu, "");
      const pair = PAIRS.findLast((pair) => base(pair, character) === 0 && accent(pair, character) === 0 )
        ?? PAIRS.find((pair) => base(pair, character) === 0);
      const differs = (text) => (accent(text, character) === 0 ? "" : "\u0001");
      if (pair !== undefined) several[character] = differs(pair) + pair;
      else if ([...written].length > 1) {
        if (base(written, character) === 0) several[character] = differs(written) + written;
      } else characters.push(character);
    }
  }
  characters.sort((one, other) => full(one, other) || (one < other ? -1 : 1));
  const groups = [];
  let last;
  for (const character of characters) {
    if (last === undefined || base(last, character) !== 0) groups.push(character);
    else if (accent(last, character) !== 0) groups[groups.length - 1] += `\u0001${character}`;
    else if (full(last, character) !== 0) groups[groups.length - 1] += character;
    else groups[groups.length - 1] += `\u0002${character}`;
    last = character;
  }
  const pairs = {};
  for (const [pair, single] of [["aa", "å"], ["Aa", "Å"], ["AA", "Å"]]) if (base(pair, single) === 0) pairs[pair] = single;
  const ignoresPunctuation = collator({ ignorePunctuation: true });
  const punctuation = groups.map((group) => [...group][0])
    .filter((character) => ignoresPunctuation(`a${character}b`, "ab") === 0).join("");
  const { caseFirst } = new Intl.Collator(language).resolvedOptions();
  return { groups, several, pairs, marks: marks.join(""), punctuation, caseFirst };
}

function collation() {
  const root = order("en");
  const orders = { root };
  for (const language of LANGUAGES) {
    const own = order(language);
    if (JSON.stringify(own) !== JSON.stringify(root)) orders[language] = own;
  }
  const lines = Object.entries(orders).map(([language, own]) => {
    const { groups, ...rest } = own;
    return `${language}\t${JSON.stringify({ ...rest, groups: groups.join("\u0003") })}`;
  });
  return `${lines.sort((one, other) => (one.split("\t")[0] < other.split("\t")[0] ? -1 : 1)).join("\n")}\n`;
}

write("collation.tsv", collation());
