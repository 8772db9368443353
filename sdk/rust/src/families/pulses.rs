//! Pulses of a meter, and the water that they stand for where the operator says how much a pulse is.
//!
//! ```
//! use champollion_sdk::{Uplink, Value, Variable, families::pulses::Pulses};
//!
//! let uplink = Uplink {
//!     variables: vec![Variable { name: "litres-per-pulse".into(), value: Value::Integer(10) }],
//!     ..Uplink { f_port: 1, f_cnt: 0, payload: vec![], received_at: 0, variables: vec![], state: vec![] }
//! };
//! let pulses = Pulses::of(uplink.settings(), "litres-per-pulse")?;
//! let told = pulses.measurements(1_234, None);
//! assert_eq!((told[0].quantity.as_str(), &told[0].value), ("pulse.count", &1_234.into()));
//! assert_eq!((told[1].quantity.as_str(), &told[1].value), ("water.volume", &12.34.into()));
//! # Ok::<(), champollion_sdk::Failure>(())
//! ```

use crate::{Failure, Measurement, Spanned, Variables, quantity};

/// An input that counts pulses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pulses {
    litres: Option<f64>,
    channel: u16,
}

impl Pulses {
    /// The only input of a device. `variable` is the name of the variable that tells the litres of a pulse; where the
    /// operator has not set it, the pulses are counted and nothing else.
    pub fn of(settings: Variables<'_>, variable: &str) -> Result<Self, Failure> {
        Ok(Self { litres: litres(settings, variable)?, channel: 0 })
    }

    /// The same on one of several inputs.
    #[must_use]
    pub fn on(self, channel: u16) -> Self {
        Self { channel, ..self }
    }

    /// The count, and the index in cubic metres where a pulse is known. `at` is the moment of the count, and none where
    /// that is when the frame was received.
    #[must_use]
    pub fn measurements(self, count: impl Into<Spanned<i64>>, at: Option<u64>) -> Vec<Measurement> {
        let count = count.into();
        let volume = self.litres.map(|litres| {
            let pulses = count.divided_by(1.0);
            quantity::WATER_VOLUME.of(pulses.map(|pulses| pulses * litres / 1_000.0))
        });
        std::iter::once(quantity::PULSE_COUNT.of(count))
            .chain(volume)
            .map(|one| at.into_iter().fold(one.on(self.channel), Measurement::at))
            .collect()
    }

    /// The flow of so many pulses in an hour, in m³/h; none where a pulse is not known.
    #[must_use]
    pub fn flow(self, pulses_per_hour: Spanned<u16>) -> Option<Spanned<f64>> {
        let litres = self.litres?;
        Some(pulses_per_hour.map(|pulses| f64::from(pulses) * litres / 1_000.0))
    }

    /// The channel that the measurements are on.
    #[must_use]
    pub fn channel(self) -> u16 {
        self.channel
    }
}

/// Litres that stand for something, where the operator has set them: a number above 0.
pub fn litres(settings: Variables<'_>, variable: &str) -> Result<Option<f64>, Failure> {
    if settings.get(variable).is_none() {
        return Ok(None);
    }
    let litres = settings.number(variable)?;
    if litres > 0.0 && litres.is_finite() {
        return Ok(Some(litres));
    }
    let message = format!("the variable {variable} is {litres}; it must be above 0");
    Err(Failure::missing_variable(message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FailureKind, SentDownlink, Value, Variable};

    fn pulses(value: Value) -> Result<Pulses, Failure> {
        let variables = vec![Variable { name: "litres".into(), value }];
        let sent = SentDownlink { f_port: 1, payload: Vec::new(), sent_at: 0, variables };
        Pulses::of(sent.settings(), "litres")
    }

    #[test]
    fn a_pulse_has_litres_above_nothing() {
        assert_eq!(pulses(Value::Number(0.5)).unwrap().litres, Some(0.5));
        for wrong in [Value::Integer(0), Value::Number(-1.0), Value::Text("ten".into())] {
            assert_eq!(pulses(wrong).unwrap_err().kind, FailureKind::MissingVariable);
        }
    }

    #[test]
    fn both_measurements_are_on_the_channel_and_at_the_moment() {
        let told = pulses(Value::Integer(100)).unwrap().on(2).measurements(7, Some(5));
        assert!(told.iter().all(|one| (one.channel, one.measured_at) == (2, Some(5))));
        assert_eq!(told[1].value, Value::Number(0.7));
    }
}
