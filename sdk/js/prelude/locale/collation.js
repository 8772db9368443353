// Intl.Collator and localeCompare: the order of texts by letter, then by accent, then by case, in the
// order that ICU gives Latin, Greek and Cyrillic letters, digits, signs and punctuation.

const { canonical, localeMatcher, notServed, option, optionsOf, resolve, supportedLocalesOf } = shared.locales;

const SENSITIVITIES = ["base", "accent", "case", "variant"];
const ACCENT = "\u0001", SAME = "\u0002", LETTER = "\u0003";

const orders = new Map();

// The weights of characters in a language: letter, accent, and case or form.
function orderOf(language) {
  let found = orders.get(language);
  if (found === undefined) {
    const line = native.table("collation", language) ?? native.table("collation", "root");
    const { groups, several, pairs, marks, punctuation, caseFirst } = JSON.parse(line);
    found = { weights: new Map(), several, pairs, punctuation: new Set(), caseFirst };
    let letter = 1;
    let accent = 1;
    let form = 1;
    let isPunctuation = false;
    let begins = true;
    for (const character of groups) {
      if (character === LETTER) {
        letter += 1;
        accent = form = 1;
        begins = true;
      } else if (character === ACCENT) {
        accent += 1;
        form = 1;
      } else if (character === SAME) {
        form -= 1;
      } else {
        if (begins) isPunctuation = punctuation.includes(character);
        begins = false;
        if (isPunctuation) found.punctuation.add(letter);
        found.weights.set(character, { letter, accent, form });
        form += 1;
      }
    }
    // Marks that stand alone weigh more than any accent of one letter.
    let mark = 1000;
    for (const character of marks) found.weights.set(character, { letter: 0, accent: (mark += 1), form: 1 });
    orders.set(language, found);
  }
  return found;
}

function isUpper(character) {
  return character !== character.toLowerCase();
}

function refused(character) {
  const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
  return new RangeError(`The character U+${code} is not served where texts are compared: letters are Latin, Greek or Cyrillic`);
}

function add(elements, order, character) {
  const weight = order.weights.get(character);
  if (weight !== undefined) {
    elements.push({ ...weight, upper: isUpper(character) });
    return;
  }
  const several = order.several[character];
  if (several !== undefined) {
    const hasAccent = several[0] === ACCENT;
    for (const part of hasAccent ? several.slice(1) : several) {
      const { letter, accent } = order.weights.get(part);
      elements.push({ letter, accent: hasAccent ? accent + 0.5 : accent, form: 100 });
    }
    return;
  }
  // Control characters and what only directs a text do not count.
  if (/^[\p{Cc}\p{Cf}]$/u.test(character)) return;
  const parts = [...character.normalize("NFD")];
  if (parts.length === 1) throw refused(character);
  for (const part of parts) add(elements, order, part);
}

function elementsOf(text, order, { numeric, ignorePunctuation }) {
  const elements = [];
  const characters = [...text.normalize("NFC")];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i];
    if (numeric && character >= "0" && character <= "9") {
      let digits = "";
      while (characters[i] >= "0" && characters[i] <= "9") digits += characters[i++];
      i -= 1;
      digits = digits.replace(/^0+(?=\d)/, "");
      // Longer numbers are greater, then those whose digits are.
      elements.push({ ...order.weights.get("0"), value: String(digits.length).padStart(6, "0") + digits });
      continue;
    }
    const pair = order.pairs[character + characters[i + 1]];
    if (pair !== undefined) {
      add(elements, order, pair);
      elements.at(-1).form += 50;
      i += 1;
      continue;
    }
    add(elements, order, character);
  }
  return ignorePunctuation ? elements.filter(({ letter }) => !order.punctuation.has(letter)) : elements;
}

function compareBy(one, other, weigh) {
  const [left, right] = [one.map(weigh).filter((weight) => weight !== 0), other.map(weigh).filter((weight) => weight !== 0)];
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i] !== right[i]) return left[i] < right[i] ? -1 : 1;
  }
  return Math.sign(left.length - right.length);
}

function compareLetters(one, other) {
  const letters = [one, other].map((elements) => elements.filter(({ letter }) => letter !== 0));
  for (let i = 0; i < letters[0].length && i < letters[1].length; i++) {
    const [left, right] = [letters[0][i], letters[1][i]];
    if (left.letter !== right.letter) return left.letter < right.letter ? -1 : 1;
    if (left.value !== right.value) return (left.value ?? "") < (right.value ?? "") ? -1 : 1;
  }
  return Math.sign(letters[0].length - letters[1].length);
}

