// Intl.DateTimeFormat, and toLocaleString and its kin of Date.

const { canonical, checkKeywords, formatsBy, localeMatcher, notServed, numberOption, option, optionsOf, resolve, supportedLocalesOf, tableOf } =
  shared.locales;
const { bestPattern, generatorOf, itemsOf, joinedWith } = shared.patterns;
const { offsetAt, shownZone, zoneNamed, zoneText } = shared.zones;

const TEXT_WIDTHS = ["narrow", "short", "long"];
const DIGITS = ["2-digit", "numeric"];
const FIELD_OPTIONS = {
  weekday: TEXT_WIDTHS, era: TEXT_WIDTHS, year: DIGITS, month: [...DIGITS, ...TEXT_WIDTHS], day: DIGITS,
  dayPeriod: TEXT_WIDTHS, hour: DIGITS, minute: DIGITS, second: DIGITS, fractionalSecondDigits: undefined,
  timeZoneName: ["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"],
};
const DATE_FIELDS = ["weekday", "year", "month", "day"];
const TIME_FIELDS = ["dayPeriod", "hour", "minute", "second", "fractionalSecondDigits"];
const STYLES = ["full", "long", "medium", "short"];

// Letters of a skeleton for each option; the hour's depends on the locale.
const LETTERS = {
  weekday: { narrow: "EEEEE", short: "EEE", long: "EEEE" },
  era: { narrow: "GGGGG", short: "GGG", long: "GGGG" },
  year: { "2-digit": "yy", numeric: "y" },
  month: { "2-digit": "MM", numeric: "M", narrow: "MMMMM", short: "MMM", long: "MMMM" },
  day: { "2-digit": "dd", numeric: "d" },
  dayPeriod: { narrow: "BBBBB", short: "B", long: "BBBB" },
  minute: { "2-digit": "mm", numeric: "m" },
  second: { "2-digit": "ss", numeric: "s" },
  timeZoneName: { short: "z", long: "zzzz", shortOffset: "O", longOffset: "OOOO" },
};
const CYCLES = { h11: "K", h12: "h", h23: "H", h24: "k" };
const CYCLE_OF = { K: "h11", h: "h12", H: "h23", k: "h24" };

// Names of parts, by the letters of a pattern.
const PARTS = {
  G: "era", y: "year", Y: "year", M: "month", L: "month", E: "weekday", c: "weekday", d: "day", a: "dayPeriod", b: "dayPeriod",
  B: "dayPeriod", H: "hour", h: "hour", K: "hour", k: "hour", m: "minute", s: "second", S: "fractionalSecond",
  z: "timeZoneName", O: "timeZoneName", v: "timeZoneName",
};

// 400 years repeat: so many milliseconds.
const CYCLE_YEARS = 400;
const CYCLE_MS = 146_097 * 86_400_000;
const MOST_MS = 8.64e15;

function read(options, method, required, defaults) {
  const read = {};
  for (const [name, values] of Object.entries(FIELD_OPTIONS)) {
    read[name] =
      name === "fractionalSecondDigits" ? numberOption(options, name, 1, 3) : option(options, name, values, undefined, method);
  }
  read.dateStyle = option(options, "dateStyle", STYLES, undefined, method);
  read.timeStyle = option(options, "timeStyle", STYLES, undefined, method);
  const style = read.dateStyle === undefined ? "timeStyle" : "dateStyle";
  if (read[style] !== undefined) {
    const named = Object.keys(FIELD_OPTIONS).find((name) => read[name] !== undefined);
    if (named !== undefined) throw new TypeError(`Can't set option ${named} when ${style} is used`);
    if (required === "date" && read.timeStyle !== undefined) throw new TypeError("Invalid option : timeStyle");
    if (required === "time" && read.dateStyle !== undefined) throw new TypeError("Invalid option : dateStyle");
    return read;
  }
  const given = (names) => names.some((name) => read[name] !== undefined);
  const isNamed = (required !== "time" && given(DATE_FIELDS)) || (required !== "date" && given(TIME_FIELDS));
  if (!isNamed) {
    if (defaults !== "time") for (const name of ["year", "month", "day"]) read[name] ??= "numeric";
    if (defaults !== "date") for (const name of ["hour", "minute", "second"]) read[name] ??= "numeric";
  }
  return read;
}

