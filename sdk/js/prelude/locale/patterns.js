// Patterns of dates: from the fields that are asked for ("yMMMd") to what a locale makes of them
// ("d MMM y"), by the rules of Unicode's TR 35 as ICU follows them.

const { levelsOf, tableOf } = shared.locales;

// Fields in the order of their weight.
const ERA = 0, YEAR = 1, MONTH = 3, WEEKDAY = 6, DAY = 9, DAY_PERIOD = 10, HOUR = 11, MINUTE = 12, SECOND = 13,
  FRACTION = 14, ZONE = 15;
const FIELDS = 16;
const DATE_MASK = (1 << DAY_PERIOD) - 1;
const TIME_MASK = ((1 << FIELDS) - 1) & ~DATE_MASK;

// The kinds of a letter: its field, and from which length on which kind it is. Numbers above zero are
// digits and grow with the length, those below are words.
const NUMERIC = 0x100, DELTA = 0x10, NARROW = -0x101, SHORTER = -0x102, SHORT = -0x103, LONG = -0x104;
const LETTERS = {
  G: [ERA, [1, SHORT], [4, LONG], [5, NARROW]],
  y: [YEAR, [1, NUMERIC]],
  Y: [YEAR, [1, NUMERIC + DELTA]],
  M: [MONTH, [1, NUMERIC], [3, SHORT], [4, LONG], [5, NARROW]],
  L: [MONTH, [1, NUMERIC + DELTA], [3, SHORT - DELTA], [4, LONG - DELTA], [5, NARROW - DELTA]],
  E: [WEEKDAY, [1, SHORT], [4, LONG], [5, NARROW], [6, SHORTER]],
  c: [WEEKDAY, [1, NUMERIC + 2 * DELTA], [3, SHORT - 2 * DELTA], [4, LONG - 2 * DELTA], [5, NARROW - 2 * DELTA], [6, SHORTER - 2 * DELTA]],
  d: [DAY, [1, NUMERIC]],
  a: [DAY_PERIOD, [1, SHORT], [4, LONG], [5, NARROW]],
  b: [DAY_PERIOD, [1, SHORT - DELTA], [4, LONG - DELTA], [5, NARROW - DELTA]],
  B: [DAY_PERIOD, [1, SHORT - 3 * DELTA], [4, LONG - 3 * DELTA], [5, NARROW - 3 * DELTA]],
  H: [HOUR, [1, NUMERIC + 10 * DELTA]],
  k: [HOUR, [1, NUMERIC + 11 * DELTA]],
  h: [HOUR, [1, NUMERIC]],
  K: [HOUR, [1, NUMERIC + DELTA]],
  m: [MINUTE, [1, NUMERIC]],
  s: [SECOND, [1, NUMERIC]],
  S: [FRACTION, [1, NUMERIC]],
  v: [ZONE, [1, SHORT - 2 * DELTA], [4, LONG - 2 * DELTA]],
  z: [ZONE, [1, SHORT], [4, LONG]],
  O: [ZONE, [1, SHORT - DELTA], [4, LONG - DELTA]],
};

// Distances: a field too many is worse than any number of missing ones.
const EXTRA = 0x10000, MISSING = 0x1000;

// The parts of a pattern: fields as { letter, length }, and literal texts.
function itemsOf(pattern) {
  const items = [];
  let literal = "";
  const flush = () => {
    if (literal !== "") items.push(literal);
    literal = "";
  };
  for (let i = 0; i < pattern.length; ) {
    const letter = pattern[i];
    if (letter === "'") {
      if (pattern[i + 1] === "'") {
        literal += "'";
        i += 2;
        continue;
      }
      for (i += 1; i < pattern.length; i++) {
        if (pattern[i] !== "'") literal += pattern[i];
        else if (pattern[i + 1] === "'") literal += pattern[++i];
        else break;
      }
      i += 1;
    } else if (LETTERS[letter] !== undefined) {
      flush();
      let length = 1;
      while (pattern[i + length] === letter) length += 1;
      items.push({ letter, length });
      i += length;
    } else {
      literal += letter;
      i += 1;
    }
  }
  flush();
  return items;
}

const kindsKnown = new Map();

function kindOf(letter, length) {
  const key = letter + length;
  let found = kindsKnown.get(key);
  if (found === undefined) {
    const [field, ...kinds] = LETTERS[letter];
    const [least, kind] = kinds.findLast(([from]) => from <= length);
    found = { field, least, kind: kind > 0 ? kind + length : kind };
    kindsKnown.set(key, found);
  }
  return found;
}

