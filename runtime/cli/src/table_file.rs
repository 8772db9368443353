//! Files that lists are written to as tables.

use std::{
    fs,
    path::{Path, PathBuf},
    str::FromStr,
};

use champollion_client::{TableForm, TableLayout};
use champollion_delivery::formats::Layout;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::{Failure, output};

/// The file that a list is written to, if it is to be one.
#[derive(Args)]
pub(super) struct TableOut {
    /// File to write the list to: .csv or .xlsx
    #[arg(long, value_name = "FILE", group = FILE)]
    out: Option<TableFile>,
    /// Layout of a file of CSV
    #[arg(long, value_enum, requires = FILE)]
    layout: Option<ListLayout>,
}

/// The arguments that name a file in a layout, as a group.
pub(super) const FILE: &str = "table_file";

/// The layouts of lists as CSV.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum ListLayout {
    /// Commas between cells, a decimal point
    International,
    /// Semicolons between cells, a decimal comma and a byte order mark, as French spreadsheets open them
    French,
}

impl From<ListLayout> for TableLayout {
    fn from(layout: ListLayout) -> Self {
        match layout {
            ListLayout::International => Self::International,
            ListLayout::French => Self::French,
        }
    }
}

impl From<ListLayout> for Layout {
    fn from(layout: ListLayout) -> Self {
        match layout {
            ListLayout::International => Self::International,
            ListLayout::French => Self::French,
        }
    }
}

impl TableOut {
    /// Whether the list is to be in a file.
    pub(super) fn is_asked_for(&self) -> bool {
        self.out.is_some()
    }

    /// Returns the layout that is said, for a file of another argument.
    pub(super) fn layout(&self) -> Option<TableLayout> {
        self.layout.map(TableLayout::from)
    }

    /// Returns the file in the layout that is said, if the list is to be in one.
    pub(super) fn file(&self) -> Result<Option<TableFile>, Failure> {
        let (Some(file), Some(layout)) = (&self.out, self.layout) else {
            return Ok(self.out.clone());
        };
        match file.form {
            TableForm::Csv(_) => {
                let form = TableForm::Csv(layout.into());
                Ok(Some(TableFile { form, ..file.clone() }))
            }
            TableForm::Xlsx => Err(no_layout(&file.path, "a workbook", "say .csv")),
        }
    }
}

/// The failure of a file of a form that has no layout; `instead` says how to have one.
pub(super) fn no_layout(file: &Path, form: &str, instead: &str) -> Failure {
    let task = format!("{} cannot be written", file.display());
    Failure::new(task, format!("{form} has no layout: leave out --layout, or {instead}"))
}

/// A file that a list is written to; its ending says the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TableFile {
    path: PathBuf,
    pub(super) form: TableForm,
}

/// A file whose ending tells no form of a table.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name of the file ends with .csv or .xlsx, which says the form of the table")]
pub(super) struct UnknownForm;

impl FromStr for TableFile {
    type Err = UnknownForm;

    fn from_str(text: &str) -> Result<Self, UnknownForm> {
        let path = PathBuf::from(text);
        let form = form(&path).ok_or(UnknownForm)?;
        Ok(Self { path, form })
    }
}

fn form(path: &Path) -> Option<TableForm> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "csv" => Some(TableForm::Csv(TableLayout::default())),
        "xlsx" => Some(TableForm::Xlsx),
        _ => None,
    }
}

impl TableFile {
    /// Writes a table into the file, and says so.
    pub(super) fn write(&self, table: &[u8], json: bool) -> Result<(), Failure> {
        let path = self.path.display();
        fs::write(&self.path, table)
            .map_err(Failure::of_file(format!("{path} cannot be written")))?;
        if json {
            return output::json(&json!({ "written": self.path, "bytes": table.len() }));
        }
        output::line(format_args!("wrote {path}"));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_of_a_file_says_the_form_of_the_table() {
        let form = |path: &str| path.parse::<TableFile>().map(|file| file.form);
        assert_eq!(form("alerts.csv"), Ok(TableForm::Csv(TableLayout::International)));
        assert_eq!(form("of a day/ALERTS.XLSX"), Ok(TableForm::Xlsx));
        for path in ["alerts", "alerts.ods", ".csv"] {
            assert_eq!(form(path), Err(UnknownForm), "{path}");
        }
    }
}
