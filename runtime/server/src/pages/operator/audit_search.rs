//! The search of the audit: from its end backwards, as far as it takes to fill a page, within a bound.

use axum::{body::to_bytes, http::Method};
use champollion_registry::ledger::SignedHead;
use champollion_sandbox::Digest;
use jiff::Timestamp;
use serde::Deserialize as _;
use serde_json::Value as Json;

use crate::{
    api::Problem,
    pages::{
        json::{moment, optional, text},
        viewer::Viewer,
    },
};

/// Lines that are shown on a page.
const SHOWN: usize = 50;

/// Lines that are asked for at once.
const AT_ONCE: u64 = 500;

/// Most lines that one page looks at: more are looked at by going on from there.
const LOOKED_AT: u64 = 20_000;

/// The words that lines are searched for. What is empty is not asked for.
#[derive(Default)]
pub(super) struct Filter {
    /// Words that stand in the line, in capital letters or not.
    pub(super) words: String,
    /// The action of the line.
    pub(super) action: String,
    /// A part of the name of the author.
    pub(super) by: String,
    /// The first moment of the lines.
    pub(super) since: Option<Timestamp>,
    /// The moment after the last of the lines.
    pub(super) until: Option<Timestamp>,
}

/// A line of the audit, as it is kept.
pub(super) struct Line {
    /// The line as JSON; null where it is damaged.
    pub(super) json: Json,
    /// The line as text.
    pub(super) text: String,
}

/// The lines that were found.
#[derive(Default)]
pub(super) struct Found {
    /// The lines, the newest first.
    pub(super) lines: Vec<Line>,
    /// The place before which the search goes on; none at the beginning of the audit.
    pub(super) older: Option<u64>,
    /// The number of lines that were looked at.
    pub(super) looked_at: u64,
}

impl Filter {
    /// Whether a line has all that is searched for. A damaged one is shown where nothing is.
    fn admits(&self, line: &Line) -> bool {
        let lower = line.text.to_lowercase();
        let at = moment(&line.json, "/at");
        self.words.split_whitespace().all(|word| lower.contains(&word.to_lowercase()))
            && (self.action.is_empty() || text(&line.json, "/action") == self.action)
            && text(&line.json, "/by/name").to_lowercase().contains(&self.by.to_lowercase())
            && self.since.is_none_or(|since| at.is_some_and(|at| at >= since))
            && self.until.is_none_or(|until| at.is_some_and(|at| at < until))
    }

    /// Whether all lines before this one are too old.
    fn ends_at(&self, line: &Line) -> bool {
        let at = moment(&line.json, "/at");
        at.zip(self.since).is_some_and(|(at, since)| at < since)
    }
}

/// Searches the lines before a place, the newest first.
///
/// # Errors
/// The [`Problem`] with which the interface answers, as where the viewer may not read the audit.
pub(super) async fn search(
    viewer: &Viewer,
    filter: &Filter,
    before: u64,
) -> Result<Found, Problem> {
    let (mut found, mut end) = (Found::default(), before);
    while end > 1 && found.looked_at < LOOKED_AT {
        let start = end.saturating_sub(AT_ONCE).max(1);
        let window = lines(viewer, start - 1, end - 1).await?;
        // Lines before these are in archives.
        let at_beginning = window.first().is_none_or(|line| sequence(line) > start);
        for line in window.into_iter().rev() {
            // A damaged line does not say its place: it is the one before the last.
            end = Some(sequence(&line)).filter(|place| *place > 0).unwrap_or(end - 1).max(1);
            found.looked_at += 1;
            if filter.ends_at(&line) {
                return Ok(found);
            }
            if filter.admits(&line) {
                found.lines.push(line);
            }
            if found.lines.len() == SHOWN {
                found.older = Some(end).filter(|end| *end > 1);
                return Ok(found);
            }
        }
        if at_beginning {
            return Ok(found);
        }
        end = start;
    }
    found.older = Some(end).filter(|end| *end > 1);
    Ok(found)
}

