// console.*: what is logged is kept for whoever tries the codec out. The engine bounds how much.

const MOST_DEPTH = 3;

function inspect(value, depth = 0) {
  switch (typeof value) {
    case "string":
      return depth === 0 ? value : JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "function":
      return value.name ? `[Function: ${value.name}]` : "[Function (anonymous)]";
    case "object":
      break;
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
  if (value === null) return "null";
  if (value instanceof Error) return value.stack ? value.stack.trimEnd() : String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (depth >= MOST_DEPTH) return Array.isArray(value) ? "[Array]" : "[Object]";
  const inner = (member) => inspect(member, depth + 1);
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `[ ${value.map(inner).join(", ")} ]`;
  const name = value.constructor?.name;
  const prefix = name && name !== "Object" ? `${name} ` : "";
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return `${prefix}[ ${Array.from(value).join(", ")} ]`;
  }
  const members = Object.keys(value).map((key) => {
    const shown = /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
    return `${shown}: ${inner(value[key])}`;
  });
  return members.length === 0 ? `${prefix}{}` : `${prefix}{ ${members.join(", ")} }`;
}

// "%s is %d" and the rest, as far as codecs use it.
function format(first, ...rest) {
  if (typeof first !== "string" || !first.includes("%")) return [first, ...rest].map((value) => inspect(value)).join(" ");
  const text = first.replace(/%[sdifjoOc%]/g, (place) => {
    if (place === "%%") return "%";
    if (rest.length === 0) return place;
    const value = rest.shift();
    switch (place) {
      case "%s":
        return inspect(value);
      case "%d":
        return String(Number(value));
      case "%i":
        return String(Math.trunc(Number(value)));
      case "%f":
        return String(parseFloat(value));
      case "%j":
        return JSON.stringify(value);
      case "%c":
        return "";
      default:
        return inspect(value, 1);
    }
  });
  return [text, ...rest.map((value) => inspect(value))].join(" ");
}

function log(...values) {
  let line;
  try {
    line = format(...values);
  } catch (error) {
    // A getter or a proxy threw: logging must not change what the codec does.
    line = `(what was to be logged cannot be shown: ${String(error)})`;
  }
  native.log(line);
}

function nothing() {}

const levels = ["log", "info", "debug", "warn", "error", "trace", "dir", "table"];
const silent = ["time", "timeEnd", "timeLog", "group", "groupCollapsed", "groupEnd", "count", "countReset", "clear"];
const console = Object.fromEntries([
  ...levels.map((name) => [name, log]),
  ...silent.map((name) => [name, nothing]),
]);
console.assert = (condition, ...values) => {
  if (!condition) log("Assertion failed:", ...values);
};

provide({ console });
share({ format, inspect });
