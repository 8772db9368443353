//! A command as it would be sent, without sending it.

use std::{collections::BTreeMap, sync::Arc};

use champollion_delivery::records::DecoderName;
use champollion_frames::DevEui;
use champollion_sdk::vectors::Hex;
use jiff::Timestamp;
use serde::Serialize;

use super::{CommandRequest, Downlinks, Refused, SendError, Words, group::Encodings};
use crate::devices::Device;

/// Kinds of devices that are tried: each is a call of a decoder.
const KINDS: usize = 20;

/// Devices that are named of each kind.
const EXAMPLES: usize = 3;

/// A payload that some devices would get.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedPayload {
    /// The number of devices that would get it.
    pub devices: usize,
    /// Some of these devices.
    pub examples: Vec<DevEui>,
    /// The decoder that encodes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoder: Option<DecoderName>,
    /// FPort, 1 to 223.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub f_port: Option<u8>,
    /// The FRMPayload in clear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Hex>,
    /// Warnings though the command could be encoded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Why these devices would get nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Refused>,
}

/// Devices that get the same payload.
pub struct DeviceKind {
    /// The first of them, for which a command is encoded.
    pub first: Arc<Device>,
    /// The number of them.
    pub devices: usize,
    examples: Vec<DevEui>,
}

impl Downlinks {
    /// Returns what devices would be sent at some moments, one payload for each of the first kinds. `words` says why some
    /// get none.
    ///
    /// # Errors
    /// The command is longer than is kept.
    pub async fn preview(
        &self,
        kinds: &[DeviceKind],
        wish: &CommandRequest,
        moments: &[Timestamp],
        words: Words,
    ) -> Result<Vec<Vec<PlannedPayload>>, SendError> {
        let text = wish.command_text()?;
        let mut previewed = Vec::new();
        for at in moments {
            let mut payloads = Vec::new();
            for kind in kinds.iter().take(KINDS) {
                payloads.push(self.planned(kind, &text, *at, words).await);
            }
            previewed.push(payloads);
        }
        Ok(previewed)
    }

    /// Encodes a command for a device without sending it.
    ///
    /// # Errors
    /// Says why it could not be sent.
    pub async fn try_out(
        &self,
        device: &Device,
        wish: &CommandRequest,
        at: Timestamp,
    ) -> Result<(), SendError> {
        self.server_of(device)?;
        self.encoder.encode(device, &wish.command_text()?, at).await.map(drop)
    }

    /// Parts devices into those of the same decoder and settings, the kinds of most devices first.
    #[must_use]
    pub fn kinds(&self, devices: impl IntoIterator<Item = Arc<Device>>) -> Vec<DeviceKind> {
        let mut kinds: BTreeMap<String, DeviceKind> = BTreeMap::new();
        for device in devices {
            let (server, dev_eui) = (self.server_of(&device).ok(), device.dev_eui);
            let name = format!("{} {server:?}", Encodings::key(&device));
            let none = || DeviceKind { first: device, devices: 0, examples: Vec::new() };
            let kind = kinds.entry(name).or_insert_with(none);
            kind.devices += 1;
            if kind.examples.len() < EXAMPLES {
                kind.examples.push(dev_eui);
            }
        }
        let mut kinds: Vec<DeviceKind> = kinds.into_values().collect();
        kinds.sort_by_key(|kind| std::cmp::Reverse(kind.devices));
        kinds
    }

    async fn planned(
        &self,
        kind: &DeviceKind,
        text: &str,
        at: Timestamp,
        words: Words,
    ) -> PlannedPayload {
        let encoded = match self.server_of(&kind.first) {
            Ok(_) => self.encoder.encode(&kind.first, text, at).await,
            Err(error) => Err(error),
        };
        match encoded {
            Ok(encoded) => PlannedPayload {
                decoder: Some(encoded.decoder),
                f_port: Some(encoded.f_port),
                payload: Some(encoded.payload),
                warnings: encoded.warnings,
                ..kind.nothing()
            },
            Err(error) => PlannedPayload { problem: Some(words(error)), ..kind.nothing() },
        }
    }
}

impl DeviceKind {
    /// The devices without a payload.
    fn nothing(&self) -> PlannedPayload {
        PlannedPayload {
            devices: self.devices,
            examples: self.examples.clone(),
            decoder: None,
            f_port: None,
            payload: None,
            warnings: Vec::new(),
            problem: None,
        }
    }
}
