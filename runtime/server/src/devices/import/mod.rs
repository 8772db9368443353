//! Sheets of devices: every row gets a verdict, and what the verdicts say becomes durable.
//!
//! A row is laid over what is registered (`merge.rs`); the outcome is compared with it (`judging.rs`). Where all rows are to
//! be taken or none, the whole sheet is judged before anything is written. It is written in parts, each with its line
//! of the audit, and each row is judged once more in its device's turn: a kill leaves whole parts, and the sheet can be
//! imported again, since what is done is unchanged then. Several may be under way: what another one has changed meanwhile is
//! seen in the turns of the devices.

mod judging;
mod merge;
mod notes;
mod progress;
mod report;

use std::sync::Arc;

use champollion_delivery::names::{GroupId, SubGroup};
use champollion_fleet::sheets::{Field, ObjectRow, Sheet};
use champollion_frames::DevEui;
use champollion_lns::NetworkServerName;
use champollion_registry::ledger::AuditEntry;
use champollion_store::{Batch, TableError};
use serde_json::json;

pub use notes::Notes;
pub use progress::{ImportProgress, ImportUnderWay, ImportsUnderWay, Told};
pub use report::{CellRefusal, FieldChange, ImportReport, RowVerdict, Verdict};

use super::{
    Devices, DevicesError, Overtaken, admission::WantedPlaces, delete_progress, in_service,
    put_encoded,
};
use crate::{authors::Author, sentence::RowFault};
use judging::Judged;

/// Devices of a part, which become durable at once: their DevEUIs fit into a line of the audit.
const PART: usize = 90;

/// Says why an object of a group, and of a part of it, cannot be the sender's; nothing where it can.
pub type RefusesObject = Arc<dyn Fn(&GroupId, Option<&SubGroup>) -> Option<String> + Send + Sync>;

/// Says whether a sender still has the rights that it came with.
pub type MayGoOn = Arc<dyn Fn() -> bool + Send + Sync>;

/// The way in which a sheet is to be imported.
#[derive(Clone)]
pub struct ImportWish {
    /// Whether the sheet is only judged.
    pub dry_run: bool,
    /// Whether the good rows are taken where others are refused.
    pub good_rows: bool,
    /// The group of devices whose rows name none.
    pub group: Option<GroupId>,
    /// Whether rows without a field that the territory's sheet asks for are refused.
    pub complete: bool,
    /// The network servers that there are.
    pub network_servers: Vec<NetworkServerName>,
    /// The digest of the file, which tells in the audit where its devices come from.
    pub digest: String,
    /// The groups and parts that the sender may register devices in.
    pub refuses: RefusesObject,
    /// Whether the sender still has the rights that it came with.
    pub may_go_on: MayGoOn,
    /// The progress, which its sender may look at meanwhile.
    pub progress: Arc<ImportProgress>,
}

impl Devices {
    /// Judges the rows of a sheet, and does what the verdicts say.
    ///
    /// # Errors
    /// Something of the store failed, or the sender's right has ended; the parts before are durable.
    pub async fn import(
        &self,
        sheet: &Sheet,
        rows: &[ObjectRow],
        wish: &ImportWish,
        author: &dyn Author,
    ) -> Result<ImportReport, DevicesError> {
        let mut judged = Vec::with_capacity(rows.len());
        wish.progress.has_rows(rows.len());
        for row in rows {
            let mut verdict = self.judge(sheet, row, wish).await?;
            wish.progress.has_judged();
            // It is judged once more in its turn; a hundred thousand lines are not held until then.
            verdict.written = None;
            judged.push(verdict);
        }
        let places = self.refuse_beyond_places(sheet, rows, &mut judged);
        let verdicts: Vec<RowVerdict> = judged.into_iter().map(Judged::into_verdict).collect();
        let report = ImportReport::new(sheet.notes().into(), verdicts, wish.dry_run);
        if wish.dry_run || (report.refused > 0 && !wish.good_rows) {
            return Ok(report);
        }
        let reserved = places.reserve().await?;
        let mut verdicts = Vec::with_capacity(rows.len());
        for (part, before) in rows.chunks(PART).zip(report.verdicts.chunks(PART)) {
            if !(wish.may_go_on)() {
                return Err(DevicesError::RightEnded);
            }
            verdicts.extend(self.import_part(sheet, part, before, wish, author).await?);
            wish.progress.has_taken(part.len());
        }
        // What was reserved is kept, and counted where it is.
        drop(reserved);
        self.count();
        let report = ImportReport::new(report.notes, verdicts, false).applied();
        report.count_rows();
        Ok(report)
    }

