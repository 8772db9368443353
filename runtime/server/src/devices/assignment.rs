//! Assignment of decoders to devices.

use std::{collections::BTreeMap, sync::Arc};

use champollion_fleet::may_hold_key;
use champollion_frames::DevEui;
use champollion_registry::{
    ledger::AuditEntry,
    package::{DecoderId, DecoderRef},
};
use champollion_store::Batch;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    DEVICES, Device, Devices, DevicesError, ImpossibleRegistration, Overtaken, put_line, rows::Row,
};
use crate::authors::Author;

/// The assignment of a decoder to a device: a requirement such as `acme/meter@^1.2`, or a pin,
/// `acme/meter@=1.2.3`; another one while a certain firmware runs on the device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Assignment {
    /// The decoder in general.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoder: Option<DecoderRef>,
    /// The firmware that runs on it, in the maker's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
    /// The decoders while a certain firmware runs on the device.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub firmware_decoders: BTreeMap<String, DecoderRef>,
}

impl Assignment {
    /// Returns the decoder that is wanted now.
    #[must_use]
    pub fn wanted(&self) -> Option<&DecoderRef> {
        let of_firmware = self.firmware.as_ref().and_then(|own| self.firmware_decoders.get(own));
        of_firmware.or(self.decoder.as_ref())
    }
}

impl Devices {
    /// Has a device decoded by something else; its keys and its counter stay.
    pub async fn assign(
        &self,
        dev_eui: DevEui,
        assignment: Assignment,
        author: &dyn Author,
    ) -> Result<Arc<Device>, DevicesError> {
        let mut firmwares = assignment.firmware.iter().chain(assignment.firmware_decoders.keys());
        if firmwares.any(|firmware| may_hold_key(firmware)) {
            let member = "firmware".to_owned();
            return Err(ImpossibleRegistration::KeyInText { member }.into());
        }
        let _turn = self.turns.of(dev_eui).await;
        let mut overtaken = Overtaken::default();
        loop {
            match self.assign_in_turn(dev_eui, &assignment, author).await {
                Err(error) if overtaken.is_again(&error) => {}
                done => return done,
            }
        }
    }

    async fn assign_in_turn(
        &self,
        dev_eui: DevEui,
        assignment: &Assignment,
        author: &dyn Author,
    ) -> Result<Arc<Device>, DevicesError> {
        let unknown = || DevicesError::Unknown(dev_eui);
        let row = Row::read(DEVICES, &*self.store, dev_eui).await?;
        let mut line = row.value.ok_or_else(unknown)?;
        line.device.assignment = assignment.clone().into();
        let mut batch = Batch::new();
        row.seen.expect_unchanged(&mut batch);
        put_line(&mut batch, &line)?;
        let act = AuditEntry::of_act("assign", dev_eui).with(json!(assignment));
        author.commit(batch, act).await?;
        self.reread_in_turn(dev_eui).await?;
        self.get(dev_eui).ok_or_else(unknown)
    }

    /// Returns the requirements that devices have of a decoder, each with their number. All devices are gone through.
    #[must_use]
    pub fn asked(&self, id: &DecoderId) -> Vec<(DecoderRef, usize)> {
        let mut asked: BTreeMap<String, (DecoderRef, usize)> = BTreeMap::new();
        for device in self.in_order(None, None) {
            let wanted = device.assignment.wanted().filter(|wanted| wanted.id == *id);
            let Some(wanted) = wanted else { continue };
            let counted = asked.entry(wanted.to_string());
            counted.or_insert_with(|| (wanted.clone(), 0)).1 += 1;
        }
        asked.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_firmware_may_have_a_decoder_of_its_own() {
        let reference = |text: &str| text.parse::<DecoderRef>().unwrap();
        let mut assignment = Assignment {
            decoder: Some(reference("acme/meter@^1")),
            firmware: None,
            firmware_decoders: BTreeMap::from([("1.4".into(), reference("acme/meter@=1.0.0"))]),
        };
        let wanted = |assignment: &Assignment| assignment.wanted().map(ToString::to_string);
        assert_eq!(wanted(&assignment).as_deref(), Some("acme/meter@^1"));
        assignment.firmware = Some("1.4".into());
        assert_eq!(wanted(&assignment).as_deref(), Some("acme/meter@=1.0.0"));
        assignment.firmware = Some("1.5".into());
        assert_eq!(wanted(&assignment).as_deref(), Some("acme/meter@^1"));
        assert_eq!(wanted(&Assignment::default()), None);
    }
}
