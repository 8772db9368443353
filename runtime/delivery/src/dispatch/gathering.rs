//! The records of a file are gathered, and written in its format.

use std::sync::Arc;

use champollion_frames::DevEui;
use champollion_store::Sequence;

use super::live::LiveRoute;
use crate::{
    files::FilePush,
    formats::{Format, TableOptions},
    mailbox::{DeliveryError, Mailbox},
    records::{Head, StoredRecord, dev_eui},
    routes::{HandedByDevice, Route, Told},
};

/// Records that are looked at at once.
const PAGE: usize = 128;

/// Most bytes of records in one file, as they are stored: a table of them is some times as large.
const FILE_BYTES: usize = 8 << 20;

/// Names of records that are remembered of a file.
const NAMED: usize = 20;

/// A route whose records are gathered into files.
pub(super) struct Gathering<'route> {
    pub(super) live: &'route Arc<LiveRoute>,
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
    /// The measurements that devices were handed over once the file is in its place, where the route hands over new
    /// ones only.
    pub(super) handed: HandedByDevice,
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
            self.live.load_handed(self.mailbox, &page, &mut gathered.handed).await;
            for (sequence, shaped) in self.shaped(page, &gathered.handed).await? {
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
                    Ok(Some(Wanted { id, json, dev_eui, told })) => {
                        bytes += json.len();
                        if let Some(handed) = gathered.handed.get_mut(&dev_eui) {
                            handed.note(&told);
                        }
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
        handed: &HandedByDevice,
    ) -> Result<Vec<(Sequence, Shaped)>, DeliveryError> {
        let (route, format) = (Arc::clone(self.route), self.push.format);
        // What comes after the end of a file is not handed over by it, so it is noted by whoever knows.
        let devices = page.iter().filter(|_| !handed.is_empty());
        let devices = devices.filter_map(|record| dev_eui(&record.json));
        let own = devices.filter_map(|dev_eui| Some((dev_eui, handed.get(&dev_eui)?.clone())));
        let mut handed: HandedByDevice = own.collect();
        let live = Arc::clone(self.live);
        let work = move || {
            let mut look = |record: &StoredRecord| {
                if live.standing(|standing| standing.progress.is_done(record.sequence)) {
                    return Ok(None);
                }
                shaped(&route, format, &record.json, &mut handed)
            };
            page.iter().map(|record| (record.sequence, look(record))).collect()
        };
        self.mailbox.filtering().run(&self.live.key.group, work).await
    }
}

/// A record that a route wants.
struct Wanted {
    id: String,
    json: String,
    dev_eui: DevEui,
    /// The measurements that it tells, where only new ones are handed over.
    told: Vec<Told>,
}

/// A record that was looked at; `None` for one that the route does not want.
type Shaped = Result<Option<Wanted>, serde_json::Error>;

fn shaped(route: &Route, format: Format, json: &str, handed: &mut HandedByDevice) -> Shaped {
    let head = Head::read(json)?;
    if !route.filter.takes(&head) {
        return Ok(None);
    }
    let dev_eui = head.device.dev_eui.parse().map_err(serde::de::Error::custom)?;
    let presentation = route.presentation();
    let (json, told) = match handed.get_mut(&dev_eui) {
        None => (presentation.of(json)?.into_owned(), Vec::new()),
        Some(handed) => {
            let (json, told) = presentation.of_new(json, handed)?;
            handed.note(&told);
            (json, told)
        }
    };
    // One that cannot be written would keep all others back.
    format.check(&json)?;
    Ok(Some(Wanted { id: head.id.into_owned(), json, dev_eui, told }))
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
