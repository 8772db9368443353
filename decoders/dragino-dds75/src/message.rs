//! Messages that the device sends in its interval.

use champollion_sdk::{Variables, families::dragino::Battery, prelude::*};
use serde::Serialize;

/// Millimetres of a metre: the sensor measures no finer.
const MILLIMETRES: f64 = 1_000.0;

/// The variable that says how high the sensor hangs above the gauge's zero, in metres.
const HEIGHT: &str = "sensor-height";

/// One distance, under the names of the maker's decoder.
#[derive(Debug, Serialize)]
pub(crate) struct Message {
    #[serde(rename = "Bat")]
    volts: Spanned<f64>,
    /// Millimetres to what reflects the sound.
    #[serde(rename = "Distance")]
    distance: Spanned<u16>,
    /// Metres of the water above the gauge's zero, where the operator has set the height of the sensor.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Spanned<f64>>,
    #[serde(flatten)]
    rest: Rest,
}

/// The end of all messages.
#[derive(Debug, Serialize)]
struct Rest {
    #[serde(rename = "Interrupt_flag")]
    interrupt: Spanned<u8>,
    /// °C at a probe; 0 where there is none.
    #[serde(rename = "TempC_DS18B20")]
    temperature: Spanned<f64>,
    /// 1 where the ultrasonic sensor was found.
    #[serde(rename = "Sensor_flag")]
    sensor: Spanned<u8>,
}

impl Rest {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let read = Self {
            interrupt: payload.u8()?,
            temperature: payload.i16_be()?.divided_by(10.0),
            sensor: payload.u8()?,
        };
        payload.end()?;
        Ok(read)
    }

    /// A probe that is not there sends 0 exactly, which is no measurement.
    fn probe(&self) -> Option<Measurement> {
        (*self.temperature != 0.0).then(|| quantity::PROBE_TEMPERATURE.of(self.temperature))
    }
}

impl Message {
    pub(crate) fn read(
        payload: &mut Reader<'_>,
        variables: Variables<'_>,
    ) -> Result<Self, Failure> {
        let volts = Battery::read(payload)?.volts;
        let distance = payload.u16_be()?;
        let rest = Rest::read(payload)?;
        let level = match variables.get(HEIGHT) {
            Some(_) => {
                let height = variables.number(HEIGHT)?;
                let above = |metres: f64| ((height - metres) * MILLIMETRES).round() / MILLIMETRES;
                metres(distance).ok().map(|metres| metres.map(above))
            }
            None => None,
        };
        Ok(Self { volts, distance, level, rest })
    }

    pub(crate) fn reading(&self) -> Result<Reading, Failure> {
        let reading = Reading::new(self)?;
        let reading = match metres(self.distance) {
            Ok(metres) => reading.with(quantity::SENSOR_DISTANCE.of(metres)),
            Err(doubt) => reading.warn(doubt),
        };
        Ok(reading
            .with_all(self.level.map(|level| quantity::WATER_LEVEL.of(level)))
            .with_all(self.rest.probe())
            .with(quantity::BATTERY_VOLTAGE.of(self.volts)))
    }
}

/// A distance in metres, or why it is none.
pub(crate) fn metres(distance: Spanned<u16>) -> Result<Spanned<f64>, &'static str> {
    match *distance {
        0 => Err("a distance of 0 says that no ultrasonic sensor was found"),
        20 => Err("a distance of 20 mm says that there was no echo within the range"),
        _ => Ok(distance.divided_by(MILLIMETRES)),
    }
}

/// Several distances, which have no times.
#[derive(Debug, Serialize)]
pub(crate) struct Several {
    #[serde(rename = "Bat")]
    volts: Spanned<f64>,
    #[serde(rename = "Additional_Distance_Data")]
    distances: Vec<Spanned<u16>>,
    #[serde(flatten)]
    rest: Rest,
}

impl Several {
    /// The bytes at the start and at the end that are no distances; those between the battery and the distances have no
    /// known meaning.
    const UNKNOWN: usize = 6;
    const REST: usize = 4;

    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let volts = payload.u16_be()?.bits(0, 12).divided_by(1_000.0);
        payload.skip(Self::UNKNOWN)?;
        let mut distances = Vec::new();
        while payload.remaining() > Self::REST {
            distances.push(payload.u16_be()?);
        }
        Ok(Self { volts, distances, rest: Rest::read(payload)? })
    }

    pub(crate) fn reading(&self) -> Result<Reading, Failure> {
        Ok(Reading::new(self)?
            .with_all(self.rest.probe())
            .with(quantity::BATTERY_VOLTAGE.of(self.volts)))
    }
}