// A skeleton or pattern, field by field.
function skeletonOf(text) {
  const kinds = new Array(FIELDS).fill(0);
  const letters = new Array(FIELDS).fill("");
  const lengths = new Array(FIELDS).fill(0);
  const bases = new Array(FIELDS).fill("");
  for (const { letter, length } of itemsOf(text)) {
    // Literal texts have no letter.
    if (letter === undefined) continue;
    const { field, kind, least } = kindOf(letter, length);
    kinds[field] = kind;
    letters[field] = letter;
    lengths[field] = length;
    bases[field] = letter.repeat(least);
  }
  if (kinds[MINUTE] && kinds[FRACTION] && !kinds[SECOND]) {
    kinds[SECOND] = NUMERIC + 1;
    letters[SECOND] = bases[SECOND] = "s";
    lengths[SECOND] = 1;
  }
  if (letters[HOUR] === "h" || letters[HOUR] === "K") {
    if (!kinds[DAY_PERIOD]) {
      kinds[DAY_PERIOD] = SHORT;
      letters[DAY_PERIOD] = "a";
      lengths[DAY_PERIOD] = 1;
    }
  } else if (kinds[HOUR]) {
    kinds[DAY_PERIOD] = 0;
    letters[DAY_PERIOD] = bases[DAY_PERIOD] = "";
    lengths[DAY_PERIOD] = 0;
  }
  let mask = 0;
  for (let field = 0; field < FIELDS; field++) if (kinds[field]) mask |= 1 << field;
  const base = bases.join("");
  return { kinds, letters, lengths, base, mask, original: letters.map((letter, i) => letter.repeat(lengths[i])).join("") };
}

// The patterns of a locale in the order in which they are compared.
function entriesOf(calendar, levels) {
  const entries = [];
  const byBase = new Map();
  const byOriginal = new Map();
  const add = (pattern, skeleton) => {
    const entry = skeletonOf(skeleton ?? pattern);
    const sameBase = byBase.get(entry.base);
    if (sameBase !== undefined && !sameBase.specified && skeleton === undefined) return;
    const same = byOriginal.get(entry.original);
    if (same !== undefined) {
      if (skeleton === undefined || same.specified) return;
      same.pattern = pattern;
      same.specified = true;
      return;
    }
    entry.pattern = pattern;
    entry.specified = skeleton !== undefined;
    entries.push(entry);
    byOriginal.set(entry.original, entry);
    if (sameBase === undefined) byBase.set(entry.base, entry);
  };
  for (const letter of ["G", "y", "M", "E", "d", "a", "H", "m", "s", "S", "v"]) add(letter);
  for (let style = 0; style < 4; style++) {
    add(calendar.dates[style]);
    add(calendar.times[style]);
  }
  // A locale's own skeletons are compared before those that it inherits, each in the order of the letters.
  const skeletons = levels.flatMap(({ available = {} }) => Object.keys(available).sort());
  for (const skeleton of new Set(skeletons)) {
    if (calendar.available[skeleton] !== undefined) add(calendar.available[skeleton], skeleton);
  }
  // By the first letter; among those of one letter, first come, first compared.
  return entries
    .map((entry, index) => ({ entry, index }))
    .sort((one, other) => one.entry.base.charCodeAt(0) - other.entry.base.charCodeAt(0) || one.index - other.index)
    .map(({ entry }) => entry);
}

const known = new Map();

function generatorOf(locale) {
  let found = known.get(locale);
  if (found === undefined) {
    const calendar = tableOf("calendars", locale);
    const { decimal } = tableOf("numbers", locale).symbols;
    found = { calendar, decimal, entries: entriesOf(calendar, levelsOf("calendars", locale)), patterns: new Map() };
    known.set(locale, found);
  }
  return found;
}

// The entry that is nearest to what is wanted, looking at the fields of a mask only.
function nearest(entries, wanted, mask) {
  let best;
  let least = Infinity;
  let bestMissing = -1;
  for (const entry of entries) {
    let distance = 0;
    let missing = 0;
    let extra = 0;
    const wantedMask = wanted.mask & mask;
    // One field too many, and it is no nearer than what has none.
    if (least < EXTRA && (entry.mask & ~wantedMask) !== 0) continue;
    const either = wantedMask | entry.mask;
    for (let left = either; left !== 0; left &= left - 1) {
      const field = 31 - Math.clz32(left & -left);
      const own = mask & (1 << field) ? wanted.kinds[field] : 0;
      const other = entry.kinds[field];
      if (own === other) continue;
      if (own === 0) {
        distance += EXTRA;
        extra |= 1 << field;
      } else if (other === 0) {
        distance += MISSING;
        missing |= 1 << field;
      } else {
        distance += Math.abs(own - other);
      }
      if (distance > least) break;
    }
    if (distance < least || (distance === least && bestMissing < missing)) {
      least = distance;
      bestMissing = missing;
      best = { entry, missing, extra };
      if (distance === 0) break;
    }
  }
  return best;
}

