// TextEncoder and TextDecoder: UTF-8, UTF-16 and Latin-1.

const { coded, withCode } = shared.errors;

const REPLACEMENT = 0xfffd;

function encodeUtf8(text) {
  const bytes = [];
  for (const character of text) {
    let code = character.codePointAt(0);
    if (code >= 0xd800 && code <= 0xdfff) code = REPLACEMENT;
    if (code < 0x80) {
      bytes.push(code);
    } else if (code < 0x800) {
      bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    } else if (code < 0x10000) {
      bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    } else {
      bytes.push(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 63),
        0x80 | ((code >> 6) & 63),
        0x80 | (code & 63),
      );
    }
  }
  return bytes;
}

// The continuation bytes that a first byte announces, the bits of its own, and the range of the
// second byte, which excludes overlong forms, surrogates and what is beyond Unicode.
function lead(byte) {
  if (byte >= 0xc2 && byte <= 0xdf) return [1, byte & 0x1f, 0x80, 0xbf];
  if (byte === 0xe0) return [2, 0, 0xa0, 0xbf];
  if (byte === 0xed) return [2, 0x0d, 0x80, 0x9f];
  if (byte >= 0xe1 && byte <= 0xef) return [2, byte & 0x0f, 0x80, 0xbf];
  if (byte === 0xf0) return [3, 0, 0x90, 0xbf];
  if (byte >= 0xf1 && byte <= 0xf3) return [3, byte & 0x07, 0x80, 0xbf];
  if (byte === 0xf4) return [3, 4, 0x80, 0x8f];
  return undefined;
}

function invalidData(encoding) {
  return withCode(
    TypeError, "ERR_ENCODING_INVALID_ENCODED_DATA", `The encoded data was not valid for encoding ${encoding}`,
  );
}

function decodeUtf8(bytes, fatal = false) {
  let text = "";
  const invalid = () => {
    if (fatal) throw invalidData("utf-8");
    text += "\ufffd";
  };
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte < 0x80) {
      text += String.fromCharCode(byte);
      continue;
    }
    const start = lead(byte);
    if (start === undefined) {
      invalid();
      continue;
    }
    let [left, code, low, high] = start;
    while (left > 0) {
      const next = bytes[i + 1];
      if (next === undefined || next < low || next > high) break;
      code = (code << 6) | (next & 63);
      [low, high] = [0x80, 0xbf];
      left -= 1;
      i += 1;
    }
    if (left > 0) invalid();
    else text += String.fromCodePoint(code);
  }
  return text;
}

// Half of a character is replaced, but for Buffer, which gives the units as they are.
function decodeUtf16(bytes, bigEndian = false, { fatal = false, strict = false } = {}) {
  let text = "";
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    const [low, high] = bigEndian ? [bytes[i + 1], bytes[i]] : [bytes[i], bytes[i + 1]];
    text += String.fromCharCode(low | (high << 8));
  }
  if (!strict) return text;
  const whole = bytes.length % 2 === 0 ? text : `${text}\ud800`;
  if (fatal && !whole.isWellFormed()) throw invalidData(bigEndian ? "utf-16be" : "utf-16le");
  return whole.toWellFormed();
}

function decodeLatin1(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

// The bytes of whatever may be handed over as bytes.
function bytesOf(source) {
  if (source === undefined) return new Uint8Array(0);
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  }
  throw withCode(
    TypeError, "ERR_INVALID_ARG_TYPE",
    'The "list" argument must be an instance of SharedArrayBuffer, ArrayBuffer or ArrayBufferView.',
  );
}

class TextEncoder {
  get encoding() {
    return "utf-8";
  }

  encode(text = "") {
    return Uint8Array.from(encodeUtf8(String(text)));
  }

  encodeInto(text, target) {
    let read = 0;
    let written = 0;
    for (const character of String(text)) {
      const bytes = encodeUtf8(character);
      if (written + bytes.length > target.length) break;
      target.set(bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }
}

// The bytes at the end of a chunk that belong to a character which the next chunk goes on with.
function unfinishedUtf8(bytes) {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const start = lead(bytes[bytes.length - back]);
    if (start !== undefined) return start[0] >= back && isBegun(bytes.slice(-back), start) ? back : 0;
    if (bytes[bytes.length - back] < 0x80) return 0;
  }
  return 0;
}

function isBegun([, second], [, , low, high]) {
  return second === undefined || (second >= low && second <= high);
}

function unfinishedUtf16(bytes, bigEndian) {
  const odd = bytes.length % 2;
  const high = bytes[bytes.length - odd - (bigEndian ? 2 : 1)];
  return high >= 0xd8 && high <= 0xdb ? odd + 2 : odd;
}

const DECODERS = new Map([
  ["utf-8", { decode: decodeUtf8, unfinished: unfinishedUtf8 }],
  ["utf-16le", {
    decode: (bytes, fatal) => decodeUtf16(bytes, false, { fatal, strict: true }),
    unfinished: (bytes) => unfinishedUtf16(bytes, false),
  }],
  ["utf-16be", {
    decode: (bytes, fatal) => decodeUtf16(bytes, true, { fatal, strict: true }),
    unfinished: (bytes) => unfinishedUtf16(bytes, true),
  }],
  ["windows-1252", { decode: decodeLatin1, unfinished: () => 0 }],
]);

// Names of the encodings by the WHATWG's list.
const LABELS = new Map(
  [
    ["utf-8", "utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8"],
    ["utf-16le", "utf-16 ucs-2 unicode csunicode iso-10646-ucs-2 unicodefeff"],
    ["utf-16be", "unicodefffe"],
    [
      "windows-1252",
      "ascii us-ascii ansi_x3.4-1968 latin1 l1 iso-8859-1 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 iso-ir-100 " +
        "csisolatin1 ibm819 cp819 cp1252 x-cp1252",
    ],
  ].flatMap(([encoding, labels]) => labels.split(" ").map((label) => [label, encoding])),
);

class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;
  // The bytes that the last chunk left over, and whether a mark of the byte order may still come.
  #left = [];
  #isBeginning = true;

  constructor(label = "utf-8", options = {}) {
    const { fatal = false, ignoreBOM = false } = options ?? {};
    const wanted = String(label).trim().toLowerCase();
    this.#encoding = LABELS.get(wanted) ?? wanted;
    if (!DECODERS.has(this.#encoding)) {
      throw coded(RangeError, "ERR_ENCODING_NOT_SUPPORTED", `The "${label}" encoding is not supported`);
    }
    this.#fatal = Boolean(fatal);
    this.#ignoreBOM = Boolean(ignoreBOM);
  }

  get encoding() {
    return this.#encoding;
  }

  get fatal() {
    return this.#fatal;
  }

  get ignoreBOM() {
    return this.#ignoreBOM;
  }

  decode(source, options = {}) {
    const isStream = Boolean(options?.stream);
    const { decode, unfinished } = DECODERS.get(this.#encoding);
    let bytes = bytesOf(source);
    if (this.#left.length > 0) bytes = Uint8Array.from([...this.#left, ...bytes]);
    const end = bytes.length - (isStream ? unfinished(bytes) : 0);
    this.#left = Array.from(bytes.subarray(end));
    const text = decode(bytes.subarray(0, end), this.#fatal);
    const hasMark = this.#isBeginning && !this.#ignoreBOM && text.startsWith("\ufeff");
    this.#isBeginning = !isStream || (this.#isBeginning && text === "");
    return hasMark ? text.slice(1) : text;
  }
}

provide({ TextEncoder, TextDecoder });
share({ text: { encodeUtf8, decodeUtf8, decodeUtf16, decodeLatin1 } });
