//! The codes of notices, statements and parked messages.

use super::ProblemCode;

pub(super) const ALL: &[ProblemCode] = &[
    // Notices.
    ProblemCode::new(
        "unknown-notice",
        &[404],
        "No notice has this id, or none that is about the sender's objects.",
    ),
    ProblemCode::new(
        "invalid-notice",
        &[400],
        "The notice says what cannot be; `path` names the member, and the detail what to write instead.",
    ),
    ProblemCode::new("no-notice-hook", &[404], "No system of the group is told of notices."),
    ProblemCode::new(
        "invalid-notice-hook",
        &[400],
        "The address is none that notices can be posted to; the detail says what to write instead.",
    ),
    ProblemCode::new("notice-cancelled", &[409], "The notice was taken back: make another one."),
    // Statements.
    ProblemCode::new("day-to-come", &[400], "The day of the statement has not begun."),
    ProblemCode::new(
        "statement-differs",
        &[409],
        "What was issued for the day differs from what is stated now; `partners` names those concerned.",
    ),
    ProblemCode::new(
        "unknown-inhabitants",
        &[409],
        "The settings have inhabitants of a partner that there is not; admins are told which.",
    ),
    // Parked messages.
    ProblemCode::new("unknown-message", &[404], "No parked message has this id."),
];
