//! A page of pulled records, its bounds, and the place behind it.

use champollion_store::MAX_VALUE_BYTES;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::records::Cursor;

/// Records that are read at once at first; it doubles, up to [`MOST_AT_ONCE`].
const FIRST_AT_ONCE: usize = 32;

/// Most records that are read at once: with the largest there are, 8 MiB.
const MOST_AT_ONCE: usize = 128;

/// The bounds of a page. A page has at least one record, where there is one, however large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageBounds {
    /// Most records of the page.
    pub records: usize,
    /// Most bytes of its records, as they are stored.
    pub bytes: usize,
}

impl PageBounds {
    /// Returns the bounds of so many records, however large they are.
    #[must_use]
    pub fn records(records: usize) -> Self {
        Self { records, bytes: records.saturating_mul(MAX_VALUE_BYTES) }
    }
}

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

/// A page that is being filled.
#[derive(Debug, Default)]
pub(crate) struct Filling {
    pub(crate) records: Vec<PulledRecord>,
    bytes: usize,
    rounds: u32,
}

impl Filling {
    /// The number of records that are to be read next: all that the page still takes and one, which says
    /// whether there are more, but few at once.
    pub(crate) fn next_read(&mut self, bounds: PageBounds) -> usize {
        let left = bounds.records.saturating_sub(self.records.len()).saturating_add(1);
        let at_once = FIRST_AT_ONCE << self.rounds.min(8);
        self.rounds += 1;
        left.min(at_once.min(MOST_AT_ONCE))
    }

    /// Whether a record of so many bytes goes onto the page.
    pub(crate) fn has_room(&self, bounds: PageBounds, bytes: usize) -> bool {
        self.records.len() < bounds.records
            && (self.records.is_empty() || self.bytes.saturating_add(bytes) <= bounds.bytes)
    }

    /// Puts a record onto the page.
    pub(crate) fn put(&mut self, record: PulledRecord) {
        self.bytes += record.record.get().len();
        self.records.push(record);
    }

    /// The page as it is.
    pub(crate) fn page(self, next: Cursor, more: bool) -> Page {
        Page { records: self.records, next, more }
    }
}
