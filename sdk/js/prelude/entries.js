// Finds a codec's functions where bundlers and module systems leave them: as members of what is exported,
// of a global `driver`, or of the only other object that has functions by TS013's names.

const { getOwnPropertyNames } = Object;
const sourceOf = Function.prototype.toString;
// Called by another name it sees the globals, and nothing of this file.
const evaluate = eval;

const TS013 = ["decodeUplink", "encodeDownlink", "decodeDownlink"];

// Those that are there before a codec is evaluated, or come with it: the names of the global object in browsers,
// and what knows locales.
const builtIn = new Set([...getOwnPropertyNames(globalThis), "Intl", "window", "self"]);

// A list of names that is longer helps nobody who reads it.
const SHOWN_GLOBALS = 20;
const SHOWN_MEMBERS = 8;
const SHOWN_CHARACTERS = 60;

function isObject(value) {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

// A getter may throw.
function member(object, name) {
  try {
    return object[name];
  } catch {
    return undefined;
  }
}

function hasFunctions(object, names) {
  return isObject(object) && names.some((name) => typeof member(object, name) === "function");
}

function isClass(value) {
  return sourceOf.call(value).startsWith("class");
}

// What is exported may be the function itself, under its own name or none.
function asHolder(value, names) {
  if (typeof value !== "function" || isClass(value) || hasFunctions(value, names)) return value;
  return { [names.includes(value.name) ? value.name : "decodeUplink"]: value };
}

// The objects whose members are looked at where neither what is exported nor a global is the function.
function holders(exported, driver, names) {
  const candidates = exported.filter(isObject).flatMap((object) => {
    const inner = [member(object, "default"), member(object, "driver")];
    return typeof object === "function" ? [object, ...inner] : inner;
  });
  candidates.push(driver);
  return candidates.filter(isObject).map((candidate) => asHolder(candidate, names));
}

// The globals of a codec by their names. Those of `let`, `const` and `class` are no members of the global
// object, so their names are taken from the source; in a function they are no globals.
function globalsOf(source) {
  const names = new Set(getOwnPropertyNames(globalThis).filter((name) => !builtIn.has(name)));
  for (const [, name] of source.matchAll(/\b(?:const|let|class)\s+([A-Za-z_$][\w$]*)/g)) names.add(name);
  const globals = new Map();
  for (const name of names) {
    const value = /^[A-Za-z_$][\w$]*$/.test(name) ? global(name) : member(globalThis, name);
    if (value !== undefined) globals.set(name, value);
  }
  return globals;
}

// A word of the language is no name.
function global(name) {
  try {
    return evaluate(`typeof ${name} === "undefined" ? undefined : ${name}`);
  } catch {
    return undefined;
  }
}

// The only object that has functions by TS013's names: a global, or a member of what is exported.
function only(exported, source) {
  const candidates = [...globalsOf(source).values()];
  for (const object of exported.filter(isObject)) {
    for (const name of getOwnPropertyNames(object)) candidates.push(member(object, name));
  }
  const found = new Set(candidates.filter((candidate) => hasFunctions(candidate, TS013)));
  return found.size === 1 ? [...found][0] : undefined;
}

function shortened(text) {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

function shown(names, most) {
  const rest = names.length - most;
  return rest > 0 ? [...names.slice(0, most), `${rest} more`] : names;
}

function membersOf(object) {
  const names = getOwnPropertyNames(object).filter((name) => name !== "__esModule");
  return shown(names, SHOWN_MEMBERS).map(shortened).join(", ");
}

// The names that a codec defines, for people: functions with parentheses, objects with their members.
function describe(exported, source) {
  const described = [...globalsOf(source)].map(([name, value]) => {
    if (typeof value === "function") return `${shortened(name)}()`;
    return isObject(value) ? `${shortened(name)} {${membersOf(value)}}` : shortened(name);
  });
  for (const object of exported.filter((value) => typeof value === "object" && isObject(value))) {
    const members = membersOf(object);
    if (members !== "") described.push(`exports {${members}}`);
  }
  return shown(described, SHOWN_GLOBALS);
}

share({ entries: { holders, only, describe } });
