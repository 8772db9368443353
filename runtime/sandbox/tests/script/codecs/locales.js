// Texts of locales by the hundred, for a comparison with Node.js: the first byte says of what kind they
// are, the second which locale, the third which cases.

const LOCALES = [
  undefined, "en-US", "en-GB", "fr-FR", "de-DE", "es-ES", "it-IT", "nl-NL", "pt-BR", "pt-PT", "pl", "sv-SE", "da", "fi", "nb-NO",
  "fr-CA", "fr-CH", "fr-BE", "de-AT", "de-CH", "en-AU", "en-CA", "en-IN", "es-MX", "es-AR", "es-US", "it-CH", "nl-BE", "no",
];
const ZONES = [
  undefined, "UTC", "Europe/Paris", "Europe/London", "Europe/Kiev", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata",
  "Australia/Adelaide", "Asia/Dubai", "Indian/Reunion", "America/Martinique", "Pacific/Noumea", "europe/berlin",
];
const MOMENTS = [
  0, 1617242400000, 1700000000123, Date.UTC(2024, 11, 25, 12), Date.UTC(1999, 6, 4, 23, 59, 59, 999), Date.UTC(2024, 2, 31, 1),
  Date.UTC(2024, 9, 27, 0, 59, 59), Date.UTC(2024, 9, 27, 1), Date.UTC(2000, 1, 29, 8, 5, 9), Date.UTC(2037, 6, 1), 1e13, -1e12,
];
const DATE_OPTIONS = {
  weekday: ["narrow", "short", "long"], era: ["narrow", "short", "long"], year: ["2-digit", "numeric"],
  month: ["2-digit", "numeric", "narrow", "short", "long"], day: ["2-digit", "numeric"], dayPeriod: ["narrow", "short", "long"],
  hour: ["2-digit", "numeric"], minute: ["2-digit", "numeric"], second: ["2-digit", "numeric"], fractionalSecondDigits: [1, 2, 3],
  timeZoneName: ["short", "long", "shortOffset", "longOffset"], hour12: [true, false], hourCycle: ["h11", "h12", "h23", "h24"],
};
const LIKELY = {
  weekday: 25, era: 6, year: 60, month: 65, day: 60, dayPeriod: 6, hour: 55, minute: 50, second: 40, fractionalSecondDigits: 10,
  timeZoneName: 20, hour12: 15, hourCycle: 8,
};
const STYLES = [undefined, "full", "long", "medium", "short"];
const NUMBERS = [
  0, -0, 1, -1, 0.5, 1.005, 2.345, 1234, 12345, 1234567.891, -1234.5, NaN, Infinity, -Infinity, 1e21, 1.5e-7, 123456789012345680000,
  0.1 + 0.2, 999.9995, -0.0001, 9999, 1000, 21.5, 0.999, 2, 5, 12n, 123456789012345678901234567890n, -5n, 1000000, 22, 112,
];
const NUMBER_OPTIONS = {
  style: ["decimal", "percent", "currency", "unit"], minimumFractionDigits: [0, 1, 2, 3], maximumFractionDigits: [0, 1, 2, 5, 50],
  minimumSignificantDigits: [1, 2], maximumSignificantDigits: [3, 4, 6], useGrouping: [true, false, "always", "min2"],
  minimumIntegerDigits: [1, 2, 5], signDisplay: ["auto", "always", "never", "exceptZero", "negative"],
  roundingMode: ["ceil", "floor", "trunc", "halfEven", "expand"], currencyDisplay: ["symbol", "code", "narrowSymbol"],
  unitDisplay: ["short", "long", "narrow"],
};
const LIKELY_OF_NUMBERS = {
  style: 60, minimumFractionDigits: 25, maximumFractionDigits: 30, minimumSignificantDigits: 6, maximumSignificantDigits: 6,
  useGrouping: 20, minimumIntegerDigits: 8, signDisplay: 15, roundingMode: 10, currencyDisplay: 30, unitDisplay: 60,
};
const CURRENCIES = ["EUR", "USD", "GBP", "CHF", "SEK", "DKK", "NOK", "PLN", "JPY", "BRL"];
const UNITS = ["celsius", "meter", "liter", "percent", "second", "day", "kilogram", "megabyte"];
const WORDS = [
  "sensor", "Sensor", "SENSOR", "Zähler", "Zahl", "été", "ete", "Ête", "cote", "côte", "coté", "côté", "Straße", "Strasse", "aal",
  "ål", "zebra", "item10", "item2", "item 2", "Item-3", "temp_1", "temp.1", "ñandú", "nandu", "łódź", "lodz", "œuvre", "oeuvre",
  "ærø", "øre", "ö", "z", "°C", "€", "20", "3", "", "Émile", "emile",
];
const CASES = 40;

