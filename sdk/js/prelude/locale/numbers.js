// Intl.NumberFormat, and toLocaleString of Number and BigInt.

const { canonical, checkKeywords, formatsBy, localeMatcher, notServed, numberOption, option, optionsOf, resolve, supportedLocalesOf, tableOf } =
  shared.locales;
const { decimalOf, isZero, rounded, significant, split, trimmed } = shared.decimals;
const { categoryOf } = shared.plurals;

const MODES = ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"];
const SIGNS = ["auto", "never", "always", "exceptZero", "negative"];

// Currencies whose amounts are not written in hundredths.
const NO_CENTS = new Set(["CLP", "COP", "HUF", "IDR", "ISK", "JPY", "KRW", "VND", "XAF", "XOF", "XPF"]);
const MILS = new Set(["TND"]);

const MOST_FRACTION = 20;
const MOST_SIGNIFICANT = 21;

function digitOptions(options, method, style, currency) {
  const least = numberOption(options, "minimumIntegerDigits", 1, 21, 1);
  const cents = NO_CENTS.has(currency) ? 0 : MILS.has(currency) ? 3 : 2;
  const [usualLeast, usualMost] = style === "currency" ? [cents, cents] : [0, style === "percent" ? 0 : 3];
  const { minimumFractionDigits, maximumFractionDigits, minimumSignificantDigits, maximumSignificantDigits } = options;
  const increment = numberOption(options, "roundingIncrement", 1, 5000, 1);
  if (increment !== 1) throw notServed("roundingIncrement", increment);
  const roundingMode = option(options, "roundingMode", MODES, "halfExpand", method);
  const priority = option(options, "roundingPriority", ["auto", "morePrecision", "lessPrecision"], "auto", method);
  if (priority !== "auto") throw notServed("roundingPriority", priority);
  const trailingZeroDisplay = option(options, "trailingZeroDisplay", ["auto", "stripIfInteger"], "auto", method);
  const digits = { least, roundingMode, trailingZeroDisplay };
  if (minimumSignificantDigits !== undefined || maximumSignificantDigits !== undefined) {
    digits.leastSignificant = numberOption(options, "minimumSignificantDigits", 1, MOST_SIGNIFICANT, 1);
    digits.mostSignificant = numberOption(options, "maximumSignificantDigits", digits.leastSignificant, MOST_SIGNIFICANT, MOST_SIGNIFICANT);
    return digits;
  }
  let low = numberOption({ minimumFractionDigits }, "minimumFractionDigits", 0, MOST_FRACTION);
  let high = numberOption({ maximumFractionDigits }, "maximumFractionDigits", 0, MOST_FRACTION);
  if (low === undefined) low = Math.min(usualLeast, high ?? usualLeast);
  else if (high === undefined) high = Math.max(usualMost, low);
  else if (low > high) throw new RangeError("maximumFractionDigits value is out of range.");
  return { ...digits, leastFraction: low, mostFraction: high ?? Math.max(usualMost, low) };
}

function groupingOption(options, method) {
  const { useGrouping } = options;
  if (useGrouping === undefined || useGrouping === "true" || useGrouping === "false") return "auto";
  if (useGrouping === true) return "always";
  if (useGrouping === false || useGrouping === null || useGrouping === "" || useGrouping === 0) return false;
  return option(options, "useGrouping", ["min2", "auto", "always"], "auto", method);
}

// All that a format needs, made of a locale and options.
function formatOf(locales, givenOptions, method) {
  const requested = canonical(locales);
  const options = optionsOf(givenOptions);
  localeMatcher(options, method);
  const numberingSystem = option(options, "numberingSystem", undefined, undefined, method)?.toLowerCase();
  const locale = resolve(requested);
  checkKeywords(locale, { numberingSystem, calendar: "gregory" });
  const style = option(options, "style", ["decimal", "percent", "currency", "unit"], "decimal", method);
  const currency = currencyOption(options, style);
  const currencyDisplay = option(options, "currencyDisplay", ["code", "symbol", "name", "narrowSymbol"], "symbol", method);
  const currencySign = option(options, "currencySign", ["standard", "accounting"], "standard", method);
  const unit = unitOption(options, style, method, locale);
  const unitDisplay = option(options, "unitDisplay", ["short", "narrow", "long"], "short", method);
  const notation = option(options, "notation", ["standard", "scientific", "engineering", "compact"], "standard", method);
  if (notation !== "standard") throw notServed("notation", notation);
  if (style === "currency" && currencyDisplay === "name") throw notServed("currencyDisplay", currencyDisplay);
  if (style === "currency" && tableOf("numbers", locale.table).currencyPatterns === undefined) {
    throw notServed("style", style, locale.name);
  }
  const digits = digitOptions(options, method, style, currency);
  option(options, "compactDisplay", ["short", "long"], "short", method);
  const useGrouping = groupingOption(options, method);
  const signDisplay = option(options, "signDisplay", SIGNS, "auto", method);
  return { locale, style, currency, currencyDisplay, currencySign, unit, unitDisplay, digits, useGrouping, signDisplay };
}

