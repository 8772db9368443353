//! The commands that switch an output at once.

use champollion_sdk::{
    families::milesight::{Json, Map, ON_OFF, number_of, word},
    prelude::*,
};

/// The outputs by their channels; a command has the state in the place of a type.
const OUTPUTS: [(u8, &str); 2] = [(0x07, "gpio_output_1"), (0x08, "gpio_output_2")];

/// Writes states that outputs are to have.
pub(crate) fn write(values: &mut Map<String, Json>, bytes: &mut Vec<u8>) -> Result<(), Failure> {
    for (channel, name) in OUTPUTS {
        if let Some(state) = values.shift_remove(name) {
            bytes.extend([channel, number_of(ON_OFF, &state, "", name)?, 0xFF]);
        }
    }
    Ok(())
}

/// Reads what [`write`] has written, or returns that something else comes.
pub(crate) fn read(
    payload: &mut Reader<'_>,
    values: &mut Map<String, Json>,
) -> Result<bool, Failure> {
    let next = payload.peek();
    let Some((_, name)) = OUTPUTS.iter().find(|(channel, _)| next == Some(*channel)) else {
        return Ok(false);
    };
    payload.skip(1)?;
    values.insert((*name).to_owned(), word(ON_OFF, *payload.u8()?).into());
    payload.skip(1)?;
    Ok(true)
}