function cycleOf(locale, { hour12, hourCycle }, keywords) {
  const letter = tableOf("calendars", locale.table).hour;
  const usual = CYCLE_OF[letter];
  // As V8 of Node.js 20 has it: where a day begins with hour 0, its halves do too.
  const beginsWithZero = usual === "h11" || usual === "h23";
  if (hour12 === true) return beginsWithZero ? "h11" : "h12";
  if (hour12 === false) return beginsWithZero ? "h23" : "h24";
  if (hourCycle !== undefined) return hourCycle;
  return CYCLES[keywords.hc] === undefined ? usual : keywords.hc;
}

function withCycle(items, cycle) {
  const letter = CYCLES[cycle];
  return items.flatMap((item, index) => {
    if (typeof item === "string" || CYCLE_OF[item.letter] === undefined) return [item];
    const hour = { letter, length: item.length };
    return items[index - 1]?.letter === "d" ? [" ", hour] : [hour];
  });
}

function skeletonFor(read, cycle) {
  let skeleton = "";
  for (const [name, letters] of Object.entries(LETTERS)) {
    const value = read[name];
    if (name === "minute" && read.hour !== undefined) skeleton += CYCLES[cycle].repeat(read.hour === "2-digit" ? 2 : 1);
    if (value === undefined) continue;
    if (letters[value] === undefined) throw notServed(name, value);
    skeleton += letters[value];
  }
  return skeleton + "S".repeat(read.fractionalSecondDigits ?? 0);
}

function styledItems(locale, read, cycle) {
  const calendar = tableOf("calendars", locale);
  const date = read.dateStyle && itemsOf(calendar.dates[STYLES.indexOf(read.dateStyle)]);
  const time = read.timeStyle && itemsOf(calendar.times[STYLES.indexOf(read.timeStyle)]);
  if (time === undefined) return date;
  const items =
    date === undefined ? time : joinedWith(calendar.joined[STYLES.indexOf(read.dateStyle)], [time, date]);
  const own = items.find((item) => CYCLE_OF[item.letter] !== undefined);
  if (own === undefined || CYCLE_OF[own.letter] === cycle) return items;
  const skeleton = items
    .filter((item) => typeof item !== "string" && !/[abB]/.test(item.letter))
    .map(({ letter, length }) => (CYCLE_OF[letter] === undefined ? letter : CYCLES[cycle]).repeat(length))
    .join("");
  return withCycle(bestPattern(locale, skeleton), cycle);
}

// All that a format needs, made of a locale and options.
function formatOf(locales, givenOptions, method, required, defaults) {
  const requested = canonical(locales);
  const options = optionsOf(givenOptions);
  const values = read(options, method, required, defaults);
  localeMatcher(options, method);
  const hour12 = options.hour12 === undefined ? undefined : Boolean(options.hour12);
  const hourCycle = option(options, "hourCycle", Object.keys(CYCLES), undefined, method);
  option(options, "formatMatcher", ["basic", "best fit"], "best fit", method);
  const locale = resolve(requested);
  const wantedCalendar = option(options, "calendar", undefined, undefined, method)?.toLowerCase();
  const numberingSystem = option(options, "numberingSystem", undefined, undefined, method)?.toLowerCase();
  checkKeywords(locale, { calendar: wantedCalendar, numberingSystem });
  const zone = options.timeZone === undefined ? "UTC" : zoneNamed(options.timeZone);
  const hasTime = values.hour !== undefined || values.timeStyle !== undefined;
  const cycle = hasTime ? cycleOf(locale, { hour12, hourCycle }, locale.keywords) : undefined;
  const isStyled = values.dateStyle !== undefined || values.timeStyle !== undefined;
  const items = isStyled
    ? styledItems(locale.table, values, cycle)
    : withCycle(bestPattern(locale.table, skeletonFor(values, cycle)), cycle);
  const calendar = tableOf("calendars", locale.table);
  return { locale, calendar, zone, cycle, values, isStyled, items, hour12, hourCycle };
}

function calendarFields(zone, moment) {
  let local = moment + offsetAt(zone, moment).seconds * 1000;
  let years = 0;
  if (Math.abs(local) > MOST_MS) {
    years = Math.sign(local) * CYCLE_YEARS;
    local -= Math.sign(local) * CYCLE_MS;
  }
  const date = new Date(local);
  return {
    year: date.getUTCFullYear() + years,
    month: date.getUTCMonth(),
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: date.getUTCMilliseconds(),
  };
}

// The width of a word by the length of its letters: abbreviated, wide, narrow.
function width(length) {
  return length === 4 ? 1 : length === 5 ? 2 : 0;
}