function currencyOption(options, style) {
  const { currency } = options;
  if (currency === undefined) {
    if (style === "currency") throw new TypeError("Currency code is required with currency style.");
    return undefined;
  }
  const code = String(currency);
  if (!/^[a-z]{3}$/i.test(code)) throw new RangeError(`Invalid currency code : ${code}`);
  const upper = code.toUpperCase();
  if (style === "currency" && tableOf("numbers", "en").currencies[upper] === undefined) throw notServed("currency", code);
  return upper;
}

function unitOption(options, style, method, locale) {
  const { unit } = options;
  if (unit === undefined) {
    if (style === "unit") throw new TypeError(`Invalid unit argument for ${method}() ''`);
    return undefined;
  }
  const name = String(unit);
  if (!/^[a-z]+(-[a-z]+)*$/.test(name)) throw new RangeError(`Invalid unit argument for ${method}() '${name}'`);
  if (style === "unit" && tableOf("units", locale.table).units[name] === undefined) throw notServed("unit", name);
  return name;
}

const GROUP_DIGITS = 3;

function grouped(format, whole, symbols, pattern) {
  const least = { always: 1, min2: 2, auto: tableOf("numbers", format.locale.table).minimumGrouping }[format.useGrouping];
  if (least === undefined || whole.length < GROUP_DIGITS + least) return [{ type: "integer", value: whole }];
  // In India the groups above the thousands have two digits.
  const above = pattern.includes("#,##,##0") ? 2 : GROUP_DIGITS;
  const groups = [whole.slice(-GROUP_DIGITS)];
  for (let left = whole.slice(0, -GROUP_DIGITS); left !== ""; left = left.slice(0, -above)) {
    groups.unshift(left.slice(-above));
  }
  return groups.flatMap((digits, index) => [
    ...(index === 0 ? [] : [{ type: "group", value: symbols.group }]),
    { type: "integer", value: digits },
  ]);
}

function roundedDecimal(decimal, digits) {
  const { roundingMode, leastSignificant } = digits;
  if (leastSignificant === undefined) {
    const result = rounded(decimal, digits.mostFraction, roundingMode);
    return { ...split(result, digits.least, digits.leastFraction), result };
  }
  const result = significant(decimal, digits.mostSignificant, roundingMode);
  const { whole, fraction } = split(result, digits.least, 0);
  const before = whole === "0" || /^0+$/.test(whole) ? 0 : whole.replace(/^0+/, "").length;
  const zeros = before === 0 && !isZero(result) ? /^0*/.exec(fraction)[0].length : 0;
  const needed = isZero(result) ? leastSignificant - 1 : leastSignificant - before + zeros;
  return { whole, fraction: fraction.padEnd(Math.max(0, needed), "0"), result };
}

// The number itself, without sign and what stands around it.
function numberParts(format, value, symbols, pattern) {
  if (Number.isNaN(value)) return { parts: [{ type: "nan", value: symbols.nan }], sign: 1, zero: true, nan: true };
  if (value === Infinity || value === -Infinity) {
    return { parts: [{ type: "infinity", value: symbols.infinity }], sign: value < 0 ? -1 : 1, zero: false };
  }
  let decimal = decimalOf(value);
  if (format.style === "percent") decimal = trimmed({ ...decimal, scale: decimal.scale - 2 });
  const { whole, fraction, result } = roundedDecimal(decimal, format.digits);
  const strips = format.digits.trailingZeroDisplay === "stripIfInteger" && /^0*$/.test(fraction);
  const parts = grouped(format, whole, symbols, pattern);
  if (fraction !== "" && !strips) {
    parts.push({ type: "decimal", value: symbols.decimal }, { type: "fraction", value: fraction });
  }
  return { parts, sign: decimal.sign, zero: isZero(result), whole, fraction };
}

