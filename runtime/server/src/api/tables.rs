//! Answers as tables: JSON, CSV or a workbook, as the client takes them.
//!
//! A table is whole, and costs what many pages cost. It has a place among the expensive requests from before its items
//! are looked up; its rows are gathered and written on their threads, and bounded in number and in bytes.

use axum::{
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use champollion_delivery::formats::{Layout, PlainTable};

use super::{
    Problem,
    records::{XLSX, accepted},
};
use crate::{auth::Principal, expensive::Turn, service::Service, workbook::workbook};

/// Most rows of a table; a sheet of a workbook has a few more.
const ROWS: usize = 1_000_000;

/// Most bytes of the cells of a table, with what each takes beside its text.
const BYTES: usize = 64 << 20;

/// The media type of CSV.
const CSV: &str = "text/csv; charset=utf-8";

/// The format of an answer.
pub(super) enum Shape {
    /// A list in JSON, in pages.
    Json,
    /// A table in the one format or the other, whole.
    Table(TableShape),
}

/// The format of a table, with the place of the request that asks for it.
pub(super) struct TableShape {
    form: TableForm,
    turn: Turn,
}

/// The format of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TableForm {
    /// A text of comma-separated values, in a layout.
    Csv(Layout),
    /// A workbook of one sheet.
    Xlsx,
}

/// The rows of a table, no more than one may have.
#[derive(Default)]
pub(super) struct Rows {
    gathered: Vec<Vec<String>>,
    bytes: usize,
}

impl Shape {
    /// Returns the format that the client likes best of those that there are, for a table with a place to make it in.
    pub(super) fn of(
        (headers, layout): (&HeaderMap, Option<Layout>),
        service: &Service,
        principal: &Principal,
    ) -> Result<Self, Problem> {
        let Some(form) = TableForm::of(headers, layout)? else { return Ok(Self::Json) };
        let turn = service.expensive.turn(&principal.token, None)?;
        Ok(Self::Table(TableShape { form, turn }))
    }
}

impl TableForm {
    /// Returns the format that the client likes best of those that there are, in the layout that is named; nothing for
    /// JSON.
    pub(super) fn of(headers: &HeaderMap, layout: Option<Layout>) -> Result<Option<Self>, Problem> {
        let form = Self::accepted(headers)?;
        let is_csv = matches!(form, Some(Self::Csv(_)));
        let layout = layout_of_list(layout, is_csv, "accept text/csv")?;
        Ok(if is_csv { Some(Self::Csv(layout)) } else { form })
    }

    fn accepted(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let accepted = accepted(headers);
        let known = accepted.iter().find_map(|wanted| match wanted.as_str() {
            "application/json" | "application/*" | "*/*" => Some(None),
            "text/csv" | "text/*" => Some(Some(Self::Csv(Layout::default()))),
            XLSX => Some(Some(Self::Xlsx)),
            _ => None,
        });
        match known {
            Some(form) => Ok(form),
            None if accepted.is_empty() => Ok(None),
            None => Err(Problem::not_acceptable(format!(
                "the table can be had as application/json, text/csv and {XLSX}"
            ))),
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Csv(_) => CSV,
            Self::Xlsx => XLSX,
        }
    }

    fn write(
        self,
        name: &str,
        headings: &[&str],
        rows: Vec<Vec<String>>,
    ) -> Result<Vec<u8>, Problem> {
        let titles: Vec<String> = headings.iter().map(ToString::to_string).collect();
        match self {
            Self::Csv(layout) => {
                let written = PlainTable { titles, rows }.csv(layout);
                written.map_err(|error| Problem::internal(&error))
            }
            Self::Xlsx => {
                let written = workbook(name, &titles, rows);
                written.map_err(|error| Problem::internal(&error))
            }
        }
    }
}

impl TableShape {
    /// Makes the table of a request that has its place already.
    pub(super) fn new(form: TableForm, turn: Turn) -> Self {
        Self { form, turn }
    }

    /// Gathers the rows of a table and writes it with its headings, on a thread of expensive requests.
    pub(super) async fn answer(
        self,
        name: &'static str,
        headings: &'static [&'static str],
        rows: impl Future<Output = Result<Rows, Problem>> + Send + 'static,
    ) -> Result<Response, Problem> {
        let Self { form, turn } = self;
        let written = async move { form.write(name, headings, rows.await?.gathered) };
        let bytes = turn.see_through(written).await??;
        let headers = [(header::CONTENT_TYPE, form.content_type()), (header::VARY, "accept")];
        Ok((headers, bytes).into_response())
    }
}

