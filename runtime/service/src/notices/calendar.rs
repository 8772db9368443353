//! Notices as iCalendar (RFC 5545), which calendars subscribe to.

use std::fmt::Write;

use jiff::Timestamp;

use super::{Notice, NoticeKind};
use crate::outbox::{Language, LocalTime};

/// Most bytes of a line without its end; longer ones are folded (RFC 5545, 3.1).
const LINE_BYTES: usize = 75;

/// Returns a calendar of some notices, each an event. Its texts have moments by the clocks of the territory, in the way of a
/// language.
#[must_use]
pub fn calendar<'of>(
    name: &str,
    reading: (&LocalTime, Language),
    notices: impl IntoIterator<Item = &'of Notice>,
) -> String {
    let mut lines = Lines::default();
    lines.plain("BEGIN:VCALENDAR");
    lines.plain("VERSION:2.0");
    lines.plain("PRODID:-//Champollion//Notices//EN");
    lines.plain("METHOD:PUBLISH");
    lines.text("X-WR-CALNAME", name);
    notices.into_iter().for_each(|notice| event(&mut lines, notice, reading));
    lines.plain("END:VCALENDAR");
    lines.0
}

fn event(lines: &mut Lines, notice: &Notice, reading: (&LocalTime, Language)) {
    lines.plain("BEGIN:VEVENT");
    lines.line(&format!("UID:{}@champollion", notice.id));
    lines.line(&format!("DTSTAMP:{}", moment(notice.changed_at)));
    lines.line(&format!("LAST-MODIFIED:{}", moment(notice.changed_at)));
    lines.line(&format!("SEQUENCE:{}", notice.revision));
    lines.line(&format!("DTSTART:{}", moment(notice.begin)));
    if let Some(end) = notice.end {
        lines.line(&format!("DTEND:{}", moment(end)));
    }
    lines.text("SUMMARY", notice.title.as_str());
    lines.text("DESCRIPTION", &described(notice, reading));
    lines.plain(match notice.kind {
        NoticeKind::Planned => "CATEGORIES:PLANNED WORK",
        NoticeKind::Incident => "CATEGORIES:INCIDENT",
    });
    let is_cancelled = notice.cancelled_at.is_some();
    lines.plain(if is_cancelled { "STATUS:CANCELLED" } else { "STATUS:CONFIRMED" });
    // It does not fill anybody's day.
    lines.plain("TRANSP:TRANSPARENT");
    lines.plain("END:VEVENT");
}

/// The text of a notice with its later words.
fn described(notice: &Notice, (clocks, language): (&LocalTime, Language)) -> String {
    let mut text = notice.text.as_str().to_owned();
    let colon = match language {
        Language::En => ":",
        Language::Fr => " :",
    };
    for word in &notice.follow_ups {
        let at = clocks.to_minute(word.at, language);
        // Writing into a text does not fail.
        let _ = write!(text, "\n\n{at}{colon} {}", word.text);
    }
    text
}

/// A moment in universal time, to the second.
fn moment(at: Timestamp) -> impl std::fmt::Display {
    at.strftime("%Y%m%dT%H%M%SZ")
}

/// The lines of a calendar, each ended as the format asks for.
#[derive(Default)]
struct Lines(String);

impl Lines {
    /// A line that is known to be short.
    fn plain(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push_str("\r\n");
    }

    /// A property whose value is a text of people.
    fn text(&mut self, name: &str, value: &str) {
        self.line(&format!("{name}:{}", escaped(value)));
    }

    /// A line, folded between characters where it is long.
    fn line(&mut self, line: &str) {
        let mut bytes = 0;
        for character in line.chars() {
            if bytes + character.len_utf8() > LINE_BYTES {
                self.0.push_str("\r\n ");
                // The blank counts as a byte of the next line.
                bytes = 1;
            }
            self.0.push(character);
            bytes += character.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

/// A text with the signs escaped that mean something in a value (RFC 5545, 3.3.11); other control characters have no
/// place in it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => escaped.push_str("\\n"),
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\t' => escaped.push(' '),
            _ if character.is_control() => {}
            _ => escaped.push(character),
        }
    }
    escaped
}