function signFor({ signDisplay }, { sign, zero, nan }) {
  const negative = sign < 0;
  switch (signDisplay) {
    case "never":
      return "";
    case "always":
      return negative ? "-" : "+";
    case "exceptZero":
      return zero ? "" : negative ? "-" : "+";
    case "negative":
      return negative && !zero ? "-" : "";
    default:
      return negative && !nan ? "-" : "";
  }
}

function symbolsOf(format) {
  const { symbols } = tableOf("numbers", format.locale.table);
  if (format.style !== "currency") return symbols;
  return { ...symbols, decimal: symbols.currencyDecimal ?? symbols.decimal, group: symbols.currencyGroup ?? symbols.group };
}

function currencySymbol(format) {
  const [symbol, narrow] = tableOf("numbers", format.locale.table).currencies[format.currency];
  return { code: format.currency, symbol, narrowSymbol: narrow }[format.currencyDisplay];
}

function patternFor(format, value) {
  const numbers = tableOf("numbers", format.locale.table);
  if (format.style === "percent") return numbers.percentPattern;
  if (format.style !== "currency") return numbers.decimalPattern;
  const isAccounting = format.currencySign === "accounting";
  const pattern = numbers.currencyPatterns[isAccounting ? 1 : 0];
  const symbol = currencySymbol(format);
  const isLetter = /[\p{L}]/u;
  // An infinity keeps close to a currency, as ICU has it.
  const touches = Number.isFinite(Number(value)) && (/¤[#0]/.test(pattern) && isLetter.test(symbol.at(-1))) || (/[#0]¤/.test(pattern) && isLetter.test(symbol[0]));
  return touches ? numbers.currencyPatterns[isAccounting ? 3 : 2] : pattern;
}

const NUMBER = /[#0][#0,.]*/;

// The texts before and behind a number, for a sign.
function affixes(pattern, sign) {
  const [positive, negative] = pattern.split(";");
  const [before, behind] = positive.split(NUMBER);
  if (sign === "") return [before, behind];
  // Brackets of accounts say minus and nothing else.
  if (negative === undefined || (sign === "+" && !negative.includes("-"))) return [`-${before}`, behind];
  return negative.split(NUMBER);
}

function affixParts(affix, format, symbols, sign) {
  const parts = [];
  const literal = (text) => {
    if (text === "") return;
    if (parts.at(-1)?.type === "literal") parts.at(-1).value += text;
    else parts.push({ type: "literal", value: text });
  };
  for (const character of affix.replaceAll("'", "")) {
    if (character === "-") {
      parts.push(sign === "+" ? { type: "plusSign", value: symbols.plus } : { type: "minusSign", value: symbols.minus });
    } else if (character === "%") {
      parts.push({ type: "percentSign", value: symbols.percent });
    } else if (character === "¤") {
      parts.push({ type: "currency", value: currencySymbol(format) });
    } else {
      literal(character);
    }
  }
  return parts;
}

function unitForms({ locale, unit, unitDisplay }) {
  // The sign for percent stands as it does behind percentages.
  if (unit === "percent" && unitDisplay !== "long") {
    return { other: tableOf("numbers", locale.table).percentPattern.replace(NUMBER, "{0}") };
  }
  return tableOf("units", locale.table).units[unit][["short", "long", "narrow"].indexOf(unitDisplay)];
}

function withUnit(format, parts, number) {
  if (format.style !== "unit") return parts;
  const forms = unitForms(format);
  const category = number.whole === undefined ? "other" : categoryOf(format.locale.table, number.whole, number.fraction);
  const [before, behind] = (forms[category] ?? forms.other).split("{0}");
  const unitParts = (text, isBehind) => {
    const space = isBehind ? /^\s*/.exec(text)[0] : /\s*$/.exec(text)[0];
    const word = isBehind ? text.slice(space.length) : text.slice(0, text.length - space.length);
    const both = [];
    if (space !== "") both.push({ type: "literal", value: space });
    if (word !== "") both.push({ type: "unit", value: word });
    return isBehind ? both : both.reverse();
  };
  return [...unitParts(before, false), ...parts, ...unitParts(behind, true)];
}

function partsOf(format, value) {
  const symbols = symbolsOf(format);
  const pattern = patternFor(format, value);
  const number = numberParts(format, value, symbols, pattern);
  const sign = signFor(format, number);
  const [before, behind] = affixes(pattern, sign);
  const parts = [
    ...affixParts(before, format, symbols, sign),
    ...number.parts,
    ...affixParts(behind, format, symbols, sign),
  ];
  return withUnit(format, parts, number);
}

function textOf(format, value) {
  return partsOf(format, value)
    .map((part) => part.value)
    .join("");
}

// The values that may be formatted: numbers, BigInts, and texts of digits with all that they have.
function numeric(value) {
  if (typeof value === "bigint" || typeof value === "number") return value;
  if (typeof value === "string" && /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?\s*$/i.test(value)) return value;
  return Number(value);
}

const formats = new WeakMap();

function formatBehind(format, method) {
  const found = formats.get(format);
  if (found === undefined) {
    throw new TypeError(`Method Intl.NumberFormat.prototype.${method} called on incompatible receiver ${String(format)}`);
  }
  return found;
}

function NumberFormat(locales, options) {
  const format = new.target === undefined ? Object.create(NumberFormat.prototype) : this;
  formats.set(format, { ...formatOf(locales, options, "Intl.NumberFormat"), bound: undefined });
  return format;
}

const methods = {
  formatToParts(value) {
    return partsOf(formatBehind(this, "formatToParts"), numeric(value));
  },

  resolvedOptions() {
    const format = formatBehind(this, "resolvedOptions");
    const { digits } = format;
    const resolved = { locale: format.locale.name, numberingSystem: "latn", style: format.style };
    if (format.style === "currency") {
      Object.assign(resolved, { currency: format.currency, currencyDisplay: format.currencyDisplay, currencySign: format.signDisplay === "never" ? "standard" : format.currencySign });
    }
    if (format.style === "unit") Object.assign(resolved, { unit: format.unit, unitDisplay: format.unitDisplay });
    resolved.minimumIntegerDigits = digits.least;
    if (digits.leastSignificant === undefined) {
      Object.assign(resolved, { minimumFractionDigits: digits.leastFraction, maximumFractionDigits: digits.mostFraction });
    } else {
      Object.assign(resolved, { minimumSignificantDigits: digits.leastSignificant, maximumSignificantDigits: digits.mostSignificant });
    }
    return Object.assign(resolved, {
      useGrouping: format.useGrouping, notation: "standard", signDisplay: format.signDisplay, roundingMode: digits.roundingMode,
      roundingIncrement: 1, trailingZeroDisplay: digits.trailingZeroDisplay, roundingPriority: "auto",
    });
  },

  formatRange() {
    throw new TypeError("Intl.NumberFormat.prototype.formatRange is not served: format both ends with format");
  },

  formatRangeToParts() {
    throw new TypeError("Intl.NumberFormat.prototype.formatRangeToParts is not served: use formatToParts");
  },
};
for (const [name, value] of Object.entries(methods)) {
  Object.defineProperty(NumberFormat.prototype, name, { value, writable: true, configurable: true });
}
Object.defineProperty(NumberFormat.prototype, "format", {
  get() {
    const format = formatBehind(this, "format");
    format.bound ??= (value) => textOf(format, numeric(value));
    return format.bound;
  },
  configurable: true,
});
Object.defineProperty(NumberFormat.prototype, Symbol.toStringTag, { value: "Intl.NumberFormat", configurable: true });
Object.defineProperty(NumberFormat, "supportedLocalesOf", { value: supportedLocalesOf, writable: true, configurable: true });

const formatBy = formatsBy([
  "localeMatcher", "numberingSystem", "style", "currency", "currencyDisplay", "currencySign", "unit", "unitDisplay", "notation",
  "compactDisplay", "useGrouping", "signDisplay", "minimumIntegerDigits", "minimumFractionDigits", "maximumFractionDigits",
  "minimumSignificantDigits", "maximumSignificantDigits", "roundingMode", "roundingIncrement", "roundingPriority",
  "trailingZeroDisplay",
]);

function toLocaleString(value, locales, options, method) {
  return textOf(formatBy(locales, options, method, () => formatOf(locales, options, method)), value);
}

share({ numbers: { NumberFormat, toLocaleString } });