impl Rows {
    /// Gathers the rows of a table. No more of them are made than it may have.
    pub(super) fn gather(rows: impl IntoIterator<Item = Vec<String>>) -> Result<Self, Problem> {
        let mut gathered = Self::default();
        gathered.add(rows)?;
        Ok(gathered)
    }

    /// Adds more rows. No more of them are made than the table may have.
    pub(super) fn add(
        &mut self,
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> Result<(), Problem> {
        for row in rows {
            self.bytes += row.iter().map(|cell| cell.len() + size_of::<String>()).sum::<usize>();
            if self.gathered.len() == ROWS || self.bytes > BYTES {
                let detail = format!(
                    "a table has at most {ROWS} rows and {} MB: ask for a shorter time or one group",
                    BYTES >> 20
                );
                return Err(Problem::bad_request("invalid-query", detail));
            }
            self.gathered.push(row);
        }
        Ok(())
    }
}

/// Returns the layout of a list, which tables of CSV alone have. `csv` says how to ask for one.
pub(super) fn layout_of_list(
    said: Option<Layout>,
    is_csv: bool,
    csv: &str,
) -> Result<Layout, Problem> {
    let refused = |detail: String| Err(Problem::bad_request("invalid-query", detail));
    match said.unwrap_or_default() {
        layout @ Layout::Database => {
            refused(format!("layout={layout} is of tables of records: say international or french"))
        }
        layout if is_csv || layout.is_usual() => Ok(layout),
        layout => refused(format!("layout={layout} is of tables of CSV: {csv}")),
    }
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
        let laid_out = |accepted: &'static str, layout| {
            let accepted = (header::ACCEPT, HeaderValue::from_static(accepted));
            TableForm::of(&HeaderMap::from_iter([accepted]), layout)
        };
        let form = |accepted| laid_out(accepted, None);
        assert_eq!(TableForm::of(&HeaderMap::new(), None).unwrap(), None);
        assert_eq!(form("text/html, */*;q=0.1").unwrap(), None);
        assert_eq!(form("text/csv").unwrap(), Some(TableForm::Csv(Layout::International)));
        let french = laid_out("text/csv", Some(Layout::French)).unwrap();
        assert_eq!(french, Some(TableForm::Csv(Layout::French)));
        assert!(laid_out("text/csv", Some(Layout::Database)).is_err(), "of records alone");
        for accepted in [XLSX, "application/json"] {
            assert!(laid_out(accepted, Some(Layout::International)).is_ok());
            assert!(laid_out(accepted, Some(Layout::French)).is_err(), "{accepted}");
        }
        assert_eq!(form(XLSX).unwrap(), Some(TableForm::Xlsx));
        assert!(form("image/png").is_err());
    }

    #[test]
    fn a_cell_is_never_a_formula() {
        let rows = vec![["=1+1", "-3.5", "a;=1"].map(str::to_owned).to_vec()];
        let written = |layout| {
            let form = TableForm::Csv(layout);
            String::from_utf8(form.write("x", &["name", "level", "words"], rows.clone()).unwrap())
        };
        assert_eq!(
            written(Layout::International).unwrap(),
            "name,level,words\r\n\"'=1+1\",-3.5,\"a;'=1\"\r\n"
        );
        assert_eq!(
            written(Layout::French).unwrap(),
            "\u{feff}name;level;words\r\n\"'=1+1\";-3,5;\"a;'=1\"\r\n"
        );
    }

    #[test]
    fn a_table_is_bounded_and_no_row_beyond_is_made() {
        let row = || vec!["x".repeat(1 << 20)];
        assert!(Rows::gather(std::iter::repeat_with(row).take(63)).is_ok());
        let refused = Rows::gather(std::iter::repeat_with(row)).err().map(|problem| problem.code());
        assert_eq!(refused, Some("invalid-query"));
        let many = |rows| std::iter::repeat_with(Vec::new).take(rows);
        assert!(Rows::gather(many(ROWS + 1)).is_err());
        let mut rows = Rows::gather(many(ROWS - 1)).unwrap_or_default();
        assert!(rows.add(many(1)).is_ok() && rows.add(many(1)).is_err(), "they count together");
    }
}
