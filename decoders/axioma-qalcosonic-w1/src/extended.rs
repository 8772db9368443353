//! The extended telegram, with and without the temperature of the water.

use champollion_sdk::{decimal, prelude::*};

use crate::{
    history::{self, Increment, Schedule},
    litres::Litres,
    meter_time::{self, HOUR, MeterTime},
    status::{self, Status},
    values::{self, Telegram},
};

const MOST_INCREMENTS: usize = 15;
const INCREMENT_BITS: u32 = 16;

/// Minutes between two entries as the meter leaves the factory, by the AWS samples' decoder. A codec
/// for ChirpStack of August 2024 takes 20; but all telegrams that were found have hours.
const USUAL_LOG_INTERVAL: f64 = 60.0;
/// Minutes of the longest month: no meter logs less often.
const LONGEST_LOG_INTERVAL: f64 = 31.0 * 24.0 * 60.0;

/// A log date lies at most 16 intervals before the current date. Twice as many pass, so that a meter
/// which is late is still read, and something that is no date seldom is.
const RECENT_INTERVALS: u32 = 32;

/// The content of an extended telegram.
struct Extended {
    layout: Layout,
    clock: u32,
    status: Spanned<Status>,
    current_volume: Spanned<Option<Litres>>,
    temperature: Option<Spanned<Option<f64>>>,
    log_date: Option<MeterTime>,
    log_volume: Spanned<Option<Litres>>,
    increments: Vec<Increment>,
}

/// The layout of an extended telegram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Plain,
    WithTemperature,
}

pub(crate) fn decode(uplink: &Uplink) -> Result<Reading, Failure> {
    let log_interval = log_interval(uplink)?;
    let values = Extended::read(uplink.reader(), log_interval)?;
    let now = MeterTime::from_clock(values.clock);

    let reading = Reading::new(&Telegram {
        telegram: values.layout.name(),
        frame_version: None,
        current_date_time: now,
        status_code: values.status.code(),
        alarms: values.status.alarms(),
        current_volume: values.current_volume.value.map(Litres::cubic_metres),
        water_temperature: values.temperature.and_then(|temperature| *temperature),
        log_date_time: values.log_date,
        log_volume: values.log_volume.value.map(Litres::cubic_metres),
        delta_volumes: &values.increments,
    })?;
    let warnings = values.warnings(uplink.received_at, log_interval);
    let reading = reading.with_all(values.measurements(now, log_interval));
    Ok(warnings.into_iter().fold(reading, Reading::warn))
}

impl Extended {
    fn read(mut payload: Reader<'_>, log_interval: u32) -> Result<Self, Failure> {
        let clock = *payload.u32_le()?;
        let status = payload.u8()?.map(Status);
        let current_volume = payload.u32_le()?.map(Litres::from_index);
        let layout = Layout::of(&payload, clock, log_interval)?;
        let temperature = match layout {
            Layout::Plain => None,
            Layout::WithTemperature => Some(payload.i16_le()?.map(degrees)),
        };
        let log_date = MeterTime::from_clock(*payload.u32_le()?);
        let log_volume = payload.u32_le()?.map(Litres::from_index);
        let mut increments = Vec::with_capacity(MOST_INCREMENTS);
        while payload.remaining() >= 2 && increments.len() < MOST_INCREMENTS {
            let increment = payload.u16_le()?;
            increments.push(increment.map(|litres| Litres::from_increment(litres, INCREMENT_BITS)));
        }
        values::end_or_padding(&mut payload)?;
        Ok(Self {
            layout,
            clock,
            status,
            current_volume,
            temperature,
            log_date,
            log_volume,
            increments,
        })
    }

    /// The current values, at the time of the meter's clock or, where it is not set, at that of the
    /// reception; and the history, where it is known when it was.
    fn measurements(&self, now: Option<MeterTime>, log_interval: u32) -> Vec<Measurement> {
        let mut measurements = Vec::with_capacity(12 + self.increments.len());
        measurements.extend(values::valid(self.current_volume).map(|volume| {
            values::timed(quantity::WATER_VOLUME.of(volume.map(Litres::cubic_metres)), now)
        }));
        measurements.extend(
            self.temperature
                .and_then(values::valid)
                .map(|temperature| values::timed(quantity::WATER_TEMPERATURE.of(temperature), now)),
        );
        measurements.extend(status::measurements(self.status, now));
        if let (Some(volume), Some(date)) = (values::valid(self.log_volume), self.log_date) {
            let schedule = Schedule::from_log_date(date, log_interval);
            measurements.extend(history::measurements(volume, &self.increments, schedule));
        }
        measurements
    }

    fn warnings(&self, received_at: u64, log_interval: u32) -> Vec<String> {
        let mut warnings = Vec::new();
        warnings.extend(meter_time::doubt(self.clock, received_at));
        warnings.extend(self.status.doubt());
        if self.current_volume.is_none() {
            warnings.push("the meter has no valid current volume".to_owned());
        }
        if self.temperature.is_some_and(|temperature| temperature.is_none()) {
            warnings.push("the meter has no valid temperature of the water".to_owned());
        }
        if self.log_volume.is_none() {
            warnings.push("the meter has no valid log volume".to_owned());
        }
        warnings.extend(history::doubt(&self.increments));
        let Some(log_date) = self.log_date else {
            warnings.push("the log date is not set: the history stands in data alone".to_owned());
            return warnings;
        };
        let end = Schedule::from_log_date(log_date, log_interval).after(self.increments.len());
        if MeterTime::from_clock(self.clock).is_some_and(|now| end > now) {
            warnings.push(
                "the history reaches beyond the clock of the meter: log-interval may be wrong"
                    .to_owned(),
            );
        }
        warnings
    }
}

