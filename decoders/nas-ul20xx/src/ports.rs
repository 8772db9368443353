//! The ports that instructions are sent to.

/// Asks for a configuration.
pub(crate) const PORT_REQUEST: u8 = 49;
/// Sets a configuration; the device sends it back when it has applied it.
pub(crate) const PORT_CONFIG: u8 = 50;
/// The port of the instruction that restarts the controller.
pub(crate) const PORT_UPDATE: u8 = 51;
/// Gives a command; the device answers.
pub(crate) const PORT_COMMAND: u8 = 60;
