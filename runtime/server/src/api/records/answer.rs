//! Pulled records as an answer, in the format that is asked for.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};
use champollion_delivery::{
    formats::{Format, FormatError, Layout, TableContent, TableOptions},
    mailbox::Page,
};

use super::super::{Problem, held_body::HeldBody, requester::HasPlace};
use crate::{expensive::Turn, followers::Place};

/// Where to go on, also in formats that have no place for it.
const NEXT: HeaderName = HeaderName::from_static("next-cursor");

/// Whether there are more records than were asked for.
const MORE: HeaderName = HeaderName::from_static("more-records");

/// The media type of workbooks.
pub(in crate::api) const XLSX: &str =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Media types by which a format is asked for. JSON is a page, with the records' cursors on it.
const MEDIA_TYPES: [(&str, Format); 11] = [
    ("application/json", Format::Json),
    ("application/*", Format::Json),
    ("*/*", Format::Json),
    ("application/x-ndjson", Format::Ndjson),
    ("application/ndjson", Format::Ndjson),
    ("application/jsonl", Format::Ndjson),
    ("text/csv", Format::CsvRows),
    ("text/*", Format::CsvRows),
    ("application/senml+json", Format::Senml),
    (XLSX, Format::XlsxRows),
    ("application/vnd.apache.parquet", Format::ParquetRows),
];

/// Returns the format that is wanted: the one that is named, or else the best liked of those that the client
/// takes.
pub(super) fn format(named: Option<Format>, headers: &HeaderMap) -> Result<Format, Problem> {
    if let Some(format) = named {
        return Ok(format);
    }
    let accepted = accepted(headers);
    if accepted.is_empty() {
        return Ok(Format::Json);
    }
    let known = accepted.iter().find_map(|wanted| {
        MEDIA_TYPES.iter().find(|(name, _)| name == wanted).map(|(_, format)| *format)
    });
    known.ok_or_else(|| {
        Problem::not_acceptable(
            "records can be had as application/json, application/x-ndjson, text/csv, \
             application/senml+json, \
             application/vnd.openxmlformats-officedocument.spreadsheetml.sheet and \
             application/vnd.apache.parquet",
        )
    })
}

/// Returns the options of an answer in a format.
pub(super) fn table_options(
    format: Format,
    named: Option<Layout>,
    content: TableContent,
) -> Result<TableOptions, Problem> {
    let refused = |detail: String| Err(Problem::bad_request("invalid-query", detail));
    let layout = named.unwrap_or_default();
    if !layout.is_usual() && !format.has_layout() {
        let detail =
            format!("layout={layout} is of tables of CSV: ask for csv-rows or csv-columns");
        return refused(detail);
    }
    if !content.is_usual() && !format.is_table() {
        let detail = "quantities, tags, details and columns are of tables: ask for csv-rows, \
                      csv-columns, xlsx-rows, xlsx-columns, parquet-rows or parquet-columns";
        return refused(detail.to_owned());
    }
    match content.check() {
        Ok(()) => Ok(TableOptions::new(layout, content)),
        Err(error) => refused(error.to_string()),
    }
}

/// The media types that a client takes, the best liked first.
pub(in crate::api) fn accepted(headers: &HeaderMap) -> Vec<String> {
    let lists = headers.get_all(header::ACCEPT).into_iter();
    let mut all: Vec<(String, f32)> = lists
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .filter_map(|item| {
            let mut parts = item.split(';').map(str::trim);
            let name = parts.next().filter(|name| !name.is_empty())?.to_ascii_lowercase();
            let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok());
            Some((name, quality.unwrap_or(1.0)))
        })
        .filter(|(_, quality)| *quality > 0.0)
        .collect();
    // What is liked equally stays in its order.
    all.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    all.into_iter().map(|(name, _)| name).collect()
}

/// A table of records is up to so many times as large as what is stored of them.
const TABLE: usize = 4;

/// The bytes of stored records that an answer of so many bytes is made of.
pub(super) fn bytes(format: Format, answer: usize) -> usize {
    match format {
        Format::Json | Format::Ndjson => answer,
        Format::CsvRows
        | Format::CsvColumns
        | Format::XlsxRows
        | Format::XlsxColumns
        | Format::ParquetRows
        | Format::ParquetColumns
        | Format::Senml => answer / TABLE,
    }
}

/// Writes an answer. That takes a while for many records, which nobody else waits for, and has the turn of an expensive
/// request where there is one. It has its place until the client has read it, or has gone.
pub(super) async fn write(
    page: Page,
    format: Format,
    options: TableOptions,
    (place, turn): (Place, Option<Turn>),
) -> Result<Response, Problem> {
    let (next, more) = (page.next, page.more);
    let written = move || match format {
        Format::Json => serde_json::to_vec(&page).map_err(|error| Problem::internal(&error)),
        _ => {
            let records: Vec<&str> =
                page.records.iter().map(|pulled| pulled.record.get()).collect();
            format.write(&records, &options).map_err(|error| match error {
                FormatError::TooExpensive { .. }
                | FormatError::TooLarge { .. }
                | FormatError::TooManyRows { .. } => {
                    Problem::bad_request("invalid-query", error.to_string())
                }
                error => Problem::internal(&error),
            })
        }
    };
    let body = match turn {
        Some(turn) => turn.run(written).await??,
        None => {
            let written = tokio::task::spawn_blocking(written).await;
            written.map_err(|error| Problem::internal(&error))??
        }
    };
    let mut response = Response::new(Body::new(HeldBody::new(body, place)));
    response.extensions_mut().insert(HasPlace);
    let next =
        HeaderValue::from_str(&next.to_string()).map_err(|error| Problem::internal(&error))?;
    let more = HeaderValue::from_static(if more { "true" } else { "false" });
    for (name, value) in [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.content_type())),
        (header::VARY, HeaderValue::from_static("accept")),
        (NEXT, next),
        (MORE, more),
    ] {
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_asked_for_by_its_name_or_by_a_media_type() {
        let accept = |value| {
            format(None, &HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(value))]))
        };
        assert_eq!(format(None, &HeaderMap::new()).unwrap(), Format::Json);
        assert_eq!(accept("*/*").unwrap(), Format::Json);
        assert_eq!(accept("text/csv").unwrap(), Format::CsvRows);
        assert_eq!(accept("text/csv;q=0.1, application/senml+json").unwrap(), Format::Senml);
        assert_eq!(accept("image/png, application/x-ndjson;q=0.2").unwrap(), Format::Ndjson);
        assert_eq!(accept("text/html, */*;q=0.1").unwrap(), Format::Json);
        assert_eq!(accept(XLSX).unwrap(), Format::XlsxRows);
        assert_eq!(Format::XlsxColumns.content_type(), XLSX);
        assert!(accept("image/png").is_err());
        assert!(accept("text/csv;q=0").unwrap() == Format::Json);
        let named = format(Some(Format::CsvColumns), &HeaderMap::new());
        assert_eq!(named.unwrap(), Format::CsvColumns);
    }
}
