// structuredClone as browsers and Node.js have it, and the text of a Date with the name of its zone.

function notCloned(value) {
  const shown = typeof value === "symbol" ? String(value) : `${value}`;
  const error = new Error(`${shown} could not be cloned.`);
  Object.defineProperty(error, "name", { value: "DataCloneError", writable: true, configurable: true });
  Object.defineProperty(error, "code", { value: 25, writable: true, configurable: true });
  return error;
}

const ERRORS = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

function emptyCopy(value, clone) {
  if (Array.isArray(value)) return new Array(value.length);
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof RegExp) return new RegExp(value.source, value.flags);
  if (value instanceof Map) return new Map();
  if (value instanceof Set) return new Set();
  if (value instanceof ArrayBuffer) return value.slice(0);
  if (value instanceof DataView) return new DataView(clone(value.buffer), value.byteOffset, value.byteLength);
  if (ArrayBuffer.isView(value)) {
    // Buffer comes out as the bytes that it is.
    const Type = globalThis[value[Symbol.toStringTag]];
    return new Type(clone(value.buffer), value.byteOffset, value.length);
  }
  if (value instanceof Error) {
    const copy = new (ERRORS[value.name] ?? Error)(value.message);
    Object.defineProperty(copy, "stack", { value: value.stack, writable: true, configurable: true });
    return copy;
  }
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) {
    throw notCloned(`#<${value.constructor.name}>`);
  }
  const primitive = value instanceof Number || value instanceof String || value instanceof Boolean || value instanceof BigInt;
  return primitive ? Object(value.valueOf()) : {};
}

function structuredClone(...given) {
  if (given.length === 0) {
    throw shared.errors.withCode(TypeError, "ERR_MISSING_ARGS", "The value argument must be specified");
  }
  const seen = new Map();
  const clone = (value) => {
    if (typeof value === "function" || typeof value === "symbol") throw notCloned(value);
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    const copy = emptyCopy(value, clone);
    seen.set(value, copy);
    if (value instanceof Map) for (const [key, held] of [...value]) copy.set(clone(key), clone(held));
    else if (value instanceof Set) for (const held of [...value]) copy.add(clone(held));
    else if (isPlain(value)) for (const key of Object.keys(value)) copy[key] = clone(value[key]);
    return copy;
  };
  return clone(given[0]);
}

function isPlain(value) {
  return !(
    value instanceof Date || value instanceof RegExp || value instanceof ArrayBuffer || value instanceof Error ||
    ArrayBuffer.isView(value) || value instanceof String
  );
}

// The clock's zone is UTC, and other engines say so in words.
for (const name of ["toString", "toTimeString"]) {
  const plain = Date.prototype[name];
  const text = {
    [name]() {
      const shown = plain.call(this);
      return shown === "Invalid Date" ? shown : `${shown} (Coordinated Universal Time)`;
    },
  };
  Object.defineProperty(Date.prototype, name, { value: text[name], writable: true, configurable: true });
}

provide({ structuredClone });
