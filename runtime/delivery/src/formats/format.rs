//! The formats by name, and what writes each.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{error::FormatError, options::TableOptions, rows::RowsOf, senml, table, view::View};

/// A format in which records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// One array of records.
    Json,
    /// A record on each line.
    Ndjson,
    /// A table with a row for each measurement.
    CsvRows,
    /// A table with a row for each record and a column for each quantity.
    CsvColumns,
    /// A workbook of spreadsheets with a row for each measurement.
    XlsxRows,
    /// A workbook of spreadsheets with a row for each record and a column for each quantity.
    XlsxColumns,
    /// A file of Apache Parquet with a row for each measurement.
    ParquetRows,
    /// A file of Apache Parquet with a row for each record and channel, and a column for each quantity.
    ParquetColumns,
    /// Sensor Measurement Lists (RFC 8428), as JSON.
    Senml,
}

/// A text that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no format: it must be json, ndjson, csv-rows, csv-columns, xlsx-rows, xlsx-columns, parquet-rows, \
     parquet-columns or senml"
)]
pub struct UnknownFormat(String);

impl Format {
    /// All formats that there are.
    pub const ALL: [Self; 9] = [
        Self::Json,
        Self::Ndjson,
        Self::CsvRows,
        Self::CsvColumns,
        Self::XlsxRows,
        Self::XlsxColumns,
        Self::ParquetRows,
        Self::ParquetColumns,
        Self::Senml,
    ];

    /// Returns the name of the format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::CsvRows => "csv-rows",
            Self::CsvColumns => "csv-columns",
            Self::XlsxRows => "xlsx-rows",
            Self::XlsxColumns => "xlsx-columns",
            Self::ParquetRows => "parquet-rows",
            Self::ParquetColumns => "parquet-columns",
            Self::Senml => "senml",
        }
    }

    /// Returns the media type of the format.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::CsvRows | Self::CsvColumns => "text/csv; charset=utf-8; header=present",
            Self::XlsxRows | Self::XlsxColumns => {
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            }
            Self::ParquetRows | Self::ParquetColumns => "application/vnd.apache.parquet",
            Self::Senml => "application/senml+json",
        }
    }

    /// Returns the ending of names of files in this format, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::CsvRows | Self::CsvColumns => "csv",
            Self::XlsxRows | Self::XlsxColumns => "xlsx",
            Self::ParquetRows | Self::ParquetColumns => "parquet",
            Self::Senml => "senml",
        }
    }

    /// Whether it is a table, whose content may be chosen.
    #[must_use]
    pub fn is_table(self) -> bool {
        self.has_layout() || self.is_binary()
    }

    /// Whether it has a [`Layout`](super::Layout): a table that is a text.
    #[must_use]
    pub fn has_layout(self) -> bool {
        matches!(self, Self::CsvRows | Self::CsvColumns)
    }

    /// Whether it is bytes that a terminal cannot show.
    #[must_use]
    pub fn is_binary(self) -> bool {
        matches!(
            self,
            Self::XlsxRows | Self::XlsxColumns | Self::ParquetRows | Self::ParquetColumns
        )
    }

    /// Whether a record can be written in it.
    ///
    /// # Errors
    /// It is no record.
    pub fn check(self, record: &str) -> Result<(), serde_json::Error> {
        match self {
            Self::Json | Self::Ndjson => {
                serde_json::from_str::<serde::de::IgnoredAny>(record).map(drop)
            }
            Self::CsvRows
            | Self::CsvColumns
            | Self::XlsxRows
            | Self::XlsxColumns
            | Self::ParquetRows
            | Self::ParquetColumns
            | Self::Senml => View::read(record).map(drop),
        }
    }

    /// Records, each as JSON in any of the shapes, in this format; tables with their options. The same records
    /// always give the same bytes.
    ///
    /// # Errors
    /// One of them is no record, or the table cannot be written.
    pub fn write<T: AsRef<str>>(
        self,
        records: &[T],
        options: &TableOptions,
    ) -> Result<Vec<u8>, FormatError> {
        Ok(match self {
            Self::Json => listed(records, "[", ",", "]\n"),
            Self::Ndjson => listed(records, "", "\n", if records.is_empty() { "" } else { "\n" }),
            Self::CsvRows => table::csv(&views(records)?, RowsOf::Measurements, options)?,
            Self::CsvColumns => table::csv(&views(records)?, RowsOf::Records, options)?,
            Self::XlsxRows => table::workbook(&views(records)?, RowsOf::Measurements, options)?,
            Self::XlsxColumns => table::workbook(&views(records)?, RowsOf::Records, options)?,
            Self::ParquetRows => table::parquet(&views(records)?, RowsOf::Measurements, options)?,
            Self::ParquetColumns => table::parquet(&views(records)?, RowsOf::Records, options)?,
            Self::Senml => senml::write(&views(records)?)?,
        })
    }
}

fn views<T: AsRef<str>>(records: &[T]) -> Result<Vec<View<'_>>, FormatError> {
    Ok(records.iter().map(|json| View::read(json.as_ref())).collect::<Result<_, _>>()?)
}

/// Records are stored without line breaks in them.
fn listed<T: AsRef<str>>(records: &[T], open: &str, between: &str, close: &str) -> Vec<u8> {
    let length: usize = records.iter().map(|json| json.as_ref().len() + 1).sum();
    let mut written = Vec::with_capacity(length + open.len() + close.len());
    written.extend_from_slice(open.as_bytes());
    for (index, json) in records.iter().enumerate() {
        if index > 0 {
            written.extend_from_slice(between.as_bytes());
        }
        written.extend_from_slice(json.as_ref().as_bytes());
    }
    written.extend_from_slice(close.as_bytes());
    written
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let named = Self::ALL.into_iter().find(|format| format.as_str() == text);
        named.ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}
