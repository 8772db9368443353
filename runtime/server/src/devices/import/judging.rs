//! The verdict of a row: what is registered, compared with what would be.

use champollion_delivery::names::GroupId;
use champollion_fleet::sheets::{Field, ObjectRow, Sheet};
use champollion_frames::DevEui;
use champollion_store::{Seen, TableError};
use serde_json::{Map, Value as Json};

use super::{
    CellRefusal, FieldChange, ImportWish, RowVerdict, Verdict,
    merge::{Merged, field_of, merge},
    report::refusal,
};
use crate::{
    devices::{
        DESCRIPTION_BYTES, DEVICES, Device, Devices, DevicesError, line::Line,
        registration::Registration, rows::Row,
    },
    sentence::RowFault,
};

/// Members of a stored line that are keys.
const KEYS: [&str; 7] =
    ["appKey", "nwkKey", "nwkSKey", "fNwkSIntKey", "sNwkSIntKey", "nwkSEncKey", "appSKey"];

/// A row with its verdict, and what has to be written for it.
pub(super) struct Judged {
    verdict: RowVerdict,
    /// The entry into a group that the device was not in before.
    pub(super) enters: Option<Entry>,
    /// The change of the store; none where there is nothing to change.
    pub(super) written: Option<Written>,
    /// Whether the device goes on with its session and its counters.
    pub(super) goes_on: bool,
}

/// An entry of a device into a group.
pub(super) struct Entry {
    /// The group that the device comes into.
    pub(super) group: GroupId,
    /// The group that it leaves; none of a device that was not registered.
    pub(super) from: Option<GroupId>,
}

/// A line that is to be written.
pub(super) struct Written {
    pub(super) dev_eui: DevEui,
    pub(super) seen: Seen,
    pub(super) value: Vec<u8>,
    /// The device as it was registered before; none of a new one.
    pub(super) before: Option<Device>,
    /// The device as it is registered from now on.
    pub(super) after: Device,
}

impl Judged {
    pub(super) fn into_verdict(self) -> RowVerdict {
        self.verdict
    }

    /// Refuses the row for another reason.
    pub(super) fn refuse(&mut self, refusal: CellRefusal) {
        self.verdict.verdict = Verdict::Refused;
        self.verdict.changes.clear();
        self.verdict.refusals.push(refusal);
        self.written = None;
    }

    /// Compares what is registered with what would be.
    fn compare(
        &mut self,
        before: Row<Line>,
        line: &Line,
        value: Vec<u8>,
    ) -> Result<(), TableError> {
        let (dev_eui, group) = (line.device.dev_eui, &line.device.group);
        let credentials = line.credentials_of(dev_eui)?;
        let Some(stored) = &before.value else {
            self.verdict.verdict = Verdict::Created;
            self.enters = Some(Entry { group: group.clone(), from: None });
            self.goes_on = false;
            let after = line.device.clone();
            self.written = Some(Written { dev_eui, seen: before.seen, value, before: None, after });
            return Ok(());
        };
        if DEVICES.encode(&dev_eui, stored)? == value {
            return Ok(());
        }
        self.verdict.verdict = Verdict::Changed;
        self.verdict.changes = changes(stored, line);
        let from = &stored.device.group;
        self.enters =
            (from != group).then(|| Entry { group: group.clone(), from: Some(from.clone()) });
        self.goes_on = credentials.go_on_from(&stored.credentials_of(dev_eui)?);
        let (device_before, after) = (Some(stored.device.clone()), line.device.clone());
        let seen = before.seen;
        self.written = Some(Written { dev_eui, seen, value, before: device_before, after });
        Ok(())
    }
}

impl Devices {
    /// Judges a row by what is registered now.
    pub(super) async fn judge(
        &self,
        sheet: &Sheet,
        row: &ObjectRow,
        wish: &ImportWish,
    ) -> Result<Judged, DevicesError> {
        let mut judged = Judged {
            verdict: RowVerdict {
                row: row.number,
                dev_eui: row.dev_eui,
                verdict: Verdict::Unchanged,
                changes: Vec::new(),
                refusals: Vec::new(),
                notes: row.notes.clone().into(),
            },
            enters: None,
            written: None,
            goes_on: true,
        };
        for refused in &row.refusals {
            let place = (refused.cell.clone(), refused.heading.clone());
            judged.refuse(CellRefusal::new(place, &refused.fault));
        }
        let Some(dev_eui) = row.dev_eui else { return Ok(judged) };
        let before = Row::read(DEVICES, &*self.store, dev_eui).await?;
        if let Some(line) = &before.value {
            let Device { group, sub_group, .. } = &line.device;
            if (wish.refuses)(group, sub_group.as_ref()).is_some() {
                // Nothing of it is laid under the row, so nothing of it is told.
                let fault = RowFault::Elsewhere(dev_eui);
                judged.refuse(refusal(sheet, Field::DevEui, row.number, &fault));
                return Ok(judged);
            }
        }
        let registered = before.value.as_ref().map(registration_of).transpose();
        let registered = registered.map_err(|reason| DEVICES.damaged(&dev_eui, reason))?;
        let Merged { registration, refusals, notes } = merge(sheet, row, registered, wish);
        judged.verdict.notes.extend(notes);
        for refused in refusals {
            judged.refuse(refused);
        }
        let Some(registration) = registration.filter(|_| judged.verdict.refusals.is_empty()) else {
            return Ok(judged);
        };
        let Registration { group, sub_group, .. } = &registration;
        if let Some(reason) = (wish.refuses)(group, sub_group.as_ref()) {
            judged.refuse(refusal(sheet, Field::Group, row.number, &RowFault::OtherGroup(reason)));
            return Ok(judged);
        }
        let line = match Line::of_registration(dev_eui, registration) {
            Ok(line) => line,
            Err(impossible) => {
                let field = field_of(&impossible);
                let fault = RowFault::other(&impossible);
                judged.refuse(refusal(sheet, field, row.number, &fault));
                return Ok(judged);
            }
        };
        let value = DEVICES.encode(&dev_eui, &line)?;
        if value.len() > DESCRIPTION_BYTES {
            let (bytes, limit) = (value.len(), DESCRIPTION_BYTES);
            let fault = RowFault::other(&DevicesError::DescriptionTooLarge { bytes, limit });
            judged.refuse(refusal(sheet, Field::DevEui, row.number, &fault));
            return Ok(judged);
        }
        judged.compare(before, &line, value)?;
        Ok(judged)
    }
}

/// The registration that a stored line is of.
fn registration_of(line: &Line) -> Result<Registration, String> {
    Ok(Registration::of_device(&line.device, line.activation()?))
}

/// The members by which two lines differ.
fn changes(before: &Line, after: &Line) -> Vec<FieldChange> {
    let members = |line: &Line| match serde_json::to_value(line) {
        Ok(Json::Object(members)) => members,
        _ => Map::new(),
    };
    let (mut before, after) = (members(before), members(after));
    let mut changes = Vec::new();
    for (field, value) in after {
        let old = before.remove(&field);
        if old.as_ref() != Some(&value) {
            changes.push(change(field, old, Some(value)));
        }
    }
    changes.extend(before.into_iter().map(|(field, old)| change(field, Some(old), None)));
    changes
}

fn change(field: String, before: Option<Json>, after: Option<Json>) -> FieldChange {
    if KEYS.contains(&field.as_str()) {
        return FieldChange { field, before: None, after: None };
    }
    FieldChange { field, before, after }
}
