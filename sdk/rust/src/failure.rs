//! Ways to say what went wrong.
//!
//! A frame seldom fails. The compiler is told so, and neither lays out what leads to a failure as if it came often nor
//! copies it to each place.

use crate::{Failure, FailureKind, Span};

impl Failure {
    /// A failure of any kind.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), span: None }
    }

    /// The device sends nothing that this decoder knows on this port.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn unknown_port(f_port: u8) -> Self {
        Self::new(FailureKind::UnknownPort, format!("no message is known on FPort {f_port}"))
    }

    /// A message type, version or field that this decoder does not know.
    #[must_use]
    pub fn unknown_message(message: impl Into<String>) -> Self {
        Self::new(FailureKind::UnknownMessage, message)
    }

    /// A value that cannot be.
    #[must_use]
    pub fn invalid_value(message: impl Into<String>) -> Self {
        Self::new(FailureKind::InvalidValue, message)
    }

    /// A command that lacks something, or holds what the device cannot do.
    #[must_use]
    pub fn invalid_command(message: impl Into<String>) -> Self {
        Self::new(FailureKind::InvalidCommand, message)
    }

    /// A variable that the decoder needs and does not have.
    #[must_use]
    pub fn missing_variable(message: impl Into<String>) -> Self {
        Self::new(FailureKind::MissingVariable, message)
    }

    /// This decoder has no such function.
    #[must_use]
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Unsupported, message)
    }

    /// The same failure, pointing at the payload bytes that are at fault.
    #[must_use]
    pub fn at(mut self, span: impl Into<Option<Span>>) -> Self {
        self.span = span.into();
        self
    }
}
