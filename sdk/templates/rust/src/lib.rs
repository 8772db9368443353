//! A decoder for the {{name}}.

use champollion_sdk::prelude::*;

/// The decoder, of which `export!` makes a component.
pub struct Sensor;

/// A measurement in the words of the maker.
#[derive(serde::Serialize)]
struct Telegram {
    level: Spanned<f64>,
    battery: Spanned<u8>,
}

impl Decoder for Sensor {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        match uplink.f_port {
            2 => measurement(uplink.reader()),
            other => Err(Failure::unknown_port(other)),
        }
    }
}

/// Millimetres in two bytes, the most significant first, and percents in one.
fn measurement(mut payload: Reader<'_>) -> Result<Reading, Failure> {
    let level = payload.u16_be()?.map(|millimetres| f64::from(millimetres) / 1000.0);
    let battery = payload.u8()?;
    payload.end()?;
    Ok(Reading::new(&Telegram { level, battery })?
        .with(quantity::WATER_LEVEL.of(level))
        .with(quantity::BATTERY_LEVEL.of(battery.map(f64::from))))
}

champollion_sdk::export!(Sensor);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_answered() {
        champollion_sdk::testing::check_vectors::<Sensor>(include_str!("../vectors.json"));
    }

    /// Payloads that are cut short, too long or made at random: none makes it panic, or tell of bytes that are not there.
    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json")).check::<Sensor>();
    }
}
