//! Time zones of the IANA database, which lies in the module itself.

use rquickjs::{Result, Value};

use jiff::{Timestamp, tz::TimeZoneDatabase};

use crate::text::Text;

/// Names of the database that are no time zones to other engines.
const NO_ZONES: [&str; 2] = ["Etc/Unknown", "Factory"];

/// 400 years, after which the calendar and its weekdays repeat, in milliseconds.
const CYCLE_MS: i64 = 146_097 * 86_400_000;

/// Returns the name of a time zone as the database writes it, however its letters were.
pub(crate) fn name(wanted: Value<'_>) -> Result<Option<String>> {
    let wanted = Text::of(&wanted)?.to_string();
    let zone = TimeZoneDatabase::bundled().get(&wanted).ok();
    let name = zone.as_ref().and_then(|zone| zone.iana_name());
    Ok(name.filter(|name| !NO_ZONES.contains(name)).map(str::to_owned))
}

/// Returns the seconds east of Greenwich in a time zone at a moment, and 1 where it is summer time.
pub(crate) fn offset(zone: Value<'_>, moment: f64) -> Result<Vec<i32>> {
    let zone = Text::of(&zone)?.to_string();
    let Ok(zone) = TimeZoneDatabase::bundled().get(&zone) else {
        return Ok(vec![0, 0]);
    };
    let info = zone.to_offset_info(timestamp(moment));
    Ok(vec![info.offset().seconds(), i32::from(info.dst().is_dst())])
}

/// The moment, or one some cycles of the calendar before: dates of JavaScript reach further than
/// the rules of a zone have to.
fn timestamp(moment: f64) -> Timestamp {
    // Dates of JavaScript are whole and far below 2^53.
    let moment = moment as i64;
    let last = Timestamp::MAX.as_millisecond();
    let cycles = if moment > last { (moment - last).div_euclid(CYCLE_MS) + 1 } else { 0 };
    Timestamp::from_millisecond(moment - cycles * CYCLE_MS).unwrap_or(Timestamp::MIN)
}
