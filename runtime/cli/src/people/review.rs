//! `champollion people review`: every grant with its last use, to be confirmed or ended.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use champollion_client::{Client, Grant, Person};
use champollion_delivery::formats::{Layout, PlainTable};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{full_name, told};
use crate::{Failure, output};

/// The columns of the list, of which the last one is filled in by people.
const COLUMNS: [&str; 13] = [
    "person",
    "name",
    "first name",
    "e-mail",
    "home",
    "suspended",
    "grant",
    "role",
    "scope",
    "granted",
    "granted by",
    "confirmed",
    "last used",
];

/// The column that says what becomes of a grant: `keep` or `end`.
const DECISION: &str = "decision";

/// Lists every grant with its last use, and carries decisions out.
#[derive(Args)]
pub(super) struct Review {
    /// File to write the list to: .xlsx, or .csv; its column `decision` is for `keep` and `end`
    #[arg(long, value_name = "FILE", conflicts_with = "decided")]
    out: Option<PathBuf>,
    /// Write a .csv with semicolons, as spreadsheets of French systems open it
    #[arg(long, requires = "out")]
    french: bool,
    /// File .csv of such a list with its decisions, which are carried out: `keep` confirms, `end` revokes
    #[arg(long, value_name = "FILE")]
    decided: Option<PathBuf>,
    /// End the grants of the list without a decision as well
    #[arg(long, requires = "decided")]
    end_undecided: bool,
}

/// The outcome of a grant of a list.
#[derive(Serialize)]
struct Outcome {
    grant: Uuid,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// A grant of a list, and what is to become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Decided {
    person: Uuid,
    grant: Uuid,
    decision: Option<Decision>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Keep,
    End,
}

impl Review {
    pub(super) async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        if let Some(file) = &self.decided {
            return self.carry_out(client, file, json).await;
        }
        let list = client.people().await?;
        if let Some(file) = &self.out {
            let table = table(&list.people);
            let rows = table.rows.len();
            write(file, &table, self.french)?;
            output::note(format_args!("{rows} grants are in {}", file.display()));
            return Ok(());
        }
        if json {
            return output::answer(&list);
        }
        let rows = list.people.iter().flat_map(|person| {
            person.grants.iter().map(move |grant| {
                [
                    output::quoted(full_name(person)),
                    output::quoted(&person.email),
                    told(grant),
                    moment(grant.confirmed_at),
                    moment(grant.last_used_at),
                ]
            })
        });
        output::table(["name", "e-mail", "role and scope", "confirmed", "last used"], rows);
        Ok(())
    }

    async fn carry_out(&self, client: &Client, file: &Path, json: bool) -> Result<(), Failure> {
        let text =
            fs::read(file).map_err(Failure::of(format!("{} cannot be read", file.display())))?;
        let unusable = || format!("{} is no list of decisions", file.display());
        let decided = read(&text).map_err(|reason| Failure::new(unusable(), reason))?;
        let mut outcomes = Vec::new();
        for Decided { person, grant, decision } in decided {
            let decision = decision.or(self.end_undecided.then_some(Decision::End));
            let (outcome, done) = match decision {
                None => ("undecided", Ok(())),
                Some(Decision::Keep) => {
                    ("confirmed", client.confirm_grant(person, grant).await.map(drop))
                }
                Some(Decision::End) => ("ended", client.revoke_grant(person, grant).await),
            };
            let problem = done.err().map(|error| error.to_string());
            let outcome = if problem.is_some() { "refused" } else { outcome };
            outcomes.push(Outcome { grant, outcome, problem });
        }
        report(&outcomes, json)
    }
}

fn report(outcomes: &[Outcome], json: bool) -> Result<(), Failure> {
    let refused = outcomes.iter().filter(|outcome| outcome.problem.is_some()).count();
    if json {
        output::json(&outcomes)?;
    } else {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        outcomes.iter().for_each(|outcome| *counts.entry(outcome.outcome).or_default() += 1);
        let counts: Vec<String> =
            counts.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
        output::line(counts.join(", "));
        for Outcome { grant, problem, .. } in outcomes {
            if let Some(problem) = problem {
                output::line(format_args!("{grant}: {}", output::quoted(problem)));
            }
        }
    }
    match refused {
        0 => Ok(()),
        count => {
            Err(Failure::new("the review is not done", format!("{count} decisions were refused")))
        }
    }
}

