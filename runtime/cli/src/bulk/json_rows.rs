//! Rows of a file with a JSON object on each line. Each line has names of its own.

use std::io::{self, BufRead};

use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value as Json};

use super::columns::Columns;
use crate::lines::Lines;

/// Lines of JSON in which the names of columns are looked for.
const LINES_FOR_NAMES: usize = 1_000;

/// The member in which a record names its decoder.
const DECODER: &str = "decoder";

/// The rows of a file of objects.
pub(super) struct JsonRows<R> {
    lines: Lines<R>,
    names: Vec<String>,
    /// The columns of the row before: most rows have the same names.
    columns: Option<Columns>,
}

/// An object of a line, or why there is none.
pub(super) struct JsonRow {
    pub(super) line: u64,
    pub(super) members: Result<IndexMap<String, String>, String>,
}

impl<R: BufRead> JsonRows<R> {
    /// Looks for names in the first lines, which are read again.
    pub(super) fn of(mut lines: Lines<R>) -> Result<Self, String> {
        let mut names = IndexSet::new();
        let mut read = Vec::new();
        while read.len() < LINES_FOR_NAMES {
            let Some(line) = lines.next().map_err(|error| error.to_string())? else { break };
            names.extend(members(&line).unwrap_or_default().into_keys());
            read.push(line);
        }
        lines.put_back(read);
        Ok(Self { lines, names: names.into_iter().collect(), columns: None })
    }

    /// Returns the names of members in the first lines.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the bytes that were read so far.
    pub(super) fn position(&self) -> u64 {
        self.lines.position()
    }

    /// Returns the next row.
    pub(super) fn next(&mut self) -> io::Result<Option<JsonRow>> {
        let Some(line) = self.lines.next_filled()? else { return Ok(None) };
        Ok(Some(JsonRow { line: self.lines.number(), members: members(&line) }))
    }

    /// Returns the columns of a row by its own names.
    pub(super) fn columns_of(&mut self, row: &IndexMap<String, String>, of: &Columns) -> &Columns {
        let before = self.columns.take().filter(|columns| columns.are_of(row.keys()));
        let columns = before.unwrap_or_else(|| of.among(&row.keys().cloned().collect::<Vec<_>>()));
        self.columns.insert(columns)
    }
}

/// The members of a line of JSON as texts, those of inner objects with a dot: `uplink.fPort`.
fn members(line: &[u8]) -> Result<IndexMap<String, String>, String> {
    let object: Map<String, Json> = serde_json::from_slice(line.trim_ascii_end())
        .map_err(|error| format!("the line is no JSON object: {error}"))?;
    let mut members = IndexMap::new();
    collect(&object, "", &mut members);
    Ok(members)
}

/// Collects the members of an object: its own before those of objects in it.
fn collect(object: &Map<String, Json>, prefix: &str, members: &mut IndexMap<String, String>) {
    for (name, value) in object {
        let text = match value {
            Json::String(text) => text.clone(),
            Json::Number(_) | Json::Bool(_) => value.to_string(),
            Json::Object(decoder) if name == DECODER => match named_decoder(decoder) {
                Some(text) => text,
                None => continue,
            },
            _ => continue,
        };
        members.insert(format!("{prefix}{name}"), text);
    }
    for (name, value) in object {
        if let Json::Object(inner) = value
            && name != DECODER
        {
            collect(inner, &format!("{prefix}{name}."), members);
        }
    }
}

/// The name of a decoder as a record writes it.
fn named_decoder(decoder: &Map<String, Json>) -> Option<String> {
    let text = |key: &str| decoder.get(key)?.as_str();
    let id = text("id")?;
    Some(text("version").map_or(id.to_owned(), |version| format!("{id}@{version}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_named_by_their_place() {
        let line = br#"{"a": {"b": {"c": 1}, "list": [1]}, "d": true, "decoder": {"id": "acme/a", "version": "1.0.0"}}"#;
        let members = members(line).unwrap();
        let told: Vec<(&str, &str)> =
            members.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(told, [("d", "true"), ("decoder", "acme/a@1.0.0"), ("a.b.c", "1")]);
    }
}
