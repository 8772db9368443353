//! A page of pulled records, and the place behind them.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::records::Cursor;

/// Some records of a group, the oldest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RecordPage)]
pub struct Page {
    /// The records of the page.
    pub records: Vec<PulledRecord>,
    /// Where to go on, and what to acknowledge once these are processed.
    pub next: Cursor,
    /// Whether there were more records than were asked for.
    pub more: bool,
}

/// A record as it was stored, with its place.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PulledRecord {
    /// The place of the record.
    pub cursor: Cursor,
    /// The record as JSON.
    #[schema(value_type = crate::records::Record)]
    pub record: Box<RawValue>,
}
