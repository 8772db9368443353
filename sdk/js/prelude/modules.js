// CommonJS as far as one file needs it: module.exports, and require for the modules that are here.

const modules = {
  ...shared.modules,
  util: {
    TextDecoder,
    TextEncoder,
    inspect: shared.inspect,
    isArray: Array.isArray,
    format: shared.format,
  },
};

function require(name) {
  const found = modules[String(name).replace(/^node:/, "").replace(/\/$/, "")];
  if (found === undefined) {
    const error = new Error(
      `Cannot find module '${name}': a codec is one file, and require knows ${Object.keys(modules).join(" and ")} only`,
    );
    error.code = "MODULE_NOT_FOUND";
    throw error;
  }
  return found;
}

const module = { exports: {} };

// What QuickJS makes enumerable and other engines do not.
Object.defineProperty(globalThis, "performance", { enumerable: false });

provide({ require, module, exports: module.exports, global: globalThis });
