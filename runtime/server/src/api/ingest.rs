//! Frames from network servers.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_frames::{RadioMetadata, Reception};
use champollion_sdk::vectors::Hex;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Problem, extract::JsonBody};
use crate::{
    auth::{Authorized, Ingest},
    ingest::{Frame, Receipt},
    service::Service,
};

/// Most gateways of one frame. With them a raw record stays well below what the store takes.
const GATEWAYS: usize = 100;

/// Longest name of a gateway, a coding rate or a region in bytes: four times an EUI.
const NAME_BYTES: usize = 64;

/// A frame as `POST /v1/ingest/phy` takes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhyFrame {
    /// The PHYPayload as hexadecimal digits.
    phy_payload: Hex,
    /// When the network received it; now where it is missing.
    received_at: Option<Timestamp>,
    /// The members of [`RadioMetadata`], one by one: of what is flattened serde cannot say where an
    /// error is.
    frequency_hz: Option<u32>,
    spreading_factor: Option<u8>,
    bandwidth_hz: Option<u32>,
    coding_rate: Option<String>,
    region: Option<String>,
    #[serde(default)]
    gateways: Vec<Reception>,
}

pub(super) async fn phy(
    _: Authorized<Ingest>,
    State(service): State<Arc<Service>>,
    JsonBody(frame): JsonBody<PhyFrame>,
) -> Result<Json<Receipt>, Problem> {
    let metadata = RadioMetadata {
        frequency_hz: frame.frequency_hz,
        spreading_factor: frame.spreading_factor,
        bandwidth_hz: frame.bandwidth_hz,
        coding_rate: frame.coding_rate,
        region: frame.region,
        gateways: frame.gateways,
    };
    bounded(&metadata)?;
    let frame = Frame {
        phy_payload: frame.phy_payload.0,
        received_at: frame.received_at.unwrap_or_else(Timestamp::now),
        metadata,
    };
    Ok(Json(service.intake.take(frame).await?))
}

/// Metadata becomes part of the record, which must fit into the store.
fn bounded(metadata: &RadioMetadata) -> Result<(), Problem> {
    if metadata.gateways.len() > GATEWAYS {
        let detail = format!(
            "gateways has {} entries, and {GATEWAYS} are the limit",
            metadata.gateways.len()
        );
        return Err(Problem::bad_request("invalid-body", detail));
    }
    let gateways = metadata.gateways.iter().map(|gateway| ("gatewayId", Some(&gateway.gateway_id)));
    let others =
        [("codingRate", metadata.coding_rate.as_ref()), ("region", metadata.region.as_ref())];
    for (name, value) in gateways.chain(others) {
        if value.is_some_and(|value| value.len() > NAME_BYTES) {
            let detail = format!("{name} is longer than {NAME_BYTES} bytes");
            return Err(Problem::bad_request("invalid-body", detail));
        }
    }
    Ok(())
}
