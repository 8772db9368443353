// Time zones: their names, their offsets, and what a locale calls them.

const { notServed, tableOf } = shared.locales;

const MINUTE_MS = 60_000;

// The time zone of a name, or a RangeError.
function zoneNamed(name) {
  const wanted = String(name);
  const found = native.zone(wanted);
  if (found === undefined) throw new RangeError(`Invalid time zone specified: ${wanted}`);
  if (["Etc/GMT", "GMT", "GMT0", "GMT+0", "GMT-0"].includes(found)) return "UTC";
  const preferred = native.table("aliases", found) ?? found;
  return preferred === "Etc/UTC" ? "UTC" : preferred;
}

// The name of a zone as other engines tell it. Names of Greenwich keep a text of their own beside it.
function shownZone(zone) {
  return zone === "Etc/GMT" ? "UTC" : zone;
}

// Seconds east of Greenwich at a moment, and whether it is summer time.
function offsetAt(zone, moment) {
  if (zone === "UTC") return { seconds: 0, isSummer: false };
  const [seconds, isSummer] = native.offset(zone, moment);
  return { seconds, isSummer };
}

// The names of metazones begin in 1970.
function metazoneAt(zone, moment) {
  const line = moment < 0 ? undefined : native.table("metazones", zone);
  if (line === undefined) return undefined;
  const minute = moment / MINUTE_MS;
  return JSON.parse(line).find(([, from, to]) => (from === 0 || minute >= from) && (to === 0 || minute < to))?.[0];
}

function gmtOffset(locale, seconds, isShort) {
  const [format, , hours] = tableOf("zones", locale).gmt;
  const pattern = hours.split(";")[seconds < 0 ? 1 : 0];
  const [, sign, separator] = /^(.*?)H+(.*?)m+$/.exec(pattern);
  const total = Math.abs(seconds);
  const two = (number) => String(number).padStart(2, "0");
  let text = sign + (isShort ? String(Math.floor(total / 3600)) : two(Math.floor(total / 3600)));
  const minutes = Math.floor(total / 60) % 60;
  const rest = total % 60;
  if (!isShort || minutes !== 0 || rest !== 0) text += separator + two(minutes);
  if (rest !== 0) text += separator + two(rest);
  return format.replace("{0}", text);
}

// The name of a zone in summer or winter, where the locale has one.
function nameOf(locale, zone, moment, isShort, isSummer) {
  const index = (isShort ? 0 : 2) + (isSummer ? 1 : 0);
  const names = tableOf("zones", locale);
  const own = names.zone[zone === "UTC" ? "Etc/UTC" : zone]?.[index];
  if (own) return own;
  const metazone = metazoneAt(zone, moment);
  if (metazone === undefined) return undefined;
  // Its long names are not among the tables.
  const isLeftOut = metazone.startsWith("-");
  if (isLeftOut && !isShort) throw notServed("timeZoneName", "long", zone);
  return names.meta[isLeftOut ? metazone.slice(1) : metazone]?.[index] || undefined;
}

// The text of a zone for a letter of a pattern: z for its name, O for its offset.
function zoneText(locale, zone, moment, letter, length) {
  const { seconds, isSummer } = offsetAt(zone, moment);
  const isShort = length < 4;
  const name = letter === "z" ? nameOf(locale, zone, moment, isShort, isSummer) : undefined;
  return name ?? gmtOffset(locale, seconds, isShort);
}

share({ zones: { offsetAt, shownZone, zoneNamed, zoneText } });
