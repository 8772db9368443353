//! The records of a file are gathered, and written in its format.

use std::sync::Arc;

use champollion_store::Sequence;

use super::live::LiveRoute;
use crate::{
    files::FilePush,
    formats::{Format, TableOptions},
    mailbox::{DeliveryError, Mailbox},
    records::{Head, StoredRecord},
    routes::Route,
};

/// Records that are looked at at once.
const PAGE: usize = 128;

/// Most bytes of records in one file, as they are stored: a table of them is some times as large.
const FILE_BYTES: usize = 8 << 20;

/// Names of records that are remembered of a file.
const NAMED: usize = 20;

/// A route whose records are gathered into files.
pub(super) struct Gathering<'route> {
    pub(super) live: &'route LiveRoute,
    pub(super) mailbox: &'route Mailbox,
    pub(super) route: &'route Arc<Route>,
    pub(super) push: &'route FilePush,
}

/// Records of a file.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) json: Vec<String>,
    pub(super) first: Option<u64>,
    pub(super) records: Vec<String>,
}

impl Gathering<'_> {
    /// The next records of the route up to the last of the period, and the last that was looked at;
    /// nothing where the work is over meanwhile.
    pub(super) async fn gather(
        &self,
        last: u64,
        is_over: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<(Gathered, Sequence)>, DeliveryError> {
        let mut gathered = Gathered::default();
        let mut place = self.live.place();
        let (mut bytes, mut at_end) = (0, false);
        while !at_end {
            if is_over() {
                return Ok(None);
            }
            let page = self.mailbox.records_after(&self.live.key.group, place, PAGE).await?;
            at_end = page.len() < PAGE;
            for (sequence, shaped) in self.shaped(page).await? {
                let is_full =
                    gathered.json.len() == self.push.records_per_file || bytes >= FILE_BYTES;
                if is_full {
                    return Ok(Some((gathered, place)));
                }
                if sequence.get() > last {
                    return Ok(Some((gathered, Sequence::new(last).max(place))));
                }
                place = sequence;
                if self.live.standing(|standing| standing.progress.is_done(place)) {
                    continue;
                }
                match shaped {
                    Ok(Some((id, json))) => {
                        bytes += json.len();
                        gathered.first.get_or_insert(place.get());
                        gathered.json.push(json);
                        if gathered.records.len() < NAMED {
                            gathered.records.push(id);
                        }
                    }
                    Ok(None) => {}
                    Err(error) => {
                        tracing::error!(route = %self.live.key, %error, "a record cannot be read");
                    }
                }
            }
        }
        Ok(Some((gathered, Sequence::new(last).max(place))))
    }

    /// Records as the route wants them, where it wants them.
    async fn shaped(
        &self,
        page: Vec<StoredRecord>,
    ) -> Result<Vec<(Sequence, Result<Wanted, serde_json::Error>)>, DeliveryError> {
        let (route, format) = (Arc::clone(self.route), self.push.format);
        let work = move || {
            let all = page.iter();
            all.map(|record| (record.sequence, shaped(&route, format, &record.json))).collect()
        };
        self.mailbox.filtering().run(&self.live.key.group, work).await
    }
}

/// A record that a route wants: its id and its JSON; `None` for one that it does not want.
type Wanted = Option<(String, String)>;

fn shaped(route: &Route, format: Format, json: &str) -> Result<Wanted, serde_json::Error> {
    let head = Head::read(json)?;
    if !route.filter.takes(&head) {
        return Ok(None);
    }
    let shaped = route.shape.of(json)?;
    // One that cannot be written would keep all others back.
    format.check(&shaped)?;
    Ok(Some((head.id.into_owned(), shaped.into_owned())))
}

/// The bytes of a file. Many records take a while to write, which nobody else waits for.
pub(super) async fn written(
    format: Format,
    options: TableOptions,
    json: Vec<String>,
) -> Result<Vec<u8>, DeliveryError> {
    let damaged = |reason: String| DeliveryError::Unwritable { reason };
    let written = tokio::task::spawn_blocking(move || format.write(&json, &options)).await;
    written.map_err(|error| damaged(error.to_string()))?.map_err(|error| damaged(error.to_string()))
}