function compareWith(collator, left, right) {
  if (left === right) return 0;
  const { order, sensitivity, caseFirst } = collator;
  const one = elementsOf(left, order, collator);
  const other = elementsOf(right, order, collator);
  const byLetter = compareLetters(one, other);
  if (byLetter !== 0 || sensitivity === "base") return byLetter;
  if (sensitivity !== "case") {
    const reversed = collator.accentsBackwards ? (elements) => elements.toReversed() : (elements) => elements;
    const byAccent = compareBy(reversed(one), reversed(other), ({ accent }) => accent);
    if (byAccent !== 0 || sensitivity === "accent") return byAccent;
  }
  if (sensitivity === "case" || caseFirst !== "false") {
    const [low, high] = caseFirst === "upper" ? [2, 1] : [1, 2];
    const byCase = compareBy(one, other, ({ letter, upper }) => (letter === 0 ? 0 : upper ? high : low));
    if (byCase !== 0 || sensitivity === "case") return byCase;
  }
  return compareBy(one, other, ({ form }) => form);
}

function collatorOf(locales, givenOptions, method) {
  const requested = canonical(locales);
  const options = optionsOf(givenOptions);
  const usage = option(options, "usage", ["sort", "search"], "sort", method);
  localeMatcher(options, method);
  const collation = option(options, "collation", undefined, undefined, method);
  const numeric = options.numeric === undefined ? undefined : Boolean(options.numeric);
  const caseFirst = option(options, "caseFirst", ["upper", "lower", "false"], undefined, method);
  const sensitivity = option(options, "sensitivity", SENSITIVITIES, "variant", method);
  const ignorePunctuation = Boolean(options.ignorePunctuation);
  const locale = resolve(requested);
  const { keywords } = locale;
  if (usage === "search") throw notServed("usage", usage, method);
  const wanted = collation ?? keywords.co ?? "default";
  if (wanted !== "default" && wanted !== "standard") throw notServed("collation", wanted, method);
  const order = orderOf(locale.table.split("-")[0]);
  return {
    locale, usage, sensitivity, ignorePunctuation, order,
    numeric: numeric ?? (keywords.kn !== undefined && keywords.kn !== "false"),
    caseFirst: caseFirst ?? keywords.kf ?? order.caseFirst,
    accentsBackwards: locale.table === "fr-CA",
  };
}

const behind = new WeakMap();

function Collator(locales, options) {
  const collator = new.target === undefined ? Object.create(Collator.prototype) : this;
  behind.set(collator, collatorOf(locales, options, "Intl.Collator"));
  return collator;
}

Object.defineProperty(Collator.prototype, "compare", {
  get() {
    const collator = behind.get(this);
    if (collator === undefined) throw new TypeError("Method get Intl.Collator.prototype.compare called on incompatible receiver");
    collator.bound ??= (left, right) => compareWith(collator, String(left), String(right));
    return collator.bound;
  },
  configurable: true,
});
Object.defineProperty(Collator.prototype, "resolvedOptions", {
  value() {
    const { locale, usage, sensitivity, ignorePunctuation, numeric, caseFirst } = behind.get(this);
    return { locale: locale.name, usage, sensitivity, ignorePunctuation, collation: "default", numeric, caseFirst };
  },
  writable: true,
  configurable: true,
});
Object.defineProperty(Collator.prototype, Symbol.toStringTag, { value: "Intl.Collator", configurable: true });
Object.defineProperty(Collator, "supportedLocalesOf", { value: supportedLocalesOf, writable: true, configurable: true });

// A list is sorted with one collator, however often localeCompare is called for it.
const latest = { locales: undefined, collator: undefined };

function compare(left, right, locales, options) {
  if (options !== undefined || (locales !== undefined && typeof locales !== "string")) {
    return compareWith(collatorOf(locales, options, "String.prototype.localeCompare"), left, right);
  }
  if (latest.collator === undefined || latest.locales !== locales) {
    latest.collator = collatorOf(locales, undefined, "String.prototype.localeCompare");
    latest.locales = locales;
  }
  return compareWith(latest.collator, left, right);
}

share({ collation: { Collator, compare } });
