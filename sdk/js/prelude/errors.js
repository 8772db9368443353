// Errors as Node.js words them: those of its own functions with their codes, and those of the language.

const { isInteger } = Number;
const { hasOwn } = Object;
const { toString: textOf } = Error.prototype;

// Characters of a text that messages repeat.
const SHOWN_CHARACTERS = 28;

// An error of Node.js's functions that are written in C++: it has its code beside its text.
function withCode(Type, code, message) {
  const error = new Type(message);
  error.code = code;
  return error;
}

// An error of Node.js's other functions: its code stands in its text too, and not in its name.
function coded(Type, code, message) {
  const error = withCode(Type, code, message);
  Object.defineProperty(error, "toString", {
    value() {
      return `${this.name} [${code}]: ${this.message}`;
    },
    writable: true,
    configurable: true,
  });
  const { stack } = error;
  if (typeof stack === "string") {
    const value = stack.replace(`${error.name}: `, `${error.name} [${code}]: `);
    Object.defineProperty(error, "stack", { value, writable: true, configurable: true });
  }
  return error;
}

// A value as the messages show it.
function received(value) {
  if (value === undefined || value === null) return String(value);
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value === "object") {
    const name = value.constructor?.name;
    return name ? `an instance of ${name}` : "[Object: null prototype] {}";
  }
  return `type ${typeof value} (${typeof value === "string" ? quoted(value) : shared.inspect(value)})`;
}

function quoted(text) {
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS - 3)}...` : text;
  return shown.includes("'") ? JSON.stringify(shown) : `'${shown}'`;
}

function invalidType(what, types, value) {
  const named = what.endsWith(" argument") ? what : `"${what}" ${what.includes(".") ? "property" : "argument"}`;
  return coded(TypeError, "ERR_INVALID_ARG_TYPE", `The ${named} must be ${types}. Received ${received(value)}`);
}

// Large numbers are written in groups of three.
function grouped(digits) {
  return digits.replace(/(?<=[^-])(?=(.{3})+$)/g, "_");
}

function shownNumber(value) {
  const isLarge = value > 2 ** 32 || value < -(2 ** 32);
  if (typeof value === "bigint") return `${isLarge ? grouped(String(value)) : value}n`;
  return isInteger(value) && isLarge ? grouped(String(value)) : shared.inspect(value);
}

function outOfRange(what, range, value) {
  const message = `The value of "${what}" is out of range. It must be ${range}. Received ${shownNumber(value)}`;
  return coded(RangeError, "ERR_OUT_OF_RANGE", message);
}

// What this engine says of a mistake, and what Node.js says of the same, where that is one text.
const WORDS = new Map([
  ["invalid array length", "Invalid array length"],
  ["invalid string length", "Invalid string length"],
  ["Date value is NaN", "Invalid time value"],
  ["out of bound", "Offset is outside the bounds of the DataView"],
  ["cannot convert BigInt to number", "Cannot mix BigInt and other types, use explicit conversions"],
  ["bigint argument with unary +", "Cannot convert a BigInt value to a number"],
  ["cannot convert symbol to string", "Cannot convert a Symbol value to a string"],
  ["cannot convert symbol to number", "Cannot convert a Symbol value to a number"],
  ["BigInt are forbidden in JSON.stringify", "Do not know how to serialize a BigInt"],
  ["BigInt division by zero", "Division by zero"],
  ["expecting hex digit", "URI malformed"],
  ["empty array", "Reduce of empty array with no initial value"],
  ["bad normalization form", "The normalization form should be one of NFC, NFD, NFKC, NFKD."],
]);

// Most errors are the codec's own, so what a text begins or ends with is looked at before anything else.
function reworded(message) {
  if (message.startsWith("cannot ")) return rewordedAccess(message);
  if (message.endsWith(" is not initialized")) {
    return message.replace(/^([^ ]+) is not initialized$/, "Cannot access '$1' before initialization");
  }
  if (message.startsWith("'") && message.endsWith("' is read-only")) return "Assignment to constant variable.";
  if (message.endsWith(")")) return message.replace(/( in JSON at position \d+) \(line \d+ column \d+\)$/, "$1");
  return WORDS.get(message) ?? message;
}

function rewordedAccess(message) {
  const [, verb, name, object] = /^cannot (read|set) property '([^]*)' of (undefined|null)$/.exec(message) ?? [];
  if (verb === undefined) return WORDS.get(message) ?? message;
  if (verb === "set") return `Cannot set properties of ${object} (setting '${name}')`;
  return name === "Symbol.iterator" ? `${object} is not iterable` : `Cannot read properties of ${object} (reading '${name}')`;
}

function frame(site) {
  const file = site.getFileName() ?? "native";
  const line = site.getLineNumber();
  const place = line > 0 ? `${file}:${line}:${site.getColumnNumber()}` : file;
  const name = site.getFunctionName();
  return `    at ${name ? `${name} (${place})` : place}`;
}

// The engine calls it for each error when it comes to be, before the codec can see it.
function prepareStackTrace(error, sites) {
  if (hasOwn(error, "message") && typeof error.message === "string") {
    const message = reworded(error.message);
    if (message !== error.message) error.message = message;
  }
  let stack = textOf.call(error);
  for (const site of sites) stack += `\n${frame(site)}`;
  return stack;
}

// For the engine alone: in Node.js there is none unless a program sets one.
Error.prepareStackTrace = prepareStackTrace;

share({ errors: { coded, invalidType, outOfRange, withCode } });
