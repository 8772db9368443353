// Intl: what of it is served. The rest is not there, so programs can ask for it.

const { canonical, Locale } = shared.locales;
const { Collator } = shared.collation;
const { DateTimeFormat } = shared.dates;
const { NumberFormat } = shared.numbers;
const { PluralRules } = shared.plurals;

const Intl = {};
const members = {
  getCanonicalLocales: (locales) => canonical(locales),
  DateTimeFormat, NumberFormat, Collator, PluralRules, Locale,
};
for (const [name, value] of Object.entries(members)) {
  Object.defineProperty(Intl, name, { value, writable: true, configurable: true });
}
Object.defineProperty(Intl, Symbol.toStringTag, { value: "Intl", configurable: true });

share({ intl: { Intl } });