// The same numbers everywhere, for ever.
function generator(seed) {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function chosen(random, options, likely) {
  const found = {};
  for (const name in options) if (random(100) < likely[name]) found[name] = options[name][random(options[name].length)];
  return found;
}

function answer(work) {
  try {
    return work();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

function dates(random, locale) {
  const moment = new Date(MOMENTS[random(MOMENTS.length)]);
  const options = chosen(random, DATE_OPTIONS, LIKELY);
  const zone = ZONES[random(ZONES.length)];
  if (zone !== undefined) options.timeZone = zone;
  const method = ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"][random(3)];
  return [method, moment.toISOString(), options, answer(() => moment[method](locale, options))];
}

function styledDates(random, locale) {
  const moment = new Date(MOMENTS[random(MOMENTS.length)]);
  const options = { timeZone: ZONES[random(ZONES.length)], dateStyle: STYLES[random(5)], timeStyle: STYLES[random(5)] };
  if (random(3) === 0) options.hour12 = random(2) === 0;
  return ["styles", moment.toISOString(), options, answer(() => moment.toLocaleString(locale, options)), moment.toLocaleString(locale)];
}

function parts(random, locale) {
  const moment = MOMENTS[random(MOMENTS.length)];
  const options = { ...chosen(random, DATE_OPTIONS, LIKELY), timeZone: ZONES[random(ZONES.length)] };
  return ["parts", moment, options, answer(() => {
    const format = new Intl.DateTimeFormat(locale, options);
    return JSON.stringify([format.formatToParts(moment), format.resolvedOptions(), format.format(moment)]);
  })];
}

function numbers(random, locale) {
  const number = NUMBERS[random(NUMBERS.length)];
  const options = chosen(random, NUMBER_OPTIONS, LIKELY_OF_NUMBERS);
  if (options.style === "currency") options.currency = CURRENCIES[random(CURRENCIES.length)];
  if (options.style === "unit") options.unit = UNITS[random(UNITS.length)];
  return ["number", String(number), options, answer(() => number.toLocaleString(locale, options)), answer(() => {
    const format = new Intl.NumberFormat(locale, options);
    return JSON.stringify([format.formatToParts(number), format.resolvedOptions()]);
  })];
}

function order(random, locale) {
  const [one, other] = [WORDS[random(WORDS.length)], WORDS[random(WORDS.length)]];
  const options = { sensitivity: ["base", "accent", "case", "variant"][random(4)], numeric: random(2) === 0 };
  const sorted = WORDS.slice(random(20), 20 + random(20)).sort((left, right) => left.localeCompare(right, locale));
  return ["order", one, other, options, Math.sign(one.localeCompare(other, locale, options)), sorted];
}

const KINDS = [dates, styledDates, parts, numbers, order];

function decodeUplink({ bytes: [kind, locale, round] }) {
  const random = generator((kind << 16) | (locale << 8) | round);
  const count = KINDS[kind] === order ? CASES / 4 : CASES;
  const cases = Array.from({ length: count }, () => KINDS[kind](random, LOCALES[locale]));
  return { data: { locale: String(LOCALES[locale]), cases } };
}
