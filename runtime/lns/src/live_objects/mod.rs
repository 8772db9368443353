//! Orange Live Objects: the data messages of its LoRa connector, by HTTP push or through its broker, and
//! commands by its REST interface.
//!
//! After the *Live Objects developer guide*, "LoRa connector" and "Data messages"
//! (<https://liveobjects.orange-business.com/doc/html/lo_manual_v2.html>), and the *Live Objects REST API
//! guide*, version 2026.7.0, "Device management, commands" (<https://liveobjects.orange-business.com>).

mod downlink;
#[cfg(test)]
mod tests;
mod uplink;

use serde_json::Value as Json;

#[cfg(test)]
use crate::tests::Sample;
use crate::{
    Heard, Incoming, Kind, Unreadable, adapter::Adapter, json, outgoing::Commands, unread::Unread,
};
#[cfg(test)]
use champollion_frames::Reception;

/// The word of Live Objects for its LoRa connector.
const CONNECTOR: &str = "lora";

/// The adapter for Live Objects.
pub(crate) struct LiveObjects;

impl Adapter for LiveObjects {
    fn name(&self) -> &'static str {
        "live-objects"
    }

    fn product(&self) -> &'static str {
        "Orange Live Objects"
    }

    fn other_names(&self) -> &'static [&'static str] {
        &["Orange"]
    }

    fn recognizes(&self, json: &Json) -> bool {
        let metadata = &json["metadata"];
        metadata["network"].get("lora").is_some() || metadata["connector"] == CONNECTOR
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        let unread = Unread::default();
        let json = json::parse_forgivingly(Kind::of(&LiveObjects), incoming.body, &unread)?;
        Ok(Heard::from(uplink::read(&json, &unread)?).with_unread(unread))
    }

    fn commands(&self) -> Option<&'static dyn Commands> {
        Some(&LiveObjects)
    }

    #[cfg(test)]
    fn sample(&self) -> Option<Sample> {
        Some(Sample {
            body: include_str!("../../../../tests/network-servers/live-objects.json"),
            needed: &[
                "/metadata",
                "/metadata/network",
                "/metadata/network/lora",
                "/metadata/network/lora/devEUI",
                "/metadata/network/lora/fcnt",
            ],
            essentials: &[
                "/value/payload",
                "/metadata/network/lora/devEUI",
                "/metadata/network/lora/fcnt",
                "/metadata/network/lora/port",
            ],
            differs: |uplink, metadata| {
                (uplink.dev_addr, uplink.adr) = (None, false);
                (metadata.frequency_hz, metadata.bandwidth_hz) = (None, None);
                (metadata.coding_rate, metadata.region) = (None, None);
                metadata.gateways = vec![Reception {
                    gateway_id: "unnamed-1".to_owned(),
                    rssi_dbm: Some(-90.0),
                    snr_db: Some(0.0),
                }];
            },
        })
    }
}
