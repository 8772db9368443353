// toLocaleString and its kin, in the manner of en-US and in UTC: codecs use them for texts, and an
// engine without tables of locales would throw or print something else.

function group(digits) {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

function clamp(digits, fallback) {
  return Math.min(100, Math.max(0, Math.trunc(Number(digits ?? fallback)) || 0));
}

function formatNumber(value, options) {
  const { style, useGrouping = true, minimumFractionDigits, maximumFractionDigits } = options ?? {};
  const number = style === "percent" ? value * 100 : value;
  if (Number.isNaN(number)) return "NaN";
  const sign = number < 0 || Object.is(number, -0) ? "-" : "";
  if (!Number.isFinite(number)) return `${sign}∞`;
  const least = clamp(minimumFractionDigits, 0);
  const most = Math.max(least, clamp(maximumFractionDigits, Math.max(least, style === "percent" ? 0 : 3)));
  const [whole, fraction = ""] = rounded(Math.abs(number), most).split(".");
  let kept = fraction.replace(/0+$/, "");
  while (kept.length < least) kept += "0";
  const text = (useGrouping ? group(whole) : whole) + (kept === "" ? "" : `.${kept}`);
  return sign + text + (style === "percent" ? "%" : "");
}

// toFixed gives exponents from 1e21 on, and rounds what the number is, not what it is written as:
// 1.005 is 1.00499999999999989… Both are as V8 does it, but for the exponents.
function rounded(number, digits) {
  return number < 1e21 ? number.toFixed(digits) : BigInt(number).toString();
}

const MONTHS = [
  "January", "February", "March", "April", "May", "June", "July",
  "August", "September", "October", "November", "December",
];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

function two(number) {
  return String(number).padStart(2, "0");
}

function formatDate(date) {
  return `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`;
}

function formatTime(date, options) {
  const minutes = `${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  const hours = date.getUTCHours();
  if (options?.hour12 === false || options?.hourCycle === "h23") return `${two(hours)}:${minutes}`;
  return `${hours % 12 || 12}:${minutes} ${hours < 12 ? "AM" : "PM"}`;
}

// The parts of a date that options name one by one, in the order of en-US.
function formatParts(date, { weekday, year, month, day }) {
  const named = month === "long" || month === "short";
  const shownMonth = {
    long: MONTHS[date.getUTCMonth()],
    short: MONTHS[date.getUTCMonth()].slice(0, 3),
    "2-digit": two(date.getUTCMonth() + 1),
    numeric: String(date.getUTCMonth() + 1),
  }[month];
  const shownDay = day && (day === "2-digit" ? two(date.getUTCDate()) : String(date.getUTCDate()));
  const shownYear =
    year && (year === "2-digit" ? two(date.getUTCFullYear() % 100) : String(date.getUTCFullYear()));
  const shownWeekday =
    weekday && (weekday === "long" ? DAYS[date.getUTCDay()] : DAYS[date.getUTCDay()].slice(0, 3));
  const calendar = named
    ? [[shownMonth, shownDay].filter(Boolean).join(" "), shownYear].filter(Boolean).join(", ")
    : [shownMonth, shownDay, shownYear].filter(Boolean).join("/");
  return [shownWeekday, calendar].filter(Boolean).join(", ");
}

function hasDateParts(options) {
  return options && ["weekday", "year", "month", "day"].some((part) => options[part] !== undefined);
}

function hasTimeParts(options) {
  return options && ["hour", "minute", "second"].some((part) => options[part] !== undefined);
}

function dateText(date, options) {
  return hasDateParts(options) ? formatParts(date, options) : formatDate(date);
}

function valid(format) {
  return function (_locales, options) {
    return Number.isNaN(this.getTime()) ? "Invalid Date" : format(this, options);
  };
}

function method(prototype, name, value) {
  Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
}

method(Number.prototype, "toLocaleString", function (_locales, options) {
  return formatNumber(Number(this), options);
});
method(BigInt.prototype, "toLocaleString", function () {
  const digits = this.toString();
  return digits.startsWith("-") ? `-${group(digits.slice(1))}` : group(digits);
});
method(Date.prototype, "toLocaleDateString", valid(dateText));
method(Date.prototype, "toLocaleTimeString", valid(formatTime));
method(
  Date.prototype,
  "toLocaleString",
  valid((date, options) => {
    if (hasDateParts(options) && !hasTimeParts(options)) return formatParts(date, options);
    if (hasTimeParts(options) && !hasDateParts(options)) return formatTime(date, options);
    return `${dateText(date, options)}, ${formatTime(date, options)}`;
  }),
);
