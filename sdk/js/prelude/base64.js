// atob and btoa as browsers and Node.js have them, and the same over bytes for Buffer.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The value of each character; those of base64url are understood as well, as Buffer does.
const VALUES = new Map([...ALPHABET].map((character, value) => [character, value]));
VALUES.set("-", 62).set("_", 63);

function encode(bytes, alphabet = ALPHABET, pad = "=") {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += alphabet[group >> 18] + alphabet[(group >> 12) & 63];
    text += left > 1 ? alphabet[(group >> 6) & 63] : pad;
    text += left > 2 ? alphabet[group & 63] : pad;
  }
  return text;
}

function encodeUrl(bytes) {
  return encode(bytes, ALPHABET.slice(0, 62) + "-_", "");
}

// Skips what is no base64 and ends at the first "=", as Buffer does.
function decode(text) {
  const bytes = [];
  let bits = 0;
  let count = 0;
  for (const character of text) {
    if (character === "=") break;
    const value = VALUES.get(character);
    if (value === undefined) continue;
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push((bits >> count) & 0xff);
    }
  }
  return bytes;
}

// The error that browsers and Node.js throw as a DOMException.
function invalidCharacter(message) {
  const error = new Error(message);
  Object.defineProperty(error, "name", { value: "InvalidCharacterError", writable: true, configurable: true });
  Object.defineProperty(error, "code", { value: 5, writable: true, configurable: true });
  return error;
}

function missing(name) {
  return shared.errors.coded(TypeError, "ERR_MISSING_ARGS", `The "${name}" argument must be specified`);
}

function atob(...given) {
  if (given.length === 0) throw missing("input");
  const [text] = given;
  const clean = String(text).replace(/[\t\n\f\r ]/g, "");
  const digits = clean.length % 4 === 0 ? clean.replace(/={1,2}$/, "") : clean;
  if (/[^A-Za-z0-9+/]/.test(digits)) throw invalidCharacter("Invalid character");
  if (digits.length % 4 === 1) throw invalidCharacter("The string to be decoded is not correctly encoded.");
  return String.fromCharCode(...decode(digits));
}

function btoa(...given) {
  if (given.length === 0) throw missing("input");
  const [text] = given;
  const bytes = Array.from(String(text), (character) => {
    const code = character.codePointAt(0);
    if (code > 0xff) throw invalidCharacter("Invalid character");
    return code;
  });
  return encode(bytes);
}

provide({ atob, btoa });
share({ base64: { encode, encodeUrl, decode } });
