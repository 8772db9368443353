// TextEncoder and TextDecoder: UTF-8, UTF-16 and Latin-1.

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

function decodeUtf8(bytes, fatal = false) {
  let text = "";
  const invalid = () => {
    if (fatal) throw new TypeError("The encoded data was not valid for encoding utf-8");
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

function decodeUtf16(bytes, bigEndian = false) {
  let text = "";
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    const [low, high] = bigEndian ? [bytes[i + 1], bytes[i]] : [bytes[i], bytes[i + 1]];
    text += String.fromCharCode(low | (high << 8));
  }
  return text;
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
  throw new TypeError("The argument must be an ArrayBuffer or a view of one");
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

const DECODERS = new Map([
  ["utf-8", decodeUtf8],
  ["utf-16le", (bytes) => decodeUtf16(bytes)],
  ["utf-16be", (bytes) => decodeUtf16(bytes, true)],
  ["windows-1252", decodeLatin1],
]);

const LABELS = new Map([
  ["utf8", "utf-8"],
  ["unicode-1-1-utf-8", "utf-8"],
  ["utf-16", "utf-16le"],
  ["ucs-2", "utf-16le"],
  ["unicode", "utf-16le"],
  ["ascii", "windows-1252"],
  ["us-ascii", "windows-1252"],
  ["latin1", "windows-1252"],
  ["iso-8859-1", "windows-1252"],
]);

class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;

  constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
    const wanted = String(label).trim().toLowerCase();
    this.#encoding = LABELS.get(wanted) ?? wanted;
    if (!DECODERS.has(this.#encoding)) {
      throw new RangeError(`The "${label}" encoding is not supported`);
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

  decode(source) {
    const text = DECODERS.get(this.#encoding)(bytesOf(source), this.#fatal);
    return !this.#ignoreBOM && text.startsWith("\ufeff") ? text.slice(1) : text;
  }
}

provide({ TextEncoder, TextDecoder });
share({ text: { encodeUtf8, decodeUtf8, decodeUtf16, decodeLatin1 } });