fn table(people: &[Person]) -> PlainTable {
    let titles = COLUMNS.iter().chain([&DECISION]).map(ToString::to_string).collect();
    let grants =
        people.iter().flat_map(|person| person.grants.iter().map(move |grant| (person, grant)));
    PlainTable { titles, rows: grants.map(|(person, grant)| row(person, grant)).collect() }
}

fn row(person: &Person, grant: &Grant) -> Vec<String> {
    vec![
        person.id.to_string(),
        person.name.clone(),
        person.first_name.clone(),
        person.email.clone(),
        person.home.clone(),
        moment(person.suspended_at),
        grant.id.to_string(),
        grant.role.clone(),
        grant.scope.clone(),
        moment(Some(grant.granted_at)),
        grant.granted_by.clone(),
        moment(grant.confirmed_at),
        moment(grant.last_used_at),
        String::new(),
    ]
}

fn moment(at: Option<Timestamp>) -> String {
    at.map(output::moment).unwrap_or_default()
}

fn write(file: &Path, table: &PlainTable, is_french: bool) -> Result<(), Failure> {
    let extension = file.extension().and_then(|extension| extension.to_str());
    let layout = if is_french { Layout::French } else { Layout::International };
    let bytes = match extension {
        Some("xlsx") => table.workbook("rights"),
        Some("csv") => table.csv(layout),
        _ => {
            let reason = "the name must end with .xlsx or .csv";
            return Err(Failure::new("the list is not written", reason));
        }
    };
    let bytes = bytes.map_err(Failure::of("the list is not written"))?;
    fs::write(file, bytes).map_err(Failure::of(format!("{} cannot be written", file.display())))
}

/// Reads a list with its decisions, with commas or semicolons; columns that people have added are let pass.
fn read(text: &[u8]) -> Result<Vec<Decided>, String> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let head = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = if head.contains(&b';') { b';' } else { b',' };
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text);
    let titles = reader.headers().map_err(|error| error.to_string())?.clone();
    let column = |name: &str| {
        let found = titles.iter().position(|title| title.trim().eq_ignore_ascii_case(name));
        found.ok_or_else(|| format!("it has no column {name:?}"))
    };
    let columns = (column("person")?, column("grant")?, column(DECISION)?);
    let mut decided = Vec::new();
    for (line, row) in (2..).zip(reader.records()) {
        let row = row.map_err(|error| error.to_string())?;
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        decided.push(decision(&row, columns).map_err(|reason| format!("line {line}: {reason}"))?);
    }
    Ok(decided)
}

fn decision(
    row: &csv::StringRecord,
    (person, grant, decision): (usize, usize, usize),
) -> Result<Decided, String> {
    let cell = |column: usize| row.get(column).unwrap_or_default().trim();
    let id = |column: usize| {
        cell(column).parse::<Uuid>().map_err(|_| format!("{:?} is no id", cell(column)))
    };
    let decision = match cell(decision).to_lowercase().as_str() {
        "" => None,
        "keep" | "garder" => Some(Decision::Keep),
        "end" | "terminer" => Some(Decision::End),
        other => return Err(format!("{other:?} is no decision: it must be keep or end")),
    };
    Ok(Decided { person: id(person)?, grant: id(grant)?, decision })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_read_with_commas_and_semicolons() {
        let id = Uuid::nil();
        let with_commas =
            format!("person,grant,decision\r\n{id},{id},keep\r\n,,\r\n\"{id}\",{id}, END \r\n");
        let read_back = read(with_commas.as_bytes()).unwrap();
        let decisions: Vec<_> = read_back.iter().map(|decided| decided.decision).collect();
        assert_eq!(decisions, [Some(Decision::Keep), Some(Decision::End)]);
        let with_semicolons = format!("\u{feff}Decision;note;grant;person\n;x;{id};{id}\n");
        assert_eq!(read(with_semicolons.as_bytes()).unwrap()[0].decision, None);
        for (text, says) in [
            ("person,grant\n", "decision"),
            ("person,grant,decision\nx,y,keep\n", "line 2"),
            (&format!("person,grant,decision\n{id},{id},maybe\n"), "maybe"),
        ] {
            assert!(read(text.as_bytes()).unwrap_err().contains(says), "{text}");
        }
    }
}