// Gives the fields of a pattern the lengths that are wanted.
function adjusted(generator, pattern, specified, wanted, withFraction = false) {
  const items = typeof pattern === "string" ? itemsOf(pattern) : pattern;
  const result = [];
  for (const item of items) {
    if (typeof item === "string") {
      result.push(item);
      continue;
    }
    const { field, kind } = kindOf(item.letter, item.length);
    if (withFraction && field === SECOND) {
      result.push(item, generator.decimal, { letter: "S", length: wanted.lengths[FRACTION] });
      continue;
    }
    if (wanted.kinds[field] === 0) {
      result.push(item);
      continue;
    }
    const wantedLetter = wanted.letters[field];
    let wantedLength = wanted.lengths[field];
    if (wantedLetter === "E" && wantedLength < 3) wantedLength = 3;
    let length = wantedLength;
    if (field === MINUTE || field === SECOND) {
      length = item.length;
    } else if (specified !== undefined && wantedLetter !== "c" && field !== HOUR) {
      const isNumeric = kind > 0;
      const wantsNumeric = wanted.kinds[field] > 0;
      if (specified.lengths[field] === wantedLength || isNumeric !== wantsNumeric) length = item.length;
    } else if (specified !== undefined && field === HOUR && specified.lengths[field] === wantedLength) {
      length = item.length;
    }
    const keeps = field === HOUR || field === MONTH || field === WEEKDAY || field === YEAR;
    let letter = keeps ? item.letter : wantedLetter;
    if (letter === "E" && length < 3) letter = "c";
    result.push({ letter, length });
  }
  return result;
}

function joinedWith(template, values) {
  const result = [];
  for (const part of template.split(/(\{\d\})/)) {
    const index = /^\{(\d)\}$/.exec(part)?.[1];
    if (index !== undefined) result.push(...values[index]);
    else if (part !== "") result.push(...itemsOf(part));
  }
  return result;
}

// The pattern for some of the fields: the nearest one, and what that lacks put beside it.
function appended(generator, wanted, fields) {
  if (fields === 0) return [];
  let { entry, missing } = nearest(generator.entries, wanted, fields);
  let result = adjusted(generator, entry.pattern, entry.specified ? entry : undefined, wanted);
  let last = 0;
  // ICU puts one group of fields beside the pattern, and leaves out what is missing then.
  while (missing !== 0 && missing !== last) {
    const seconds = (1 << SECOND) | (1 << FRACTION);
    if ((missing & seconds) === 1 << FRACTION && (fields & seconds) === seconds) {
      result = adjusted(generator, result, undefined, { ...wanted, kinds: new Array(FIELDS).fill(0) }, true);
      missing &= ~(1 << FRACTION);
      continue;
    }
    const before = missing;
    const next = nearest(generator.entries, wanted, missing);
    const items = adjusted(generator, next.entry.pattern, next.entry.specified ? next.entry : undefined, wanted);
    missing = next.missing;
    const top = 31 - Math.clz32(before & ~missing);
    const { append, fields: names } = generator.calendar;
    result = joinedWith(append[top] ?? "{0} ├{2}: {1}┤", [result, items, [names[top] ?? `F${top}`]]);
    last = missing;
  }
  return result;
}

// The pattern of a locale for a skeleton, as items.
function bestPattern(locale, skeleton) {
  const generator = generatorOf(locale);
  let found = generator.patterns.get(skeleton);
  if (found === undefined) {
    found = search(generator, skeletonOf(skeleton));
    generator.patterns.set(skeleton, found);
  }
  return found;
}

function search(generator, wanted) {
  const { entry, missing, extra } = nearest(generator.entries, wanted, -1);
  if (missing === 0 && extra === 0) {
    return adjusted(generator, entry.pattern, entry.specified ? entry : undefined, wanted);
  }
  const date = appended(generator, wanted, wanted.mask & DATE_MASK);
  const time = appended(generator, wanted, wanted.mask & TIME_MASK);
  if (date.length === 0) return time;
  if (time.length === 0) return date;
  const month = /^[ML]/.test(wanted.letters[MONTH]) ? wanted.lengths[MONTH] : 0;
  const style = month === 4 ? (wanted.kinds[WEEKDAY] ? 0 : 1) : month === 3 ? 2 : 3;
  return joinedWith(generator.calendar.joined[style], [time, date]);
}

share({ patterns: { bestPattern, generatorOf, itemsOf, joinedWith } });