function flexiblePeriod(calendar, fields, length, items) {
  const has = (letter) => items.some((item) => item.letter === letter);
  const minute = has("m") ? fields.minute : 0;
  const second = has("s") ? fields.second : 0;
  const at = fields.hour * 60;
  const names = calendar.periods[width(length)];
  if (minute === 0 && second === 0) {
    const exact = calendar.dayPeriods.find(([from, to]) => from === to && from % 1440 === at);
    if (exact !== undefined && names[exact[2]] !== undefined) return names[exact[2]];
  }
  const found = calendar.dayPeriods.find(([from, to]) =>
    from < to ? at >= from && at < to : from > to && (at >= from || at < to),
  );
  return names[found?.[2]] ?? names[fields.hour < 12 ? "am" : "pm"];
}

function digits(number, length) {
  return String(number).padStart(length, "0");
}

function partText(format, item, fields, moment) {
  const { letter, length } = item;
  const { calendar } = format;
  switch (letter) {
    case "G":
      return calendar.eras[width(length)][fields.year > 0 ? 1 : 0];
    // A year of weeks stands in a pattern of de-CH by mistake.
    case "Y":
    case "y": {
      const year = fields.year > 0 ? fields.year : 1 - fields.year;
      return length === 2 ? digits(year % 100, 2) : digits(year, length);
    }
    case "M":
    case "L":
      if (length < 3) return digits(fields.month + 1, length);
      return (letter === "M" ? calendar.months : calendar.lonelyMonths)[width(length)][fields.month];
    case "E":
      return calendar.days[width(length)][fields.weekday];
    case "c":
      return calendar.lonelyDays[width(length)][fields.weekday];
    case "d":
      return digits(fields.day, length);
    case "a":
      return calendar.periods[width(length)][fields.hour < 12 ? "am" : "pm"];
    case "B":
      return flexiblePeriod(calendar, fields, length, format.items);
    case "H":
      return digits(fields.hour, length);
    case "k":
      return digits(fields.hour || 24, length);
    case "K":
      return digits(fields.hour % 12, length);
    case "h":
      return digits(fields.hour % 12 || 12, length);
    case "m":
      return digits(fields.minute, length);
    case "s":
      return digits(fields.second, length);
    case "S":
      return digits(fields.millisecond, 3).slice(0, length);
    default:
      return zoneText(format.locale.table, format.zone, moment, letter, length);
  }
}

function partsAt(format, moment) {
  const fields = calendarFields(format.zone, moment);
  return format.items.map((item) =>
    typeof item === "string"
      ? { type: "literal", value: item }
      : { type: PARTS[item.letter], value: partText(format, item, fields, moment) },
  );
}

// Of narrow spaces V8 makes ordinary ones in a text, since programs expect those, and leaves the parts.
function textAt(format, moment) {
  return partsAt(format, moment)
    .map((part) => part.value)
    .join("")
    .replaceAll("\u202f", " ");
}

function momentOf(value) {
  const moment = value === undefined ? Date.now() : Number(value);
  if (!(Math.abs(moment) <= MOST_MS)) throw new RangeError("Invalid time value");
  return Math.trunc(moment);
}

// The letters that V8 looks for in a pattern to tell the options of a format. It looks at the literal
// texts too, so "(day: 1)" counts as a day.
const widths = (letters, narrow, long, short) =>
  [...letters].flatMap((letter) => [[letter.repeat(5), narrow], [letter.repeat(4), long], [letter.repeat(short), "short"]]);
const digitsOf = (letters) => [...letters].flatMap((letter) => [[letter + letter, "2-digit"], [letter, "numeric"]]);
const SHOWN = {
  weekday: widths("Ec", "narrow", "long", 3),
  era: widths("G", "narrow", "long", 1),
  year: digitsOf("y"),
  month: [...widths("M", "narrow", "long", 3), ...digitsOf("M"), ...widths("L", "narrow", "long", 3), ...digitsOf("L")],
  day: digitsOf("d"),
  dayPeriod: widths("Bb", "narrow", "long", 1),
  hour: digitsOf("HhkK"),
  minute: digitsOf("m"),
  second: digitsOf("s"),
  timeZoneName: [["zzzz", "long"], ["z", "short"], ["OOOO", "longOffset"], ["O", "shortOffset"], ["v", "shortGeneric"]],
};

function shownOptions(items) {
  const pattern = items.map((item) => (typeof item === "string" ? item : item.letter.repeat(item.length))).join("");
  const shown = {};
  for (const [name, texts] of Object.entries(SHOWN)) {
    const found = texts.find(([text]) => pattern.includes(text));
    if (name === "timeZoneName") {
      const fraction = pattern.replace(/[^S]/g, "").length;
      if (fraction > 0) shown.fractionalSecondDigits = fraction;
    }
    if (found !== undefined) [, shown[name]] = found;
  }
  return shown;
}

