//! Writes to the terminal. A reader that goes away, as `head` does, ends the program quietly. What
//! decoders and servers say is shown and never obeyed: control characters come as escapes.

use std::{
    fmt,
    io::{self, Write},
    process,
};

use champollion_client::Answer;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets::NOTHING};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Failure,
    table::{self, Column},
};

/// A line on standard output.
pub(super) fn line(text: impl fmt::Display) {
    print(&plain(&text.to_string(), true));
}

/// A line on standard output that is lost where nobody reads any more: the program goes on.
pub(super) fn remark(text: impl fmt::Display) {
    drop(writeln!(io::stdout().lock(), "{}", plain(&text.to_string(), true)));
}

/// A script for a shell on standard output, as it is.
pub(super) fn script(script: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(script)
        .and_then(|()| out.flush())
        .map_err(Failure::of("the script cannot be printed"))
}

fn print(text: &str) {
    let mut out = io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        process::exit(1);
    }
}

/// Ends the program quietly where the reader of standard output has gone away, as `head` does.
pub(super) fn end_without_reader(error: &io::Error) {
    if error.kind() == io::ErrorKind::BrokenPipe {
        process::exit(1);
    }
}

/// A value as JSON on standard output.
pub(super) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(Failure::of("the result is no JSON"))?;
    print(&escaped(&text));
    Ok(())
}

/// A JSON text on a line of its own on standard output.
pub(super) fn json_line(json: &str) {
    print(&escaped(json).replace('\n', " "));
}

/// Escapes the control characters that JSON lets stand in strings, such as DEL, as JSON writes escapes: the text
/// stays the same JSON, and commands no terminal. Those between tokens, as in the data of a decoder that sets
/// it with tabs, become blanks: an escape is valid in a string alone.
pub(super) fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    let (mut in_string, mut after_backslash) = (false, false);
    for character in json.chars() {
        match character {
            '\n' if !in_string => escaped.push('\n'),
            _ if character.is_control() && !in_string => escaped.push(' '),
            _ if character.is_control() => {
                // All control characters are below U+00A0, so four digits are enough.
                escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => escaped.push(character),
        }
        in_string ^= character == '"' && !after_backslash;
        after_backslash = in_string && character == '\\' && !after_backslash;
    }
    escaped
}

/// The JSON of a server's answer on standard output, as it came: with members that are not known here.
pub(super) fn answer<T>(answer: &Answer<T>) -> Result<(), Failure> {
    json(&answer.read_as::<serde_json::Value>()?)
}

/// A table on standard output, no wider than the terminal. Where there is none each row is one line, so that it
/// can be searched.
pub(super) fn table<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    let rows: Vec<[String; COLUMNS]> = rows.into_iter().collect();
    if let Some(terminal) = table.width() {
        let column = |index: usize| {
            Column::of(header[index], rows.iter().map(move |row| row[index].as_str()))
        };
        let columns: Vec<Column> = (0..COLUMNS).map(column).collect();
        for (index, width) in table::widths(&columns, usize::from(terminal)).into_iter().enumerate()
        {
            constrain(&mut table, index, width);
        }
    }
    table.add_rows(rows);
    line(table);
}

/// Gives a column of a table its characters, or leaves it out.
fn constrain(table: &mut Table, index: usize, width: Option<usize>) {
    let Some(column) = table.column_mut(index) else { return };
    let padding = column.padding_width();
    column.set_constraint(match width {
        None => ColumnConstraint::Hidden,
        Some(width) => {
            let width = u16::try_from(width).unwrap_or(u16::MAX);
            ColumnConstraint::Absolute(Width::Fixed(width.saturating_add(padding)))
        }
    });
}

/// A moment as tables show it, to the second.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%FT%TZ").to_string()
}

/// The day of a moment in UTC, where a table has no room for more.
pub(super) fn day(at: Timestamp) -> String {
    at.strftime("%F").to_string()
}

/// A line on standard error.
pub(super) fn note(text: impl fmt::Display) {
    // Where standard error is closed nobody is there to be told.
    drop(writeln!(io::stderr().lock(), "{}", plain(&text.to_string(), true)));
}

/// The commands that come next, each with its effect, on standard error: programs read what stands on the other.
pub(super) fn next<const COUNT: usize>(steps: [(&str, &str); COUNT]) {
    for (command, effect) in steps {
        note(format_args!("next: `{command}` {effect}"));
    }
}

/// The words of somebody who is not to be trusted, on one line.
pub(super) fn quoted(words: impl fmt::Display) -> String {
    plain(&words.to_string(), false)
}

/// A text without control characters, such as those that clear a screen or move its cursor.
fn plain(text: &str, with_lines: bool) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() && !(with_lines && character == '\n') {
            plain.extend(character.escape_default());
        } else {
            plain.push(character);
        }
    }
    plain
}

/// A failure on standard error.
pub(super) fn error(failure: &Failure) {
    note(format_args!("error: {failure}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_json_and_commands_no_terminal() {
        let said = "all\u{7f} is \u{9b}well,\n\tZoë \u{1b}[2J";
        let text = escaped(&serde_json::to_string_pretty(&[said]).unwrap());
        assert!(!text.contains(|character: char| character.is_control() && character != '\n'));
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), [said]);
    }

    #[test]
    fn what_stands_between_tokens_stays_outside_of_them() {
        let data = "{\t\"a\\\\\":\r\t\"\u{7f}\\\"\u{85}\",\t\"b\": 1 }";
        let raw: Box<serde_json::value::RawValue> = serde_json::from_str(data).unwrap();
        let text = escaped(&serde_json::to_string_pretty(&[raw]).unwrap());
        assert!(!text.contains(|character: char| character.is_control() && character != '\n'));
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read, serde_json::json!([{ "a\\": "\u{7f}\"\u{85}", "b": 1 }]));
    }

    #[test]
    fn words_of_others_do_not_command_the_terminal() {
        let words = "all\n\u{1b}[2Jis \u{9b}well, Zoë\u{7}";
        assert_eq!(quoted(words), r"all\n\u{1b}[2Jis \u{9b}well, Zoë\u{7}");
        assert_eq!(plain("a\n\tb\r\n", true), "a\n\\tb\\r\n");
    }
}
