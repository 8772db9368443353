//! The command that switches the socket at once.

use champollion_sdk::{
    families::milesight::{Json, Map, ON_OFF, number_of, word},
    prelude::*,
};

/// The channel of the socket; a command has its state in the place of a type.
pub(crate) const CHANNEL: u8 = 0x08;

/// The member of data and of commands that has the socket's state.
pub(crate) const STATE: &str = "socket_status";

/// Writes a state that the socket is to have.
pub(crate) fn write(values: &mut Map<String, Json>, bytes: &mut Vec<u8>) -> Result<(), Failure> {
    if let Some(state) = values.shift_remove(STATE) {
        bytes.extend([CHANNEL, number_of(ON_OFF, &state, "", STATE)?, 0xFF, 0xFF]);
    }
    Ok(())
}

/// Reads what [`write`] has written, or returns that something else comes.
pub(crate) fn read(
    payload: &mut Reader<'_>,
    values: &mut Map<String, Json>,
) -> Result<bool, Failure> {
    let is_state = payload.peek() == Some(CHANNEL);
    if is_state {
        payload.skip(1)?;
        values.insert(STATE.to_owned(), word(ON_OFF, *payload.u8()?).into());
        payload.skip(2)?;
    }
    Ok(is_state)
}
