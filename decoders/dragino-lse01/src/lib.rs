//! Decoder of the Dragino LSE01 soil sensor: moisture, temperature and conductivity.
//!
//! # Where the sources disagree
//!
//! - **Temperatures of the soil below zero.** The maker's decoder takes 0xFFFF off, which makes each a hundredth too
//!   warm: 0xFFFF itself becomes 0. The manual's words are those of two's complement, and so this decoder reads it.
//! - **Bit 7 of the last byte** says, by the decoder of 1.2.1, that the soil is told as the sensor itself counts.
//!   Earlier decoders do not know it, and a frame from the field has it set with values in units. So the operator can
//!   say that the firmware has no modes.
//! - **0xFFFF.** One decoder takes it for a probe that is not there. The maker's makes -0.1 °C of it at the external
//!   probe, which can be; this decoder takes only 0x7FFF, 3276.7 °C, for none.

use champollion_sdk::{
    decimal,
    families::dragino::{self, Battery, Order},
    prelude::*,
    reserved_bits,
};
use serde::Serialize;

const PORT: u8 = 2;

/// The number of a temperature that was not measured.
const NO_PROBE: i16 = 0x7FFF;

/// The variable that is false for firmware before 1.2, whose bit 7 is no mode.
const HAS_MODES: &str = "has-modes";

/// The highest dielectric constant that can be: water has 80, and soil less.
const HIGHEST_DIELECTRIC: f64 = 100.0;

/// The commands with their bytes.
const ORDERS: &[Order] = &[dragino::TRANSMIT_INTERVAL, dragino::RESET];

/// The decoder of the LSE01.
#[derive(Debug)]
pub struct Lse01;

/// A message, under the names of the maker's decoder.
#[derive(Debug, Serialize)]
struct Message {
    #[serde(rename = "BatV")]
    volts: Spanned<f64>,
    /// °C at a probe that may be plugged in.
    #[serde(rename = "temp_DS18B20", skip_serializing_if = "Option::is_none")]
    probe: Option<Spanned<f64>>,
    #[serde(flatten)]
    soil: Soil,
    #[serde(rename = "s_flag")]
    sensor_found: Spanned<u8>,
    #[serde(rename = "i_flag")]
    interrupt: Spanned<u8>,
    #[serde(rename = "Mod")]
    is_raw: Spanned<u8>,
    /// The last byte as it was sent.
    #[serde(skip)]
    flags: u8,
}

/// Bits of the last byte that have a meaning.
const KNOWN_FLAGS: u8 = 0b1001_1111;

/// The soil, in units or as the sensor itself counts.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Soil {
    Measured {
        #[serde(rename = "temp_SOIL")]
        temperature: Spanned<f64>,
        #[serde(rename = "water_SOIL")]
        moisture: Spanned<f64>,
        /// Microsiemens for each centimetre.
        #[serde(rename = "conduct_SOIL")]
        conductivity: Spanned<u16>,
    },
    Raw {
        #[serde(rename = "Soil_dielectric_constant")]
        dielectric: Spanned<f64>,
        #[serde(rename = "Raw_water_SOIL")]
        moisture: Spanned<u16>,
        #[serde(rename = "Raw_conduct_SOIL")]
        conductivity: Spanned<u16>,
    },
}

impl Soil {
    fn read(is_raw: bool, words: &mut Reader<'_>) -> Result<Self, Failure> {
        if is_raw {
            return Ok(Self::Raw {
                dielectric: words.u16_be()?.divided_by(10.0),
                moisture: words.u16_be()?,
                conductivity: words.u16_be()?,
            });
        }
        let moisture = words.u16_be()?.divided_by(100.0);
        let temperature = words.i16_be()?.divided_by(100.0);
        Ok(Self::Measured { temperature, moisture, conductivity: words.u16_be()? })
    }

    fn measurements(&self) -> Vec<Measurement> {
        match *self {
            Self::Measured { temperature, moisture, conductivity } => vec![
                quantity::SOIL_MOISTURE.of(moisture),
                quantity::SOIL_TEMPERATURE.of(temperature),
                quantity::SOIL_CONDUCTIVITY.of(conductivity.divided_by(1_000.0)),
            ],
            Self::Raw { .. } => Vec::new(),
        }
    }
}

impl Message {
    fn read(payload: &mut Reader<'_>, has_modes: bool) -> Result<Self, Failure> {
        let volts = Battery::read(payload)?.volts;
        let probe = payload.i16_be()?;
        let mut words = payload.block(6)?;
        let flags = payload.u8()?;
        payload.end()?;
        Ok(Self {
            volts,
            probe: (*probe != NO_PROBE).then(|| probe.divided_by(10.0)),
            soil: Soil::read(has_modes && *flags.bit(7), &mut words)?,
            sensor_found: flags.bits(4, 1),
            interrupt: flags.bits(0, 4),
            is_raw: flags.bits(7, 1),
            flags: *flags,
        })
    }

    fn reading(&self) -> Result<Reading, Failure> {
        let mut reading = Reading::new(self)?;
        if *self.sensor_found == 1 {
            reading = reading.with_all(self.soil.measurements());
        } else {
            reading = reading.warn("the device found no soil sensor, so the soil is not measured");
        }
        if let Soil::Raw { dielectric, .. } = self.soil
            && *dielectric > HIGHEST_DIELECTRIC
        {
            reading = reading.warn(format!(
                "a dielectric constant of {} cannot be: set {HAS_MODES} to false if the firmware is older than 1.2",
                decimal(*dielectric)
            ));
        }
        Ok(reading
            .with_all(self.probe.map(|value| quantity::PROBE_TEMPERATURE.of(value)))
            .with(quantity::BATTERY_VOLTAGE.of(self.volts))
            .warn_all(reserved_bits("the last byte", self.flags, KNOWN_FLAGS)))
    }
}

impl Decoder for Lse01 {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        match uplink.f_port {
            PORT => {
                let has_modes = uplink.settings().boolean_or(HAS_MODES, true)?;
                Message::read(&mut uplink.reader(), has_modes)?.reading()
            }
            other => Err(Failure::unknown_port(other)),
        }
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        dragino::encode(command, PORT, ORDERS)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        dragino::decode(downlink, ORDERS)
    }
}

champollion_sdk::export!(Lse01);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_hold() {
        champollion_sdk::testing::check_vectors::<Lse01>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .sibling("dragino/lht65n", include_str!("../../dragino-lht65n/vectors.json"), 17)
            .sibling("dragino/dds75", include_str!("../../dragino-dds75/vectors.json"), 0)
            .sibling(
                "dragino/lds02-lwl02",
                include_str!("../../dragino-lds02-lwl02/vectors.json"),
                0,
            )
            .check::<Lse01>();
    }
}
