// Buffer as Node.js has it: bytes with readers and writers for every width and both byte orders.

const { base64, text } = shared;

const ENCODINGS = {
  utf8: { encode: text.encodeUtf8, decode: (bytes) => text.decodeUtf8(bytes) },
  hex: { encode: encodeHex, decode: decodeHex },
  base64: { encode: base64.decode, decode: (bytes) => base64.encode(bytes) },
  base64url: { encode: base64.decode, decode: base64.encodeUrl },
  latin1: { encode: encodeLatin1, decode: text.decodeLatin1 },
  ascii: { encode: encodeLatin1, decode: (bytes) => text.decodeLatin1(bytes.map((byte) => byte & 0x7f)) },
  utf16le: { encode: encodeUtf16, decode: (bytes) => text.decodeUtf16(bytes) },
};

const ALIASES = {
  "utf-8": "utf8",
  binary: "latin1",
  ucs2: "utf16le",
  "ucs-2": "utf16le",
  "utf-16le": "utf16le",
};

function encodingNamed(name) {
  const lower = String(name === undefined ? "utf8" : name).toLowerCase();
  return ENCODINGS[ALIASES[lower] ?? lower];
}

function encoding(name) {
  const found = encodingNamed(name);
  if (found === undefined) {
    const error = new TypeError(`Unknown encoding: ${name}`);
    error.code = "ERR_UNKNOWN_ENCODING";
    throw error;
  }
  return found;
}

// Ends at the first pair that is no byte, as Node.js does.
function encodeHex(digits) {
  const bytes = [];
  for (let i = 0; i + 1 < digits.length; i += 2) {
    const pair = digits.slice(i, i + 2);
    if (!/^[0-9a-f]{2}$/i.test(pair)) break;
    bytes.push(parseInt(pair, 16));
  }
  return bytes;
}

function decodeHex(bytes) {
  let digits = "";
  for (const byte of bytes) digits += (byte < 16 ? "0" : "") + byte.toString(16);
  return digits;
}

function encodeLatin1(characters) {
  return Array.from({ length: characters.length }, (_, i) => characters.charCodeAt(i) & 0xff);
}

function encodeUtf16(characters) {
  const bytes = [];
  for (let i = 0; i < characters.length; i++) {
    const unit = characters.charCodeAt(i);
    bytes.push(unit & 0xff, unit >> 8);
  }
  return bytes;
}

function outOfRange(what, range, value) {
  const error = new RangeError(
    `The value of "${what}" is out of range. It must be ${range}. Received ${String(value)}`,
  );
  error.code = "ERR_OUT_OF_RANGE";
  return error;
}

function invalidType(what, types, value) {
  const error = new TypeError(`The "${what}" argument must be ${types}. Received ${typeof value}`);
  error.code = "ERR_INVALID_ARG_TYPE";
  return error;
}

function checkOffset(buffer, offset, width) {
  if (typeof offset !== "number") throw invalidType("offset", "of type number", offset);
  if (!Number.isInteger(offset)) throw outOfRange("offset", "an integer", offset);
  const last = buffer.length - width;
  if (offset < 0 || offset > last) {
    if (last < 0) {
      const error = new RangeError("Attempt to access memory outside buffer bounds");
      error.code = "ERR_BUFFER_OUT_OF_BOUNDS";
      throw error;
    }
    throw outOfRange("offset", `>= 0 and <= ${last}`, offset);
  }
}

function checkWidth(width) {
  if (!Number.isInteger(width) || width < 1 || width > 6) {
    throw outOfRange("byteLength", ">= 1 and <= 6", width);
  }
}

function checkValue(value, width, signed) {
  const span = 2 ** (8 * width);
  const [low, high] = signed ? [-span / 2, span / 2 - 1] : [0, span - 1];
  if (value < low || value > high) throw outOfRange("value", `>= ${low} and <= ${high}`, value);
}

