//! Decoder of the Milesight EM300-DI, which counts the pulses of a meter and measures the air around it.
//!
//! Everything travels on FPort 85: values behind a channel and a type, least significant byte first.
//!
//! | Channel, type              | Value                                           | Read in         |
//! |----------------------------|-------------------------------------------------|-----------------|
//! | FF with 01, 09, 0A and such | what the device is                              | `attributes.rs` |
//! | 01 75, 03 67, 04 68        | battery, temperature, humidity                  | `telemetry.rs`  |
//! | 05 00, 85 00               | level of the input, and its alarm               | `telemetry.rs`  |
//! | 05 C8                      | pulses                                          | `telemetry.rs`  |
//! | 05 E1, 85 E1               | index as the device converts it, and its alarms | `water.rs`      |
//! | 20 CE, 21 CE               | stored values                                   | `history.rs`    |
//! | FE or FF with others       | settings that the device has taken              | `settings/`     |

mod attributes;
mod history;
mod readings;
mod settings;
mod telemetry;
mod water;

use champollion_sdk::{
    families::{
        channels::{self, Size},
        pulses::{self, Pulses},
    },
    prelude::*,
};

use crate::{settings::Setting, telemetry::Told};

/// Decoder of the EM300-DI.
pub struct Em300Di;

const PORT: u8 = 85;

/// The knowledge that the operator has of the meter.
#[derive(Clone, Copy)]
struct Meter {
    pulses: Pulses,
    /// Litres of one unit of the converted index.
    litres_per_unit: Option<f64>,
}

impl Decoder for Em300Di {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        let meter = Meter {
            pulses: Pulses::of(uplink.settings(), "litres-per-pulse")?,
            litres_per_unit: pulses::litres(uplink.settings(), "litres-per-unit")?,
        };
        let mut payload = uplink.reader();
        // A frame without a value is none.
        payload.clone().array::<2>()?;
        let mut told = Told::default();
        for item in channels::items::<2>(&mut payload, size)? {
            told.read(item, meter)?;
        }
        told.reading()
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        let payload = command.parse::<Setting>()?.encode()?;
        Ok(Downlink::new(command.settings().port_or(PORT)?, payload))
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        let mut payload = downlink.reader();
        let header = payload.array()?;
        let setting = Setting::read(*header, &mut payload)?;
        payload.end()?;
        Reading::new(&setting)
    }
}

champollion_sdk::export!(Em300Di);

fn size(header: [u8; 2]) -> Option<Size> {
    attributes::size(header)
        .or_else(|| telemetry::size(header))
        .or_else(|| Setting::size(header))
        .map(Size::Bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn vectors() {
        champollion_sdk::testing::check_vectors::<super::Em300Di>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .family(
                "milesight/em300-di",
                &include!("../../milesight-ipso/family.rs"),
                &[
                    ("milesight/am300", 4),
                    ("milesight/ct", 7),
                    ("milesight/em300-zld", 5),
                    ("milesight/em310-udl", 4),
                    ("milesight/em500-smtc", 1),
                    ("milesight/em500-udl", 2),
                    ("milesight/ipso", 6),
                    ("milesight/uc300", 3),
                    ("milesight/vs121", 1),
                    ("milesight/ws101", 1),
                    ("milesight/ws301", 2),
                    ("milesight/ws302", 2),
                    ("milesight/ws52x", 2),
                    ("milesight/ws558", 3),
                    ("milesight/wts506", 3),
                ],
            )
            .check::<super::Em300Di>();
    }
}