    /// Refuses rows of devices for which their groups, or the partners of these, have no places; returns the places that
    /// are needed.
    fn refuse_beyond_places(
        &self,
        sheet: &Sheet,
        rows: &[ObjectRow],
        judged: &mut [Judged],
    ) -> WantedPlaces<'_> {
        let mut wanted = WantedPlaces::new(self);
        for (row, judged) in rows.iter().zip(judged) {
            let Some(entry) = judged.enters.take() else { continue };
            if let Err(refused) = wanted.add(&entry.group, entry.from.as_ref()) {
                let fault = RowFault::other(&refused);
                judged.refuse(report::refusal(sheet, Field::Group, row.number, &fault));
            }
        }
        wanted
    }

    async fn import_part(
        &self,
        sheet: &Sheet,
        part: &[ObjectRow],
        before: &[RowVerdict],
        wish: &ImportWish,
        author: &dyn Author,
    ) -> Result<Vec<RowVerdict>, DevicesError> {
        let devices = part.iter().filter_map(|row| row.dev_eui);
        let _turns = self.turns.of_all(devices).await;
        let mut overtaken = Overtaken::default();
        loop {
            match self.import_in_turn(sheet, part, before, wish, author).await {
                Err(error) if overtaken.is_again(&error) => {}
                done => return done,
            }
        }
    }

    async fn import_in_turn(
        &self,
        sheet: &Sheet,
        part: &[ObjectRow],
        before: &[RowVerdict],
        wish: &ImportWish,
        author: &dyn Author,
    ) -> Result<Vec<RowVerdict>, DevicesError> {
        let mut batch = Batch::new();
        let (mut verdicts, mut touched): (Vec<RowVerdict>, Vec<DevEui>) = (Vec::new(), Vec::new());
        let mut moved = Vec::new();
        for (row, before) in part.iter().zip(before) {
            // What was refused for its place in a group stays refused.
            if before.verdict == Verdict::Refused {
                verdicts.push(before.clone());
                continue;
            }
            let judged = self.judge(sheet, row, wish).await?;
            if let Some(dev_eui) = judged.put(&mut batch)? {
                if !judged.goes_on {
                    delete_progress(&mut batch, dev_eui);
                }
                if judged.enters.is_some() {
                    moved.push(dev_eui);
                }
                touched.push(dev_eui);
            }
            verdicts.push(judged.into_verdict());
        }
        if touched.is_empty() {
            return Ok(verdicts);
        }
        // A point is its group's.
        let ended = self.end_links(&mut batch, &moved).await?;
        let act = AuditEntry::of_act("device-import", format_args!("{} devices", touched.len()))
            .with(json!({ "devices": touched, "sheet": wish.digest }));
        author.commit(batch, act).await?;
        self.know_ended(ended);
        for dev_eui in touched {
            self.reread_in_turn(dev_eui).await?;
        }
        Ok(verdicts)
    }
}

impl Judged {
    /// Puts what is registered from now on into a batch; returns the device of a row that changes something.
    fn put(&self, batch: &mut Batch) -> Result<Option<DevEui>, TableError> {
        let Some(written) = &self.written else { return Ok(None) };
        written.seen.expect_unchanged(batch);
        put_encoded(batch, &written.after, written.value.clone());
        let devices = (written.before.as_ref(), Some(&written.after));
        in_service::note(batch, written.dev_eui, devices)?;
        Ok(Some(written.dev_eui))
    }
}
