//! Writes to the terminal. A reader that goes away, as `head` does, ends the program quietly.

use std::{
    fmt,
    io::{self, Write},
    process,
};

use comfy_table::{ContentArrangement, Table, presets::NOTHING};
use serde::Serialize;

use super::Failure;

/// A line on standard output.
pub(super) fn line(text: impl fmt::Display) {
    let mut out = io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        process::exit(1);
    }
}

/// A value as JSON on standard output.
pub(super) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(Failure::of("the result is no JSON"))?;
    line(text);
    Ok(())
}

/// A table on standard output.
pub(super) fn table<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    for row in rows {
        table.add_row(row);
    }
    line(table);
}

/// A line on standard error.
pub(super) fn note(text: impl fmt::Display) {
    // Where standard error is closed nobody is there to be told.
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// A failure on standard error.
pub(super) fn error(failure: &Failure) {
    note(format_args!("error: {failure}"));
}
