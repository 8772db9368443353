//! A press of the button.

use champollion_sdk::{
    families::milesight::{Json, Map, Told},
    prelude::*,
};

const HEADER: [u8; 2] = [0xFF, 0x2E];

/// Reads the press behind its header, or returns that it is none.
pub(crate) fn read(
    header: [u8; 2],
    payload: &mut Reader<'_>,
    told: &mut Told,
) -> Result<bool, Failure> {
    if header != HEADER {
        return Ok(false);
    }
    let kind = payload.u8()?;
    let status = match *kind {
        1 => "short press",
        2 => "long press",
        3 => "double press",
        other => {
            let message = format!("{other} is no press: 1 is short, 2 is long, 3 is double");
            return Err(Failure::invalid_value(message).at(kind.span));
        }
    };
    told.say("button_event", Map::from_iter([("status".to_owned(), Json::from(status))]));
    told.measure(quantity::BUTTON_PRESSES.of(kind.map(|_| 1)).on((*kind).into()));
    Ok(true)
}
