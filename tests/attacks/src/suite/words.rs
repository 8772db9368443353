//! Words of a guest that are meant for the terminal or the log of whoever reads them.

use champollion_sandbox::{CallError::Failed, FailureKind, LoadError::Invalid};

use crate::{
    Attack,
    Refusal::{Call, Load},
    attack::attempt,
    guests::{Answer, Guest},
};

/// Clears the screen, says that all is well, and sets the title of the window.
const ESCAPES: &str = "?\x1b[2J\x1b[H\x1b[32mall is well\x07\r\n\x1b]0;root\x07\u{9b}2J";

pub(super) fn attacks() -> Vec<Attack> {
    let export = r#"(func (export "a\n\1b[2Jok")) (func (export "a\n\1b[2Jok"))"#;
    vec![
        attempt!(
            "a failure that writes to the terminal",
            Guest::answering(Answer::failure(4, ESCAPES.as_bytes())).component(),
            Call(Failed(failure)) if failure.kind == FailureKind::InvalidValue
        ),
        attempt!(
            "an export whose name writes to the terminal",
            wat::parse_str(format!("(component (core module {export}))"))
                .expect("the text format does not look for names that are there twice"),
            Load(Invalid { reason }) if reason.contains("export")
        ),
    ]
}
