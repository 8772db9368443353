// Intl.PluralRules: which form of a word goes with a number.

const { canonical, localeMatcher, notServed, option, optionsOf, resolve, supportedLocalesOf } = shared.locales;
const { decimalOf, rounded, split } = shared.decimals;

const isMillions = (whole, fraction) => fraction === "" && /^[1-9]\d*000000$/.test(whole);
const one = (whole, fraction) => (whole === "1" && fraction === "" ? "one" : "other");
const equalsOne = (whole, fraction) => (whole === "1" && /^0*$/.test(fraction) ? "one" : "other");

const RULES = {
  da: (whole, fraction) =>
    equalsOne(whole, fraction) === "one" || (!/^0*$/.test(fraction) && (whole === "0" || whole === "1")) ? "one" : "other",
  de: one, en: one, fi: one, nl: one, sv: one, nb: equalsOne,
  es: (whole, fraction) => (isMillions(whole, fraction) ? "many" : equalsOne(whole, fraction)),
  it: (whole, fraction) => (isMillions(whole, fraction) ? "many" : one(whole, fraction)),
  fr: (whole, fraction) => (whole === "0" || whole === "1" ? "one" : isMillions(whole, fraction) ? "many" : "other"),
  pt: (whole, fraction) => RULES.fr(whole, fraction),
  "pt-PT": (whole, fraction) => RULES.it(whole, fraction),
  pl: (whole, fraction) => {
    if (fraction !== "") return "other";
    if (whole === "1") return "one";
    const few = /[2-4]$/.test(whole) && !/1[2-4]$/.test(whole);
    return few ? "few" : "many";
  },
};

function categoryOf(locale, whole, fraction) {
  const rule = RULES[locale] ?? RULES[locale.split("-")[0]];
  // ICU looks at the last 18 digits.
  return rule(whole.slice(-18).replace(/^0+(?=\d)/, ""), fraction);
}

const CATEGORIES = { es: ["one", "many", "other"], fr: ["one", "many", "other"], it: ["one", "many", "other"],
  pt: ["one", "many", "other"], pl: ["few", "many", "one", "other"] };
const MOST_DIGITS = 3;

const behind = new WeakMap();

class PluralRules {
  constructor(locales, givenOptions) {
    const requested = canonical(locales);
    const options = optionsOf(givenOptions);
    localeMatcher(options, "Intl.PluralRules");
    const type = option(options, "type", ["cardinal", "ordinal"], "cardinal", "Intl.PluralRules");
    if (type === "ordinal") throw notServed("type", type, "Intl.PluralRules");
    for (const name of ["minimumIntegerDigits", "minimumFractionDigits", "maximumFractionDigits", "minimumSignificantDigits", "maximumSignificantDigits"]) {
      if (options[name] !== undefined) throw notServed(name, options[name], "Intl.PluralRules");
    }
    behind.set(this, resolve(requested));
  }

  select(value) {
    const number = Number(value);
    if (!Number.isFinite(number)) return "other";
    const { whole, fraction } = split(rounded(decimalOf(Math.abs(number)), MOST_DIGITS, "halfExpand"), 1, 0);
    return categoryOf(behind.get(this).table, whole, fraction);
  }

  resolvedOptions() {
    const { name, table } = behind.get(this);
    return {
      locale: name, type: "cardinal", minimumIntegerDigits: 1, minimumFractionDigits: 0, maximumFractionDigits: MOST_DIGITS,
      pluralCategories: CATEGORIES[table.split("-")[0]] ?? ["one", "other"],
    };
  }

  static supportedLocalesOf = supportedLocalesOf;
}

share({ plurals: { categoryOf, PluralRules } });