/// The lines after one place, up to another.
async fn lines(viewer: &Viewer, after: u64, last: u64) -> Result<Vec<Line>, Problem> {
    let (mut all, mut next): (Vec<Line>, u64) = (Vec::new(), after);
    while next < last {
        let path = format!("/v1/audit?after={next}&limit={}", last - next);
        let response = viewer.pass((Method::GET, &path), None).await?;
        let body = to_bytes(response.into_body(), usize::MAX).await;
        let page = read(&body.map_err(|error| Problem::internal(&error))?);
        let Some(end) = page.last().map(sequence).filter(|end| *end > next) else { break };
        all.extend(page.into_iter().filter(|line| sequence(line) <= last));
        next = end;
    }
    Ok(all)
}

fn read(body: &[u8]) -> Vec<Line> {
    let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let line = |line: &[u8]| Line {
        json: serde_json::from_slice(line).unwrap_or_default(),
        text: String::from_utf8_lossy(line).into_owned(),
    };
    lines.map(line).collect()
}

fn sequence(line: &Line) -> u64 {
    line.json["sequence"].as_u64().unwrap_or_default()
}

/// The outcome of the check of the end of the audit.
pub(super) enum Checked {
    /// The signature is right, and the last line is the one that it names.
    Right,
    /// The signature is right, and other lines came meanwhile.
    Moved,
    /// The signature is not to be trusted, with the reason.
    Wrong(String),
}

/// Checks the signed end of the audit against the key of the registry's index, and against the last line.
pub(super) fn check(head: &Json, index_head: &Json, last: Option<&Line>) -> Checked {
    let read = |json: &Json| SignedHead::deserialize(json);
    let (signed, of_index) = match (read(head), read(index_head)) {
        (Ok(signed), Ok(of_index)) => (signed, of_index),
        (Err(error), _) | (_, Err(error)) => return Checked::Wrong(error.to_string()),
    };
    if let Err(error) = signed.check_audit(Some(&of_index.key), Timestamp::now()) {
        return Checked::Wrong(error.to_string());
    }
    match last {
        Some(line) if Digest::of(line.text.as_bytes()) == signed.head.hash => Checked::Right,
        None if signed.head.sequence == 0 => Checked::Right,
        _ => Checked::Moved,
    }
}

/// The sequence of the last line, as the signed end says it.
pub(super) fn end_of(head: &Json) -> u64 {
    head.pointer("/head/sequence").and_then(Json::as_u64).unwrap_or_default()
}

/// The one who acted, with the place where the act came from.
pub(super) fn author(line: &Line) -> (String, Option<&str>) {
    (text(&line.json, "/by/name"), optional(&line.json, "/by/from"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(action: &str, name: &str, at: &str) -> Line {
        let json = json!({ "sequence": 7, "at": at, "action": action, "by": { "name": name } });
        Line { text: json.to_string(), json }
    }

    #[test]
    fn a_line_is_found_by_all_that_is_asked_for() {
        let promoted = line("promote", "Ada Lovelace", "2026-03-01T10:00:00Z");
        let admits = |filter: Filter| filter.admits(&promoted);
        assert!(admits(Filter::default()));
        assert!(admits(Filter { words: "PROMOTE ada".to_owned(), ..Filter::default() }));
        assert!(!admits(Filter { words: "promote yank".to_owned(), ..Filter::default() }));
        assert!(admits(Filter { by: "lovel".to_owned(), ..Filter::default() }));
        assert!(!admits(Filter { action: "promo".to_owned(), ..Filter::default() }));
        let day = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let march = Filter {
            since: day("2026-03-01T00:00:00Z"),
            until: day("2026-03-02T00:00:00Z"),
            ..Filter::default()
        };
        assert!(march.admits(&promoted));
        let before = line("promote", "Ada", "2026-02-28T23:59:59Z");
        assert!(!march.admits(&before) && march.ends_at(&before));
    }

    #[test]
    fn damaged_lines_are_read_as_text() {
        let lines = read(b"{\"sequence\":1}\nnot json\n");
        assert_eq!((sequence(&lines[0]), lines[1].text.as_str()), (1, "not json"));
        assert!(lines[1].json.is_null());
    }

    #[test]
    fn an_end_that_is_no_signed_head_is_wrong() {
        assert!(matches!(check(&json!({}), &json!({}), None), Checked::Wrong(_)));
        assert_eq!(end_of(&json!({ "head": { "sequence": 12 } })), 12);
    }
}
