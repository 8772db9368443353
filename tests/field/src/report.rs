//! The report: the differences by kind, with the first cases of each.

use std::collections::{BTreeMap, BTreeSet};

use champollion_sdk::vectors::Input;
use comfy_table::{Table, presets};
use serde::Serialize;
use serde_json::Value as Json;

use crate::kinds::{Difference, Kind};

/// Cases of a kind that are shown.
const SHOWN: usize = 5;

/// Characters of a value that are shown.
const SHOWN_CHARACTERS: usize = 200;

/// The report of a run.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// Codecs that were found.
    pub(crate) codecs: usize,
    /// Codecs that were compared.
    pub(crate) compared: usize,
    /// Codecs that neither loads, or that have no script.
    pub(crate) unusable: usize,
    /// Cases that were compared.
    pub(crate) cases: usize,
    /// Cases in which both gave a reading or a downlink.
    pub(crate) answered: usize,
    pub(crate) kinds: BTreeMap<Kind, OfKind>,
}

/// The differences of a kind.
#[derive(Default, Serialize)]
pub(crate) struct OfKind {
    cases: usize,
    codecs: BTreeSet<String>,
    /// The reason why the kind is no fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    documented: Option<&'static str>,
    first: Vec<Shown>,
}

/// A case that differs.
#[derive(Serialize)]
struct Shown {
    codec: String,
    input: Json,
    at: String,
    node: Json,
    here: Json,
}

impl Report {
    pub(crate) fn add(&mut self, codec: &str, input: Option<&Input>, difference: Difference) {
        let Difference { kind, at, node, here } = difference;
        let of_kind = self.kinds.entry(kind).or_default();
        of_kind.documented = kind.documented();
        of_kind.cases += 1;
        let is_first_of_codec = of_kind.codecs.insert(codec.to_owned());
        // A case of each of several codecs says more than several of one.
        if is_first_of_codec && of_kind.first.len() < SHOWN {
            let input = input.map(written).unwrap_or_default();
            of_kind.first.push(Shown { codec: codec.to_owned(), input, at, node, here });
        }
    }

    /// Adds what another part of the codecs gave.
    pub(crate) fn merge(&mut self, other: Self) {
        self.compared += other.compared;
        self.unusable += other.unusable;
        self.cases += other.cases;
        self.answered += other.answered;
        for (kind, theirs) in other.kinds {
            let own = self.kinds.entry(kind).or_default();
            own.documented = theirs.documented;
            own.cases += theirs.cases;
            own.codecs.extend(theirs.codecs);
            own.first.extend(theirs.first);
            own.first.sort_by(|one, other| one.codec.cmp(&other.codec));
            own.first.truncate(SHOWN);
        }
    }

    /// The kinds that are faults.
    pub(crate) fn faults(&self) -> Vec<Kind> {
        let kinds = self.kinds.keys().copied();
        kinds.filter(|kind| kind.documented().is_none()).collect()
    }

    /// The report for people.
    pub(crate) fn show(&self) -> String {
        let mut text = format!(
            "{} codecs, {} compared, {} of no use to either\n{} cases, {} answered by both\n",
            self.codecs, self.compared, self.unusable, self.cases, self.answered
        );
        if self.kinds.is_empty() {
            return text + "no difference\n";
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(["kind", "cases", "codecs", "documented"]);
        for (kind, of_kind) in &self.kinds {
            table.add_row([
                word(*kind),
                of_kind.cases.to_string(),
                of_kind.codecs.len().to_string(),
                of_kind.documented.unwrap_or("").to_owned(),
            ]);
        }
        text += &format!("{table}\n");
        for (kind, of_kind) in &self.kinds {
            for Shown { codec, input, at, node, here } in &of_kind.first {
                let at = if at.is_empty() { String::new() } else { format!(" at {at}") };
                text += &format!(
                    "\n{}: {codec}{at}\n  input {}\n  Node  {}\n  here  {}\n",
                    word(*kind),
                    cut(input),
                    cut(node),
                    cut(here)
                );
            }
        }
        text
    }
}

fn word(kind: Kind) -> String {
    serde_json::to_value(kind)
        .ok()
        .and_then(|word| Some(word.as_str()?.to_owned()))
        .unwrap_or_default()
}

/// An input as vectors write it.
fn written(input: &Input) -> Json {
    let written = match input {
        Input::Uplink(uplink) => serde_json::to_value(uplink),
        Input::Command(command) => serde_json::to_value(command),
        Input::Downlink(downlink) => serde_json::to_value(downlink),
        Input::Reading(reading) => serde_json::to_value(reading),
    };
    written.unwrap_or_default()
}

fn cut(value: &Json) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn difference(kind: Kind) -> Difference {
        Difference { kind, at: "data.a".to_owned(), node: json!(1), here: json!(2) }
    }

    #[test]
    fn only_kinds_that_are_not_documented_are_faults() {
        let mut report = Report::default();
        report.add("a.js", None, difference(Kind::Bounds));
        assert!(report.faults().is_empty());
        report.add("a.js", None, difference(Kind::Number));
        assert_eq!(report.faults(), [Kind::Number]);
        let shown = report.show();
        assert!(shown.contains("number: a.js at data.a\n  input null\n  Node  1\n  here  2\n"));
    }

    #[test]
    fn parts_add_up_and_the_first_cases_of_each_kind_are_shown() {
        let mut whole = Report::default();
        for part in 0..4 {
            let mut report = Report { cases: 3, ..Report::default() };
            for codec in 0..3 {
                report.add(&format!("{codec}{part}.js"), None, difference(Kind::Time));
                report.add(&format!("{codec}{part}.js"), None, difference(Kind::Time));
            }
            whole.merge(report);
        }
        let of_kind = &whole.kinds[&Kind::Time];
        assert_eq!((whole.cases, of_kind.cases, of_kind.codecs.len()), (12, 24, 12));
        let first: Vec<&str> = of_kind.first.iter().map(|shown| shown.codec.as_str()).collect();
        assert_eq!(first, ["00.js", "01.js", "02.js", "03.js", "10.js"]);
    }
}
