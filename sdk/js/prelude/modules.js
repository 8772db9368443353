// CommonJS as far as one file needs it: module.exports, and require for the modules that are here.

// Modules of Node.js that are not here. Editors import from them by themselves, and codecs that use nothing of
// them are read; what is used says that it is not here.
const ABSENT = [
  "assert", "async_hooks", "child_process", "cluster", "constants", "crypto", "dgram", "diagnostics_channel", "dns",
  "domain", "events", "fs", "http", "http2", "https", "inspector", "module", "net", "os", "path", "perf_hooks",
  "process", "punycode", "querystring", "readline", "repl", "stream", "string_decoder", "sys", "test", "timers",
  "tls", "trace_events", "tty", "url", "v8", "vm", "wasi", "worker_threads", "zlib",
];

function absent(name) {
  const fail = () => {
    throw new Error(`${name} is of Node.js, and not in a decoder`);
  };
  const traps = { apply: fail, construct: fail, get: fail, set: fail, has: fail, ownKeys: fail };
  return new Proxy(function () {}, traps);
}

function absentModule(name) {
  const get = (_, member) =>
    member === "__esModule" || typeof member === "symbol" ? undefined : absent(`${name}.${member}`);
  const fail = () => absent(name)();
  // Some are functions themselves: assert(…).
  return new Proxy(function () {}, { get, apply: fail, construct: fail, ownKeys: () => ["prototype"] });
}

const modules = {
  ...shared.modules,
  console: { ...console, Console: absent("console.Console") },
  util: {
    TextDecoder,
    TextEncoder,
    inspect: shared.inspect,
    isArray: Array.isArray,
    format: shared.format,
  },
};

const KNOWN = Object.keys(modules);

function require(name) {
  const plain = String(name).replace(/^node:/, "").replace(/\/$/, "");
  if (Object.hasOwn(modules, plain)) return modules[plain];
  // Of `fs/promises` too.
  if (ABSENT.includes(plain.replace(/\/.*$/, ""))) return (modules[plain] = absentModule(plain));
  const error = new Error(
    `Cannot find module '${name}': a codec is one file, and require knows ${KNOWN.join(" and ")} only`,
  );
  error.code = "MODULE_NOT_FOUND";
  throw error;
}

const module = { exports: {} };

// What QuickJS makes enumerable and other engines do not.
Object.defineProperty(globalThis, "performance", { enumerable: false });

provide({ require, module, exports: module.exports, global: globalThis });
