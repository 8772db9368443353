//! Decoder of the Khomp ITP 200 and ITP 202, photocells in the NEMA socket of a street light, which switch and dim it.
//!
//! A message is a head of masks, and the values that the masks announce, in the order of their bits: first those of the
//! status (`status.rs`), then those of the sensors (`sensors.rs`). Alerts and errors are masks alone (`alarms.rs`).
//!
//! `README.md` tells the sources, and what they leave open.

mod alarms;
mod head;
mod sensors;
mod status;

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::{
    alarms::{Alerts, Errors},
    head::Head,
    sensors::Sensors,
    status::Status,
};

/// Decoder of the ITP 200 and ITP 202.
#[derive(Debug)]
pub struct Itp200;

#[derive(Serialize)]
struct Message {
    model: &'static str,
    #[serde(flatten)]
    status: Option<Status>,
    #[serde(flatten)]
    sensors: Option<Sensors>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alerts: Option<Alerts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Errors>,
}

impl Decoder for Itp200 {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        let model = model(uplink.f_port)?;
        let mut payload = uplink.reader();
        let head = Head::read(&mut payload)?;
        let status = head.status.map(|mask| Status::read(mask, &mut payload)).transpose()?;
        let sensors = head.sensors.map(|mask| Sensors::read(mask, &mut payload)).transpose()?;
        payload.end()?;
        let message = Message {
            model,
            status,
            sensors,
            alerts: head.alerts.map(Alerts::of),
            errors: head.errors.map(Errors::of),
        };
        message.reading(&head)
    }
}

champollion_sdk::export!(Itp200);

/// Names the model by the port that it sends on.
fn model(f_port: u8) -> Result<&'static str, Failure> {
    match f_port {
        14 => Ok("ITP 200"),
        15 => Ok("ITP 202"),
        other => Err(Failure::unknown_port(other)),
    }
}

impl Message {
    fn reading(&self, head: &Head) -> Result<Reading, Failure> {
        let status = self.status.as_ref();
        let sensors = self.sensors.as_ref();
        // A place that is not fixed is an old one, or none.
        let is_placed = status.is_none_or(Status::has_fixed_coordinates);
        Ok(Reading::new(self)?
            .with_all(status.into_iter().flat_map(Status::measurements))
            .with_all(sensors.into_iter().flat_map(Sensors::measurements))
            .with_all(sensors.filter(|_| is_placed).into_iter().flat_map(Sensors::place))
            .with_all(self.alerts.into_iter().flat_map(Alerts::measurements))
            .with_all(self.errors.map(Errors::measurement))
            .warn_all(status.and_then(Status::warning))
            .warn_all(sensors.into_iter().flat_map(Sensors::warnings))
            .warn_all(head.warnings()))
    }
}

#[cfg(test)]
mod tests {
    use champollion_sdk::testing::{check_vectors, uplink};

    use super::*;

    #[test]
    fn the_vectors_hold() {
        check_vectors::<Itp200>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json")).check::<Itp200>();
    }

    #[test]
    fn a_message_cut_off_anywhere_is_too_short() {
        let whole = [
            1, 0x0F, 0x03, 0xFF, 0x03, 0xFF, 0, 0, 0, 0x10, 0x00, 100, 2, 1, 0, 0, 0, 1, 0, 0, 0,
            2, 0x64, 0, 0, 0, 90, 0, 10, 5, 150, 190, 0x08, 0x98, 0x01, 0xF4, 0, 0, 0, 5, 0, 0, 0,
            6, 0x03, 0x93, 0x87, 0, 0x07, 0xCE, 0, 0,
        ];
        assert!(Itp200::decode_uplink(&uplink(14, whole)).is_ok());
        for length in 0..whole.len() {
            let failure = Itp200::decode_uplink(&uplink(14, &whole[..length])).unwrap_err();
            assert_eq!(failure.kind, FailureKind::TooShort, "{length} bytes");
        }
    }

    #[test]
    fn no_payload_makes_it_panic() {
        for first in 0..=255_u8 {
            for length in 0..80_u8 {
                let payload: Vec<u8> =
                    (0..length).map(|byte| byte.wrapping_mul(first) ^ first).collect();
                let _ = Itp200::decode_uplink(&uplink(14 + first % 2, payload));
            }
        }
    }
}