impl Layout {
    /// Tells the two apart, given what follows the current volume.
    ///
    /// With 15 increments, or with a temperature and 14, both have 47 bytes. What differs is where
    /// the log date stands, and of the two places it is the one that holds a time shortly before the
    /// current date. Where neither does, because the clock was set in between, it is the one that
    /// holds a whole hour. diwise's decoder tells them apart by the current date and the log date
    /// as well.
    fn of(rest: &Reader<'_>, current_date: u32, log_interval: u32) -> Result<Self, Failure> {
        let mut behind_temperature = rest.clone();
        let log_date = rest.clone().u32_le()?;
        behind_temperature.skip(2)?;
        let log_date_behind_temperature = behind_temperature.u32_le()?;

        let longest_ago = log_interval.saturating_mul(RECENT_INTERVALS);
        let plausibility = |log_date: u32| {
            let ago = current_date.checked_sub(log_date);
            let is_recent = ago.is_some_and(|ago| ago <= longest_ago);
            // Nothing was logged yet by a meter whose clock was set; one that counts from 1970 has logged since.
            let can_be_unset = MeterTime::from_clock(current_date).is_some();
            let is_hour = log_date.is_multiple_of(HOUR) && (log_date != 0 || can_be_unset);
            (is_recent, is_hour)
        };
        let plain = plausibility(*log_date);
        let with_temperature = plausibility(*log_date_behind_temperature);
        if plain.max(with_temperature) == (false, false) {
            let message = "no log date stands where it does in the telegrams that are known";
            return Err(Failure::unknown_message(message).at(log_date.span));
        }
        Ok(if plain >= with_temperature { Self::Plain } else { Self::WithTemperature })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Plain => "extended",
            Self::WithTemperature => "extendedWithTemperature",
        }
    }
}

/// Seconds between two entries of the history, as the operator set them.
fn log_interval(uplink: &Uplink) -> Result<u32, Failure> {
    let minutes = uplink.settings().number_or("log-interval", USUAL_LOG_INTERVAL)?;
    if !(1.0..=LONGEST_LOG_INTERVAL).contains(&minutes) {
        let [minutes, longest] = [minutes, LONGEST_LOG_INTERVAL].map(decimal);
        let message = format!(
            "the variable log-interval is {minutes}; it must be from 1 to {longest} minutes"
        );
        return Err(Failure::missing_variable(message));
    }
    Ok((minutes * 60.0) as u32)
}

/// Degrees Celsius; `None` for the `8000` with which M-Bus (EN 13757-3, type B) marks a value that is
/// not valid.
fn degrees(hundredths: i16) -> Option<f64> {
    (hundredths != i16::MIN).then(|| f64::from(hundredths) / 100.0)
}

#[cfg(test)]
mod tests {
    use champollion_sdk::{Value, Variable};

    use super::*;
    use crate::meter_time::DAY;

    const NOW: u32 = 0x5D35_A00E;

    fn layout(rest: &[u8]) -> Result<Layout, FailureKind> {
        Layout::of(&Reader::new(rest), NOW, HOUR).map_err(|failure| failure.kind)
    }

    fn plain(log_date: u32) -> Vec<u8> {
        [log_date.to_le_bytes(), 13_000_u32.to_le_bytes()].concat()
    }

    fn with_temperature(log_date: u32) -> Vec<u8> {
        [vec![0x12, 0x0A], plain(log_date)].concat()
    }

    #[test]
    fn the_log_date_tells_the_layouts_apart() {
        for log_date in [NOW - 57_274, NOW, NOW / HOUR * HOUR - 15 * HOUR] {
            assert_eq!(layout(&plain(log_date)), Ok(Layout::Plain));
            assert_eq!(layout(&with_temperature(log_date)), Ok(Layout::WithTemperature));
        }
    }

    #[test]
    fn a_log_date_of_another_clock_is_a_whole_hour() {
        for log_date in [5 * HOUR, (NOW + DAY) / HOUR * HOUR] {
            assert_eq!(layout(&plain(log_date)), Ok(Layout::Plain));
            assert_eq!(layout(&with_temperature(log_date)), Ok(Layout::WithTemperature));
        }
    }

    #[test]
    fn without_a_log_date_it_is_another_telegram() {
        let whole_volumes = [13_500_u32.to_le_bytes(), 13_400_u32.to_le_bytes()].concat();
        assert_eq!(layout(&whole_volumes), Err(FailureKind::UnknownMessage));
        assert_eq!(layout(&[1, 2, 3]), Err(FailureKind::TooShort));
        assert_eq!(layout(&[1, 2, 3, 4, 5]), Err(FailureKind::TooShort));
    }

    #[test]
    fn a_temperature_may_be_below_zero_or_missing() {
        assert_eq!(degrees(2_578), Some(25.78));
        assert_eq!(degrees(-150), Some(-1.5));
        assert_eq!(degrees(i16::MIN), None);
    }

    #[test]
    fn the_log_interval_is_an_hour_unless_it_is_set() {
        let log_interval = |set: Option<Value>| {
            let variables =
                set.map(|value| Variable { name: "log-interval".to_owned(), value }).into_iter();
            log_interval(&Uplink {
                variables: variables.collect(),
                ..champollion_sdk::testing::uplink(100, [])
            })
            .map_err(|failure| failure.kind)
        };
        assert_eq!(log_interval(None), Ok(HOUR));
        assert_eq!(log_interval(Some(Value::Integer(20))), Ok(HOUR / 3));
        assert_eq!(log_interval(Some(Value::Number(1440.0))), Ok(DAY));
        for wrong in [Value::Integer(0), Value::Integer(50_000), Value::Text("hour".to_owned())] {
            assert_eq!(log_interval(Some(wrong)), Err(FailureKind::MissingVariable));
        }
    }
}
