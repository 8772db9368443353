// Answers a codec and its cases on each line of standard input with a line of Node.js's own answers.
//
// Each case begins in a context of its own, in which the codec is evaluated anew, and the clock stands at
// the moment of the frame: as in a decoder.

const readline = require("node:readline");
const vm = require("node:vm");

const TIMEOUT_MS = 5_000;
const TEXT_BYTES = 1 << 10;

// Escapes of surrogates in JSON: a pair, or half of one.
const LONE_ESCAPES = /\\u(?:d[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|d[89a-f][0-9a-f]{2})/gi;

const NAMES = [
  "decodeUplink", "Decoder", "Decode", "milesightDeviceDecode", "encodeDownlink", "Encoder", "Encode",
  "milesightDeviceEncode", "decodeDownlink",
];

// In the context: the clock, and the functions of the codec by their names.
const CLOCK = new vm.Script(`
  globalThis.Date = new Proxy(Date, {
    construct: (target, list, own) => Reflect.construct(target, list.length ? list : [__moment], own === undefined ? target : own),
    apply: (target) => String(new target(__moment)),
    get: (target, key) => (key === "now" ? () => __moment : target[key]),
  });
  undefined;
`);
const cases = [...NAMES, "driver"].map((name) => `case "${name}": return typeof ${name} === "undefined" ? undefined : ${name};`);
const GLOBALS = new vm.Script(`(name => { switch (name) { ${cases.join(" ")} } })`);
const OWN = new vm.Script("Object.getOwnPropertyNames(globalThis)");

function isObject(value) {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function required(name) {
  const plain = String(name).replace(/^node:/, "").replace(/\/$/, "");
  if (plain === "buffer" || plain === "util") return require(plain);
  throw new Error(`Cannot find module '${name}'`);
}

// The same modules for a codec that is one itself.
function imported(name, context) {
  const found = required(name);
  const names = [...Object.keys(found).filter((key) => key !== "default"), "default"];
  return new vm.SyntheticModule(names, function () {
    for (const key of names) this.setExport(key, key === "default" ? found : found[key]);
  }, { context });
}

function surroundings(browser) {
  const silent = new Proxy({}, { get: () => () => undefined });
  const module = { exports: {} };
  const globals = {
    module, exports: module.exports, require: required, console: silent, Buffer, TextEncoder, TextDecoder, atob, btoa,
  };
  const context = vm.createContext(globals);
  for (const name of ["global", ...(browser ? ["window", "self"] : [])]) globals[name] = vm.runInContext("globalThis", context);
  return context;
}

// An evaluated codec in a context of its own.
async function evaluated(codec, moment, browser) {
  const context = surroundings(browser);
  context.__moment = moment;
  CLOCK.runInContext(context);
  delete context.__moment;
  context.__moment = moment;
  const builtIn = new Set([...OWN.runInContext(context), "window", "self"]);
  let namespace;
  if (codec.script) {
    codec.script.runInContext(context, { timeout: TIMEOUT_MS });
  } else {
    const module = new vm.SourceTextModule(codec.source, { context });
    await module.link((name) => imported(name, context));
    await module.evaluate({ timeout: TIMEOUT_MS });
    namespace = module.namespace;
  }
  return { context, namespace, builtIn, source: codec.source };
}

// The places where functions are looked for, first to last: functions from a name.
function places({ context, namespace, builtIn, source }) {
  const exported = [namespace, context.module?.exports, context.exports].filter(isObject);
  const global = GLOBALS.runInContext(context);
  const member = (object) => (name) => (typeof object?.[name] === "function" ? object[name].bind(object) : undefined);
  const itself = (value) => (name) => {
    const own = NAMES.includes(value.name) ? value.name : "decodeUplink";
    return own === name ? value : undefined;
  };
  const inner = exported.flatMap((object) => [object.default, object.driver]);
  const bundled = [...exported.filter((value) => typeof value === "function"), ...inner, global("driver")].filter(isObject);
  const holders = bundled.map((value) => {
    const has = NAMES.some((name) => typeof value[name] === "function");
    return typeof value === "function" && !has ? itself(value) : member(value);
  });
  const only = () => {
    const names = OWN.runInContext(context).filter((name) => !builtIn.has(name));
    const values = names.map((name) => context[name]);
    // Those of `let`, `const` and `class` are no members of the global object.
    for (const [, name] of source.matchAll(/\b(?:const|let|class)\s+([A-Za-z_$][\w$]*)/g)) {
      try {
        values.push(vm.runInContext(`typeof ${name} === "undefined" ? undefined : ${name}`, context));
      } catch {
        // A word of the language.
      }
    }
    values.push(...exported.flatMap(Object.values));
    const ts013 = ["decodeUplink", "encodeDownlink", "decodeDownlink"];
    const found = new Set(values.filter(isObject).filter((value) => ts013.some((name) => typeof value[name] === "function")));
    return found.size === 1 ? member([...found][0]) : () => undefined;
  };
  return [...exported.map(member), (name) => (typeof global(name) === "function" ? global(name) : undefined), ...holders, lazily(only)];
}

// Looked at only where nothing else was found.
function lazily(make) {
  let made;
  return (name) => (made ??= make())(name);
}

// The functions of a dialect and how each is called, first to last.
const CALLS = {
  decode: {
    ts013: [["decodeUplink", "one"]],
    "ttn-v2": [["Decoder", "bytes-port"]],
    "chirpstack-v3": [["Decode", "port-bytes"]],
    milesight: [["milesightDeviceDecode", "bytes"], ["Decoder", "bytes-port"], ["Decode", "port-bytes"]],
    helium: [["Decoder", "info"]],
    any: [["decodeUplink", "one"], ["Decoder", "bytes-port"], ["Decode", "port-bytes"], ["milesightDeviceDecode", "bytes"]],
  },
  encode: {
    ts013: [["encodeDownlink", "one"]],
    "ttn-v2": [["Encoder", "bytes-port"]],
    "chirpstack-v3": [["Encode", "port-bytes"]],
    milesight: [["milesightDeviceEncode", "bytes"], ["Encoder", "bytes-port"], ["Encode", "port-bytes"]],
    helium: [["Encoder", "bytes-port"]],
    any: [["encodeDownlink", "one"], ["Encoder", "bytes-port"], ["Encode", "port-bytes"], ["milesightDeviceEncode", "bytes"]],
  },
  readBack: {},
};

function entryOf(kind, dialect, found) {
  const calls = kind === "readBack" ? [["decodeDownlink", "one"]] : CALLS[kind][dialect ?? "any"];
  for (const [name, manner] of calls) {
    for (const place of found) {
      const call = place(name);
      if (call) return { call, manner };
    }
  }
  return undefined;
}

function shortened(text) {
  const bytes = Buffer.from(text, "utf8");
  return bytes.length > TEXT_BYTES ? `${bytes.subarray(0, TEXT_BYTES - 3).toString("utf8").replace(/\uFFFD+$/, "")}…` : text;
}

function texts(value) {
  if (value === undefined || value === null || value === false) return [];
  const list = Array.isArray(value) ? value : [value];
  return list.map((item) => {
    const isError = Object.prototype.toString.call(item) === "[object Error]";
    return isObject(item) && !isError ? JSON.stringify(item) ?? String(item) : String(item);
  });
}

function reported(message) {
  return { failure: { reported: true, message: shortened(message) } };
}

function malformed(message) {
  return { failure: { malformed: true, message } };
}

function reading(data, warnings) {
  if (!isObject(data) || typeof data === "function") return malformed("data is no object");
  const text = JSON.stringify(data);
  if (text === undefined || !/^[[{]/.test(text)) return malformed("data is no object");
  return { reading: { data: text[0] === "[" ? { items: JSON.parse(text) } : JSON.parse(text), text, warnings } };
}

const MEMBERS = ["data", "errors", "warnings", "bytes", "fPort"];

function outcomeOf(kind, manner, result) {
  const encodes = kind === "encode";
  if (manner !== "one") return encodes ? downlink(result, undefined, []) : reading(result, []);
  if (!isObject(result) || typeof result === "function") return malformed("no object was returned");
  const errors = texts(result.errors);
  if (errors.length > 0) return reported(errors.map(shortened).join("; "));
  const warnings = texts(result.warnings);
  if (encodes) return downlink(result.bytes, result.fPort, warnings);
  const isBare = MEMBERS.every((name) => !(name in result)) && Object.keys(result).length > 0;
  return reading(isBare ? result : result.data, warnings);
}

function downlink(bytes, fPort, warnings) {
  if (!isObject(bytes) || typeof bytes.length !== "number") return malformed("bytes are no list");
  const list = Array.from(bytes);
  if (list.some((byte) => typeof byte !== "number" || !Number.isInteger(byte) || byte < -128 || byte > 255)) {
    return malformed("a byte is none");
  }
  return { downlink: { bytes: list.map((byte) => byte & 0xff), fPort: fPort ?? null, warnings } };
}

function thrown(error) {
  const isError = Object.prototype.toString.call(error) === "[object Error]";
  const name = isError ? String(error.name) : "";
  const text = isObject(error) && !isError ? JSON.stringify(error) ?? String(error) : String(error);
  return { failure: { thrown: true, name, message: shortened(text) } };
}

async function answerOf(codec, dialect, wanted, browser) {
  let codecNow;
  try {
    codecNow = await evaluated(codec, wanted.moment, browser);
  } catch (error) {
    return thrown(error);
  }
  const entry = entryOf(wanted.kind, dialect, places(codecNow));
  if (entry === undefined) return { failure: { unsupported: true, message: "there is no such function" } };
  const { context } = codecNow;
  // As ThingPark gives it to its drivers.
  if (vm.runInContext("typeof context", context) === "undefined") {
    context.__text = JSON.stringify(wanted.context ?? []);
    context.context = vm.runInContext("JSON.parse(__text)", context);
  }
  context.__text = JSON.stringify({ bytes: wanted.bytes ?? [], data: wanted.data ?? null });
  const given = vm.runInContext("JSON.parse(__text)", context);
  delete context.__text;
  const port = wanted.fPort;
  context.__call = entry.call;
  context.__list = lists(wanted, entry.manner, given, port, context);
  try {
    let result = vm.runInContext("__call(...__list)", context, { timeout: TIMEOUT_MS });
    if (typeof result?.then === "function") result = await result;
    return outcomeOf(wanted.kind, entry.manner, result);
  } catch (error) {
    return thrown(error);
  }
}

function lists(wanted, manner, given, port, context) {
  const value = wanted.kind === "encode" ? given.data : given.bytes;
  const variables = () => vm.runInContext("({})", context);
  switch (manner) {
    case "bytes-port": return [value, port];
    case "port-bytes": return [port, value, variables()];
    case "bytes": return [value];
    case "info": return [value, port, { type: "uplink", fcnt: 0, port, payload_size: value.length, reported_at: wanted.moment }];
    default: {
      if (wanted.kind === "encode" && wanted.whole) return [value];
      const one = variables();
      if (wanted.kind === "encode") return [Object.assign(one, { data: value, variables: variables() })];
      const recvTime = vm.runInContext(`new Date(${wanted.moment})`, context);
      return [Object.assign(one, { bytes: value, fPort: port, recvTime, variables: variables() })];
    }
  }
}

function compiled(source) {
  try {
    return { source, script: new vm.Script(source, { filename: "codec.js" }) };
  } catch (error) {
    if (!/\b(?:import|export)\b/.test(source)) throw error;
    new vm.SourceTextModule(source, { context: vm.createContext({}) });
    return { source };
  }
}

// Whether it loads, and where not, why.
async function answers({ source, dialect, cases: wanted }) {
  let codec;
  let browser = false;
  try {
    codec = compiled(source);
    try {
      await evaluated(codec, 0, browser);
    } catch (error) {
      if (!/^(?:window|self) is not defined$/.test(error?.message)) throw error;
      browser = true;
      await evaluated(codec, 0, browser);
    }
    const found = places(await evaluated(codec, 0, browser));
    const kinds = ["decode", "encode", "readBack"];
    if (!kinds.some((kind) => entryOf(kind, dialect, found))) throw new Error("there is no entry point");
  } catch (error) {
    return { refused: String(error), answers: [] };
  }
  const list = [];
  for (const one of wanted) list.push(await answerOf(codec, dialect, one, browser));
  return { refused: null, answers: list };
}

// Half of a surrogate pair is no character: it is replaced, as it is in a reading, also in keys and within the
// JSON text that a reading has beside its data.
function wellFormed(key, value) {
  if (typeof value === "string") {
    const text = value.toWellFormed();
    return key === "text" ? text.replace(LONE_ESCAPES, (escape) => (escape.length > 6 ? escape : "\ufffd")) : text;
  }
  if (!isObject(value) || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name.toWellFormed(), held]));
}

process.on("unhandledRejection", () => undefined);
process.on("uncaughtException", () => undefined);

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    let answer;
    try {
      answer = await answers(JSON.parse(line));
    } catch (error) {
      answer = { refused: String(error), answers: [] };
    }
    process.stdout.write(`${JSON.stringify(answer, wellFormed)}\n`);
  }
})();
