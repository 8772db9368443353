//! Answers as tables: JSON, CSV or a workbook, as the client takes them.

use axum::{
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};

use super::{
    Problem,
    paging::Window,
    records::{XLSX, accepted},
};
use crate::workbook::workbook;

/// Most rows of a table; a sheet of a workbook has a few more.
const ROWS: usize = 1_000_000;

/// The media type of CSV.
const CSV: &str = "text/csv; charset=utf-8";

/// The format of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A list in JSON, in pages.
    Json,
    /// A table in the one format or the other, whole.
    Table(TableShape),
}

/// The format of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TableShape {
    /// A text of comma-separated values.
    Csv,
    /// A workbook of one sheet.
    Xlsx,
}

impl Shape {
    /// Returns the format that the client likes best of those that there are.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let accepted = accepted(headers);
        let known = accepted.iter().find_map(|wanted| match wanted.as_str() {
            "application/json" | "application/*" | "*/*" => Some(Self::Json),
            "text/csv" | "text/*" => Some(Self::Table(TableShape::Csv)),
            XLSX => Some(Self::Table(TableShape::Xlsx)),
            _ => None,
        });
        match known {
            Some(shape) => Ok(shape),
            None if accepted.is_empty() => Ok(Self::Json),
            None => Err(Problem::not_acceptable(format!(
                "the table can be had as application/json, text/csv and {XLSX}"
            ))),
        }
    }

    /// The number of items that are looked up: one more than are shown, so that it is known whether there are more.
    pub(super) fn lookups(self, window: &Window) -> usize {
        match self {
            Self::Json => window.lookups(),
            Self::Table(_) => ROWS + 1,
        }
    }
}

impl TableShape {
    /// Writes a table with its headings.
    pub(super) fn answer(
        self,
        name: &str,
        headings: &[&str],
        rows: Vec<Vec<String>>,
    ) -> Result<Response, Problem> {
        if rows.len() > ROWS {
            let detail =
                format!("a table has at most {ROWS} rows: ask for a shorter time or one group");
            return Err(Problem::bad_request("invalid-query", detail));
        }
        let (content_type, bytes) = match self {
            Self::Csv => (CSV, csv(headings, &rows)?),
            Self::Xlsx => {
                let headings: Vec<String> = headings.iter().map(ToString::to_string).collect();
                let written = workbook(name, &headings, rows);
                (XLSX, written.map_err(|error| Problem::internal(&error))?)
            }
        };
        let headers = [(header::CONTENT_TYPE, content_type), (header::VARY, "accept")];
        Ok((headers, bytes).into_response())
    }
}

fn csv(headings: &[&str], rows: &[Vec<String>]) -> Result<Vec<u8>, Problem> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(headings).and_then(|()| {
        rows.iter().try_for_each(|row| writer.write_record(row.iter().map(|cell| harmless(cell))))
    });
    written.map_err(|error| Problem::internal(&error))?;
    writer.into_inner().map_err(|error| Problem::internal(&error))
}

/// A cell that no spreadsheet takes for a formula. Numbers may begin with a sign.
fn harmless(cell: &str) -> String {
    let is_formula =
        cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
    if is_formula { format!("'{cell}") } else { cell.to_owned() }
}

/// The text of a value that may be absent.
pub(super) fn or_empty(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_table_is_given_as_the_client_takes_it() {
        let shape = |accepted: &'static str| {
            Shape::of(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accepted))]))
        };
        assert_eq!(Shape::of(&HeaderMap::new()).unwrap(), Shape::Json);
        assert_eq!(shape("text/html, */*;q=0.1").unwrap(), Shape::Json);
        assert_eq!(shape("text/csv").unwrap(), Shape::Table(TableShape::Csv));
        assert_eq!(shape(XLSX).unwrap(), Shape::Table(TableShape::Xlsx));
        assert!(shape("image/png").is_err());
    }

    #[test]
    fn a_cell_is_never_a_formula() {
        let rows = [vec!["=1+1".to_owned(), "-3.5".to_owned(), "a,b".to_owned()]];
        let text = String::from_utf8(csv(&["name", "level", "words"], &rows).unwrap()).unwrap();
        assert_eq!(text, "name,level,words\n'=1+1,-3.5,\"a,b\"\n");
    }
}
