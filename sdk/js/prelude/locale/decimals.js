// Numbers as their decimal digits, and how these are rounded. A number counts as what it is written
// as: 1.005 with two digits is 1.01, though the double is a little less.

// { sign: 1 or -1, digits: "12345", scale: 3 } is 12.345.
function decimalOf(value) {
  const text = typeof value === "string" ? value.trim() : Object.is(value, -0) ? "-0" : String(value);
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text);
  const [, sign, whole, fraction = "", exponent = "0"] = match;
  return trimmed({ sign: sign === "-" ? -1 : 1, digits: whole + fraction, scale: fraction.length - Number(exponent) });
}

// Without zeros before the first digit, and with as many as the scale needs.
function trimmed({ sign, digits, scale }) {
  let plain = digits.replace(/^0+/, "");
  if (scale < 0) {
    if (plain !== "") plain += "0".repeat(-scale);
    scale = 0;
  }
  return { sign, digits: plain, scale };
}

const isZero = ({ digits }) => /^0*$/.test(digits);

// Whether what is cut off makes the last digit that stays one more.
function roundsUp(mode, sign, last, rest) {
  if (/^0*$/.test(rest)) return false;
  switch (mode) {
    case "ceil":
      return sign > 0;
    case "floor":
      return sign < 0;
    case "expand":
      return true;
    case "trunc":
      return false;
  }
  if (rest[0] !== "5") return rest[0] > "5";
  if (!/^50*$/.test(rest)) return true;
  switch (mode) {
    case "halfCeil":
      return sign > 0;
    case "halfFloor":
      return sign < 0;
    case "halfTrunc":
      return false;
    case "halfEven":
      return Number(last) % 2 === 1;
    default:
      return true;
  }
}

// With at most so many digits behind the point; a negative number cuts before it.
function rounded(decimal, places, mode) {
  const cut = decimal.scale - places;
  if (cut <= 0) return decimal;
  const padded = decimal.digits.padStart(cut + 1, "0");
  const kept = padded.slice(0, -cut);
  const rest = padded.slice(-cut);
  const digits = roundsUp(mode, decimal.sign, kept.at(-1), rest) ? String(BigInt(kept) + 1n) : kept;
  return trimmed({ sign: decimal.sign, digits, scale: places });
}

function significant(decimal, most, mode) {
  if (isZero(decimal)) return { ...decimal, digits: "", scale: 0 };
  return rounded(decimal, most - (decimal.digits.length - decimal.scale), mode);
}

// The digits before and behind the point, at least so many.
function split(decimal, leastWhole, leastFraction) {
  const digits = decimal.digits.padStart(decimal.scale, "0");
  const whole = digits.slice(0, digits.length - decimal.scale);
  const fraction = decimal.scale === 0 ? "" : digits.slice(-decimal.scale).replace(/0+$/, "");
  return { whole: whole.padStart(leastWhole, "0"), fraction: fraction.padEnd(leastFraction, "0") };
}

share({ decimals: { decimalOf, isZero, rounded, significant, split, trimmed } });
