//! The definition of a file push, as a route has it.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    names::{NamePattern, NamePatternError},
    place::{Place, PlaceDefinition, UnusablePlace},
    rhythm::Rhythm,
};
use crate::{
    destinations::{DestinationLimits, Secret, Target},
    formats::{Format, Layout, TableContent, TableContentError, TableOptions},
    names::{GroupId, RouteKey},
};

/// Records in a file where the route does not say how many, and most that it can say.
const RECORDS: (usize, usize) = (10_000, 100_000);

/// Seconds that a file may take to its place where the route does not say how many, and most that it can
/// say.
const TIMEOUT_SECONDS: (u64, u64) = (120, 3_600);

/// Where, how and when files are put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FilePush {
    /// The place that files are put into.
    pub place: PlaceDefinition,
    /// The format of the records in a file.
    pub format: Format,
    /// When files are made.
    pub rhythm: Rhythm,
    /// The pattern of the files' names.
    #[serde(default)]
    pub name: NamePattern,
    /// The layout of tables.
    #[serde(default, skip_serializing_if = "Layout::is_usual")]
    pub layout: Layout,
    /// The content of tables, where it is not the usual one.
    #[serde(default, skip_serializing_if = "TableContent::is_usual")]
    pub table: TableContent,
    /// Whether there is a file too where there is no record for it.
    #[serde(default)]
    pub empty_files: bool,
    /// Most records in one file; more are put into further files.
    #[serde(default = "records_per_file")]
    pub records_per_file: usize,
    /// Seconds that a file may take to its place.
    #[serde(default = "timeout_seconds")]
    pub timeout_seconds: u64,
}

/// Why files cannot be put like that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilePushError {
    /// Its place cannot be like that.
    #[error("place.{kind}.{reason}")]
    Place {
        /// The kind of the place.
        kind: &'static str,
        /// The reason why the place cannot be used.
        reason: UnusablePlace,
    },
    /// Only tables of CSV have a layout.
    #[error(
        "layout {layout} is of tables of CSV, and the format is {format}: leave it out, or say csv-rows or csv-columns"
    )]
    Layout {
        /// The layout that is asked for.
        layout: Layout,
        /// The format that is asked for.
        format: Format,
    },
    /// Only tables have columns.
    #[error(
        "table says what is in a table, and the format is {format}: leave it out, or say csv-rows, csv-columns, \
         xlsx-rows, xlsx-columns, parquet-rows or parquet-columns"
    )]
    Table {
        /// The format that is asked for.
        format: Format,
    },
    /// The content of the table contradicts itself.
    #[error("table.{0}")]
    Content(#[from] TableContentError),
    /// Its names cannot be.
    #[error(transparent)]
    Name(#[from] NamePatternError),
    /// A number is out of its range.
    #[error("{member} must be from 1 to {most}")]
    Range {
        /// The member at fault.
        member: &'static str,
        /// The largest value that is allowed.
        most: u64,
    },
    /// Records would be gone before they are put into a file.
    #[error(
        "rhythm: {pause_hours} hours pass between two files, and records are kept for {kept_hours}"
    )]
    Rare {
        /// The longest time between two files, in hours.
        pause_hours: u64,
        /// The hours that records are kept.
        kept_hours: u64,
    },
}

const fn records_per_file() -> usize {
    RECORDS.0
}

const fn timeout_seconds() -> u64 {
    TIMEOUT_SECONDS.0
}

impl FilePush {
    /// All secrets in it.
    pub(crate) fn secrets(&mut self) -> Vec<&mut Secret> {
        self.place.secrets()
    }

    /// Returns where its secrets go; nowhere where it has none.
    pub(crate) fn target(&self) -> Option<Target> {
        self.place.target()
    }

    /// The place where files are put.
    ///
    /// # Errors
    /// Says what of the definition cannot be.
    pub(crate) fn open(
        &self,
        group: &GroupId,
        destination_limits: &DestinationLimits,
    ) -> Result<Box<dyn Place>, FilePushError> {
        let range = |member, value: u64, most: u64| {
            if (1..=most).contains(&value) {
                Ok(())
            } else {
                Err(FilePushError::Range { member, most })
            }
        };
        range("recordsPerFile", self.records_per_file as u64, RECORDS.1 as u64)?;
        range("timeoutSeconds", self.timeout_seconds, TIMEOUT_SECONDS.1)?;
        if !self.layout.is_usual() && !self.format.has_layout() {
            return Err(FilePushError::Layout { layout: self.layout, format: self.format });
        }
        if !self.table.is_usual() && !self.format.is_table() {
            return Err(FilePushError::Table { format: self.format });
        }
        self.table.check()?;
        self.place
            .open(group, destination_limits)
            .map_err(|reason| FilePushError::Place { kind: self.place.kind(), reason })
    }

    /// Checks what depends on whose the route is, and on how long records are kept.
    ///
    /// # Errors
    /// A name becomes too long, or records would be gone before there is a file for them.
    pub(crate) fn check(
        &self,
        route: &RouteKey,
        kept: Duration,
        now: Timestamp,
    ) -> Result<(), FilePushError> {
        self.name.check_length(route)?;
        let pause = self.rhythm.longest_pause(now);
        if pause >= kept {
            let hours = |time: Duration| time.as_secs() / 3_600;
            let (pause_hours, kept_hours) = (hours(pause), hours(kept));
            return Err(FilePushError::Rare { pause_hours, kept_hours });
        }
        Ok(())
    }

    /// The options of its tables, whose local moments are by the clocks of the rhythm.
    pub(crate) fn table_options(&self) -> TableOptions {
        TableOptions {
            layout: self.layout,
            content: self.table.clone(),
            zone: self.rhythm.zone().clone(),
        }
    }

    /// The time that a file may take to its place.
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }
}