const formats = new WeakMap();

function formatBehind(format, method) {
  const found = formats.get(format);
  if (found === undefined) {
    throw new TypeError(`Method Intl.DateTimeFormat.prototype.${method} called on incompatible receiver ${String(format)}`);
  }
  return found;
}

function DateTimeFormat(locales, options) {
  const format = new.target === undefined ? Object.create(DateTimeFormat.prototype) : this;
  formats.set(format, { ...formatOf(locales, options, "Intl.DateTimeFormat", "any", "date"), bound: undefined });
  return format;
}

const methods = {
  formatToParts(date) {
    return partsAt(formatBehind(this, "formatToParts"), momentOf(date)).reduce((parts, part) => {
      if (part.value === "") return parts;
      const last = parts.at(-1);
      if (part.type === "literal" && last?.type === "literal") last.value += part.value;
      else parts.push(part);
      return parts;
    }, []);
  },

  resolvedOptions() {
    const { locale, zone, cycle, values, isStyled, items, hour12, hourCycle } = formatBehind(this, "resolvedOptions");
    const usesKeyword = hour12 === undefined && hourCycle === undefined && CYCLES[locale.keywords.hc] !== undefined;
    const resolved = {
      locale: usesKeyword ? `${locale.name}-u-hc-${locale.keywords.hc}` : locale.name,
      calendar: "gregory",
      numberingSystem: "latn",
      timeZone: shownZone(zone),
    };
    if (cycle !== undefined) {
      resolved.hourCycle = cycle;
      resolved.hour12 = cycle === "h11" || cycle === "h12";
    }
    if (isStyled) {
      if (values.dateStyle !== undefined) resolved.dateStyle = values.dateStyle;
      if (values.timeStyle !== undefined) resolved.timeStyle = values.timeStyle;
      return resolved;
    }
    return Object.assign(resolved, shownOptions(items));
  },

  formatRange() {
    throw new TypeError("Intl.DateTimeFormat.prototype.formatRange is not served: format both ends with format");
  },

  formatRangeToParts() {
    throw new TypeError("Intl.DateTimeFormat.prototype.formatRangeToParts is not served: use formatToParts");
  },
};
for (const [name, value] of Object.entries(methods)) {
  Object.defineProperty(DateTimeFormat.prototype, name, { value, writable: true, configurable: true });
}
Object.defineProperty(DateTimeFormat.prototype, "format", {
  get() {
    const format = formatBehind(this, "format");
    format.bound ??= (date) => textAt(format, momentOf(date));
    return format.bound;
  },
  configurable: true,
});
Object.defineProperty(DateTimeFormat.prototype, Symbol.toStringTag, { value: "Intl.DateTimeFormat", configurable: true });
Object.defineProperty(DateTimeFormat, "supportedLocalesOf", { value: supportedLocalesOf, writable: true, configurable: true });

const formatBy = formatsBy([
  ...Object.keys(FIELD_OPTIONS), "dateStyle", "timeStyle", "localeMatcher", "hour12", "hourCycle", "formatMatcher",
  "calendar", "numberingSystem", "timeZone",
]);

function localeText(moment, locales, options, method, required, defaults) {
  if (Number.isNaN(moment)) return "Invalid Date";
  const make = () => formatOf(locales, options, `Date.prototype.${method}`, required, defaults);
  return textAt(formatBy(locales, options, method, make), moment);
}

// Names of locales in a source, of which so many are made ready: the usual one and a few.
const NAMED = /["'`]([a-z]{2,3}(?:-[A-Za-z\d]{2,8})*)["'`]/g;
const MOST_READY = 6;

function prepare(source) {
  const ready = new Set();
  for (const tag of [undefined, ...Array.from(source.matchAll(NAMED), ([, tag]) => tag)]) {
    if (ready.size >= MOST_READY) break;
    try {
      ready.add(resolve(tag).table);
    } catch {
      // It names a locale that is not served, or no locale: the codec hears of that where it asks.
    }
  }
  for (const table of ready) generatorOf(table);
}

share({
  dates: {
    DateTimeFormat,
    prepare,
    toLocaleString: (moment, locales, options) => localeText(moment, locales, options, "toLocaleString", "any", "all"),
    toLocaleDateString: (moment, locales, options) => localeText(moment, locales, options, "toLocaleDateString", "date", "date"),
    toLocaleTimeString: (moment, locales, options) => localeText(moment, locales, options, "toLocaleTimeString", "time", "time"),
  },
});
