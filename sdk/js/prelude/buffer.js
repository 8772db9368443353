// Buffer as Node.js has it: bytes with readers and writers for every width and both byte orders.

const { base64, text } = shared;
const { coded, invalidType, outOfRange } = shared.errors;

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
  if (found === undefined) throw coded(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${name}`);
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

function checkNumber(value, what) {
  if (typeof value !== "number") throw invalidType(what, "of type number", value);
}

// Throws because of a place outside of a buffer, or a width that there is not.
function refuse(value, last, what = "offset", least = 0) {
  if (Math.floor(value) !== value) {
    checkNumber(value, what);
    throw outOfRange(what, "an integer", value);
  }
  if (last < 0) {
    throw coded(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", "Attempt to access memory outside buffer bounds");
  }
  throw outOfRange(what, `>= ${least} and <= ${last}`, value);
}

function checkOffset(buffer, offset, width) {
  checkNumber(offset, "offset");
  if (buffer[offset] === undefined || buffer[offset + width - 1] === undefined) refuse(offset, buffer.length - width);
}

function checkWidth(width) {
  if (!(Number.isInteger(width) && width >= 1 && width <= 6)) refuse(width, 6, "byteLength", 1);
}

function checkValue(value, width, signed, unit = "") {
  const two = unit === "" ? 2 : 2n;
  const bits = unit === "" ? 8 * width : BigInt(8 * width);
  const one = two / two;
  const [low, high] = signed ? [-(two ** (bits - one)), two ** (bits - one) - one] : [two - two, two ** bits - one];
  if (!(value < low || value > high)) return;
  const power = `2${unit} ** ${signed ? bits - one : bits}${unit}`;
  const large = signed ? `>= -(${power}) and < ${power}` : `>= 0${unit} and < ${power}`;
  throw outOfRange("value", width > 4 ? large : `>= ${low}${unit} and <= ${high}${unit}`, value);
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
    if (typeof source === "string") {
      const name = typeof second === "string" && second !== "" ? second : "utf8";
      return copyOf(encoding(name).encode(source));
    }
    if (source instanceof ArrayBuffer) return Buffer.#over(source, +second || 0, third);
    if (source !== null && typeof source === "object") {
      const primitive = source.valueOf?.();
      if (primitive !== source && primitive !== undefined && primitive !== null) {
        return Buffer.from(primitive, second, third);
      }
      if (source.type === "Buffer" && Array.isArray(source.data)) return copyOf(source.data);
      if (typeof source.length === "number") return copyOf(source);
    }
    throw invalidType(
      "first argument",
      "of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object",
      source,
    );
  }

  static #over(memory, start, length) {
    const rest = memory.byteLength - start;
    const outside = start < 0 || rest < 0 ? "offset" : length > rest ? "length" : undefined;
    if (outside !== undefined) {
      throw coded(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", `"${outside}" is outside of buffer bounds`);
    }
    return new Buffer(memory, start, length === undefined ? rest : Math.max(0, +length || 0));
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
    if (typeof source === "string") return (encodingNamed(name) ?? ENCODINGS.utf8).encode(source).length;
    if (ArrayBuffer.isView(source) || source instanceof ArrayBuffer) return source.byteLength;
    throw invalidType("string", "of type string or an instance of Buffer or ArrayBuffer", source);
  }

  static concat(list, total) {
    if (!Array.isArray(list)) throw invalidType("list", "an instance of Array", list);
    list.forEach((part, i) => checkBytes(part, `list[${i}]`));
    const length = total ?? list.reduce((sum, part) => sum + part.length, 0);
    const whole = Buffer.alloc(length);
    let offset = 0;
    for (const part of list) {
      const fits = part.subarray(0, Math.max(0, length - offset));
      whole.set(fits, offset);
      offset += fits.length;
    }
    return whole;
  }

  static compare(one, other) {
    checkBytes(one, "buf1");
    checkBytes(other, "buf2");
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
    checkBytes(other, "otherBuffer");
    return Buffer.compare(this, other) === 0;
  }

  compare(other, start = 0, end = other?.length, ownStart = 0, ownEnd = this.length) {
    checkBytes(other, "target");
    return Buffer.compare(this.subarray(ownStart, ownEnd), other.subarray(start, end));
  }

  // Unlike that of an Uint8Array it shares the memory, as Node.js documents.
  slice(start, end) {
    return this.subarray(start, end);
  }

  copy(target, targetStart = 0, start = 0, end = this.length) {
    checkBytes(target, "target");
    if (targetStart >= target.length) return 0;
    const part = Uint8Array.prototype.subarray.call(this, start, end);
    const fits = part.subarray(0, Math.max(0, target.length - targetStart));
    target.set(fits, targetStart);
    return fits.length;
  }

  write(string, offset, length, name) {
    if (typeof offset === "string") [name, offset, length] = [offset, undefined, undefined];
    else if (typeof length === "string") [name, length] = [length, undefined];
    const start = offset === undefined ? 0 : within(offset, "offset", this.length);
    const room = length === undefined ? this.length : within(length, "length", this.length);
    if (typeof string !== "string") throw invalidType("argument", "of type string", string);
    const bytes = encoding(name).encode(string);
    const written = Math.min(room, this.length - start, bytes.length);
    for (let i = 0; i < written; i++) this[start + i] = bytes[i];
    return written;
  }

  fill(value, start, end, name) {
    if (typeof value === "string" && typeof start === "string") [name, start] = [start, undefined];
    else if (typeof value === "string" && typeof end === "string") [name, end] = [end, undefined];
    const { encode } = encoding(typeof value === "string" ? name : undefined);
    const first = start === undefined ? 0 : within(start, "offset");
    const last = start === undefined || end === undefined ? this.length : within(end, "end", this.length);
    if (first >= last) return this;
    if (typeof value !== "string" && !(value instanceof Uint8Array)) return super.fill(Number(value) & 0xff, first, last);
    const pattern = typeof value === "string" ? encode(value) : value;
    if (pattern.length === 0 && value.length > 0) {
      throw coded(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'value' is invalid. Received '${value}'`);
    }
    if (pattern.length === 0) return super.fill(0, first, last);
    for (let i = first; i < last; i++) this[i] = pattern[(i - first) % pattern.length];
    return this;
  }

  indexOf(value, from = 0, name) {
    if (typeof value === "number") return super.indexOf(value & 0xff, from);
    if (typeof from === "string") [name, from] = [from, 0];
    const wanted = this.#wanted(value, name);
    const start = Math.max(0, placed(from, 0, this.length));
    if (wanted.length === 0) return Math.min(start, this.length);
    for (let i = start; i + wanted.length <= this.length; i++) {
      let same = 0;
      while (same < wanted.length && this[i + same] === wanted[same]) same += 1;
      if (same === wanted.length) return i;
    }
    return -1;
  }

  lastIndexOf(value, from = this.length, name) {
    if (typeof value === "number") return super.lastIndexOf(value & 0xff, placed(from, this.length, this.length));
    if (typeof from === "string") [name, from] = [from, this.length];
    const wanted = this.#wanted(value, name);
    for (let i = Math.min(placed(from, this.length, this.length), this.length - wanted.length); i >= 0; i--) {
      let same = 0;
      while (same < wanted.length && this[i + same] === wanted[same]) same += 1;
      if (same === wanted.length) return i;
    }
    return -1;
  }

  #wanted(value, name) {
    if (typeof value === "string") return encoding(name).encode(value);
    if (value instanceof Uint8Array) return value;
    throw invalidType("value", "one of type number or string or an instance of Buffer or Uint8Array", value);
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
    checkRead(this, offset, width);
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 0x100 + this[offset + i];
    return value;
  }

  readUIntLE(offset, width) {
    checkRead(this, offset, width);
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

// As Node.js has it; memory ends long before.
const MOST_BYTES = 2 ** 32;

function checkSize(size) {
  if (typeof size !== "number") throw invalidType("size", "of type number", size);
  if (!(size >= 0 && size <= MOST_BYTES)) throw outOfRange("size", `>= 0 && <= ${MOST_BYTES}`, size);
}

function checkBytes(value, what) {
  if (!(value instanceof Uint8Array)) throw invalidType(what, "an instance of Buffer or Uint8Array", value);
}

function checkRead(buffer, offset, width) {
  if (offset === undefined) throw invalidType("offset", "of type number", offset);
  checkWidth(width);
  checkOffset(buffer, offset, width);
}

// A place from the beginning, which may have a bound.
function within(place, what, most = undefined) {
  checkNumber(place, what);
  if (!(place >= 0) || place > most) throw outOfRange(what, most === undefined ? ">= 0" : `>= 0 && <= ${most}`, place);
  return place;
}

// A place to begin at; one below zero counts from the end.
function placed(from, otherwise, length) {
  const place = Math.trunc(Number(from));
  if (Number.isNaN(place)) return otherwise;
  return place < 0 ? Math.max(-1, length + place) : place;
}

function signed(value, width) {
  const half = 2 ** (8 * width - 1);
  return value < half ? value : value - 2 * half;
}

function writeBytes(buffer, value, offset, width, { signed, littleEndian }) {
  checkWidth(width);
  const number = +value;
  if (width === 1) checkNumber(offset, "offset");
  checkValue(number, width, signed);
  checkOffset(buffer, offset, width);
  const whole = Math.trunc(number) || 0;
  let left = whole < 0 ? whole + 2 ** (8 * width) : whole;
  for (let i = 0; i < width; i++) {
    buffer[littleEndian ? offset + i : offset + width - 1 - i] = left % 0x100;
    left = Math.floor(left / 0x100);
  }
  return offset + width;
}

function swap(buffer, width) {
  if (buffer.length % width !== 0) {
    throw coded(RangeError, "ERR_INVALID_BUFFER_SIZE", `Buffer size must be a multiple of ${8 * width}-bits`);
  }
  for (let i = 0; i < buffer.length; i += width) buffer.subarray(i, i + width).reverse();
  return buffer;
}

// What codecs call most, so it reads the bytes themselves: a view would have to be made for each call.
function integerReader(width, littleEndian, isSigned) {
  const half = 2 ** (8 * width - 1);
  return function (offset = 0) {
    if (typeof offset !== "number") checkNumber(offset, "offset");
    const first = this[offset];
    const last = this[offset + width - 1];
    if (first === undefined || last === undefined) checkOffset(this, offset, width);
    let value = first;
    if (width === 2) {
      value = littleEndian ? first + last * 0x100 : first * 0x100 + last;
    } else if (width === 4) {
      value = littleEndian
        ? first + this[offset + 1] * 0x100 + this[offset + 2] * 0x10000 + last * 0x1000000
        : first * 0x1000000 + this[offset + 1] * 0x10000 + this[offset + 2] * 0x100 + last;
    }
    return isSigned && value >= half ? value - 2 * half : value;
  };
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
    const read = isInteger ? integerReader(width, littleEndian, !kind.startsWith("U")) : function (offset = 0) {
      checkOffset(this, offset, width);
      return view(this)[`get${suffix}`](offset, littleEndian);
    };
    const isBig = kind.startsWith("Big");
    const write = function (value, offset = 0) {
      const number = isBig ? value : +value;
      if (width === 1) checkNumber(offset, "offset");
      if (isInteger || isBig) checkValue(number, width, !/U/.test(kind), isBig ? "n" : "");
      checkOffset(this, offset, width);
      if (isBig && typeof value !== "bigint") {
        throw new TypeError("Cannot mix BigInt and other types, use explicit conversions");
      }
      view(this)[`set${suffix}`](offset, number, littleEndian);
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
