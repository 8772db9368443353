//! Messages of the sensor about the space: its status and its temperature.

use champollion_sdk::prelude::*;
use serde::Serialize;

/// Ports 1 and 2: the status changed, or the device is still there.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    #[serde(rename = "type")]
    kind: &'static str,
    occupied: Spanned<bool>,
    /// °C in the housing; firmware that does not measure it leaves it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<Spanned<i8>>,
}

impl Status {
    pub(crate) fn read(kind: &'static str, payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let occupied = payload.u8()?.bit(0);
        let temperature = if payload.is_empty() { None } else { Some(payload.i8()?) };
        Ok(Self { kind, occupied, temperature })
    }

    pub(crate) fn reading(&self) -> Result<Reading, Failure> {
        Ok(Reading::new(self)?
            .with(quantity::PARKING_OCCUPIED.of(self.occupied))
            .with_all(self.temperature.map(measured)))
    }
}

/// Port 7: the temperature is beyond the threshold.
#[derive(Debug, Serialize)]
pub(crate) struct Alert {
    #[serde(rename = "type")]
    kind: &'static str,
    temperature: Spanned<i8>,
    /// The message itself says so.
    alert: bool,
}

impl Alert {
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self { kind: "temperature alert", temperature: payload.i8()?, alert: true })
    }

    pub(crate) fn reading(&self) -> Result<Reading, Failure> {
        Ok(Reading::new(self)?
            .with(measured(self.temperature))
            .with(quantity::ALARM_THRESHOLD.of(self.temperature.map(|_| self.alert))))
    }
}

fn measured(temperature: Spanned<i8>) -> Measurement {
    quantity::DEVICE_TEMPERATURE.of(temperature.map(f64::from))
}