function view(buffer) {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

class Buffer extends Uint8Array {
  static poolSize = 8192;

  // `new Buffer(…)` is deprecated and still found in old codecs, also with a text.
  constructor(source, ...rest) {
    if (typeof source === "string") super(encoding(rest[0]).encode(source));
    else super(source, ...rest);
  }

  static from(source, second, third) {
    if (typeof source === "string") return copyOf(encoding(second).encode(source));
    if (source instanceof ArrayBuffer) {
      const start = second ?? 0;
      return new Buffer(source, start, third ?? source.byteLength - start);
    }
    if (source !== null && typeof source === "object") {
      const primitive = source.valueOf?.();
      if (primitive !== source && primitive !== undefined && primitive !== null) {
        return Buffer.from(primitive, second, third);
      }
      if (source.type === "Buffer" && Array.isArray(source.data)) return copyOf(source.data);
      if (typeof source.length === "number") return copyOf(source);
    }
    throw invalidType(
      "first",
      "of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object",
      source,
    );
  }

  static of(...bytes) {
    return copyOf(bytes);
  }

  static alloc(size, fill, name) {
    checkSize(size);
    const buffer = new Buffer(size);
    return fill === undefined || fill === 0 ? buffer : buffer.fill(fill, name);
  }

  static allocUnsafe(size) {
    return Buffer.alloc(size);
  }

  static allocUnsafeSlow(size) {
    return Buffer.alloc(size);
  }

  static isBuffer(value) {
    return value instanceof Buffer;
  }

  static isEncoding(name) {
    return typeof name === "string" && encodingNamed(name) !== undefined;
  }

  static byteLength(source, name) {
    return typeof source === "string" ? encoding(name).encode(source).length : source.byteLength;
  }

  static concat(list, total = list.reduce((sum, part) => sum + part.length, 0)) {
    const whole = Buffer.alloc(total);
    let offset = 0;
    for (const part of list) {
      const fits = part.subarray(0, Math.max(0, total - offset));
      whole.set(fits, offset);
      offset += fits.length;
    }
    return whole;
  }

  static compare(one, other) {
    const shorter = Math.min(one.length, other.length);
    for (let i = 0; i < shorter; i++) {
      if (one[i] !== other[i]) return one[i] < other[i] ? -1 : 1;
    }
    return Math.sign(one.length - other.length);
  }

  get parent() {
    return this.buffer;
  }

  get offset() {
    return this.byteOffset;
  }

  toString(name, start = 0, end = this.length) {
    // Unlike those of subarray, positions below zero are the beginning.
    const [first, last] = [start, end].map((position) => Math.max(0, Math.trunc(position) || 0));
    return encoding(name).decode(new Uint8Array(this.subarray(first, last)));
  }

  toLocaleString(name, start, end) {
    return this.toString(name, start, end);
  }

  toJSON() {
    return { type: "Buffer", data: Array.from(this) };
  }

  equals(other) {
    return Buffer.compare(this, other) === 0;
  }

  compare(other, start = 0, end = other.length, ownStart = 0, ownEnd = this.length) {
    return Buffer.compare(this.subarray(ownStart, ownEnd), other.subarray(start, end));
  }

  // Unlike that of an Uint8Array it shares the memory, as Node.js documents.
  slice(start, end) {
    return this.subarray(start, end);
  }

  copy(target, targetStart = 0, start = 0, end = this.length) {
    const part = Uint8Array.prototype.subarray.call(this, start, end);
    const fits = part.subarray(0, Math.max(0, target.length - targetStart));
    target.set(fits, targetStart);
    return fits.length;
  }

  write(string, offset, length, name) {
    if (typeof offset === "string") [name, offset, length] = [offset, 0, undefined];
    else if (typeof length === "string") [name, length] = [length, undefined];
    const start = offset ?? 0;
    const bytes = encoding(name).encode(String(string));
    const room = Math.min(length ?? Infinity, this.length - start, bytes.length);
    for (let i = 0; i < room; i++) this[start + i] = bytes[i];
    return Math.max(0, room);
  }

  fill(value, start = 0, end = this.length, name) {
    if (typeof start === "string") [name, start, end] = [start, 0, this.length];
    else if (typeof end === "string") [name, end] = [end, this.length];
    if (typeof value === "number" || typeof value === "boolean") {
      return super.fill(Number(value) & 0xff, start, end);
    }
    const pattern = typeof value === "string" ? encoding(name).encode(value) : value;
    if (pattern.length === 0 && value.length > 0) {
      const error = new TypeError(`The argument 'value' is invalid. Received '${value}'`);
      error.code = "ERR_INVALID_ARG_VALUE";
      throw error;
    }
    if (pattern.length === 0) return super.fill(0, start, end);
    for (let i = start; i < end; i++) this[i] = pattern[(i - start) % pattern.length];
    return this;
  }

  indexOf(value, from = 0, name) {
    if (typeof value === "number") return super.indexOf(value & 0xff, from);
    if (typeof from === "string") [name, from] = [from, 0];
    const wanted = typeof value === "string" ? encoding(name).encode(value) : value;
    const start = from < 0 ? Math.max(0, this.length + from) : from;
    for (let i = start; i + wanted.length <= this.length; i++) {
      let same = 0;
      while (same < wanted.length && this[i + same] === wanted[same]) same += 1;
      if (same === wanted.length) return i;
    }
    return -1;
  }

  lastIndexOf(value, from = this.length, name) {
    let last = -1;
    for (let i = this.indexOf(value, 0, name); i !== -1 && i <= from; i = this.indexOf(value, i + 1, name)) {
      last = i;
    }
    return last;
  }

  includes(value, from, name) {
    return this.indexOf(value, from, name) !== -1;
  }

  swap16() {
    return swap(this, 2);
  }

  swap32() {
    return swap(this, 4);
  }

  swap64() {
    return swap(this, 8);
  }

  readUIntBE(offset, width) {
    checkWidth(width);
    checkOffset(this, offset, width);
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 0x100 + this[offset + i];
    return value;
  }

  readUIntLE(offset, width) {
    checkWidth(width);
    checkOffset(this, offset, width);
    let value = 0;
    for (let i = width - 1; i >= 0; i--) value = value * 0x100 + this[offset + i];
    return value;
  }

  readIntBE(offset, width) {
    return signed(this.readUIntBE(offset, width), width);
  }

  readIntLE(offset, width) {
    return signed(this.readUIntLE(offset, width), width);
  }

  writeUIntBE(value, offset, width) {
    return writeBytes(this, value, offset, width, { signed: false, littleEndian: false });
  }

  writeUIntLE(value, offset, width) {
    return writeBytes(this, value, offset, width, { signed: false, littleEndian: true });
  }

  writeIntBE(value, offset, width) {
    return writeBytes(this, value, offset, width, { signed: true, littleEndian: false });
  }

  writeIntLE(value, offset, width) {
    return writeBytes(this, value, offset, width, { signed: true, littleEndian: true });
  }
}

// Species of Uint8Array makes views of the same class; a copy of bytes is one too.
function copyOf(bytes) {
  const buffer = new Buffer(bytes.length);
  for (let i = 0; i < bytes.length; i++) buffer[i] = bytes[i];
  return buffer;
}

function checkSize(size) {
  if (typeof size !== "number") throw invalidType("size", "of type number", size);
  if (!(size >= 0 && size <= 0x7fffffff)) throw outOfRange("size", ">= 0 and <= 2147483647", size);
}

function signed(value, width) {
  const half = 2 ** (8 * width - 1);
  return value < half ? value : value - 2 * half;
}

function writeBytes(buffer, value, offset, width, { signed, littleEndian }) {
  checkWidth(width);
  const whole = Math.trunc(Number(value)) || 0;
  checkValue(whole, width, signed);
  checkOffset(buffer, offset, width);
  let left = whole < 0 ? whole + 2 ** (8 * width) : whole;
  for (let i = 0; i < width; i++) {
    buffer[littleEndian ? offset + i : offset + width - 1 - i] = left % 0x100;
    left = Math.floor(left / 0x100);
  }
  return offset + width;
}

function swap(buffer, width) {
  if (buffer.length % width !== 0) {
    throw new RangeError(`Buffer size must be a multiple of ${8 * width}-bits`);
  }
  for (let i = 0; i < buffer.length; i += width) buffer.subarray(i, i + width).reverse();
  return buffer;
}

// The accessors that DataView has, each for both byte orders: readInt16BE, writeDoubleLE, …
const WIDTHS = {
  Int8: 1,
  UInt8: 1,
  Int16: 2,
  UInt16: 2,
  Int32: 4,
  UInt32: 4,
  BigInt64: 8,
  BigUInt64: 8,
  Float: 4,
  Double: 8,
};

const VIEW_NAMES = { UInt8: "Uint8", UInt16: "Uint16", UInt32: "Uint32", BigUInt64: "BigUint64", Float: "Float32", Double: "Float64" };

function define(name, method) {
  Object.defineProperty(Buffer.prototype, name, { value: method, writable: true, configurable: true });
}

for (const [kind, width] of Object.entries(WIDTHS)) {
  const suffix = VIEW_NAMES[kind] ?? kind;
  const isInteger = !/Float|Double|Big/.test(kind);
  for (const order of width === 1 ? [""] : ["BE", "LE"]) {
    const littleEndian = order === "LE";
    const read = function (offset = 0) {
      checkOffset(this, offset, width);
      return view(this)[`get${suffix}`](offset, littleEndian);
    };
    const write = function (value, offset = 0) {
      if (isInteger) checkValue(Number(value), width, !kind.startsWith("U"));
      checkOffset(this, offset, width);
      view(this)[`set${suffix}`](offset, value, littleEndian);
      return offset + width;
    };
    for (const alias of new Set([kind, kind.replace("UInt", "Uint")])) {
      define(`read${alias}${order}`, read);
      define(`write${alias}${order}`, write);
    }
  }
}

for (const name of ["readUIntBE", "readUIntLE", "writeUIntBE", "writeUIntLE"]) {
  define(name.replace("UInt", "Uint"), Buffer.prototype[name]);
}

provide({ Buffer });
share({ modules: { buffer: { Buffer, SlowBuffer: Buffer, atob, btoa, kMaxLength: 0x7fffffff, INSPECT_MAX_BYTES: 50 } } });
