//! The list of a review of rights as a file: a row for each grant and each token of a machine, with a column for what
//! becomes of it.

use std::{fs, path::Path};

use champollion_client::{Grant, Person, Token};
use champollion_delivery::formats::{Layout, PlainTable};
use champollion_fleet::sheets::{Choices, PlainRow, SheetLimits, read_plain_rows, write_list};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{Failure, output};

/// The columns of the list, of which the last one is filled in by people.
const COLUMNS: [&str; 14] = [
    "person",
    "name",
    "first name",
    "e-mail",
    "home",
    "suspended",
    "grant",
    "token",
    "role",
    "scope",
    "granted",
    "granted by",
    "confirmed",
    "last used",
];

/// The column that says what becomes of a right: `keep` or `end`.
const DECISION: &str = "decision";

/// A right that is reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// A grant of a person.
    Grant { person: Uuid, grant: Uuid },
    /// A token of a machine, by its id.
    Token(String),
}

/// A right of a list, and what is to become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decided {
    pub(super) right: Right,
    pub(super) decision: Option<Decision>,
}

/// The decision about a right that is reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Keep,
    End,
}

impl Decision {
    /// The words that the cells of a workbook offer.
    const WORDS: [&'static str; 2] = ["keep", "end"];
}

/// The rows of a list, each as long as the columns with the one of decisions.
pub(super) fn rows(people: &[Person], machines: &[Token]) -> Vec<Vec<String>> {
    let grants =
        people.iter().flat_map(|person| person.grants.iter().map(move |grant| (person, grant)));
    let grants = grants.map(|(person, grant)| row_of_grant(person, grant));
    grants.chain(machines.iter().map(row_of_token)).collect()
}

fn row_of_grant(person: &Person, grant: &Grant) -> Vec<String> {
    vec![
        person.id.to_string(),
        person.name.clone(),
        person.first_name.clone(),
        person.email.clone(),
        person.home.clone(),
        moment(person.suspended_at),
        grant.id.to_string(),
        String::new(),
        grant.role.clone(),
        grant.scope.clone(),
        moment(Some(grant.granted_at)),
        grant.granted_by.clone(),
        moment(grant.confirmed_at),
        moment(grant.last_used_at),
        String::new(),
    ]
}

fn row_of_token(token: &Token) -> Vec<String> {
    let group = token.group.as_ref().map(|group| format!("group:{group}"));
    vec![
        String::new(),
        token.name.clone(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        token.id.clone(),
        token.role.as_str().to_owned(),
        token.scope.clone().or(group).unwrap_or_default(),
        moment(Some(token.created_at)),
        token.created_by.as_ref().map(|maker| maker.name.clone()).unwrap_or_default(),
        moment(token.confirmed_at),
        moment(token.last_used_at),
        String::new(),
    ]
}

pub(super) fn moment(at: Option<Timestamp>) -> String {
    at.map(output::moment).unwrap_or_default()
}

/// Writes a list in the form of the file's name.
pub(super) fn write(file: &Path, rows: Vec<Vec<String>>, is_french: bool) -> Result<(), Failure> {
    let task = "the list is not written";
    let titles: Vec<String> = COLUMNS.iter().chain([&DECISION]).map(ToString::to_string).collect();
    let bytes = match file.extension().and_then(|extension| extension.to_str()) {
        Some("xlsx") => workbook(&titles, &rows)?,
        Some("csv") => {
            let layout = if is_french { Layout::French } else { Layout::International };
            let table = PlainTable { titles, rows };
            table.csv(layout).map_err(Failure::of(task))?
        }
        _ => return Err(Failure::new(task, "the name must end with .xlsx or .csv")),
    };
    fs::write(file, bytes)
        .map_err(Failure::of_file(format!("{} cannot be written", file.display())))
}

fn workbook(titles: &[String], rows: &[Vec<String>]) -> Result<Vec<u8>, Failure> {
    let column = u16::try_from(COLUMNS.len()).unwrap_or(u16::MAX);
    let choices = Choices { column, words: &Decision::WORDS };
    write_list("rights", titles, rows, &choices)
        .map_err(|error| Failure::caused("the list is not written", &error))
}

/// Reads a list with its decisions, of whichever form; columns that people have added are let pass.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Decided>, String> {
    let rows =
        read_plain_rows(bytes, &SheetLimits::default()).map_err(|error| error.to_string())?;
    let (titles, rows) = rows.split_first().ok_or("it is empty")?;
    let place = |name: &str| titles.texts.iter().position(|title| title.eq_ignore_ascii_case(name));
    let column = |name: &str| place(name).ok_or_else(|| format!("it has no column {name:?}"));
    let columns = Columns {
        person: column("person")?,
        grant: column("grant")?,
        // A list of before machines were reviewed has none.
        token: place("token"),
        decision: column(DECISION)?,
    };
    let decided = rows
        .iter()
        .map(|row| columns.decided(row).map_err(|reason| format!("line {}: {reason}", row.number)));
    decided.collect()
}

/// The places of the columns that are read.
struct Columns {
    person: usize,
    grant: usize,
    token: Option<usize>,
    decision: usize,
}

impl Columns {
    fn decided(&self, row: &PlainRow) -> Result<Decided, String> {
        let cell = |column: usize| row.texts.get(column).map(String::as_str).unwrap_or_default();
        let id = |column: usize| {
            cell(column).parse::<Uuid>().map_err(|_| format!("{:?} is no id", cell(column)))
        };
        let decision = match cell(self.decision).to_lowercase().as_str() {
            "" => None,
            "keep" | "garder" => Some(Decision::Keep),
            "end" | "terminer" => Some(Decision::End),
            other => return Err(format!("{other:?} is no decision: it must be keep or end")),
        };
        let right = match self.token.map(cell).filter(|token| !token.is_empty()) {
            Some(token) => Right::Token(token.to_owned()),
            None => Right::Grant { person: id(self.person)?, grant: id(self.grant)? },
        };
        Ok(Decided { right, decision })
    }
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

    #[test]
    fn a_workbook_is_read_as_it_is_filled_in() {
        let id = Uuid::nil().to_string();
        let titles: Vec<String> =
            COLUMNS.iter().chain([&DECISION]).map(ToString::to_string).collect();
        let row = |member: &[(&str, &str)]| {
            let mut row = vec![String::new(); titles.len()];
            for (title, text) in member {
                let place = titles.iter().position(|own| own == title).unwrap();
                row[place] = (*text).to_owned();
            }
            row
        };
        let rows = [
            row(&[("person", &id), ("grant", &id), ("decision", "keep")]),
            row(&[("token", "0123456789abcdef"), ("decision", "end")]),
            row(&[("token", "1123456789abcdef")]),
        ];
        let bytes = workbook(&titles, &rows).unwrap();
        let token = |id: &str| Right::Token(id.to_owned());
        let nil = Uuid::nil();
        assert_eq!(
            read(&bytes).unwrap(),
            [
                Decided {
                    right: Right::Grant { person: nil, grant: nil },
                    decision: Some(Decision::Keep)
                },
                Decided { right: token("0123456789abcdef"), decision: Some(Decision::End) },
                Decided { right: token("1123456789abcdef"), decision: None },
            ]
        );
    }
}
